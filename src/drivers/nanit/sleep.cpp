#include "drivers/nanit/sleep.hpp"

#include <cmath>

#include "base/text.hpp"
#include "drivers/json.hpp"

namespace casement::drivers::nanit {

namespace {

using base::Result;
using camera::SensorKind;
using camera::SensorValue;
using nlohmann::json;

constexpr double kLongest = 7.0 * 86'400;  // seconds: of something that one night or nap has

std::optional<double> seconds_at(const json& object, std::string_view key) {
    const auto out = number_at(object, key);
    return out && *out >= 0 && *out <= kLongest ? out : std::nullopt;
}

std::optional<std::int64_t> count_at(const json& object, std::string_view key) {
    const auto out = number_at(object, key);
    if (!out || *out < 0 || *out > 10'000 || std::floor(*out) != *out) return std::nullopt;
    return static_cast<std::int64_t>(*out);
}

std::optional<bool> flag_at(const json& object, std::string_view key) {
    const json& value = at(object, key);
    return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

SensorValue value_of(const std::optional<double>& value) {
    return value ? SensorValue(*value) : SensorValue{};
}
SensorValue value_of(const std::optional<std::int64_t>& value) {
    return value ? SensorValue(static_cast<double>(*value)) : SensorValue{};
}
SensorValue value_of(const std::optional<bool>& value) {
    return value ? SensorValue(*value) : SensorValue{};
}
SensorValue value_of(const std::optional<base::WallTime>& value) {
    return value ? SensorValue(base::format_rfc3339(*value)) : SensorValue{};
}
SensorValue value_of(const std::string& value) {
    return value.empty() ? SensorValue{} : SensorValue(value);
}

}  // namespace

Result<std::optional<SleepStats>> parse_sleep_stats(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer || (flag_at(*answer, "exists") != false && !at(*answer, "latest").is_object()))
        return base::fail_because("vendor-down", base::ErrorKind::Unavailable,
                                  "Nanit's answer holds no sleep; it is tried again later");
    const json& latest = at(*answer, "latest");
    if (flag_at(*answer, "exists") == false || flag_at(latest, "valid") == false)
        return std::nullopt;
    SleepStats out;
    out.kind = base::lower_case(clean_text(text_at(latest, "kind")));
    out.is_ongoing = flag_at(latest, "ongoing");
    out.bed_start = time_at(latest, "bed_start_time");
    out.sleep_start = time_at(latest, "sleep_start_time");
    out.sleep_end = time_at(latest, "sleep_end_time");
    out.last_wake_up = time_at(latest, "last_wake_up");
    out.sleep_onset_s = seconds_at(latest, "sleep_onset");
    out.total_sleep_s = seconds_at(latest, "total_sleep_time");
    out.total_awake_s = seconds_at(latest, "total_awake_time");
    out.total_present_s = seconds_at(latest, "total_present_time");
    out.longest_sleep_s = seconds_at(latest, "longest_sleep");
    out.times_woke_up = count_at(latest, "times_woke_up");
    out.times_out_of_crib = count_at(latest, "times_out_of_crib");
    out.sleep_sessions = count_at(latest, "sleep_sessions");
    out.sleep_interventions = count_at(latest, "sleep_interventions");
    out.parent_interventions = count_at(latest, "parent_interventions");
    out.soothing_events = count_at(latest, "soothing_events");
    if (const json& states = at(latest, "states"); states.is_array() && !states.empty()) {
        out.state = base::lower_case(clean_text(text_at(states.back(), "title")));
        out.state_since = time_at(states.back(), "begin_ts");
    }
    return out;
}

std::vector<camera::Sensor> sleep_sensors() {
    struct Row {
        const char *id, *name;
        SensorKind kind;
        const char* unit = "";
    };
    constexpr Row kRows[] = {
        {"asleep", "Asleep", SensorKind::Flag},
        {"in_bed", "In bed", SensorKind::Flag},
        {"last_sleep_event", "Last of the sleep analysis", SensorKind::Text},
        {"sleep_kind", "Night or nap", SensorKind::Text},
        {"sleep_ongoing", "Night or nap goes on", SensorKind::Flag},
        {"bed_start", "Went to bed", SensorKind::Timestamp},
        {"sleep_start", "Fell asleep", SensorKind::Timestamp},
        {"sleep_end", "Slept until", SensorKind::Timestamp},
        {"last_wake_up", "Woke up last", SensorKind::Timestamp},
        {"sleep_onset", "Time to fall asleep", SensorKind::Duration, "s"},
        {"total_sleep", "Slept", SensorKind::Duration, "s"},
        {"total_awake", "Was awake", SensorKind::Duration, "s"},
        {"total_present", "Was in bed", SensorKind::Duration, "s"},
        {"longest_sleep", "Longest sleep", SensorKind::Duration, "s"},
        {"times_woke_up", "Times woken up", SensorKind::Number},
        {"times_out_of_crib", "Times out of the crib", SensorKind::Number},
        {"sleep_sessions", "Stretches of sleep", SensorKind::Number},
        {"sleep_interventions", "Visits while asleep", SensorKind::Number},
        {"parent_interventions", "Visits", SensorKind::Number},
        {"soothing_events", "Times soothed", SensorKind::Number},
    };
    std::vector<camera::Sensor> out;
    for (const Row& row : kRows)
        out.push_back({.id = row.id,
                       .name = row.name,
                       .kind = row.kind,
                       .unit = row.unit,
                       .baby_data = true,
                       .value = {},
                       .at = {}});
    return out;
}

Measured measured(const std::optional<SleepStats>& stats) {
    const SleepStats s = stats.value_or(SleepStats{});
    return {{"sleep_kind", value_of(s.kind)},
            {"sleep_ongoing", value_of(s.is_ongoing)},
            {"bed_start", value_of(s.bed_start)},
            {"sleep_start", value_of(s.sleep_start)},
            {"sleep_end", value_of(s.sleep_end)},
            {"last_wake_up", value_of(s.last_wake_up)},
            {"sleep_onset", value_of(s.sleep_onset_s)},
            {"total_sleep", value_of(s.total_sleep_s)},
            {"total_awake", value_of(s.total_awake_s)},
            {"total_present", value_of(s.total_present_s)},
            {"longest_sleep", value_of(s.longest_sleep_s)},
            {"times_woke_up", value_of(s.times_woke_up)},
            {"times_out_of_crib", value_of(s.times_out_of_crib)},
            {"sleep_sessions", value_of(s.sleep_sessions)},
            {"sleep_interventions", value_of(s.sleep_interventions)},
            {"parent_interventions", value_of(s.parent_interventions)},
            {"soothing_events", value_of(s.soothing_events)}};
}

bool SleepState::is_news(base::WallTime at, base::WallTime now) {
    if (at < at_ || now - at > kFades) return false;
    at_ = at;
    return true;
}

void SleepState::apply(const SleepEvent& event, base::WallTime now) {
    const std::string& key = event.key;
    const bool fell_asleep = key == "FELL_ASLEEP", woke_up = key == "WOKE_UP";
    const bool is_put = key == "PUT_IN_BED" || key == "PUT_TO_SLEEP";
    const bool is_removed = key == "REMOVED" || key == "REMOVED_ASLEEP";
    if (!fell_asleep && !woke_up && !is_put && !is_removed) return;
    if (!is_news(event.time, now)) return;
    last_key_ = base::lower_case(key);
    in_bed_ = !is_removed;
    if (fell_asleep || woke_up) asleep_ = fell_asleep;
    // Nobody sees it any more.
    if (is_removed) asleep_.reset();
}

void SleepState::apply(const SleepStats& stats, base::WallTime now) {
    // A night that is over says nothing about now.
    if (stats.is_ongoing != true || !stats.state_since || !is_news(*stats.state_since, now)) return;
    if (stats.state == "asleep" || stats.state == "awake") {
        in_bed_ = true;
        asleep_ = stats.state == "asleep";
    } else if (stats.state == "absent") {
        in_bed_ = false;
        asleep_.reset();
    }
}

Measured SleepState::measured() const {
    return {{"asleep", value_of(asleep_)},
            {"in_bed", value_of(in_bed_)},
            {"last_sleep_event", value_of(last_key_)}};
}

}  // namespace casement::drivers::nanit
