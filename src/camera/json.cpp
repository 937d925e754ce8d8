#include "camera/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace casement::camera {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using nlohmann::json;

// Beside what a vendor tells of a baby's breathing and sleep, wherever it is shown.
constexpr const char* kBabyNotice = "Not a medical or safety device. Keep the maker's alarm on.";

template <typename... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

/// Whole numbers without a point: 60, not 60.0.
json number(double value) {
    if (value == std::floor(value) && std::abs(value) < 9e15)
        return static_cast<std::int64_t>(value);
    return value;
}

void put_if(json& out, const char* key, const std::string& text) {
    if (!text.empty()) out[key] = text;
}
void put_if(json& out, const char* key, const std::optional<base::WallTime>& time) {
    if (time) out[key] = base::format_rfc3339(*time);
}
void put_range(json& out, double min, double max, double step) {
    out["min"] = number(min);
    out["max"] = number(max);
    out["step"] = number(step);
}

void put_kind(json& out, const SettingKind& kind) {
    std::visit(Overloaded{
                   [](const Toggle&) {},
                   [&](const Range& range) {
                       put_range(out, range.min, range.max, range.step);
                       put_if(out, "unit", range.unit);
                   },
                   [&](const Choice& choice) {
                       json options = json::array();
                       for (const Choice::Option& option : choice.options)
                           options.push_back({option.value, option.label});
                       out["options"] = std::move(options);
                   },
                   [&](const Light& light) {
                       if (!light.is_dimmable()) return;
                       put_range(out, light.min, light.max, light.step);
                       out["unit"] = "%";
                   },
                   [&](const Button& button) {
                       out["verb"] = button.verb;
                       out["destructive"] = button.destructive;
                   },
               },
               kind);
}

json sensor_value(const SensorValue& value) {
    return std::visit(Overloaded{
                          [](std::monostate) { return json(nullptr); },
                          [](bool v) { return json(v); },
                          [](double v) { return number(v); },
                          [](const std::string& v) { return json(v); },
                      },
                      value);
}

std::unexpected<base::Error> wants(std::string_view what) {
    return fail(ErrorKind::InvalidArgument, "it takes {}", what);
}

Result<Value> light_from_json(const json& in) {
    if (in.is_boolean()) return LightValue{.on = in.get<bool>(), .level = {}};
    if (in.is_number())
        return LightValue{
            .on = in.get<double>() > 0,
            .level = in.get<double>() > 0 ? std::optional(in.get<double>()) : std::nullopt};
    if (!in.is_object()) return wants("true, false, a level, or {\"on\": true, \"level\": 35}");
    LightValue light;
    for (const auto& [key, value] : in.items()) {
        if (key == "on" && value.is_boolean())
            light.on = value.get<bool>();
        else if (key == "level" && value.is_number())
            light.level = value.get<double>();
        else if (key != "level" || !value.is_null())
            return wants("{\"on\": true, \"level\": 35}");
    }
    // {"level": 35} alone switches it on, as every lamp's slider does.
    if (!in.contains("on")) light.on = light.level.value_or(0) > 0;
    return light;
}

std::optional<double> finite_number(std::string_view text) {
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<bool> on_or_off(std::string_view text) {
    for (const std::string_view yes : {"on", "true", "yes", "1"}) {
        if (base::iequals(text, yes)) return true;
    }
    for (const std::string_view no : {"off", "false", "no", "0"}) {
        if (base::iequals(text, no)) return false;
    }
    return std::nullopt;
}

}  // namespace

json value_to_json(const Value& value) {
    return std::visit(Overloaded{
                          [](std::monostate) { return json(nullptr); },
                          [](bool v) { return json(v); },
                          [](double v) { return number(v); },
                          [](const std::string& v) { return json(v); },
                          [](const LightValue& v) {
                              json out{{"on", v.on}};
                              if (v.level) out["level"] = number(*v.level);
                              return out;
                          },
                          [](Pressed) { return json("pressed"); },
                      },
                      value);
}

Result<Value> stored_value_from_json(const json& in) {
    if (in.is_null()) return Value{};
    if (in.is_boolean()) return Value{in.get<bool>()};
    if (in.is_number()) return Value{in.get<double>()};
    if (in.is_string()) return Value{in.get<std::string>()};
    if (in.is_object()) return light_from_json(in);
    return fail(ErrorKind::InvalidArgument, "a stored value has no type that this version knows");
}

