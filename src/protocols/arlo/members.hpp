#pragma once
// Which key stands for which member: one list per type, walked by the reader and by the writer of
// message.cpp, so that the two cannot differ. The order is the order on the wire.

#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "protocols/arlo/base_messages.hpp"
#include "protocols/arlo/device_messages.hpp"

namespace casement::protocols::arlo {

/// T, const for the writer.
template <typename Object, typename T>
concept Is = std::same_as<std::remove_const_t<Object>, T>;

template <typename Walk>
void members(Walk& walk, Is<Battery> auto& battery) {
    using enum BatteryKey;
    walk(battery.key == BatPercent ? "BatPercent" : "BatteryPercentage", battery.percent);
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(battery)>>) {
        if (!battery.percent) {
            walk("BatteryPercentage", battery.percent);
            if (battery.percent) battery.key = BatteryPercentage;
        }
    }
    walk("BatTech", battery.technology);
    walk("ChargerTech", battery.charger);
    walk("ChargingState", battery.charging);
}

template <typename Walk>
void members(Walk& walk, Is<Registration> auto& it) {
    walk.required("SystemSerialNumber", it.serial);
    walk("SystemModelNumber", it.model);
    walk("UpdateSystemModelNumber", it.update_model);
    walk("SystemFirmwareVersion", it.firmware);
    walk("CommProtocolVersion", it.protocol_version);
    walk("InterfaceVersion", it.interface_version);
    walk("HardwareRevision", it.hardware);
    members(walk, it.battery);
    walk("Temperature", it.temperature_c);
    walk("SignalStrengthIndicator", it.signal_strength);
    walk("LogFrequency", it.log_frequency);
    walk("Capabilities", it.capabilities);
    walk("ThermalShutdownMinTemp", it.thermal_shutdown_min_c);
    walk("ThermalShutdownMaxTemp", it.thermal_shutdown_max_c);
    walk("ThermalShutdownRechargeMaxTemp", it.thermal_shutdown_recharge_max_c);
    walk("BattChargeMinTemp", it.charge_min_c);
    walk("BattChargeMaxTemp", it.charge_max_c);
    walk("Sync", it.sync);
    walk("BootSeconds", it.boot_seconds);
    walk("RtpPort", it.rtp_port);
    walk("SKU", it.sku);
    walk("BCC", it.bcc);
}

template <typename Walk>
void members(Walk& walk, Is<Status> auto& it) {
    walk("SystemSerialNumber", it.serial);
    walk("SystemFirmwareVersion", it.firmware);
    walk("HardwareRevision", it.hardware);
    walk("UpdateSystemModelNumber", it.update_model);
    members(walk, it.battery);
    walk("Bat1Volt", it.battery_voltage);
    walk("CriticalBatStatus", it.critical_battery);
    walk("Temperature", it.temperature_c);
    walk("SignalStrengthIndicator", it.signal_strength);
    walk("WifiRSSI", it.wifi_rssi_dbm);
    walk("WifiChannel", it.wifi_channel);
    walk("WifiCountryDetails", it.wifi_country);
    walk("WifiConnectionCount", it.wifi_connections);
    walk("WifiConnectionAttempts", it.wifi_attempts);
    walk("Streamed", it.streamed_s);
    walk("UserStreamed", it.user_streamed_s);
    walk("MotionStreamed", it.motion_streamed_s);
    walk("PoweredOn", it.powered_on_s);
    walk("ISPOn", it.isp_on_s);
    walk("CameraOnline", it.online_s);
    walk("CameraOffline", it.offline_s);
    walk("IRLEDsOn", it.ir_leds_on_s);
    walk("PIREvents", it.pir_events);
    walk("PIRTriggers", it.pir_triggers);
    walk("AudioEvents", it.audio_events);
    walk("ButtonEvents", it.button_events);
    walk("BackoffBlockedEvents", it.blocked_events);
    walk("FailedStreams", it.failed_streams);
    walk("SnapshotCount", it.snapshots);
    walk("RtcpDiscCnt", it.rtcp_disconnects);
    walk("FailedUpgrades", it.failed_upgrades);
    walk("LogFrequency", it.log_frequency);
    walk("SpotlightEnabled", it.spotlight_on);
    walk("Hibernate", it.hibernating);
}

