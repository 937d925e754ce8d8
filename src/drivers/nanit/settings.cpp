#include "drivers/nanit/settings.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

namespace casement::drivers::nanit {

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
namespace wire = protocols::nanit;
using Requests = std::vector<pb::Request>;

/// A setting with its way to the camera and back.
struct Row {
    Setting setting;
    std::function<bool(const Value&, const Held&, Requests&)> write;  // false: no such value
    std::function<Value(const Held&)> read;
};

pb::Request asking(wire::RequestType type) {
    pb::Request out;
    out.set_type(type);
    return out;
}

pb::Settings& put_settings(Requests& to) {
    return *to.emplace_back(asking(wire::kPutSettings)).mutable_settings();
}

/// The rows in the order in which a person sees them.
class Panel {
public:
    Panel() {
        light();
        sound();
        picture();
        alarms();
        device();
    }
    std::vector<Row> take() { return std::move(rows_); }

private:
    Row& add(std::string_view id, std::string_view name, SettingKind kind, SettingGroup group,
             std::string_view note = {}) {
        Row& row = rows_.emplace_back();
        row.setting.id = id;
        row.setting.name = name;
        row.setting.kind = std::move(kind);
        row.setting.group = group;
        row.setting.note = note;
        return row;
    }

    template <typename Has, typename Get, typename Set>
    void toggle(std::string_view id, std::string_view name, SettingGroup group,
                std::string_view note, Has has, Get get, Set set) {
        Row& row = add(id, name, Toggle{}, group, note);
        row.read = [=](const Held& held) -> Value {
            if (!(held.settings.*has)()) return {};
            return (held.settings.*get)();
        };
        row.write = [=](const Value& value, const Held&, Requests& to) {
            const bool* const wanted = std::get_if<bool>(&value);
            if (wanted != nullptr) (put_settings(to).*set)(*wanted);
            return wanted != nullptr;
        };
    }

    struct Word {
        std::string_view value, label;
        int number;
    };
    static Choice choice_of(const std::vector<Word>& words) {
        Choice out;
        for (const Word& word : words)
            out.options.push_back({std::string(word.value), std::string(word.label)});
        return out;
    }
    static Value word_of(const std::vector<Word>& words, std::optional<int> number) {
        const auto found = number ? std::ranges::find(words, *number, &Word::number) : words.end();
        if (found == words.end()) return {};
        return std::string(found->value);
    }
    template <typename Has, typename Get, typename Set>
    void choice(std::string_view id, std::string_view name, SettingGroup group,
                std::vector<Word> words, Has has, Get get, Set set, std::string_view note = {}) {
        Row& row = add(id, name, choice_of(words), group, note);
        row.read = [=](const Held& held) {
            return word_of(words, (held.settings.*has)() ? std::optional((held.settings.*get)())
                                                         : std::nullopt);
        };
        row.write = [=](const Value& value, const Held&, Requests& to) {
            const auto* const wanted = std::get_if<std::string>(&value);
            if (wanted == nullptr) return false;
            const auto found = std::ranges::find(words, *wanted, &Word::value);
            if (found == words.end()) return false;
            (put_settings(to).*set)(found->number);
            return true;
        };
    }

    /// The threshold of an alarm: the smaller, the more sensitive. `most` is that of the least
    /// sensitive step, 1.
    void sensitivity(std::string_view id, std::string_view name, int type, int low, int least,
                     int most, int step) {
        const double steps = (most - least) / step + 1;
        Row& row = add(id, name, Range{.min = 1, .max = steps, .step = 1, .unit = {}},
                       SettingGroup::Alarms, "More is more sensitive.");
        row.read = [=](const Held& held) -> Value {
            for (const auto& sensor : held.settings.sensors()) {
                if (sensor.sensor_type() != type || !sensor.has_high_threshold()) continue;
                const int high = sensor.high_threshold();
                if (high < least || high > most) return {};
                return 1 + std::round(static_cast<double>(most - high) / step);
            }
            return {};
        };
        row.write = [=](const Value& value, const Held&, Requests& to) {
            const double* const wanted = std::get_if<double>(&value);
            if (wanted == nullptr || !(*wanted >= 1 && *wanted <= steps)) return false;
            auto& sensor = *put_settings(to).add_sensors();
            sensor.set_sensor_type(type);
            sensor.set_use_low_threshold(true);
            sensor.set_use_high_threshold(true);
            sensor.set_low_threshold(low);
            sensor.set_high_threshold(most - (static_cast<int>(std::lround(*wanted)) - 1) * step);
            sensor.set_sample_interval_sec(1);
            sensor.set_trigger_interval_sec(0);
            return true;
        };
    }

    void light();
    void sound();
    void picture();
    void alarms();
    void device();

