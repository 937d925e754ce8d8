#include "emulators/arlo/reports.hpp"

namespace casement::emulators::arlo {

namespace {

wire::Battery battery_of(const Profile& profile, const Condition& condition) {
    wire::Battery out = profile.battery;
    out.percent = condition.battery_percent;
    if (!condition.charger.empty()) out.charger = condition.charger;
    if (!condition.charging.empty()) out.charging = condition.charging;
    return out;
}

// Two cells in series, about linear between empty and full.
double camera_volts(double percent) { return 6.8 + percent * 0.0117; }

void add_bell_status(wire::Status& out, const Condition& condition, const Counters& counters) {
    out.battery_voltage = 2200 + condition.battery_percent * 6;  // millivolts
    out.critical_battery = condition.battery_percent < 10;
    out.button_events = static_cast<std::int64_t>(counters.presses);
    out.hibernating = true;
    out.wifi_connections = static_cast<std::int64_t>(counters.associations);
    out.wifi_attempts = out.wifi_connections;
}

}  // namespace

wire::Registration make_registration(const Profile& profile, const std::string& serial,
                                     const Condition& condition, std::int64_t boot_seconds) {
    wire::Registration out;
    out.serial = serial;
    out.model = profile.model_number;
    out.update_model = profile.update_model;
    out.firmware = profile.firmware;
    out.hardware = profile.hardware;
    out.protocol_version = 1;
    out.interface_version = 1;
    out.battery = battery_of(profile, condition);
    out.signal_strength = condition.signal;
    out.log_frequency = 2;
    out.capabilities = profile.capabilities;
    out.sync = false;
    if (profile.model == Model::AudioBell) {
        out.rtp_port = wire::kTalkPort;
        out.sku = "AAD1001-100NAS";
        out.bcc = std::string(64, '0');
        return out;
    }
    out.temperature_c = condition.temperature_c;
    out.thermal_shutdown_min_c = -20;
    out.thermal_shutdown_max_c = 74;
    out.thermal_shutdown_recharge_max_c = 60;
    out.charge_min_c = 0;
    out.charge_max_c = 60;
    out.boot_seconds = boot_seconds;
    return out;
}

wire::Status make_status(const Profile& profile, const std::string& serial,
                         const Condition& condition, const Counters& counters, bool lamp_is_on,
                         base::Duration powered_on, base::Duration second) {
    const auto count = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
    const auto seconds = [&](base::Duration d) { return static_cast<std::int64_t>(d / second); };
    wire::Status out;
    out.serial = serial;
    out.firmware = profile.firmware;
    out.hardware = profile.hardware;
    out.battery = battery_of(profile, condition);
    out.signal_strength = condition.signal;
    out.pir_events = count(counters.motions);
    out.failed_streams = count(counters.failed_streams);
    out.others = profile.status_rest;
    if (profile.model == Model::AudioBell) {
        add_bell_status(out, condition, counters);
        return out;
    }
    const bool is_essential = profile.model == Model::Essential;
    if (!is_essential) out.update_model = profile.update_model;
    out.battery_voltage = camera_volts(condition.battery_percent);
    out.critical_battery = std::int64_t{condition.battery_percent < 10};
    out.temperature_c = condition.temperature_c;
    out.streamed_s = seconds(counters.streamed);
    out.motion_streamed_s = seconds(counters.motion_streamed);
    out.user_streamed_s = seconds(counters.streamed - counters.motion_streamed);
    out.ir_leds_on_s = 0;
    out.powered_on_s = seconds(powered_on);
    out.isp_on_s = out.streamed_s;
    out.online_s = out.powered_on_s;
    out.wifi_connections = count(counters.associations);
    out.wifi_attempts = out.wifi_connections;
    out.snapshots = count(counters.snapshots);
    out.rtcp_disconnects = count(counters.watchdog_trips);
    if (profile.model == Model::Pro2)
        out.others.set("RegFCnt", count(counters.registrations_failed));
    if (profile.model == Model::Wirefree) {
        out.others.set("AmountOfTimeUserStreamed", *out.user_streamed_s);
        out.others.set("AmountOfTimeStreamed", *out.streamed_s);
    }
    if (profile.has_button) out.button_events = count(counters.presses);
    if (profile.has_lamp) {
        out.spotlight_on = lamp_is_on;
        out.pir_triggers = count(counters.motions + counters.held_back);
        out.audio_events = count(counters.sounds);
        out.blocked_events = count(counters.held_back);
    }
    return out;
}

wire::Alert make_alert(const Profile& profile, const std::string& serial, wire::AlertKind kind) {
    wire::Alert out;
    out.type = std::string(wire::to_string(kind));
    if (profile.signs_alerts) out.serial = serial;
    return out;
}

}  // namespace casement::emulators::arlo
