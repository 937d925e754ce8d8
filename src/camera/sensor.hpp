#pragma once
// What a camera measures.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"

namespace casement::camera {

/// What kind of thing it is; names follow Home Assistant's device classes where there is one.
enum class SensorKind : std::uint8_t {
    Temperature,     // °C
    Humidity,        // %
    Illuminance,     // lx
    Battery,         // %
    Charging,        // bool
    SignalStrength,  // dBm
    Connectivity,    // bool
    Motion,          // bool, while it lasts
    Sound,           // bool, while it lasts
    Cry,             // bool, while it lasts
    SoundLevel,      // dB or the vendor's unit
    Night,           // bool: the camera sees by infrared
    Duration,        // s
    Timestamp,       // WallTime as text, RFC 3339
    Text,            // free word: Wi-Fi name, firmware
    Flag,            // bool, anything else
    Number,          // anything else
};

using SensorValue =
    std::variant<std::monostate, bool, double, std::string>;  // monostate = not measured yet

struct Sensor {
    std::string id;    // stable, [a-z0-9_]: "temperature"
    std::string name;  // "Temperature"
    SensorKind kind = SensorKind::Number;
    std::string unit;         // "°C", "%", "lx", "dBm"...; empty for bool and text
    bool diagnostic = false;  // of the device rather than of the room: battery, Wi-Fi
    bool baby_data = false;   // carries "Not a medical or safety device"
    SensorValue value;
    std::optional<base::WallTime> at;  // when it was measured

    bool operator==(const Sensor&) const = default;
};

/// "temperature", "signal_strength"...
std::string_view to_string(SensorKind kind);

}  // namespace casement::camera
