#include "drivers/arlo/settings.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "drivers/arlo/quality.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using camera::Choice;
using camera::Light;
using camera::LightValue;
using camera::Range;
using camera::Setting;
using camera::SettingGroup;
using camera::SettingKind;
using camera::Toggle;
using camera::Value;
using protocols::arlo::ArmState;
using protocols::arlo::Field;
using protocols::arlo::Fields;
using protocols::arlo::PirAction;
using protocols::arlo::SpotlightMode;
namespace registers = protocols::arlo::registers;

/// A setting with its way to the registers and back.
struct Control {
    Setting setting;
    std::string_view register_name;  // that it stands or falls with
    std::function<bool(const Value&, Fields&)> write;
    std::function<Value(const Held&)> read;
    Port port = Port::Camera;
};

/// The controls of one family, in the order in which a person sees them.
class Panel {
public:
    explicit Panel(Family family) : family_(family), traits_(traits_of(family)) { build(); }
    std::vector<Control> take() { return std::move(controls_); }

private:
    bool is(std::initializer_list<Family> families) const {
        return std::ranges::find(families, family_) != families.end();
    }
    bool has_lamp() const { return traits_.spotlight_full > 0; }

    Setting& add(std::string_view id, std::string_view name, SettingKind kind, SettingGroup group,
                 std::string_view register_name) {
        Control control;
        control.setting.id = id;
        control.setting.name = name;
        control.setting.kind = std::move(kind);
        control.setting.group = group;
        control.register_name = register_name;
        control.port = traits_.port;
        return controls_.emplace_back(std::move(control)).setting;
    }
    Control& last() { return controls_.back(); }

    /// A toggle over a register that holds one of two values.
    template <typename T>
    Setting& toggle(std::string_view id, std::string_view name, SettingGroup group, Field<T> field,
                    T on, T off) {
        Setting& out = add(id, name, Toggle{}, group, field.name);
        last().write = [=](const Value& value, Fields& to) {
            const bool* const wanted = std::get_if<bool>(&value);
            if (wanted) to.set(field, *wanted ? on : off);
            return wanted != nullptr;
        };
        last().read = [=](const Held& held) -> Value {
            const auto now = held.registers.get(field);
            if (!now || (*now != on && *now != off)) return {};
            return *now == on;
        };
        return out;
    }
    Setting& toggle(std::string_view id, std::string_view name, SettingGroup group,
                    registers::Toggle field) {
        return toggle<bool>(id, name, group, field, true, false);
    }
    Setting& toggle(std::string_view id, std::string_view name, SettingGroup group,
                    registers::Number field) {
        return toggle<std::int64_t>(id, name, group, field, 1, 0);
    }
    /// Written as a toggle, read as either: both were seen.
    Setting& toggle(std::string_view id, std::string_view name, SettingGroup group,
                    registers::ToggleOrNumber field) {
        Setting& out = toggle(id, name, group, registers::Toggle{field.name});
        last().read = [=](const Held& held) -> Value {
            if (const auto now = held.registers.get(registers::Toggle{field.name})) return *now;
            if (const auto now = held.registers.get(registers::Number{field.name}))
                return *now != 0;
            return {};
        };
        return out;
    }
    Setting& range(std::string_view id, std::string_view name, SettingGroup group,
                   registers::Number field, Range range) {
        return scaled(
            id, name, group, field, range, [](double v) { return v; }, [](double v) { return v; });
    }
    template <typename To, typename From>
    Setting& scaled(std::string_view id, std::string_view name, SettingGroup group,
                    registers::Number field, const Range& range, To to_register,
                    From from_register) {
        Setting& out = add(id, name, range, group, field.name);
        last().write = [=](const Value& value, Fields& to) {
            const double* const wanted = std::get_if<double>(&value);
            if (wanted) to.set(field, std::llround(to_register(*wanted)));
            return wanted != nullptr;
        };
        last().read = [=](const Held& held) -> Value {
            const auto now = held.registers.get(field);
            if (!now) return {};
            const double exact = from_register(static_cast<double>(*now));
            if (range.step <= 0) return exact;
            // What a person chose comes back as it was chosen, though the register is coarser.
            const double chosen =
                range.min + std::round((exact - range.min) / range.step) * range.step;
            return std::llround(to_register(chosen)) == *now ? chosen : exact;
        };
        return out;
    }
    template <typename T>
    struct Word {
        std::string_view value, label;
        T in_register;
    };
    template <typename T>
    Setting& choice(std::string_view id, std::string_view name, SettingGroup group, Field<T> field,
                    std::vector<Word<T>> words) {
        Choice kind;
        for (const auto& word : words)
            kind.options.push_back({std::string(word.value), std::string(word.label)});
        Setting& out = add(id, name, std::move(kind), group, field.name);
        last().write = [=](const Value& value, Fields& to) {
            const auto* const wanted = std::get_if<std::string>(&value);
            const auto found = wanted == nullptr
                                   ? words.end()
                                   : std::ranges::find(words, *wanted, &Word<T>::value);
            if (found == words.end()) return false;
            to.set(field, found->in_register);
            return true;
        };
        last().read = [=](const Held& held) -> Value {
            const auto now = held.registers.get(field);
            const auto found =
                now ? std::ranges::find(words, *now, &Word<T>::in_register) : words.end();
            if (found == words.end()) return {};
            return std::string(found->value);
        };
        return out;
    }

