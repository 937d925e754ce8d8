#include "drivers/nest/ways.hpp"

#include <array>
#include <utility>

#include "async/hop.hpp"
#include "base/time_scale.hpp"
#include "drivers/nest/credentials.hpp"

namespace casement::drivers::nest {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail_because;
using base::Result;
using Pass = WayParts::Pass;
using Parts = std::shared_ptr<const WayParts>;

namespace {

// A camera that the vendor does not reach is not tried again sooner.
constexpr std::chrono::seconds kAgain{30};

/// What the vendor's servers were shown last by one stream. Lives on the driver's executor.
using Shown = std::shared_ptr<std::optional<Pass>>;

Task<Result<Pass>> pass_of(Parts parts, Shown shown, bool is_refused, Deadline deadline) {
    CASEMENT_CO_TRY(Pass pass, co_await parts->pass(is_refused ? *shown : std::nullopt, deadline));
    *shown = pass;
    co_return pass;
}

camera::Proof<Pass> proof_of(const Parts& parts) {
    return [parts, shown = std::make_shared<std::optional<Pass>>()](bool is_refused,
                                                                    Deadline deadline) {
        return async::hop(parts->executor, pass_of(parts, shown, is_refused, deadline));
    };
}

Task<Result<camera::AskPictures::Fields>> fields_of(camera::Proof<Pass> proof, bool is_refused,
                                                    Deadline deadline) {
    CASEMENT_CO_TRY(const Pass pass, co_await proof(is_refused, deadline));
    using Kind = Credential::Kind;
    camera::AskPictures::Fields out;
    out.push_back(header_of({.kind = pass.is_google ? Kind::Jwt : Kind::SessionToken,
                             .value = pass.token,
                             .expires = pass.expires_at}));
    out.emplace_back("User-Agent", base::Secret(std::string(kUserAgent)));
    out.emplace_back("Referer", base::Secret("https://home.nest.com/"));
    co_return out;
}

Result<WayFacts> legacy_facts(const WayParts& parts) {
    CASEMENT_TRY(WayFacts facts, parts.facts());
    if (!facts.is_legacy)
        return fail_because("off", ErrorKind::FailedPrecondition,
                            "the camera has gone over to the Google Home app, which this way does "
                            "not know");
    return facts;
}

Task<Result<camera::StreamEndpoint>> open_nexustalk(Parts parts, bool is_websocket) {
    CASEMENT_CO_TRY(const WayFacts facts, legacy_facts(*parts));
    if (!facts.is_streaming)
        co_return fail_because("off", ErrorKind::FailedPrecondition, "the camera is switched off");
    if (!facts.is_online)
        co_return fail_because("no-route", ErrorKind::Unavailable,
                               "the vendor says that the camera is not connected");
    camera::PullNexustalk way;
    way.camera = facts.uuid;
    way.host = is_websocket ? facts.websocket_host : facts.direct_host;
    if (way.host.empty())
        co_return fail_because("pictures-only", ErrorKind::Unavailable,
                               "the vendor names no server for live pictures");
    way.is_websocket = is_websocket;
    way.without_tls = parts->without_tls;
    way.profiles = picture_profiles(facts.capabilities);
    way.audio = facts.has_microphone_on;
    way.proof = proof_of(parts);
    way.follow = parts->follow;
    way.connection = parts->connection;
    way.back_channel = parts->back_channel;
    if (parts->not_reached)
        way.not_reached = [parts] { asio::post(parts->executor, parts->not_reached); };
    // The vendor's patience with who says nothing is scaled in the same way.
    way.ping_every = base::scaled(way.ping_every, parts->time_scale);
    co_return camera::StreamEndpoint{.way = std::move(way), .lease = {}};
}

Result<base::Url> picture_url(const WayParts& parts) {
    CASEMENT_TRY(const WayFacts facts, legacy_facts(parts));
    if (facts.nexus_api.empty())
        return fail_because("vendor-down", ErrorKind::Unavailable,
                            "the vendor names no server for pictures");
    return base::Url::parse(
        fmt::format("{}/get_image?uuid={}&width={}", facts.nexus_api, facts.uuid, parts.width));
}

/// From where the camera is now: its region may be another one than when the stream began.
Task<Result<camera::AskPictures::Turn>> turn_of(Parts parts) {
    CASEMENT_CO_TRY(const base::Url url, picture_url(*parts));
    camera::AskPictures::Turn out;
    if (parts->turn) out = parts->turn(url);
    out.url = url;
    co_return out;
}

Task<Result<camera::StreamEndpoint>> open_snapshots(Parts parts) {
    camera::AskPictures way;
    CASEMENT_CO_TRY(way.url, picture_url(*parts));
    way.interval = parts->interval;
    for (auto* const wait : {&way.when_off, &way.when_down, &way.when_busy})
        *wait = base::scaled(*wait, parts->time_scale);
    way.proof = [proof = proof_of(parts)](bool is_refused, Deadline deadline) {
        return fields_of(proof, is_refused, deadline);
    };
    way.turn = [parts](Deadline) { return async::hop(parts->executor, turn_of(parts)); };
    way.answered = [parts](base::Url url, int status, std::string retry_after) {
        if (!parts->answered) return;
        asio::post(parts->executor,
                   [parts, url = std::move(url), status, said = std::move(retry_after)] {
                       parts->answered(url, status, said);
                   });
    };
    way.connection = parts->connection;
    way.films = parts->films;
    co_return camera::StreamEndpoint{.way = std::move(way), .lease = {}};
}

}  // namespace

std::vector<int> picture_profiles(const std::set<std::string, std::less<>>& capabilities) {
    struct Profile {
        std::string_view capability;
        int number;
    };
    constexpr std::array<Profile, 3> kProfiles{
        Profile{"streaming.cameraprofile.VIDEO_H264_2MBIT_L40", 9},
        Profile{"streaming.cameraprofile.VIDEO_H264_530KBIT_L31", 7},
        Profile{"streaming.cameraprofile.VIDEO_H264_100KBIT_L30", 8}};
    std::vector<int> out;
    for (const Profile& profile : kProfiles) {
        if (capabilities.contains(profile.capability)) out.push_back(profile.number);
    }
    // One that says nothing has what all have.
    return out.empty() ? std::vector<int>{9, 7, 8} : out;
}

Result<camera::StreamEndpoint> endpoint_by(WishedWay wished, WayParts given) {
    const auto parts = std::make_shared<const WayParts>(std::move(given));
    const auto is_wished = [wished](WishedWay way) {
        return wished == WishedWay::Auto || wished == way;
    };
    camera::BestOf ways;
    ways.again = kAgain;
    ways.news = parts->news;
    if (is_wished(WishedWay::Nexustalk)) {
        for (const bool is_websocket : {false, true}) {
            ways.choices.push_back({is_websocket ? "nexustalk over WebSocket" : "nexustalk",
                                    [parts, is_websocket](Deadline) {
                                        return async::hop(parts->executor,
                                                          open_nexustalk(parts, is_websocket));
                                    }});
        }
    }
    if (is_wished(WishedWay::DeviceAccess) && parts->device_access) {
        ways.choices.push_back({std::string(kDeviceAccess), [parts](Deadline deadline) {
                                    return async::hop(parts->executor,
                                                      parts->device_access(deadline));
                                }});
    }
    const camera::BestOf::Choice snapshots{
        "snapshots",
        [parts](Deadline) { return async::hop(parts->executor, open_snapshots(parts)); }};
    if (is_wished(WishedWay::Snapshots)) ways.choices.push_back(snapshots);
    // Whatever is shown meanwhile, and whatever was wished to be.
    if (parts->films) ways.beside = snapshots;
    if (ways.choices.empty())
        return base::fail(ErrorKind::Unsupported,
                          "this account has no Device Access; choose another way");
    if (parts->tell) {
        std::vector<std::string> names;
        for (const auto& choice : ways.choices) names.push_back(choice.name);
        ways.tell = [parts, names](std::size_t choice, std::optional<base::Error> why) {
            parts->tell(names[choice], std::move(why));
        };
    }
    return camera::StreamEndpoint{.way = std::move(ways), .lease = {}};
}

}  // namespace casement::drivers::nest
