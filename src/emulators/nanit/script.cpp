#include "emulators/nanit/script.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "emulators/script_words.hpp"

namespace casement::emulators::nanit {

using namespace std::chrono_literals;
using base::ErrorKind;
using base::Result;

namespace {

/// What a line is about.
struct Line {
    Household& household;
    const Household::Member& member;
    Camera& camera;
    std::string_view rest;  // behind the verb
};

std::optional<double> decimal(std::string_view text) {
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

Result<> message(const Line& line, std::string_view type, std::optional<double> value = {}) {
    const auto id =
        line.household.cloud().nursery().add_message(line.member.baby_uid, type, {}, value);
    // 0: the account's settings switch this kind off.
    line.household.tell("message", {{"baby", line.member.baby_uid}, {"type", type}, {"id", id}});
    return {};
}

Result<> motion(Line& line) { return message(line, "MOTION"); }
Result<> sound(Line& line) { return message(line, "SOUND"); }

Result<> any_message(Line& line) {
    const std::string_view type = take_word(line.rest);
    if (type.empty()) return wrong("message TYPE [VALUE]");
    if (line.rest.empty()) return message(line, type);
    const auto value = decimal(line.rest);
    if (!value) return wrong("message TYPE [VALUE]");
    return message(line, type, value);
}

Result<> event(Line& line) {
    if (line.rest.empty()) return wrong("event KEY, like FELL_ASLEEP");
    const std::string uid =
        line.household.cloud().nursery().add_event(line.member.baby_uid, line.rest);
    line.household.tell("event",
                        {{"baby", line.member.baby_uid}, {"key", line.rest}, {"uid", uid}});
    return {};
}

Result<> measure(Line& line) {
    const std::string_view what = take_word(line.rest);
    const auto value = decimal(line.rest);
    Readings readings = line.camera.state().readings;
    constexpr double kMost = 1e6;
    if (!value || *value < -kMost || *value > kMost)
        return wrong("measure temperature|humidity|light|night NUMBER");
    const auto milli = static_cast<std::int32_t>(*value * 1000);
    if (what == "temperature") {
        readings.temperature_milli = milli;
    } else if (what == "humidity") {
        readings.humidity_milli = milli;
    } else if (what == "light") {
        readings.light_lux = static_cast<std::int32_t>(*value);
    } else if (what == "night") {
        readings.night = *value != 0;
    } else {
        return wrong("measure temperature|humidity|light|night NUMBER");
    }
    line.camera.set_readings(readings);
    return {};
}

Result<> power_cut(Line& line) {
    CASEMENT_TRY(const auto length, duration_or(line.rest, 10s));
    line.camera.power_cut(length);
    line.household.tell("power-cut", {{"camera", line.member.camera_uid}, {"ms", length.count()}});
    return {};
}

Result<> internet(Line& line) {
    const std::string_view how = take_word(line.rest);
    if (how == "on" && line.rest.empty()) return line.household.set_internet(Outage::None);
    if (how != "off" && how != "hangs") return wrong("internet on|off|hangs [SECONDS]");
    const Outage outage = how == "off" ? Outage::Refused : Outage::Swallowed;
    if (line.rest.empty()) return line.household.set_internet(outage);
    CASEMENT_TRY(const auto length, duration_or(line.rest, 0s));
    return line.household.internet_outage(outage, length);
}

Result<> phones(Line& line) {
    const auto count = base::parse_number<int>(line.rest);
    if (!count || *count < 0 || *count > static_cast<int>(Camera::kSlots))
        return wrong("phones 0|1|2: that hold a slot");
    line.camera.faults().other_apps = *count;
    return {};
}

Result<> half_dead(Line& line) {
    CASEMENT_TRY(const bool on, switch_of(line.rest));
    line.household.cloud().relay(line.member.camera_uid).is_deaf = on;
    return {};
}

Result<> drop_clients(Line& line) {
    line.household.cloud().relay(line.member.camera_uid).drop_clients();
    line.camera.drop_local();
    return {};
}

Result<> freeze(Line& line) {
    CASEMENT_TRY(const bool on, switch_of(line.rest));
    line.camera.streams().freeze(on);
    return {};
}

Result<> cut_streams(Line& line) {
    line.camera.streams().reset();
    return {};
}

Result<> refuse_connects(Line& line) {
    constexpr int kMost = 1'000'000;
    const auto count = base::parse_number<int>(line.rest);
    if (!count || *count < 0 || *count > kMost) return wrong("refuse-connects COUNT");
    line.camera.streams().refused_connects = *count;
    return {};
}

Result<> logs(Line& line) {
    constexpr Word<LogFault> kFaults[] = {{"good", LogFault::None},
                                          {"truncated", LogFault::Truncated},
                                          {"traversal", LogFault::Traversal},
                                          {"huge-member", LogFault::HugeMember},
                                          {"huge-length", LogFault::HugeLength},
                                          {"lies", LogFault::LiesInLength},
                                          {"never", LogFault::Never}};
    const auto* fault = std::ranges::find(kFaults, take_word(line.rest), &Word<LogFault>::word);
    if (fault == std::end(kFaults) || (!line.rest.empty() && line.rest != "chunked"))
        return wrong("logs good|truncated|traversal|huge-member|huge-length|lies|never [chunked]");
    line.camera.faults().log = fault->value;
    line.camera.faults().chunks_logs = line.rest == "chunked";
    return {};
}

Result<> films(Line& line) {
    CASEMENT_TRY(const bool on, switch_of(line.rest));
    line.household.cloud().nursery().set_films(on ? line.household.api_url() : std::string{});
    return {};
}

Result<> revoke(Line& line) {
    line.household.cloud().accounts().revoke_all();
    return {};
}

Result<> token_ttl(Line& line) {
    CASEMENT_TRY(const auto ttl, duration_or(line.rest, Accounts::kAccessTtl));
    line.household.cloud().accounts().set_access_ttl(
        std::chrono::duration_cast<std::chrono::seconds>(ttl));
    return {};
}

Result<> fail_requests(Line& line) {
    constexpr Word<Fault> kFaults[] = {{"429", Fault::TooMany},
                                       {"502", Fault::BadGateway},
                                       {"html", Fault::Html},
                                       {"hang", Fault::Hang},
                                       {"lost-answer", Fault::LostAnswer}};
    const auto how = "fail ROUTE 429|502|html|hang|lost-answer [TIMES]; or: fail nothing";
    if (line.rest == "nothing") {
        line.household.cloud().heal();
        return {};
    }
    const std::string_view route = take_word(line.rest), word = take_word(line.rest);
    const auto* fault = std::ranges::find(kFaults, word, &Word<Fault>::word);
    const auto times = line.rest.empty() ? std::optional(1) : base::parse_number<int>(line.rest);
    if (fault == std::end(kFaults) || !times || *times < 1) return wrong(how);
    line.household.cloud().fail_next(route, fault->value, *times);
    return {};
}

/// "newer-firmware on": how this camera or its relay behaves.
Result<> knob(Line& line) {
    const std::string_view name = take_word(line.rest);
    CASEMENT_TRY(const bool on, switch_of(line.rest));
    Firmware& firmware = line.camera.state().firmware;
    CameraFaults& faults = line.camera.faults();
    Relay& relay = line.household.cloud().relay(line.member.camera_uid);
    const Word<bool*> knobs[] = {
        {"echoes-changes", &firmware.echoes_changes},
        {"omits-sleep-mode", &firmware.omits_sleep_mode},
        {"tells-real-time", &firmware.tells_real_time},
        {"newer-firmware", &firmware.is_newer},
        {"ignores-unknown", &firmware.ignores_unknown},
        {"p2p-blocked", &faults.p2p_blocked},
        {"stops-with-session", &faults.stops_with_session},
        {"pushes-lazily", &faults.pushes_lazily},
        {"shows-answers-to-all", &relay.shows_answers_to_all},
    };
    const auto* found = std::ranges::find(knobs, name, &Word<bool*>::word);
    if (found != std::end(knobs)) {
        *found->value = on;
        return {};
    }
    std::vector<std::string_view> names;
    for (const auto& one : knobs) names.push_back(one.word);
    return base::fail(ErrorKind::InvalidArgument, "there is no knob \"{}\"; there are {}", name,
                      fmt::join(names, ", "));
}

Result<> status(Line& line) {
    line.household.tell("status", line.household.status());
    return {};
}

struct Verb {
    std::string_view word, arguments;
    Result<> (*obey)(Line& line);
};
constexpr Verb kVerbs[] = {
    {"motion", "", motion},
    {"sound", "", sound},
    {"message", " TYPE [VALUE]", any_message},
    {"event", " KEY", event},
    {"measure", " temperature|humidity|light|night NUMBER", measure},
    {"power-cut", " [SECONDS]", power_cut},
    {"internet", " on|off|hangs [SECONDS]", internet},
    {"phones", " 0|1|2", phones},
    {"half-dead", " [on|off]", half_dead},
    {"drop-clients", "", drop_clients},
    {"freeze", " [on|off]", freeze},
    {"cut-streams", "", cut_streams},
    {"refuse-connects", " COUNT", refuse_connects},
    {"logs", " HOW [chunked]", logs},
    {"fail", " ROUTE FAULT [TIMES]", fail_requests},
    {"films", " [on|off]", films},
    {"token-ttl", " SECONDS", token_ttl},
    {"revoke", "", revoke},
    {"knob", " NAME [on|off]", knob},
    {"status", "", status},
};

}  // namespace

std::vector<std::string> verbs() {
    std::vector<std::string> out;
    for (const Verb& verb : kVerbs) out.push_back(fmt::format("{}{}", verb.word, verb.arguments));
    return out;
}

Result<> obey(Household& household, std::string_view line) {
    std::string_view rest = line;
    std::string_view word = take_word(rest);
    if (word.empty()) return {};
    std::size_t index = 0;
    if (const auto number = base::parse_number<std::size_t>(word)) {
        if (*number < 1 || *number > household.members().size())
            return base::fail(ErrorKind::InvalidArgument, "there is no camera {}", *number);
        index = *number - 1;
        word = take_word(rest);
    }
    const auto* verb = std::ranges::find(kVerbs, word, &Verb::word);
    if (verb == std::end(kVerbs)) {
        return base::fail(ErrorKind::InvalidArgument, "there is no \"{}\"; there are {}", word,
                          fmt::join(verbs(), ", "));
    }
    const Household::Member& member = household.members().at(index);
    Line parsed{household, member, *member.camera, rest};
    return verb->obey(parsed);
}

}  // namespace casement::emulators::nanit