    void build() {
        alerts();
        if (traits_.video) picture();
        sound();
        if (has_lamp()) lamp();
        lights();
        doorbell();
        limits();
    }
    void alerts();
    void picture();
    void sound();
    void lamp();
    void lights();
    void doorbell();
    void limits();

    const Family family_;
    const Traits& traits_;
    std::vector<Control> controls_;
};

void Panel::alerts() {
    using enum Family;
    constexpr auto kGroup = SettingGroup::Alarms;
    toggle<ArmState>("motion_alerts", "Motion alerts", kGroup, registers::kPirTargetState,
                     ArmState::Armed, ArmState::Disarmed);
    range("motion_sensitivity", "Motion sensitivity", kGroup, registers::kPirStartSensitivity,
          {.min = 1, .max = 100, .step = 1, .unit = "%"});
    if (!traits_.video) return;
    std::vector<Word<PirAction>> actions{{"stream", "Stream", PirAction::Stream}};
    if (has_lamp())
        actions.push_back({"stream+spotlight", "Stream and light", PirAction::StreamAndSpotlight});
    if (family_ == VideoDoorbell)
        actions = {{"snapshot", "Picture", PirAction::Snapshot},
                   {"stream", "Stream", PirAction::Stream}};
    choice<PirAction>("motion_action", "At motion", kGroup, registers::kPirAction,
                      std::move(actions));
    toggle("video_motion", "Motion in the picture", kGroup, registers::kVideoMotionEstimationEnable)
        .note = "Alone it has no effect that anybody has seen.";
    if (is({WireFree, Pro, Pro4, VideoDoorbell}))
        range("video_motion_sensitivity", "Sensitivity of motion in the picture", kGroup,
              registers::kVideoMotionSensitivity, {.min = 0, .max = 100, .step = 1, .unit = "%"});
    if (traits_.microphone && !traits_.doorbell)
        toggle<ArmState>("sound_alerts", "Sound alerts", kGroup, registers::kAudioTargetState,
                         ArmState::Armed, ArmState::Disarmed);
    if (is({Pro, Pro4}))
        range("sound_sensitivity", "Sound sensitivity", kGroup, registers::kAudioStartSensitivity,
              {.min = 1, .max = 5, .step = 1, .unit = {}});
    if (family_ != WireFree)
        range("alert_pause", "Least time between alerts", kGroup, registers::kAlertBackoffTime,
              {.min = 0, .max = 600, .step = 1, .unit = "s"});
    if (is({Pro, Essential, Pro4})) {
        toggle("motion_led", "Blink at motion", kGroup, registers::kPirEnableLed).note =
            "To try out where the sensor sees; makes no alerts.";
        range("motion_led_sensitivity", "Sensitivity of blinking", kGroup,
              registers::kPirLedSensitivity, {.min = 0, .max = 100, .step = 1, .unit = "%"});
    }
}