    std::vector<Row> rows_;
};

void Panel::light() {
    constexpr auto kGroup = SettingGroup::LightAndSound;
    Row& lamp = add("night_light", "Night light", Light{.min = 0, .max = 100, .step = 1}, kGroup);
    lamp.read = [](const Held& held) -> Value {
        if (!held.control.has_night_light()) return {};
        const int now = held.control.night_light();
        if (now != 0 && now != 1) return {};
        LightValue out{.on = now == 1, .level = {}};
        const int level = held.settings.night_light_brightness();
        if (held.settings.has_night_light_brightness() && level >= 0 && level <= 100)
            out.level = level;
        return out;
    };
    lamp.write = [](const Value& value, const Held&, Requests& to) {
        const auto* const wanted = std::get_if<LightValue>(&value);
        if (wanted == nullptr) return false;
        // The level is a setting, the lamp a control. First the level: it does not flash.
        if (wanted->level && !(*wanted->level >= 0 && *wanted->level <= 100)) return false;
        if (wanted->level)
            put_settings(to).set_night_light_brightness(
                static_cast<int>(std::lround(*wanted->level)));
        to.emplace_back(asking(wire::kPutControl))
            .mutable_control()
            ->set_night_light(wanted->on ? 1 : 0);
        return true;
    };

    constexpr double kMostSeconds = 3'600;
    Row& timeout = add("night_light_timeout", "Night light goes out after",
                       Range{.min = 0, .max = kMostSeconds, .step = 60, .unit = "s"}, kGroup,
                       "0: it stays on. Its unit is what other programs take it for.");
    timeout.read = [](const Held& held) -> Value {
        const int now = held.control.night_light_timeout();
        if (!held.control.has_night_light_timeout() || now < 0 || now > kMostSeconds) return {};
        return static_cast<double>(now);
    };
    timeout.write = [](const Value& value, const Held&, Requests& to) {
        const double* const wanted = std::get_if<double>(&value);
        if (wanted == nullptr || !(*wanted >= 0 && *wanted <= kMostSeconds)) return false;
        to.emplace_back(asking(wire::kPutControl))
            .mutable_control()
            ->set_night_light_timeout(static_cast<int>(std::lround(*wanted)));
        return true;
    };
}

void Panel::sound() {
    constexpr auto kGroup = SettingGroup::LightAndSound;
    Row& volume = add("volume", "Loudspeaker volume",
                      Range{.min = 0, .max = 100, .step = 1, .unit = "%"}, kGroup);
    volume.read = [](const Held& held) -> Value {
        const int now = held.settings.volume();
        if (!held.settings.has_volume() || now < 0 || now > 100) return {};
        return static_cast<double>(now);
    };
    volume.write = [](const Value& value, const Held&, Requests& to) {
        const double* const wanted = std::get_if<double>(&value);
        if (wanted == nullptr || !(*wanted >= 0 && *wanted <= 100)) return false;
        put_settings(to).set_volume(static_cast<int>(std::lround(*wanted)));
        return true;
    };

    Row& sound = add(kSoundSetting, "Sound machine", Toggle{}, kGroup, "Until it is stopped.");
    sound.setting.restore = false;
    sound.read = [](const Held& held) -> Value {
        if (!held.playback.has_status()) return {};
        const int now = held.playback.status();
        if (now != wire::kPlaying && now != wire::kSilent) return {};
        return now == wire::kPlaying;
    };
    sound.write = [](const Value& value, const Held& held, Requests& to) {
        const bool* const wanted = std::get_if<bool>(&value);
        if (wanted == nullptr) return false;
        to.push_back(*wanted ? play(held.playback.current_track().filename(), kEndlessSeconds)
                             : stop_playing());
        return true;
    };

    Row& track = add(kTrackSetting, "Sound", Choice{}, kGroup);  // options: settings_of()
    track.setting.restore = false;
    track.read = [](const Held& held) -> Value {
        const std::string& now = held.playback.current_track().filename();
        if (now.empty()) return {};
        return now;
    };
    track.write = [](const Value& value, const Held& held, Requests& to) {
        const auto* const wanted = std::get_if<std::string>(&value);
        const auto tracks = tracks_of(held);
        if (wanted == nullptr || std::ranges::find(tracks, *wanted) == tracks.end()) return false;
        if (held.playback.has_status() && held.playback.status() == wire::kPlaying)
            to.push_back(play(*wanted, kEndlessSeconds));
        return true;
    };
}

void Panel::picture() {
    constexpr auto kGroup = SettingGroup::Picture;
    using S = pb::Settings;
    choice("night_vision", "Night vision", kGroup,
           {{"auto", "Auto", wire::kNightVisionAuto},
            {"on", "On", wire::kNightVisionOn},
            {"off", "Off", wire::kNightVisionOff}},
           &S::has_night_vision, &S::night_vision, &S::set_night_vision);
    choice("anti_flicker", "Mains frequency", kGroup,
           {{"50", "50 Hz", wire::k50Hz}, {"60", "60 Hz", wire::k60Hz}}, &S::has_anti_flicker,
           &S::anti_flicker, &S::set_anti_flicker);
}

void Panel::alarms() {
    sensitivity("motion_sensitivity", "Motion sensitivity", wire::kMotion, 2'000, 10'000, 250'000,
                10'000);
    sensitivity("sound_sensitivity", "Sound sensitivity", wire::kSound, 750, 2, 9, 1);
}

void Panel::device() {
    constexpr auto kGroup = SettingGroup::Device;
    using S = pb::Settings;
    toggle(kStandbySetting, "Standby", kGroup, "The camera makes no pictures and no sound.",
           &S::has_sleep_mode, &S::sleep_mode, &S::set_sleep_mode);
    toggle("mic_mute", "Microphone off", kGroup, {}, &S::has_mic_mute_on, &S::mic_mute_on,
           &S::set_mic_mute_on);
    toggle("status_led", "Status light", kGroup, {}, &S::has_status_light_on, &S::status_light_on,
           &S::set_status_light_on);
    choice("wifi_band", "Wi-Fi band", kGroup,
           {{"any", "Any", wire::kAnyBand},
            {"2.4", "2.4 GHz", wire::k2_4GHz},
            {"5", "5 GHz", wire::k5GHz}},
           &S::has_wifi_band, &S::wifi_band, &S::set_wifi_band,
           "The camera leaves the network for a moment.");

    const std::vector<Word> mounts{{"stand", "Stand", wire::kStand},
                                   {"travel", "Travel", wire::kTravel},
                                   {"switch", "Switch", wire::kSwitch}};
    Row& mount = add("mounting", "Mounting", choice_of(mounts), kGroup);
    mount.setting.writable = false;
    mount.setting.restore = false;
    mount.read = [mounts](const Held& held) {
        if (held.settings.has_mounting_mode())
            return word_of(mounts, held.settings.mounting_mode());
        return word_of(mounts,
                       held.status.has_mode() ? std::optional(held.status.mode()) : std::nullopt);
    };
}

const std::vector<Row>& rows() {
    static const std::vector<Row> all = Panel().take();
    return all;
}

const Row* find(std::string_view setting) {
    const auto found =
        std::ranges::find_if(rows(), [&](const Row& row) { return row.setting.id == setting; });
    return found == rows().end() ? nullptr : &*found;
}

}  // namespace

std::vector<Setting> settings_of(const Held& held) {
    std::vector<Setting> out;
    for (const Row& row : rows()) {
        Setting& setting = out.emplace_back(row.setting);
        setting.reported = row.read(held);
        if (setting.id != kTrackSetting) continue;
        for (const std::string& track : tracks_of(held)) {
            const std::string label = track.substr(0, track.rfind('.'));
            std::get<Choice>(setting.kind).options.push_back({track, label});
        }
    }
    return out;
}

Value value_of(std::string_view setting, const Held& held) {
    const Row* const row = find(setting);
    return row == nullptr ? Value{} : row->read(held);
}

Result<Requests> requests_for(std::string_view setting, const Value& value, const Held& held) {
    const Row* const row = find(setting);
    if (row == nullptr)
        return fail(ErrorKind::NotFound, "a Nanit camera has no setting \"{}\"",
                    setting.substr(0, 63));
    if (!row->write)
        return fail(ErrorKind::FailedPrecondition, "{} cannot be set", row->setting.name);
    Requests out;
    if (!row->write(value, held, out))
        return fail(ErrorKind::InvalidArgument, "{} cannot be that", row->setting.name);
    return out;
}

pb::Request play(std::string_view track, int seconds) {
    pb::Request out = asking(wire::kPutPlayback);
    auto& playback = *out.mutable_playback();
    playback.set_status(wire::kPlaying);
    if (seconds > 0) playback.set_duration(seconds);
    if (!track.empty()) {
        auto& chosen = *playback.add_track();
        chosen.set_type(0);
        chosen.set_filename(std::string(track));
    }
    return out;
}

pb::Request stop_playing() {
    pb::Request out = asking(wire::kPutPlayback);
    out.mutable_playback()->set_status(wire::kSilent);
    return out;
}

std::vector<std::string> tracks_of(const Held& held) {
    if (!held.tracks.empty()) return held.tracks;
    return {"White Noise.wav", "Birds.wav", "Waves.wav", "Wind.wav"};
}

}  // namespace casement::drivers::nanit
