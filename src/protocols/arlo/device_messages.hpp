#pragma once
// What a device sends to its base: registration, status, alert, logMessage.
//
// Every member may be missing: which ones come depends on model and firmware. A string is empty and
// an optional is nothing when its key is absent or holds another type; the key is in `others` then,
// as is every key that has no member here, so that nothing is lost on the way in and out.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/arlo/fields.hpp"

namespace casement::protocols::arlo {

/// Two spellings for one thing: firmware of the VMC3030 generation writes the second.
enum class BatteryKey : std::uint8_t { BatPercent, BatteryPercentage };

struct Battery {
    std::optional<double> percent;
    BatteryKey key = BatteryKey::BatPercent;  // of `percent`
    std::string technology;                   // BatTech: "Rechargeable", "Primary"
    std::string charger;                      // ChargerTech: "None", "QuickCharger", "Regular"...
    std::string charging;                     // ChargingState: "Off", "On"
    bool operator==(const Battery&) const = default;
};

/// "QuickCharger", "Regular" and "VAC Charger" feed the camera; seen in a client of the field.
bool has_external_power(const Battery& battery);

/// After every boot and every Wi-Fi association; the first message as a rule.
struct Registration {
    static constexpr std::string_view kType = "registration";

    std::string serial;        // SystemSerialNumber, never empty: the key of a device
    std::string model;         // SystemModelNumber: "VMC4030P"
    std::string update_model;  // UpdateSystemModelNumber: the firmware's family
    std::string firmware;      // SystemFirmwareVersion
    std::string hardware;      // HardwareRevision
    std::optional<std::int64_t> protocol_version;   // CommProtocolVersion; 1 in all samples
    std::optional<std::int64_t> interface_version;  // 1 in all samples
    Battery battery;
    std::optional<double> temperature_c;          // close to the ambient one only on battery
    std::optional<std::int64_t> signal_strength;  // 0..5
    std::optional<std::int64_t> log_frequency;    // 2 in all samples; a register too
    std::optional<std::vector<std::string>> capabilities;  // "PirMotion"; see has_capability()
    std::optional<std::int64_t> thermal_shutdown_min_c, thermal_shutdown_max_c;
    std::optional<std::int64_t> thermal_shutdown_recharge_max_c;
    std::optional<std::int64_t> charge_min_c, charge_max_c;  // BattCharge{Min,Max}Temp
    std::optional<bool> sync;  // true in the one capture right after pairing
    std::optional<std::int64_t> boot_seconds;
    std::optional<std::int64_t> rtp_port;  // audio doorbell: where it listens for talk-back
    std::string sku;                       // audio doorbell
    std::string bcc;                       // audio doorbell: 64 hex digits, meaning unknown
    Fields others;
    bool operator==(const Registration&) const = default;
};

/// Compares without case: firmwares differ in it.
bool has_capability(const Registration& registration, std::string_view name);

/// From time to time, and on a connection of its own after statusRequest. Counters run since boot
/// or longer. It names no model.
struct Status {
    static constexpr std::string_view kType = "status";

