#include "camera/setting.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace casement::camera {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

template <typename... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

/// Nothing behind the point where there is nothing to say: "60", "20.5".
std::string number(double value) { return fmt::format("{:.6g}", value); }

std::string with_unit(double value, const std::string& unit) {
    return unit.empty() ? number(value) : number(value) + " " + unit;
}

std::string span_of(double min, double max, double step, const std::string& unit) {
    const std::string steps = step == 1 ? "" : fmt::format(" in steps of {}", number(step));
    return fmt::format("{} to {}{}", number(min), with_unit(max, unit), steps);
}

/// The nearest step; the last may be cut short by `max`.
double snapped(double value, double min, double max, double step) {
    const double stepped = min + std::round((value - min) / step) * step;
    return std::clamp(stepped, min, max);
}

std::unexpected<base::Error> takes(const Setting& setting, std::string_view what) {
    return fail(ErrorKind::InvalidArgument, "\"{}\" takes {}", setting.name, what);
}

Result<Value> validate_number(const Setting& setting, double value, double min, double max,
                              double step, const std::string& unit) {
    if (!std::isfinite(value) || value < min || value > max) {
        return fail(ErrorKind::InvalidArgument, "\"{}\" takes {}; {} is outside", setting.name,
                    span_of(min, max, step, unit), number(value));
    }
    return snapped(value, min, max, step);
}

Result<Value> validate_choice(const Setting& setting, const Choice& choice,
                              const std::string& value) {
    std::string words;
    for (const Choice::Option& option : choice.options) {
        if (option.value == value) return value;
        words += (words.empty() ? "" : ", ") + option.value;
    }
    return takes(setting, "one of: " + words);
}

Result<Value> validate_light(const Setting& setting, const Light& light, LightValue value) {
    if (!value.level) return value;
    if (!light.is_dimmable()) return takes(setting, "on or off; it cannot be dimmed");
    CASEMENT_TRY(const Value level,
                 validate_number(setting, *value.level, light.min, light.max, light.step, "%"));
    value.level = std::get<double>(level);
    return value;
}

}  // namespace

std::string_view to_string(SettingGroup group) {
    constexpr std::array<std::string_view, 4> kNames{"light-and-sound", "picture", "alarms",
                                                     "device"};
    return kNames[static_cast<std::size_t>(group)];
}

std::string_view kind_name(const SettingKind& kind) {
    constexpr std::array<std::string_view, std::variant_size_v<SettingKind>> kNames{
        "toggle", "range", "choice", "light", "button"};
    return kNames[kind.index()];
}

bool agrees(const SettingKind& kind, const Value& desired, const Value& reported) {
    if (!is_known(desired) || !is_known(reported)) return false;
    if (const auto* range = std::get_if<Range>(&kind)) {
        const auto *a = std::get_if<double>(&desired), *b = std::get_if<double>(&reported);
        return a != nullptr && b != nullptr && std::abs(*a - *b) < range->step / 2;
    }
    if (const auto* light = std::get_if<Light>(&kind)) {
        const auto *a = std::get_if<LightValue>(&desired), *b = std::get_if<LightValue>(&reported);
        if (a == nullptr || b == nullptr || a->on != b->on) return false;
        // The level of a lamp that is off, or that one side does not know, is no difference.
        return !a->on || !a->level || !b->level ||
               std::abs(*a->level - *b->level) < light->step / 2;
    }
    return desired == reported;
}

Result<Value> validate(const Setting& setting, const Value& value) {
    if (!setting.writable)
        return fail(ErrorKind::FailedPrecondition,
                    "\"{}\" is only reported by the camera, it cannot be set", setting.name);
    return std::visit(
        Overloaded{
            [&](const Toggle&) -> Result<Value> {
                return std::holds_alternative<bool>(value) ? Result<Value>(value)
                                                           : takes(setting, "on or off");
            },
            [&](const Range& range) -> Result<Value> {
                const auto* wanted = std::get_if<double>(&value);
                if (wanted == nullptr)
                    return takes(setting, span_of(range.min, range.max, range.step, range.unit));
                return validate_number(setting, *wanted, range.min, range.max, range.step,
                                       range.unit);
            },
            [&](const Choice& choice) -> Result<Value> {
                const auto* wanted = std::get_if<std::string>(&value);
                return validate_choice(setting, choice,
                                       wanted == nullptr ? std::string() : *wanted);
            },
            [&](const Light& light) -> Result<Value> {
                const auto* wanted = std::get_if<LightValue>(&value);
                if (wanted == nullptr)
                    return takes(setting, light.is_dimmable() ? "on, off or a level" : "on or off");
                return validate_light(setting, light, *wanted);
            },
            [&](const Button&) -> Result<Value> { return Pressed{}; },
        },
        setting.kind);
}

std::string describe(const SettingKind& kind, const Value& value) {
    return std::visit(Overloaded{
                          [](std::monostate) { return std::string("not reported yet"); },
                          [](bool on) { return std::string(on ? "on" : "off"); },
                          [&](double v) {
                              const auto* range = std::get_if<Range>(&kind);
                              return with_unit(v, range == nullptr ? std::string() : range->unit);
                          },
                          [&](const std::string& v) {
                              if (const auto* choice = std::get_if<Choice>(&kind)) {
                                  const auto found =
                                      std::ranges::find(choice->options, v, &Choice::Option::value);
                                  if (found != choice->options.end()) return found->label;
                              }
                              return v;
                          },
                          [](const LightValue& v) {
                              if (!v.on) return std::string("off");
                              return v.level ? "on, " + with_unit(*v.level, "%")
                                             : std::string("on");
                          },
                          [](Pressed) { return std::string("pressed"); },
                      },
                      value);
}

}  // namespace casement::camera
