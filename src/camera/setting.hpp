#pragma once
// What can be set on a camera, with what was asked and what the camera says it is.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::camera {

// Kinds
// -----------------------------------------------------------------------------------------------------------------------------

struct Toggle {
    bool operator==(const Toggle&) const = default;
};
struct Range {
    double min = 0, max = 100, step = 1;  // step > 0
    std::string unit;                     // "%", "dB", "s", "°C"...; empty = a bare number
    bool operator==(const Range&) const = default;
};
struct Choice {
    struct Option {
        std::string value;  // stable word
        std::string label;  // for a person
        bool operator==(const Option&) const = default;
    };
    std::vector<Option> options;
    bool operator==(const Choice&) const = default;
};
/// A lamp: on or off, and how bright where `max` > `min`.
struct Light {
    double min = 0, max = 0, step = 1;  // of the level, in %; min == max: it cannot be dimmed
    bool is_dimmable() const { return max > min; }
    bool operator==(const Light&) const = default;
};
/// A verb without a state: pressing it asks the camera once, nothing is stored.
struct Button {
    std::string verb;          // "Restart"
    bool destructive = false;  // faces ask once more
    bool operator==(const Button&) const = default;
};
using SettingKind = std::variant<Toggle, Range, Choice, Light, Button>;

// Values
// ----------------------------------------------------------------------------------------------------------------------------

struct LightValue {
    bool on = false;
    std::optional<double> level;  // %, where the light is dimmable and the level is known
    bool operator==(const LightValue&) const = default;
};
struct Pressed {
    bool operator==(const Pressed&) const = default;
};
/// monostate = not reported yet. A toggle holds bool, a range double, a choice the option's value,
/// a light LightValue, a button Pressed.
using Value = std::variant<std::monostate, bool, double, std::string, LightValue, Pressed>;

inline bool is_known(const Value& value) { return !std::holds_alternative<std::monostate>(value); }
/// Equal as far as both say: a light asked "on" without a level agrees with "on at 35 %"; numbers
/// within half a step agree.
bool agrees(const SettingKind& kind, const Value& desired, const Value& reported);

// The setting
// -----------------------------------------------------------------------------------------------------------------------

enum class SettingGroup : std::uint8_t { LightAndSound, Picture, Alarms, Device };

struct Setting {
    std::string id;    // stable, [a-z0-9_]: "night_light", "volume"
    std::string name;  // for a person: "Night light"
    SettingKind kind;
    SettingGroup group = SettingGroup::Device;
    bool writable = true;
    bool restore = true;  // the desired value is re-applied when the camera comes back (not so for
                          // sirens and the like)
    std::string note;     // one sentence about what it does; may be empty

    Value reported;  // what the camera last said
    Value desired;   // what was asked; equal to `reported` when nobody asked or both agree
    std::optional<base::WallTime> since;  // of the last change of `reported` or `desired`
    std::string by;  // who asked for `desired`: a user's name, "mqtt", "config"; "camera" = changed
                     // elsewhere
    std::string refused;  // the camera's refusal of the last wish, as a sentence; empty = none

    bool is_button() const { return std::holds_alternative<Button>(kind); }
    /// Asked and not there yet.
    bool is_pending() const { return is_known(desired) && !agrees(kind, desired, reported); }
    bool operator==(const Setting&) const = default;
};

std::string_view to_string(SettingGroup group);
/// "toggle", "range", "choice", "light", "button".
std::string_view kind_name(const SettingKind& kind);

/// The value as the setting can take it (a number moved to the nearest step), or InvalidArgument
/// with a sentence that says what it takes. FailedPrecondition when the setting cannot be written.
base::Result<Value> validate(const Setting& setting, const Value& value);
/// "on", "60 %", "Auto", "on, 35 %": for sentences and logs.
std::string describe(const SettingKind& kind, const Value& value);

}  // namespace casement::camera
