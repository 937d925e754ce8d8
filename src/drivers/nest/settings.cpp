#include "drivers/nest/settings.hpp"

#include <algorithm>
#include <array>

namespace casement::drivers::nest {

namespace {

using camera::Choice;
using camera::Setting;
using camera::SettingGroup;
using camera::Toggle;
using camera::Value;

struct Word {
    std::string_view ours, label, theirs;
};
struct Row {
    std::string_view id, name, property;
    std::string_view capability;  // one of those that says that the camera has it
    SettingGroup group;
    std::string_view note{};
    std::array<Word, 3> words{};  // none: a toggle
};

constexpr std::array<Row, 7> kRows{{
    {kStreaming, "Camera on", "streaming.enabled", "streaming.start-stop", SettingGroup::Device,
     "Off, it sends no pictures to anybody, and tells of no events."},
    {"microphone", "Microphone", "audio.enabled", "audio.microphone", SettingGroup::LightAndSound},
    {"night_vision",
     "Night vision",
     "irled.state",
     "irled",
     SettingGroup::Picture,
     {},
     {{{"auto", "Auto", "auto_on"}, {"off", "Off", "always_off"}}}},
    {"status_light",
     "Status light",
     "statusled.brightness",
     "statusled",
     SettingGroup::LightAndSound,
     {},
     {{{"auto", "Auto", "0"}, {"off", "Off", "1"}, {"on", "On", "2"}}}},
    {"flip", "Picture upside down", "video.flipped", "video.flip", SettingGroup::Picture},
    {"chime", "Chime in the house", "doorbell.indoor_chime.enabled", "indoor_chime",
     SettingGroup::LightAndSound},
    {"chime_assist", "Visitor announcements", "doorbell.chime_assist.enabled", "chime_assist",
     SettingGroup::LightAndSound, "On loudspeakers of Google and Nest."},
}};

bool is_choice(const Row& row) { return !row.words[0].ours.empty(); }

std::string text_of(const Property& property) {
    if (const auto* text = std::get_if<std::string>(&property)) return *text;
    if (const auto* number = std::get_if<double>(&property)) return fmt::format("{:.0f}", *number);
    return std::get<bool>(property) ? "true" : "false";
}

Value reported(const Row& row, const CameraRecord& camera) {
    const auto found = camera.properties.find(row.property);
    if (found == camera.properties.end()) {
        // The list of cameras tells these two, even where the properties are not to be had.
        if (row.id == kStreaming) return camera.is_streaming;
        if (row.id == "microphone") return camera.has_microphone_on;
        return {};
    }
    if (!is_choice(row)) {
        const auto* on = std::get_if<bool>(&found->second);
        return on != nullptr ? Value(*on) : Value{};
    }
    const std::string theirs = text_of(found->second);
    const auto word = std::ranges::find(row.words, theirs, &Word::theirs);
    return word != row.words.end() ? Value(std::string(word->ours)) : Value{};
}

const Row* row_of(std::string_view setting) {
    const auto found = std::ranges::find(kRows, setting, &Row::id);
    return found != kRows.end() ? &*found : nullptr;
}

}  // namespace

std::vector<Setting> settings_of(const CameraRecord& camera) {
    std::vector<Setting> out;
    for (const Row& row : kRows) {
        if (!camera.can(row.capability) && !camera.properties.contains(row.property)) continue;
        Setting& setting = out.emplace_back();
        setting.id = row.id;
        setting.name = row.name;
        setting.group = row.group;
        setting.note = row.note;
        if (is_choice(row)) {
            Choice choice;
            for (const Word& word : row.words) {
                if (!word.ours.empty())
                    choice.options.push_back({std::string(word.ours), std::string(word.label)});
            }
            setting.kind = std::move(choice);
        } else {
            setting.kind = Toggle{};
        }
        setting.reported = reported(row, camera);
    }
    return out;
}

std::optional<PropertyChange> change_of(std::string_view setting, const Value& value) {
    const Row* const row = row_of(setting);
    if (row == nullptr) return std::nullopt;
    if (!is_choice(*row)) {
        const bool* const on = std::get_if<bool>(&value);
        if (on == nullptr) return std::nullopt;
        return PropertyChange{std::string(row->property), *on ? "true" : "false"};
    }
    const std::string* const ours = std::get_if<std::string>(&value);
    if (ours == nullptr || ours->empty()) return std::nullopt;
    const auto word = std::ranges::find(row->words, *ours, &Word::ours);
    if (word == row->words.end()) return std::nullopt;
    return PropertyChange{std::string(row->property), std::string(word->theirs)};
}

void apply(CameraRecord& camera, std::string_view setting, const Value& value) {
    const auto change = change_of(setting, value);
    if (!change) return;
    if (const bool* const on = std::get_if<bool>(&value))
        camera.properties[change->property] = *on;
    else
        camera.properties[change->property] = change->value;
    if (setting == kStreaming) camera.is_streaming = std::get<bool>(value);
    if (setting == "microphone") camera.has_microphone_on = std::get<bool>(value);
}

}  // namespace casement::drivers::nest
