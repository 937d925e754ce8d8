// What the household counts, as JSON.

#include <nlohmann/json.hpp>

#include "emulators/nanit/household.hpp"

namespace casement::emulators::nanit {

using nlohmann::json;

namespace {

json requests_json(const RequestCounts& counts) {
    json out = json::object();
    for (const auto& [key, count] : counts) {
        json& sum = out[key.first];
        sum = (sum.is_number() ? sum.get<std::uint64_t>() : 0) + count;
    }
    return out;
}

json accounts_json(const AccountCounters& counters) {
    return {{"logins", counters.logins},
            {"refused_logins", counters.refused_logins},
            {"messages_sent", counters.messages_sent},
            {"refreshes", counters.refreshes},
            {"unknown_refreshes", counters.unknown_refreshes},
            {"used_twice", counters.used_twice}};
}

json relay_json(const RelayCounters& counters) {
    return {{"connections", counters.connections},
            {"carried", counters.carried},
            {"dropped", counters.dropped},
            {"keepalives", counters.keepalives},
            {"open", counters.open}};
}

json camera_json(Camera& camera) {
    const CameraCounters counters = camera.counters();
    const StreamCounters streams = camera.streams().counters();
    json requests = json::object();
    for (const auto& [type, count] : counters.requests) {
        const std::string_view name = wire::name_of(type);
        requests[name.empty() ? fmt::format("{}", type) : std::string(name)] = count;
    }
    return {{"is_on", counters.is_on},
            {"is_linked", counters.is_linked},
            {"links", counters.links},
            {"local", counters.local},
            {"sessions", counters.sessions},
            {"pushes", counters.pushes},
            {"keepalives", counters.keepalives},
            {"malformed", counters.malformed},
            {"unauthorized", counters.unauthorized},
            {"out_of_slots", counters.out_of_slots},
            {"uploads", counters.uploads},
            {"last_upload_status", counters.last_upload_status},
            {"requests", std::move(requests)},
            {"streams",
             {{"active", streams.active},
              {"publishing", streams.publishing},
              {"ended", streams.ended},
              {"failed", streams.failed},
              {"lapsed", streams.lapsed},
              {"refreshed", streams.refreshed}}}};
}

}  // namespace

json Household::status() const {
    json cameras = json::array();
    for (const Member& member : members_) {
        json one = camera_json(*member.camera);
        one["baby"] = member.baby_uid;
        one["camera"] = member.camera_uid;
        one["relay"] = relay_json(cloud_->relay(member.camera_uid).counters());
        cameras.push_back(std::move(one));
    }
    return {{"requests", requests_json(cloud_->counts())},
            {"accounts", accounts_json(cloud_->accounts().counters())},
            {"media", {{"refused", media_->refused()}}},
            {"internet_connections", to_cloud_->connections() + to_media_->connections()},
            {"cameras", std::move(cameras)}};
}

}  // namespace casement::emulators::nanit