template <typename Walk>
void members(Walk& walk, Is<PirMotion> auto& it) {
    constexpr std::array<std::string_view, 4> kIntensity{"z0Intensity", "z1Intensity",
                                                         "z2Intensity", "z3Intensity"};
    constexpr std::array<std::string_view, 4> kCounter{"z0Counter", "z1Counter", "z2Counter",
                                                       "z3Counter"};
    walk("Triggered", it.triggered);
    walk("TriggerLevel", it.trigger_level);
    walk("TriggerRtpTime", it.trigger_rtp_time);
    walk("TriggerSysTime", it.trigger_system_time);
    walk("zones", it.zones);
    walk("MdZones", it.zone_mask);
    walk("MdPrevZones", it.previous_zone_mask);
    walk("PirTrigger", it.pir_trigger);
    for (std::size_t i = 0; i < it.zone_hits.size(); ++i) {
        walk(kIntensity[i], it.zone_hits[i].intensity);
        walk(kCounter[i], it.zone_hits[i].counter);
    }
}

template <typename Walk>
void members(Walk& walk, Is<AudioDetect> auto& it) {
    walk("AudioTriggered", it.triggered);
    walk("AudioTriggerLevel", it.trigger_level);
    walk("AudioTriggerRtpTime", it.trigger_rtp_time);
    walk("AudioTriggerSysTime", it.trigger_system_time);
}

template <typename Walk>
void members(Walk& walk, Is<ButtonPress> auto& it) {
    walk("Triggered", it.triggered);
}

template <typename Walk>
void members(Walk& walk, Is<SpotlightState> auto& it) {
    walk("SpotlightEnabled", it.on);
}

template <typename Walk>
void members(Walk& walk, Is<Alert> auto& it) {
    walk("SystemSerialNumber", it.serial);
    walk.required("AlertType", it.type);
    walk("PIRMotion", it.motion);
    walk("AudioDetect", it.audio);
    walk("ButtonPress", it.button);
    walk("SpotlightState", it.spotlight);
    walk("StreamDuration", it.duration_s);
}

template <typename Walk>
void members(Walk& walk, Is<LogMessage> auto& it) {
    walk("LogString", it.text);
}

template <typename Walk>
void members(Walk& walk, Is<RegisterSet> auto& it) {
    walk.required("SetValues", it.values);
}

template <typename Walk>
void members(Walk& walk, Is<RegisterGet> auto& it) {
    walk.required("GetValues", it.names);
}

template <typename Walk>
void members(Walk& walk, Is<RateControl> auto& it) {
    walk("minbps", it.min_bps);
    walk("maxbps", it.max_bps);
    walk("minQP", it.min_qp);
    walk("maxQP", it.max_qp);
    walk("vbr", it.variable);
    walk("targetbps", it.target_bps);
    walk("cbrbps", it.fixed_bps);
}

template <typename Walk>
void members(Walk& walk, Is<RaParams> auto& it) {
    walk.required("Params", it.modes);
}

template <typename Walk>
void members(Walk&, Is<StatusRequest> auto&) {}

template <typename Walk>
void members(Walk& walk, Is<FullSnapshot> auto& it) {
    walk.required("DestinationURL", it.destination_url);
}

template <typename Walk>
void members(Walk& walk, Is<Zone> auto& it) {
    walk("name", it.name);
    walk("id", it.id);
    walk("coords", it.corners);
    walk("color", it.color);
}

template <typename Walk>
void members(Walk& walk, Is<MotionZone> auto& it) {
    walk.required("intrZone", it.zones);
}

template <typename Walk>
void members(Walk& walk, Is<Siren> auto& it) {
    walk.required("SirenState", it.state);
    walk("Duration", it.duration_s);
    walk("Volume", it.volume);
    walk("Pattern", it.pattern);
}

template <typename Walk>
void members(Walk& walk, Is<AudioStream> auto& it) {
    walk("PayloadType", it.payload_type);
    walk("PayloadTypeString", it.codec);
    walk("Bitrate", it.bitrate_bps);
    walk("Port", it.port);
    walk("ID", it.id);
}

template <typename Walk>
void members(Walk& walk, Is<RtpInvite> auto& it) {
    walk.required("AudioStream", it.stream);
    walk("buttonPressed", it.button_pressed);
}

template <typename Walk>
void members(Walk& walk, Is<RtpRequest> auto& it) {
    walk.required("AudioStream", it.stream);
}

template <typename Walk>
void members(Walk& walk, Is<RtpBye> auto& it) {
    walk.required("Streams", it.streams);
    walk("EndOfCall", it.end_of_call);
}

template <typename Walk>
void members(Walk& walk, Is<Response> auto& it) {
    walk("SystemSerialNumber", it.serial);
    walk("Response", it.word);
    walk("Errors", it.errors);
    walk("GetReturn", it.values);
    walk("AudioStream", it.audio_stream);
}

}  // namespace casement::protocols::arlo
