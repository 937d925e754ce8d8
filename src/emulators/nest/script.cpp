#include "emulators/nest/script.hpp"

#include <algorithm>
#include <utility>

#include <fmt/ranges.h>

#include "base/text.hpp"
#include "emulators/script_words.hpp"

namespace casement::emulators::nest {

using base::ErrorKind;
using base::Result;
using protocols::nest::EndReason;
using protocols::nest::ErrorCode;

namespace {

/// What a line is about.
struct Line {
    Cloud& cloud;
    Camera camera;  // as it was
    std::string_view rest{};

    LiveHost& live() const { return cloud.live(camera.region); }
};

constexpr int kMostTimes = 1'000'000;

std::optional<int> count_of(std::string_view text) {
    const auto count = base::parse_number<int>(text);
    return count && *count >= 0 && *count <= kMostTimes ? count : std::nullopt;
}

Result<> event(Line& line) {
    std::string_view list = take_word(line.rest);
    if (list.empty()) return wrong("event TYPE[,TYPE] [SECONDS]");
    CASEMENT_TRY(const auto length, duration_or(line.rest, std::chrono::seconds(5)));
    std::vector<std::string> types;
    while (!list.empty()) types.emplace_back(base::take_until(list, ','));
    line.cloud.home().add_cuepoint(line.camera.uuid, std::move(types), length);
    return {};
}

Result<> device_event(Line& line) {
    const std::string_view device = take_word(line.rest);
    if (line.cloud.devices().find(device) == nullptr || line.rest.empty())
        return wrong("device-event DEVICE KIND, like CameraMotion.Motion");
    line.cloud.devices().add_event(device, line.rest);
    return {};
}

Result<> device_access(Line& line) {
    DeviceAccessOptions& options = line.cloud.devices().change();
    const std::string_view what = take_word(line.rest);
    const auto count = count_of(line.rest);
    if (what == "minute") {
        CASEMENT_TRY(options.minute, duration_or(line.rest, std::chrono::minutes(1)));
    } else if (what == "extensions" && (count || line.rest == "any")) {
        options.extensions = count;
    } else {
        return wrong("device-access minute DURATION, device-access extensions COUNT|any");
    }
    return {};
}

Result<> online(Line& line) {
    CASEMENT_TRY(const bool on, switch_of(line.rest));
    line.cloud.home().set_online(line.camera.uuid, on);
    return {};
}

Result<> owner(Line& line) {
    line.cloud.home().set_owner(line.camera.uuid, line.rest);
    return {};
}

Result<> set(Line& line) {
    const std::string_view name = take_word(line.rest);
    return line.cloud.home().set_properties(line.camera.uuid,
                                            {{std::string(name), std::string(line.rest)}});
}

Result<> remove(Line& line) {
    line.cloud.home().remove(line.camera.uuid);
    return {};
}

Result<> move(Line& line) { return line.cloud.move(line.camera.uuid, line.rest); }

Result<> fail_requests(Line& line) {
    constexpr Word<Fault> kFaults[] = {
        {"429", Fault::TooMany},      {"500", Fault::ServerError},  {"503", Fault::Unavailable},
        {"401", Fault::Unauthorized}, {"403", Fault::Forbidden},    {"404", Fault::NotFound},
        {"409", Fault::Conflict},     {"html", Fault::Html},        {"envelope", Fault::Envelope},
        {"hang", Fault::Hang},        {"lost", Fault::LostAnswer},  {"empty", Fault::Empty},
        {"204", Fault::NoContent},    {"not-jpeg", Fault::NotJpeg}, {"truncated", Fault::Truncated},
        {"huge", Fault::Huge}};
    if (line.rest == "nothing") {
        line.cloud.heal();
        return {};
    }
    const std::string_view route = take_word(line.rest), word = take_word(line.rest);
    const auto* fault = std::ranges::find(kFaults, word, &Word<Fault>::word);
    const std::string_view times = take_word(line.rest);
    const auto count = times.empty() ? std::optional(1) : count_of(times);
    CASEMENT_TRY(const auto wait, duration_or(line.rest, std::chrono::seconds(1)));
    if (fault == std::end(kFaults) || !count || *count < 1) {
        return wrong(
            "fail ROUTE FAULT [TIMES] [RETRY-AFTER], or fail nothing; faults are 401, 403, 404, "
            "409, 429, 500, 503, 204, html, envelope, hang, lost, empty, not-jpeg, truncated, "
            "huge");
    }
    line.cloud.fail_next(route, fault->value, *count,
                         std::chrono::duration_cast<std::chrono::seconds>(wait));
    return {};
}

Result<> outage(Line& line) {
    constexpr Word<Outage> kOutages[] = {
        {"none", Outage::None}, {"unavailable", Outage::Unavailable}, {"silent", Outage::Silent}};
    const std::string_view site = take_word(line.rest);
    const auto* how = std::ranges::find(kOutages, line.rest, &Word<Outage>::word);
    if (how == std::end(kOutages)) return wrong("outage SITE none|unavailable|silent");
    return line.cloud.set_outage(site, how->value);
}

constexpr Word<Kind> kKinds[] = {{"access", Kind::Access},
                                 {"website", Kind::Website},
                                 {"google", Kind::Google},
                                 {"jwt", Kind::Jwt},
                                 {"device-access", Kind::DeviceAccess}};

Result<> revoke(Line& line) {
    std::set<Kind> kinds;
    for (const auto& kind : kKinds)
        if (line.rest.empty() || line.rest == kind.word) kinds.insert(kind.value);
    if (kinds.empty()) return wrong("revoke [access|website|google|jwt|device-access]");
    line.cloud.accounts().revoke(std::move(kinds));
    return {};
}

Result<> log_out(Line& line) {
    line.cloud.accounts().log_out_google();
    return {};
}

Result<> token_ttl(Line& line) {
    const std::string_view word = take_word(line.rest);
    CASEMENT_TRY(const auto life, duration_or(line.rest, std::chrono::hours(1)));
    Lives& lives = line.cloud.accounts().lives;
    if (word == "access") {
        lives.access = life;
    } else if (word == "website") {
        lives.website = life;
    } else if (word == "google") {
        lives.google = life;
    } else if (word == "jwt") {
        lives.jwt = life;
    } else if (word == "lease") {
        line.cloud.devices().change().lease = life;
    } else {
        return wrong("token-ttl access|website|google|jwt|lease DURATION");
    }
    return {};
}

/// "-2s" too.
Result<std::chrono::milliseconds> skew_of(std::string_view text) {
    const bool is_back = text.starts_with('-');
    if (is_back) text.remove_prefix(1);
    CASEMENT_TRY(const auto by, duration_or(text, std::chrono::milliseconds(0)));
    return is_back ? -by : by;
}

Result<> skew(Line& line) {
    CASEMENT_TRY(line.cloud.accounts().clock_skew, skew_of(line.rest));
    return {};
}

Result<> pictures(Line& line) {
    const std::string_view what = take_word(line.rest);
    CASEMENT_TRY(const auto time, duration_or(line.rest, std::chrono::milliseconds(0)));
    if (what == "take") {
        line.cloud.set_picture_delay(time);
    } else if (what == "new-every") {
        line.cloud.pictures().new_every = time;
    } else {
        return wrong("pictures take|new-every DURATION");
    }
    return {};
}

/// How a streaming host deals with who watches the camera.
Result<> live(Line& line) {
    constexpr auto kHow =
        "live redirects|redirects-at-start COUNT, live redirect-to HOST:PORT, live end|error "
        "NUMBER, live reset, live down|blocked|silent|stubborn|unknown|swapped [on|off], live "
        "messages "
        "whole|bytes|several, live key-bytes NUMBER, live skew [-]DURATION, live dim EVERY";
    constexpr Word<Messages> kMessages[] = {
        {"whole", Messages::Whole}, {"bytes", Messages::EveryByte}, {"several", Messages::Several}};
    LiveFaults& faults = line.live().faults;
    const std::string_view what = take_word(line.rest);
    const Word<bool*> switches[] = {
        {"down", &faults.is_down},         {"blocked", &faults.is_blocked},
        {"silent", &faults.is_silent},     {"stubborn", &faults.is_stubborn},
        {"unknown", &faults.adds_unknown}, {"swapped", &faults.swaps_channels}};
    const auto* found = std::ranges::find(switches, what, &Word<bool*>::word);
    if (found != std::end(switches)) {
        CASEMENT_TRY(*found->value, switch_of(line.rest));
        return {};
    }
    if (what == "reset" && line.rest.empty()) {
        line.live().reset_all();
        return {};
    }
    if (what == "redirect-to") {
        faults.redirect_to = line.rest;
        return {};
    }
    if (what == "skew") {
        CASEMENT_TRY(faults.clock_skew, skew_of(line.rest));
        return {};
    }
    if (what == "messages") {
        const auto* how = std::ranges::find(kMessages, line.rest, &Word<Messages>::word);
        if (how == std::end(kMessages)) return wrong(kHow);
        faults.messages = how->value;
        return {};
    }
    const auto count = count_of(line.rest);
    if (!count) return wrong(kHow);
    if (what == "redirects") {
        faults.redirects = *count;
    } else if (what == "redirects-at-start") {
        faults.redirects_at_start = *count;
    } else if (what == "end") {
        line.live().end_playbacks(line.camera.uuid, static_cast<EndReason>(*count));
    } else if (what == "error") {
        line.live().fail_all(static_cast<ErrorCode>(*count));
    } else if (what == "key-bytes") {
        faults.key_bytes = static_cast<std::size_t>(*count);
    } else if (const auto feed = line.live().feed(line.camera.uuid); what == "dim" && feed) {
        feed->set_sparse(*count);
    } else {
        return wrong(kHow);
    }
    return {};
}

Result<> size(Line& line) {
    std::string_view rest = line.rest;
    const auto width = count_of(base::take_until(rest, 'x')), height = count_of(rest);
    const auto feed = line.live().feed(line.camera.uuid);
    if (!width || !height) return wrong("size WIDTHxHEIGHT, of live pictures");
    if (!feed) return base::fail(ErrorKind::FailedPrecondition, "nobody has watched it yet");
    feed->resize(*width, *height);
    return {};
}

struct Verb {
    std::string_view word, arguments;
    Result<> (*obey)(Line& line);
};
constexpr Verb kVerbs[] = {
    {"event", " TYPE[,TYPE] [SECONDS]", event},
    {"device-event", " DEVICE KIND", device_event},
    {"device-access", " minute DURATION|extensions COUNT", device_access},
    {"online", " [on|off]", online},
    {"owner", " [USERID]", owner},
    {"set", " PROPERTY VALUE", set},
    {"remove", "", remove},
    {"move", " REGION", move},
    {"fail", " ROUTE FAULT [TIMES] [RETRY-AFTER]", fail_requests},
    {"outage", " SITE none|unavailable|silent", outage},
    {"revoke", " [KIND]", revoke},
    {"log-out-google", "", log_out},
    {"token-ttl", " KIND DURATION", token_ttl},
    {"skew", " [-]DURATION", skew},
    {"pictures", " take|new-every DURATION", pictures},
    {"live", " FAULT [VALUE]", live},
    {"size", " WIDTHxHEIGHT", size},
};

}  // namespace

std::vector<std::string> verbs() {
    std::vector<std::string> out;
    for (const Verb& verb : kVerbs) out.push_back(fmt::format("{}{}", verb.word, verb.arguments));
    return out;
}

Result<> obey(Cloud& cloud, std::string_view line) {
    std::string_view rest = line;
    std::string_view word = take_word(rest);
    if (word.empty()) return {};
    std::size_t index = 0;
    const auto& cameras = cloud.home().cameras();
    if (const auto number = base::parse_number<std::size_t>(word)) {
        if (*number < 1 || *number > cameras.size())
            return base::fail(ErrorKind::InvalidArgument, "there is no camera {}", *number);
        index = *number - 1;
        word = take_word(rest);
    }
    const auto* verb = std::ranges::find(kVerbs, word, &Verb::word);
    if (verb == std::end(kVerbs)) {
        return base::fail(ErrorKind::InvalidArgument, "there is no \"{}\"; there are {}", word,
                          fmt::join(verbs(), ", "));
    }
    if (cameras.empty()) return base::fail(ErrorKind::FailedPrecondition, "there is no camera");
    Line parsed{cloud, cameras.at(index), rest};
    return verb->obey(parsed);
}

}  // namespace casement::emulators::nest
