#include "drivers/nanit/sensors.hpp"

#include <algorithm>
#include <array>

namespace casement::drivers::nanit {

namespace {

using camera::Sensor;
using camera::SensorKind;
using camera::SensorValue;
namespace wire = protocols::nanit;

Sensor sensor(std::string_view id, std::string_view name, SensorKind kind,
              std::string_view unit = {}, bool diagnostic = false) {
    Sensor out;
    out.id = id;
    out.name = name;
    out.kind = kind;
    out.unit = unit;
    out.diagnostic = diagnostic;
    return out;
}

Sensor breathing_sensor(std::string_view id, std::string_view name, SensorKind kind,
                        std::string_view unit = {}) {
    Sensor out = sensor(id, name, kind, unit);
    out.baby_data = true;  // "Not a medical or safety device", wherever it is shown
    return out;
}

/// Thousandths where the camera sends them: the other number is rounded.
SensorValue number_of(const pb::SensorData& data) {
    if (data.has_value_milli()) return data.value_milli() / 1000.0;
    if (data.has_value()) return static_cast<double>(data.value());
    return {};
}

template <std::size_t N>
std::string word_of(const std::array<std::string_view, N>& words, int number) {
    if (number < 0 || static_cast<std::size_t>(number) >= N) return {};
    return std::string(words[static_cast<std::size_t>(number)]);
}

constexpr std::array<std::string_view, 11> kStates{
    "off",       "starting", "running", "paused",        "resuming",       "not-started",
    "completed", "aborted",  "stale",   "not-completed", "baby-not-in-bed"};
constexpr std::array<std::string_view, 10> kBreathing{
    "no-texture", "normal", "wiggling", "no-pattern",    "no-breathing",
    "low",        "high",   "starting", "pattern-found", "baby-not-in-bed"};
constexpr std::array<std::string_view, 3> kLevels{"green", "yellow", "red"};

}  // namespace

std::vector<Sensor> sensors_of(bool breathing) {
    std::vector<Sensor> out{
        sensor("temperature", "Temperature", SensorKind::Temperature, "°C"),
        sensor("humidity", "Humidity", SensorKind::Humidity, "%"),
        sensor("light", "Brightness of the room", SensorKind::Illuminance, "lx"),
        sensor("night", "Sees by infrared", SensorKind::Night),
        sensor(kConnectedSensor, "Connected with its cloud", SensorKind::Connectivity, {}, true),
        sensor(kLinkSensor, "Connected with this hub", SensorKind::Text, {}, true),
        sensor("wifi_name", "Wi-Fi", SensorKind::Text, {}, true),
        sensor("wifi", "Wi-Fi signal", SensorKind::SignalStrength, "dBm", true),
        sensor("wifi_frequency", "Wi-Fi frequency", SensorKind::Number, "MHz", true),
    };
    if (!breathing) return out;
    out.push_back(breathing_sensor("breathing_state", "Breathing motion", SensorKind::Text));
    out.push_back(breathing_sensor("breathing", "Breathing motion, as seen", SensorKind::Text));
    out.push_back(
        breathing_sensor("breathing_rate", "Breathing motions", SensorKind::Number, "1/min"));
    out.push_back(breathing_sensor("breathing_level", "Breathing motion, level", SensorKind::Text));
    return out;
}

Sensor alert_sensor(std::string_view id) {
    if (id == kMotionSensor) return sensor(id, "Motion", SensorKind::Motion);
    if (id == kSoundSensor) return sensor(id, "Sound", SensorKind::Sound);
    return sensor(id, "Cry", SensorKind::Cry);
}

bool is_alert_sensor(std::string_view id) {
    return id == kMotionSensor || id == kSoundSensor || id == kCrySensor;
}

std::optional<std::pair<std::string, SensorValue>> measured(const pb::SensorData& data) {
    const auto known = [](std::string_view id,
                          SensorValue value) -> std::optional<std::pair<std::string, SensorValue>> {
        if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
        return std::pair(std::string(id), std::move(value));
    };
    const SensorValue alert = data.has_is_alert() ? SensorValue(data.is_alert()) : SensorValue{};
    if (!data.has_sensor_type()) return std::nullopt;
    switch (data.sensor_type()) {
        case wire::kTemperature:
            return known("temperature", number_of(data));
        case wire::kHumidity:
            return known("humidity", number_of(data));
        case wire::kLight:
            return known("light", number_of(data));
        case wire::kNight:
            if (!data.has_value() || data.value() < 0 || data.value() > 1) return std::nullopt;
            return known("night", data.value() == 1);
        case wire::kMotion:
            return known(kMotionSensor, alert);
        case wire::kSound:
            return known(kSoundSensor, alert);
        case wire::kCry:
            return known(kCrySensor, alert);
        default:
            return std::nullopt;
    }
}

Measured measured(const pb::StingStatus& status) {
    Measured out;
    const auto put = [&](std::string_view id, std::string word) {
        if (!word.empty()) out.emplace_back(std::string(id), std::move(word));
    };
    if (status.has_state()) put("breathing_state", word_of(kStates, status.state()));
    if (status.has_breathing()) put("breathing", word_of(kBreathing, status.breathing()));
    if (status.has_mode()) put("breathing_level", word_of(kLevels, status.mode()));
    if (status.has_breaths_per_min()) {
        // 0: it has not found one, which is no breathing rate.
        const int rate = status.breaths_per_min();
        out.emplace_back("breathing_rate",
                         rate > 0 ? SensorValue(static_cast<double>(rate)) : SensorValue{});
    }
    return out;
}

Measured measured(const Baby& baby) {
    Measured out;
    if (baby.is_connected) out.emplace_back(std::string(kConnectedSensor), *baby.is_connected);
    if (!baby.ssid.empty()) out.emplace_back("wifi_name", baby.ssid);
    if (baby.wifi_dbm) out.emplace_back("wifi", *baby.wifi_dbm);
    if (baby.wifi_mhz) out.emplace_back("wifi_frequency", *baby.wifi_mhz);
    return out;
}

base::WallTime time_of(const pb::SensorData& data, base::WallTime now) {
    if (!data.has_timestamp_real()) return now;
    constexpr std::uint64_t kLatest = 4'102'444'800'000;  // 2100
    if (data.timestamp_real() > kLatest) return now;
    const base::WallTime said{
        std::chrono::milliseconds{static_cast<std::int64_t>(data.timestamp_real())}};
    // A clock that was never set is of no use, and nothing is measured in the future.
    return said < now - std::chrono::hours{24} || said > now ? now : said;
}

}  // namespace casement::drivers::nanit