void Panel::picture() {
    using enum Family;
    constexpr auto kGroup = SettingGroup::Picture;
    Choice qualities;
    for (const std::string_view name : qualities_of(family_))
        qualities.options.push_back({std::string(name), std::string(name)});
    add(kQualitySetting, "Quality", std::move(qualities), kGroup,
        registers::kVideoOutputResolution.name);
    last().write = [family = family_](const Value& value, Fields& to) {
        const auto* const name = std::get_if<std::string>(&value);
        if (name) to = quality_registers(family, *name);
        return name != nullptr && !to.empty();
    };
    last().read = [family = family_](const Held& held) -> Value {
        const auto name = quality_named_by(family, held.registers, held.quality);
        if (name.empty()) return {};
        return std::string(name);
    };
    toggle("night_vision", "Night vision", kGroup, registers::kNightVisionMode);
    if (is({Pro, Essential, Ultra, Pro4}))
        toggle<std::int64_t>("night_colour", "Colour at night", kGroup, registers::kNightModeGrey,
                             0, 1);
    toggle("flip", "Upside down", kGroup, registers::kVideoFlip);
    toggle("mirror", "Mirrored", kGroup, registers::kVideoMirror);
    range("exposure", "Brightness", kGroup, registers::kVideoExposureCompensation,
          {.min = -2, .max = 2, .step = 1, .unit = {}});
    if (family_ != WireFree)
        choice<std::string>("hdr", "HDR", kGroup, registers::kHdrControl,
                            {{"auto", "Auto", "auto"}, {"off", "Off", "off"}});
    if (is({Pro, Essential, Ultra, Floodlight, Pro4}))
        choice<std::string>("field_of_view", "Field of view", kGroup, registers::kVideoMode,
                            {{"wide", "Wide", "wide"}, {"super_wide", "Widest", "superWide"}});
    choice<std::int64_t>("anti_flicker", "Mains frequency", kGroup,
                         registers::kVideoAntiFlickerRate,
                         {{"50", "50 Hz", 50}, {"60", "60 Hz", 60}});
}

void Panel::sound() {
    using enum Family;
    constexpr auto kGroup = SettingGroup::LightAndSound;
    if (is({Pro, Essential, AudioDoorbell}))
        toggle("microphone", "Microphone", kGroup, registers::kAudioMicEnable).note =
            "The sound of a stream stays on all the same.";
    if (is({Pro, Ultra, Floodlight, AudioDoorbell}))
        range("microphone_gain", "Microphone gain", kGroup, registers::kAudioMicVolume,
              {.min = 0, .max = 10, .step = 1, .unit = {}});
    if (is({Pro, Essential, Ultra, Floodlight, AudioDoorbell}))
        toggle("speaker", "Loudspeaker", kGroup, registers::kAudioSpkrEnable).note =
            "Talking through it works all the same.";
    const Range percent{.min = 0, .max = 100, .step = 5, .unit = "%"};
    if (family_ == AudioDoorbell) {
        range("speaker_volume", "Loudspeaker volume", kGroup, registers::kAudioSpkrVolume, percent);
    } else if (family_ == Pro) {
        // -62 is 0 %, 0 is 85 % and 4 is 100 %; straight lines in between.
        scaled(
            "speaker_volume", "Loudspeaker volume", kGroup, registers::kAudioSpkrVolume, percent,
            [](double p) { return p <= 85 ? (p - 85) * 62 / 85 : (p - 85) * 4 / 15; },
            [](double r) { return r <= 0 ? 85 + r * 85 / 62 : 85 + r * 15 / 4; });
    }
}