json to_json(const Setting& setting) {
    json out{{"id", setting.id},
             {"name", setting.name},
             {"kind", kind_name(setting.kind)},
             {"group", to_string(setting.group)},
             {"writable", setting.writable}};
    put_kind(out, setting.kind);
    put_if(out, "note", setting.note);
    if (setting.is_button()) return out;
    out["desired"] = value_to_json(setting.desired);
    out["reported"] = value_to_json(setting.reported);
    out["pending"] = setting.is_pending();
    put_if(out, "since", setting.since);
    put_if(out, "by", setting.by);
    put_if(out, "refused", setting.refused);
    return out;
}

json to_json(const Sensor& sensor) {
    json out{{"id", sensor.id},
             {"name", sensor.name},
             {"kind", to_string(sensor.kind)},
             {"value", sensor_value(sensor.value)},
             {"diagnostic", sensor.diagnostic},
             {"baby_data", sensor.baby_data}};
    put_if(out, "unit", sensor.unit);
    put_if(out, "at", sensor.at);
    if (sensor.baby_data) out["notice"] = kBabyNotice;
    return out;
}

json to_json(const Reason& reason) {
    json out{{"code", reason.code}, {"text", reason.text}, {"action", to_string(reason.action)}};
    put_if(out, "since", reason.since);
    put_if(out, "next_try", reason.next_try);
    return out;
}

json to_json(const CameraState& state) {
    json out{{"word", to_string(state.word)}, {"since", base::format_rfc3339(state.since)}};
    if (state.reason) out["reason"] = to_json(*state.reason);
    return out;
}

json to_json(const Awake& awake) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(awake.to - awake.from);
    return {{"from", base::format_rfc3339(awake.from)},
            {"seconds", seconds.count()},
            {"cause", to_string(awake.cause)}};
}

json to_json(const Camera& camera) {
    const Description& d = camera.description;
    json out{{"id", d.id},
             {"unique_id", d.unique_id},
             {"name", d.name},
             {"vendor", d.vendor},
             {"model", d.model},
             {"serial", d.serial},
             {"firmware", d.firmware},
             {"place", d.place},
             {"present", camera.present},
             {"state", to_json(camera.state)}};
    put_if(out, "account", d.account);
    put_if(out, "way", d.way);
    if (d.picture_every) {
        constexpr double kMsPerSecond = 1000;
        out["picture_every"] = static_cast<double>(d.picture_every->count()) / kMsPerSecond;
    }
    out["capabilities"] = json::array();
    for (const Capability c : d.capabilities.list()) out["capabilities"].push_back(to_string(c));
    out["qualities"] = json::array();
    for (const Quality q : d.qualities) out["qualities"].push_back(to_string(q));
    if (d.talk) out["talk"] = {{"duplex", to_string(*d.talk)}};
    if (!camera.awake.empty()) {
        out["awake"] = json::array();
        for (const Awake& one : camera.awake) out["awake"].push_back(to_json(one));
    }
    out["settings"] = json::array();
    for (const Setting& setting : d.settings) out["settings"].push_back(to_json(setting));
    out["sensors"] = json::array();
    for (const Sensor& sensor : d.sensors) out["sensors"].push_back(to_json(sensor));
    return out;
}

json to_json(const Account& account) {
    json out{{"vendor", account.vendor},
             {"name", account.name},
             {"state", to_string(account.state.word)}};
    if (account.state.reason) out["reason"] = to_json(*account.state.reason);
    put_if(out, "expires_at", account.state.expires_at);
    put_if(out, "renewed_at", account.state.renewed_at);
    return out;
}

Result<Value> value_from_json(const SettingKind& kind, const json& in) {
    return std::visit(
        Overloaded{
            [&](const Toggle&) -> Result<Value> {
                return in.is_boolean() ? Result<Value>(in.get<bool>()) : wants("true or false");
            },
            [&](const Range&) -> Result<Value> {
                return in.is_number() ? Result<Value>(in.get<double>()) : wants("a number");
            },
            [&](const Choice&) -> Result<Value> {
                return in.is_string() ? Result<Value>(in.get<std::string>()) : wants("a word");
            },
            [&](const Light&) -> Result<Value> { return light_from_json(in); },
            [&](const Button&) -> Result<Value> { return Pressed{}; },
        },
        kind);
}

Result<Value> value_from_text(const SettingKind& kind, std::string_view text) {
    text = base::trimmed(text);
    return std::visit(
        Overloaded{
            [&](const Toggle&) -> Result<Value> {
                const auto on = on_or_off(text);
                return on ? Result<Value>(*on) : wants("on or off");
            },
            [&](const Range&) -> Result<Value> {
                const auto value = finite_number(text);
                return value ? Result<Value>(*value) : wants("a number");
            },
            [&](const Choice&) -> Result<Value> { return Value{std::string(text)}; },
            [&](const Light&) -> Result<Value> {
                std::string_view level = text;
                const std::string_view word = base::take_until(level, ':');
                if (const auto on = on_or_off(word)) {
                    if (level.empty()) return LightValue{.on = *on, .level = {}};
                    const auto value = finite_number(level);
                    return value ? Result<Value>(LightValue{.on = *on, .level = value})
                                 : wants("on, off or on:35");
                }
                const auto value = finite_number(text);
                if (!value) return wants("on, off, a level or on:35");
                return LightValue{.on = *value > 0, .level = *value > 0 ? value : std::nullopt};
            },
            [&](const Button&) -> Result<Value> { return Pressed{}; },
        },
        kind);
}