    std::string serial;  // SystemSerialNumber
    std::string firmware;
    std::string hardware;
    std::string update_model;
    Battery battery;
    std::optional<double> battery_voltage;  // Bat1Volt as sent: volts from cameras, millivolts from
                                            // doorbells; see battery_volts()
    std::optional<Value> critical_battery;  // CriticalBatStatus: a number from cameras, true or
                                            // false from doorbells; see is_battery_critical()
    std::optional<double> temperature_c;
    std::optional<std::int64_t> signal_strength;  // 0..5
    std::optional<std::int64_t> wifi_rssi_dbm;
    std::optional<std::int64_t> wifi_channel;
    std::string wifi_country;  // WifiCountryDetails: "US/0"
    std::optional<std::int64_t> wifi_connections, wifi_attempts;
    std::optional<std::int64_t> streamed_s, user_streamed_s, motion_streamed_s;
    std::optional<std::int64_t> powered_on_s, isp_on_s, online_s, offline_s, ir_leds_on_s;
    std::optional<std::int64_t> pir_events, pir_triggers, audio_events;
    std::optional<std::int64_t> button_events;   // present: it is a doorbell
    std::optional<std::int64_t> blocked_events;  // BackoffBlockedEvents: alerts kept back by
                                                 // AlertBackoffTime
    std::optional<std::int64_t> failed_streams, snapshots;
    std::optional<std::int64_t> rtcp_disconnects;  // RtcpDiscCnt: the RTCP watchdog ended a stream
    std::optional<std::int64_t> failed_upgrades;   // 458754 was seen: no alarm by it
    std::optional<std::int64_t> log_frequency;
    std::optional<bool> spotlight_on;  // SpotlightEnabled
    std::optional<bool> hibernating;   // Hibernate: audio doorbell
    Fields others;
    bool operator==(const Status&) const = default;
};

/// Over 100 it cannot be volts.
std::optional<double> battery_volts(const Status& status);
/// Nothing when the device does not say.
std::optional<bool> is_battery_critical(const Status& status);

/// Motion seen by the infrared sensor or, with TriggerLevel 0, in the picture. The meanings are
/// inferred from three captures.
struct PirMotion {
    struct Zone {
        std::optional<std::int64_t> intensity;  // zNIntensity: 0..100
        std::optional<std::int64_t> counter;    // zNCounter: multiples of 64
        bool operator==(const Zone&) const = default;
    };

    std::optional<bool> triggered;
    std::optional<std::int64_t> trigger_level;
    std::optional<std::int64_t> trigger_rtp_time;
    std::optional<std::int64_t> trigger_system_time;
    std::optional<std::vector<std::string>> zones;   // ids given in motionZone; absent at times
    std::optional<std::int64_t> zone_mask;           // MdZones: bit 0 = the whole picture
    std::optional<std::int64_t> previous_zone_mask;  // MdPrevZones
    std::optional<std::int64_t> pir_trigger;
    std::array<Zone, 4> zone_hits;  // the whole picture, then up to three zones
    Fields others;
    bool operator==(const PirMotion&) const = default;
};

struct AudioDetect {
    std::optional<bool> triggered;
    std::optional<std::int64_t> trigger_level;
    std::optional<std::int64_t> trigger_rtp_time;
    std::optional<std::int64_t> trigger_system_time;
    Fields others;
    bool operator==(const AudioDetect&) const = default;
};

struct ButtonPress {
    std::optional<bool> triggered;
    Fields others;
    bool operator==(const ButtonPress&) const = default;
};

struct SpotlightState {
    std::optional<bool> on;  // SpotlightEnabled: the lamp really switched
    Fields others;
    bool operator==(const SpotlightState&) const = default;
};

enum class AlertKind : std::uint8_t {
    Unknown,
    PirMotion,      // motion begins
    MotionTimeout,  // motion ended
    Audio,          // sound begins
    AudioTimeout,   // sound ended
    ButtonPress,
    Spotlight,
};

/// "pirMotionAlert"...; "" for Unknown.
std::string_view to_string(AlertKind kind);

struct Alert {
    static constexpr std::string_view kType = "alert";

    std::string serial;  // from doorbells only: a camera is known by the address it comes from
    std::string type;    // AlertType as sent, never empty
    std::optional<PirMotion> motion;
    std::optional<AudioDetect> audio;
    std::optional<ButtonPress> button;
    std::optional<SpotlightState> spotlight;
    std::optional<double> duration_s;  // StreamDuration of the two timeouts
    Fields others;
    bool operator==(const Alert&) const = default;

    AlertKind kind() const;
};

struct LogMessage {
    static constexpr std::string_view kType = "logMessage";

    std::string text;  // LogString
    Fields others;
    bool operator==(const LogMessage&) const = default;
};

}  // namespace casement::protocols::arlo