void Panel::lamp() {
    using enum Family;
    constexpr auto kGroup = SettingGroup::LightAndSound;
    const double full = traits_.spotlight_full;
    const auto to_register = [full](double percent) { return percent * full / 100; };
    const auto to_percent = [full](double value) { return value * 100 / full; };
    const bool is_dimmable = family_ != Essential;
    Setting& now = add(kSpotlightSetting, "Spotlight",
                       is_dimmable ? Light{.min = 1, .max = 100, .step = 1} : Light{}, kGroup,
                       registers::kSpotlightEnabled.name);
    now.restore = false;
    now.note = "Some models light it in the dark only. It goes out by itself.";
    last().write = [=](const Value& value, Fields& to) {
        const auto* const light = std::get_if<LightValue>(&value);
        if (!light) return false;
        if (light->level && is_dimmable)
            to.set(registers::kSpotlightIntensityManual, std::llround(to_register(*light->level)));
        to.set(registers::kSpotlightEnabled, light->on);
        return true;
    };
    last().read = [](const Held&) -> Value { return {}; };

    const Range percent{.min = 0, .max = 100, .step = 1, .unit = "%"};
    scaled("alert_light", "Spotlight at motion, brightness", kGroup,
           registers::kSpotlightIntensityAlert, percent, to_register, to_percent);
    choice<SpotlightMode>("alert_light_mode", "Spotlight at motion", kGroup,
                          registers::kSpotlightModeAlert,
                          {{"constant", "Constant", SpotlightMode::Constant},
                           {"flash", "Flashes", SpotlightMode::Flash},
                           {"pulsate", "Pulsates", SpotlightMode::Pulsate}});
    toggle("night_alert_light", "Spotlight at motion in the dark", kGroup,
           registers::kNightModeLightSourceAlert);
    if (is({Ultra, Floodlight, Pro4}))
        range("spotlight_time", "Spotlight goes out after", kGroup,
              registers::kSpotlightDurationManual,
              {.min = 10, .max = 1800, .step = 10, .unit = "s"});
}

void Panel::lights() {
    using enum Family;
    constexpr auto kGroup = SettingGroup::Device;
    if (is({Pro, Essential, Ultra, Floodlight, Pro4}))
        toggle("charge_led", "Light when charged", kGroup, registers::kChargeNotificationLed);
    if (family_ == Pro4) {
        toggle("status_led", "Status light", kGroup, registers::kStatusLed);
        toggle("streaming_led", "Light while it streams", kGroup, registers::kStreamingLedEnabled);
    }
}

void Panel::doorbell() {
    using enum Family;
    if (!traits_.doorbell) return;
    constexpr auto kGroup = SettingGroup::LightAndSound;
    const std::size_t from = controls_.size();
    toggle("silent", "Silent", kGroup, registers::kSilentMode);
    toggle("traditional_chime", "Chime of the house", kGroup, registers::kTraditionalChime);
    if (family_ == VideoDoorbell) {
        range("chime_time", "Chime rings for", kGroup, registers::kTradChimePlayDur,
              {.min = 0, .max = 10, .step = 1, .unit = {}})
            .note = "Its unit is not known.";
        toggle("call_led", "Light during a call", kGroup, registers::kCallEnableLed);
        toggle("motion_led", "Light at motion", kGroup, registers::kLedPirStatus);
        toggle("streaming_led", "Light while it streams", kGroup, registers::kStreamingLedEnabled);
    } else {
        toggle("status_led", "Status light", kGroup, registers::kLedStatus);
        range("hibernate_after", "Hibernates after", SettingGroup::Device,
              registers::kHibernateTimer, {.min = 60, .max = 86400, .step = 60, .unit = "s"});
    }
    for (std::size_t i = from; i < controls_.size(); ++i) controls_[i].port = Port::Doorbell;
}

void Panel::limits() {
    using enum Family;
    if (!traits_.video || traits_.doorbell) return;
    constexpr auto kGroup = SettingGroup::Device;
    range("motion_limit", "Longest motion stream", kGroup, registers::kMaxMotionStreamTimeLimit,
          {.min = 10, .max = 86400, .step = 1, .unit = "s"});
    range("view_limit", "Longest live view", kGroup, registers::kMaxUserStreamTimeLimit,
          {.min = 10, .max = 86400, .step = 1, .unit = "s"});
    range("stream_limit", "Longest stream", kGroup, registers::kMaxStreamTimeLimit,
          {.min = static_cast<double>(std::max(10, traits_.shortest_stream_limit)),
           .max = 86400,
           .step = 1,
           .unit = "s"});
}