// Commands
// ---------------------------------------------------------------------------------------------------------------------------

namespace {

/// Reads known keys and remembers what it met, so that an unknown or mistyped one is an error
/// rather than ignored.
class Fields {
public:
    explicit Fields(const json& in) : in_(in) { known_.push_back("command"); }

    void read(const char* key, bool& out) {
        take(key, "true or false",
             [&](const json& v) { return v.is_boolean() && (out = v.get<bool>(), true); });
    }
    void read(const char* key, std::string& out) {
        take(key, "text of at most 200 characters", [&](const json& v) {
            return v.is_string() && v.get_ref<const std::string&>().size() <= 200 &&
                   (out = v.get<std::string>(), true);
        });
    }
    void read(const char* key, double& out, double min, double max) {
        take(key, fmt::format("a number from {} to {}", min, max), [&](const json& v) {
            return v.is_number() && v.get<double>() >= min && v.get<double>() <= max &&
                   (out = v.get<double>(), true);
        });
    }
    void read(const char* key, int& out, int min, int max) {
        double value = out;
        read(key, value, min, max);
        out = static_cast<int>(value);
    }
    void read(const char* key, std::chrono::seconds& out, std::chrono::seconds max) {
        double value = static_cast<double>(out.count());
        read(key, value, 0, static_cast<double>(max.count()));
        out = std::chrono::seconds{static_cast<std::int64_t>(value)};
    }

    /// Empty when all was well.
    std::string trouble() const {
        if (!trouble_.empty()) return trouble_;
        for (const auto& [key, value] : in_.items()) {
            if (std::ranges::find(known_, key) == known_.end())
                return fmt::format("\"{}\" is no argument of this command", key.substr(0, 40));
        }
        return {};
    }

private:
    template <typename Take>
    void take(const char* key, std::string_view what, Take take_value) {
        known_.emplace_back(key);
        const auto found = in_.find(key);
        if (found != in_.end() && !take_value(*found) && trouble_.empty())
            trouble_ = fmt::format("\"{}\" takes {}", key, what);
    }

    const json& in_;
    std::vector<std::string> known_;
    std::string trouble_;
};

void read(Fields& f, TakeSnapshot& a) {
    f.read("width", a.width, 0, 8192);
    f.read("wake", a.wake);
}
void read(Fields& f, SoundSiren& a) {
    f.read("on", a.on);
    f.read("duration_s", a.duration, std::chrono::minutes{30});  // Arlo's own limit
}
void read(Fields& f, MovePanTilt& a) {
    f.read("pan", a.pan, -1, 1);
    f.read("tilt", a.tilt, -1, 1);
    f.read("zoom", a.zoom, -1, 1);
    f.read("preset", a.preset);
}
void read(Fields& f, PlaySound& a) {
    f.read("track", a.track);
    f.read("repeat", a.repeat);
}
void read(Fields& f, WakeUp& a) { f.read("at_most_s", a.at_most, std::chrono::minutes{30}); }
void read(Fields&, StopSound&) {}
void read(Fields&, RingChime&) {}
void read(Fields&, RebootCamera&) {}

template <std::size_t I = 0>
Result<Arguments> arguments_named(const std::string& name, const json& in) {
    if constexpr (I == std::variant_size_v<Arguments>) {
        return fail(ErrorKind::InvalidArgument, "there is no command \"{}\"", name.substr(0, 40));
    } else {
        std::variant_alternative_t<I, Arguments> arguments;
        if (command_name(Arguments(arguments)) != name) return arguments_named<I + 1>(name, in);
        Fields fields(in);
        read(fields, arguments);
        if (auto trouble = fields.trouble(); !trouble.empty())
            return fail(ErrorKind::InvalidArgument, "command \"{}\": {}", name, trouble);
        return Arguments(std::move(arguments));
    }
}

}  // namespace

Result<Arguments> arguments_from_json(const json& in) {
    const auto name = in.is_object() ? in.find("command") : in.end();
    if (!in.is_object() || name == in.end() || !name->is_string())
        return fail(ErrorKind::InvalidArgument, "a command is {{\"command\": NAME, ...}}");
    return arguments_named(name->get_ref<const std::string&>(), in);
}

}  // namespace casement::camera
