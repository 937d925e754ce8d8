#include "notify/mqtt/old_nanit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace casement::notify::mqtt {

namespace {

using camera::Camera;
using camera::Change;
using camera::SensorKind;

std::int64_t unix_seconds(base::WallTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

constexpr std::string_view kStandby = "privacy";  // as the hub calls it

/// Sensors of these names; the others are told by their kind.
struct Key {
    std::string_view id, key;
    bool in_minutes = false;
};
constexpr Key kSensors[] = {
    {"asleep", "is_asleep"},
    {"in_bed", "in_bed"},
    {"last_sleep_event", "last_sleep_event"},
    {"times_woke_up", "times_woke_up"},
    {"sleep_interventions", "sleep_interventions"},
    {"total_awake", "awake_time_today", true},
    {"total_sleep", "sleep_time_today", true},
};

Key key_of(const camera::Sensor& sensor) {
    const auto* const named = std::ranges::find(kSensors, sensor.id, &Key::id);
    if (named != std::end(kSensors)) return *named;
    if (sensor.diagnostic && sensor.kind != SensorKind::Connectivity) return {};
    switch (sensor.kind) {
        case SensorKind::Temperature:
            return {sensor.id, "temperature"};
        case SensorKind::Humidity:
            return {sensor.id, "humidity"};
        case SensorKind::Night:
            return {sensor.id, "is_night"};
        case SensorKind::Connectivity:
            return {sensor.id, "camera_online"};
        default:
            return {};
    }
}

struct Kind {
    std::string_view kind, name;
};
constexpr Kind kEvents[] = {
    {"motion", "motion"},
    {"sound", "sound"},
    {"baby-standing", "standing"},
    {"toddler-left-the-bed", "left_bed"},
    {"alert-zone", "alert_zone"},
    {"temperature", "temperature_alert"},
    {"humidity", "humidity_alert"},
    {"breathing-alert", "breathing_alert"},
    {"camera-offline", "camera_offline"},
    {"camera-online", "camera_online"},
    {"battery-low", "low_battery"},
    {"change-state", "state_change"},
    {"fell-asleep", "fell_asleep"},
    {"woke-up", "woke_up"},
    {"put-in-bed", "put_in_bed"},
    {"put-to-sleep", "put_to_sleep"},
    {"removed", "removed"},
    {"removed-asleep", "removed_asleep"},
    {"visit", "visit"},
};

std::string text_of(const camera::SensorValue& value, bool in_minutes) {
    if (const bool* const flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const double* const number = std::get_if<double>(&value))
        return in_minutes ? fmt::format("{}", std::llround(*number / 60))
                          : fmt::format("{}", *number);
    if (const auto* const text = std::get_if<std::string>(&value)) return *text;
    return {};
}

}  // namespace

bool OldNanit::is_about(const Camera& camera) { return !camera.description.subject.empty(); }

std::string OldNanit::topic(const Camera& camera, std::string_view key) const {
    return fmt::format("{}/babies/{}/{}", prefix_, camera.description.subject, key);
}

std::vector<Message> OldNanit::of(const Change& change) const {
    std::vector<Message> out;
    if (!change.camera || !is_about(*change.camera)) return out;
    const Camera& camera = *change.camera;
    const auto say = [&](std::string_view key, std::string payload) {
        out.push_back({.topic = topic(camera, key), .payload = std::move(payload), .retain = true});
    };
    if (change.what == Change::What::State)
        say("is_stream_alive", camera.state.word == camera::StateWord::Live ? "true" : "false");
    if (change.what == Change::What::Setting) {
        const camera::Setting* const setting = camera.setting(change.item);
        if (setting == nullptr) return out;
        if (const auto* const light = std::get_if<camera::LightValue>(&setting->reported);
            light != nullptr && setting->id == "night_light")
            say("night_light", light->on ? "true" : "false");
        if (const bool* const on = std::get_if<bool>(&setting->reported);
            on != nullptr && setting->id == kStandby)
            say("standby", *on ? "true" : "false");
    }
    if (change.what == Change::What::Sensor) {
        const camera::Sensor* const sensor = camera.sensor(change.item);
        if (sensor == nullptr) return out;
        const Key key = key_of(*sensor);
        const std::string text = text_of(sensor->value, key.in_minutes);
        // What is not known any more keeps its last word there: they have none for it.
        if (!key.key.empty() && !text.empty()) say(key.key, text);
    }
    return out;
}

std::vector<Message> OldNanit::all(const Camera& camera) const {
    std::vector<Message> out;
    const auto shared = std::make_shared<const Camera>(camera);
    const auto add = [&](Change::What what, std::string item) {
        for (Message& message : of(Change{what, shared, std::move(item)}))
            out.push_back(std::move(message));
    };
    add(Change::What::State, {});
    for (const auto& setting : camera.description.settings) add(Change::What::Setting, setting.id);
    for (const auto& sensor : camera.description.sensors) add(Change::What::Sensor, sensor.id);
    return out;
}

std::vector<Message> OldNanit::of(const events::Event& event, const Camera& camera) const {
    const auto* const known = std::ranges::find(kEvents, event.kind, &Kind::kind);
    if (known == std::end(kEvents) || !is_about(camera)) return {};
    const std::int64_t at = unix_seconds(event.start);
    std::vector<Message> out;
    if (event.kind == events::kind::kMotion || event.kind == events::kind::kSound)
        out.push_back(
            {.topic = topic(camera, event.kind + "_timestamp"), .payload = std::to_string(at)});
    const nlohmann::json body{{"id", event.vendor_id},
                              {"type", base::lower_case(known->name)},
                              {"baby_uid", camera.description.subject},
                              {"event_uid", event.id},
                              {"timestamp", base::format_rfc3339(event.start)},
                              {"unix_timestamp", at}};
    out.push_back({.topic = topic(camera, fmt::format("events/{}", known->name)),
                   .payload = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
    return out;
}

std::vector<std::string> OldNanit::subscriptions() const {
    return {prefix_ + "/babies/+/night_light/switch", prefix_ + "/babies/+/standby/switch"};
}

std::optional<OldCommand> OldNanit::command(const Message& message) const {
    if (message.retain) return std::nullopt;
    std::string_view rest = message.topic;
    const std::string before = prefix_ + "/babies/";
    if (!rest.starts_with(before)) return std::nullopt;
    rest.remove_prefix(before.size());
    const std::string baby(base::take_until(rest, '/'));
    if (baby.empty()) return std::nullopt;
    const bool is_on = message.payload == "true";
    if (rest == "night_light/switch") return OldCommand{baby, "night_light", is_on};
    if (rest == "standby/switch") return OldCommand{baby, std::string(kStandby), is_on};
    return std::nullopt;
}

}  // namespace casement::notify::mqtt