/// Built once per family: some thirty controls.
const std::vector<Control>& controls_of(Family family) {
    using enum Family;
    static const auto all = [] {
        std::vector<std::vector<Control>> out;
        for (const Family each :
             {WireFree, Pro, Essential, Pro4, Ultra, Floodlight, VideoDoorbell, AudioDoorbell})
            out.push_back(Panel(each).take());
        return out;
    }();
    return all[static_cast<std::size_t>(family)];
}

const Control* find(Family family, std::string_view setting) {
    const auto& all = controls_of(family);
    const auto found =
        std::ranges::find_if(all, [&](const Control& c) { return c.setting.id == setting; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Setting> settings_of(Family family, const Held& held,
                                 const std::vector<std::string>& refused) {
    std::vector<Setting> out;
    for (const Control& control : controls_of(family)) {
        Setting& setting = out.emplace_back(control.setting);
        setting.reported = control.read(held);
        if (std::ranges::find(refused, control.register_name) == refused.end()) continue;
        setting.writable = false;
        setting.note = "This camera refuses it.";
    }
    return out;
}

Result<Batch> registers_of(Family family, std::string_view setting, const Value& value) {
    const Control* const control = find(family, setting);
    if (control == nullptr)
        return fail(ErrorKind::NotFound, "an {} has no setting \"{}\"", traits_of(family).product,
                    setting.substr(0, 63));
    Batch batch{control->port, {}};
    if (!control->write(value, batch.values))
        return fail(ErrorKind::InvalidArgument, "{} cannot be that", control->setting.name);
    return batch;
}

std::optional<protocols::arlo::Value> raw_value_of(const Value& value) {
    if (const bool* const flag = std::get_if<bool>(&value)) return *flag;
    if (const std::string* const text = std::get_if<std::string>(&value)) return *text;
    const double* const number = std::get_if<double>(&value);
    if (number == nullptr) return std::nullopt;
    // Stored as a double, and no register has a fraction: 1 has to stay 1 on the wire.
    constexpr double kExact = 9007199254740992.0;  // 2^53
    if (*number == std::floor(*number) && std::abs(*number) <= kExact)
        return static_cast<std::int64_t>(*number);
    return *number;
}

std::vector<std::pair<std::string, Value>> wishes_behind(Family family, const Fields& registers) {
    std::vector<std::pair<std::string, Value>> out;
    const Held held{registers, {}};
    for (const auto& [name, value] : registers) {
        const auto* const info = protocols::arlo::find_register(name);
        if (info != nullptr && info->momentary) continue;
        const auto& all = controls_of(family);
        const auto control = std::ranges::find_if(all, [&](const Control& c) {
            // The quality is several registers at once.
            return c.register_name == name && c.setting.id != kQualitySetting;
        });
        if (control != all.end()) {
            const Value wish = control->read(held);
            if (is_known(wish) && camera::validate(control->setting, wish)) {
                out.emplace_back(control->setting.id, wish);
                continue;
            }
        }
        std::optional<Value> raw;
        if (const bool* const flag = std::get_if<bool>(&value)) raw = *flag;
        if (const auto* const whole = std::get_if<std::int64_t>(&value))
            raw = static_cast<double>(*whole);
        if (const double* const number = std::get_if<double>(&value)) raw = *number;
        if (const auto* const text = std::get_if<std::string>(&value)) raw = *text;
        if (raw) out.emplace_back(std::string(kRawRegister) + name, std::move(*raw));
    }
    return out;
}

Value value_of(Family family, std::string_view setting, const Held& held) {
    const Control* const control = find(family, setting);
    return control == nullptr ? Value{} : control->read(held);
}

}  // namespace casement::drivers::arlo
