#include "protocols/arlo/device_messages.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace casement::protocols::arlo {

namespace {

struct AlertWord {
    AlertKind kind;
    std::string_view word;
};
constexpr std::array kAlertWords{
    AlertWord{AlertKind::PirMotion, "pirMotionAlert"},
    AlertWord{AlertKind::MotionTimeout, "motionTimeoutAlert"},
    AlertWord{AlertKind::Audio, "audioAlert"},
    AlertWord{AlertKind::AudioTimeout, "audioTimeoutAlert"},
    AlertWord{AlertKind::ButtonPress, "buttonPressAlert"},
    AlertWord{AlertKind::Spotlight, "spotlightAlert"},
};

constexpr std::array<std::string_view, 3> kChargers{"QuickCharger", "Regular", "VAC Charger"};

/// Between what a camera's battery has in volts (4.0, 7.8) and a doorbell's in millivolts (2667).
constexpr double kMaxVolts = 100;

}  // namespace

bool has_external_power(const Battery& battery) {
    return std::ranges::find(kChargers, battery.charger) != kChargers.end();
}

bool has_capability(const Registration& registration, std::string_view name) {
    return registration.capabilities &&
           std::ranges::any_of(*registration.capabilities, [&](const std::string& capability) {
               return base::iequals(capability, name);
           });
}

std::optional<double> battery_volts(const Status& status) {
    if (!status.battery_voltage) return std::nullopt;
    const double sent = *status.battery_voltage;
    return sent > kMaxVolts ? sent / 1000 : sent;
}

std::optional<bool> is_battery_critical(const Status& status) {
    if (!status.critical_battery) return std::nullopt;
    bool truth = false;
    std::int64_t number = 0;
    if (from_value(*status.critical_battery, truth)) return truth;
    if (from_value(*status.critical_battery, number)) return number != 0;
    return std::nullopt;
}

std::string_view to_string(AlertKind kind) {
    const auto found = std::ranges::find(kAlertWords, kind, &AlertWord::kind);
    return found == kAlertWords.end() ? std::string_view{} : found->word;
}

AlertKind Alert::kind() const {
    const auto found = std::ranges::find(kAlertWords, type, &AlertWord::word);
    return found == kAlertWords.end() ? AlertKind::Unknown : found->kind;
}

}  // namespace casement::protocols::arlo
