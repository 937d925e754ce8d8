#include <nlohmann/json.hpp>

#include "emulators/nest/script.hpp"

namespace casement::emulators::nest {

using nlohmann::json;

namespace {

json account_json(const AccountCounters& counters) {
    return {{"logins", counters.logins},
            {"refused_logins", counters.refused_logins},
            {"messages_sent", counters.messages_sent},
            {"google_tokens", counters.google_tokens},
            {"logged_out", counters.logged_out},
            {"stale_cookies", counters.stale_cookies},
            {"jwts", counters.jwts},
            {"website_tokens", counters.website_tokens}};
}

json live_json(const LiveCounters& counters) {
    return {{"connections", counters.connections},
            {"hellos", counters.hellos},
            {"redirects", counters.redirects},
            {"unauthorized", counters.unauthorized},
            {"illegal", counters.illegal},
            {"renewals", counters.renewals},
            {"playbacks", counters.playbacks},
            {"stops", counters.stops},
            {"pings", counters.pings},
            {"pictures", counters.pictures},
            {"open", counters.open},
            {"playing", counters.playing},
            {"most_playing", counters.most_playing}};
}

json device_access_json(const DeviceAccessCounters& counters) {
    return {{"lists", counters.lists},
            {"commands", counters.commands},
            {"generated", counters.generated},
            {"extended", counters.extended},
            {"stopped", counters.stopped},
            {"over_limit", counters.over_limit},
            {"expired", counters.expired},
            {"most_commands", counters.most_commands},
            {"most_of_one", counters.most_of_one},
            {"refused_extensions", counters.refused_extensions},
            {"open_leases", counters.open_leases},
            {"pulled", counters.pulled},
            {"acknowledged", counters.acknowledged},
            {"redelivered", counters.redelivered}};
}

json site_json(const SiteCounters& counters) {
    return {{"requests", counters.requests},
            {"most_in_a_minute", counters.most_in_a_minute},
            {"too_early", counters.too_early}};
}

/// Of each camera: how many pictures were taken, and of which the connection took all.
json pictures_json(const Pictures& pictures) {
    struct Count {
        std::uint64_t given = 0, delivered = 0;
        std::int64_t last = -1;
    };
    std::map<std::string, Count> counts;
    for (const Given& one : pictures.given()) {
        Count& count = counts[one.uuid];
        ++count.given;
        count.delivered += one.delivered ? 1 : 0;
        count.last = one.counter;
    }
    json out = json::object();
    for (const auto& [uuid, count] : counts)
        out[uuid] = {{"given", count.given}, {"delivered", count.delivered}, {"last", count.last}};
    return out;
}

}  // namespace

json status(Cloud& cloud) {
    json requests = json::object(), live = json::object(), cameras = json::array();
    json sites = json::object();
    for (const auto& [name, counters] : cloud.sites()) sites[name] = site_json(counters);
    for (const auto& [route, count] : cloud.counts()) requests[route] = count;
    for (const std::string& region : cloud.regions())
        live[region] = live_json(cloud.live(region).counters());
    for (const Camera& camera : cloud.home().cameras()) {
        cameras.push_back({{"uuid", camera.uuid},
                           {"region", camera.region},
                           {"online", camera.online},
                           {"on", camera.is_on()}});
    }
    return {{"accounts", account_json(cloud.accounts().counters())},
            {"cameras", std::move(cameras)},
            {"requests", std::move(requests)},
            {"sites", std::move(sites)},
            {"most_pictures_at_once", cloud.most_at_once("get_image")},
            {"pictures", pictures_json(cloud.pictures())},
            {"live", std::move(live)},
            {"device_access", device_access_json(cloud.devices().counters())}};
}

json given(Cloud& cloud) {
    json out = json::object();
    for (const Camera& camera : cloud.home().cameras()) out[camera.uuid] = json::array();
    for (const Given& one : cloud.pictures().given()) {
        out[one.uuid].push_back({{"counter", one.counter},
                                 {"at", base::format_rfc3339(one.at)},
                                 {"delivered", one.delivered}});
    }
    return out;
}

}  // namespace casement::emulators::nest
