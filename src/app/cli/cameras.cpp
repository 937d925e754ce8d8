// cameras, camera, set, command, talk.

#include <algorithm>
#include <ostream>

#include "app/cli/moment.hpp"
#include "app/cli/words.hpp"
#include "app/suggest.hpp"
#include "base/units.hpp"
#include "base/url.hpp"
#include "store/files.hpp"

namespace casement::app::cli {

namespace {

using nlohmann::json;

std::string state_of(const json& camera) {
    const json& state = value_at(camera, "state");
    const std::string reason = text_at(value_at(state, "reason"), "text");
    const std::string word = text_at(state, "word");
    return reason.empty() ? word : word + ": " + reason;
}

std::string recording_of(const json& camera) {
    const json& recording = value_at(camera, "recording");
    const std::string reason = text_at(value_at(recording, "reason"), "text");
    const bool is_active = value_at(recording, "active") == true;
    std::string out = text_at(recording, "mode");
    if (is_active) out += ", writing";
    if (!reason.empty()) out += ": " + reason;
    return out;
}

std::string track_of(const json& track) {
    std::string out = text_at(track, "codec");
    if (track.contains("width"))
        out += fmt::format(" {}x{}", number_at(track, "width"), number_at(track, "height"));
    if (track.contains("sample_rate"))
        out += fmt::format(" {} Hz", number_at(track, "sample_rate"));
    if (track.contains("channels"))
        out += number_at(track, "channels") == 1
                   ? " mono"
                   : fmt::format(" {} channels", number_at(track, "channels"));
    return out;
}

std::string tracks_of(const json& camera) {
    std::vector<std::string> tracks;
    for (const json& track : list_at(camera, "tracks")) tracks.push_back(track_of(track));
    return fmt::format("{}", fmt::join(tracks, " + "));
}

void add_line(const Console& console, std::string_view name, const std::string& value) {
    if (!value.empty()) console.out << fmt::format("{:<12} {}\n", name, value);
}

std::string shown_setting(const json& setting) {
    const std::string unit = text_at(setting, "unit");
    const auto with_unit = [&](const json& value) {
        return shown(value) + (unit.empty() || !value.is_number() ? "" : " " + unit);
    };
    std::string out = with_unit(value_at(setting, "reported"));
    const json& desired = value_at(setting, "desired");
    if (!desired.is_null() && desired != value_at(setting, "reported"))
        out += fmt::format(" (asked: {})", with_unit(desired));
    if (const std::string refused = text_at(setting, "refused"); !refused.empty())
        out += fmt::format(" (refused: {})", refused);
    return out;
}

const json* find_setting(const json& camera, const std::string& id) {
    const json& settings = list_at(camera, "settings");
    const auto found =
        std::ranges::find_if(settings, [&](const json& s) { return text_at(s, "id") == id; });
    return found == settings.end() ? nullptr : &*found;
}

std::vector<std::string> ids_in(const json& list) {
    std::vector<std::string> out;
    for (const json& item : list)
        out.push_back(item.is_string() ? item.get<std::string>() : text_at(item, "id"));
    return out;
}

/// The word as the kind of setting wants it; the hub judges what is left.
json value_for(const json& setting, const std::string& word) {
    const std::string kind = text_at(setting, "kind");
    if (kind == "choice") return word;
    if (kind == "button") return true;
    if (kind == "toggle" || kind == "light") {
        if (word == "on" || word == "yes") return true;
        if (word == "off" || word == "no") return false;
    }
    return json_word(word);
}

std::string or_none(const std::vector<std::string>& words) {
    return words.empty() ? "it has none" : fmt::format("it has {}", fmt::join(words, ", "));
}

}  // namespace

int list_cameras(Hub& hub, const Console& console) {
    const auto answer = ask_json(hub, {.method = "GET", .path = "/api/v1/cameras", .body = {}});
    if (!answer) return fail_with(console, answer.error());
    if (console.json) {
        console.out << answer->dump(2) << "\n";
        return kOk;
    }
    const json& cameras = list_at(*answer, "cameras");
    if (cameras.empty()) {
        console.out << "No cameras yet. They go under `cameras:` in the configuration.\n";
        return kOk;
    }
    Table table({"CAMERA", "NAME", "STATE", "RECORDING", "STREAM", "VIEWERS"});
    for (const json& camera : cameras) {
        table.add({text_at(camera, "id"), text_at(camera, "name"), state_of(camera),
                   recording_of(camera), tracks_of(camera),
                   fmt::format("{}", number_at(camera, "viewers"))});
    }
    console.out << table.text();
    return kOk;
}

int show_camera(Hub& hub, const Console& console, const ShowCamera& command) {
    const auto camera = find_camera(hub, command.camera);
    if (!camera) return fail_with(console, camera.error());
    if (console.json) {
        console.out << camera->dump(2) << "\n";
        return kOk;
    }
    add_line(console, "camera", text_at(*camera, "id"));
    for (const std::string_view key :
         {"name", "place", "vendor", "account", "model", "serial", "firmware", "way"})
        add_line(console, key, text_at(*camera, key));
    add_line(console, "state", state_of(*camera));
    add_line(console, "since", local_text(text_at(value_at(*camera, "state"), "since")));
    add_line(console, "recording", recording_of(*camera));
    add_line(console, "stream", tracks_of(*camera));
    const double bitrate = number_at(*camera, "bitrate_bps");
    add_line(console, "bit rate", bitrate > 0 ? fmt::format("{:.1f} Mbit/s", bitrate / 1e6) : "");
    add_line(console, "viewers", fmt::format("{}", number_at(*camera, "viewers")));
    const double lost = number_at(value_at(*camera, "since_start"), "lost");
    add_line(console, "lost",
             lost > 0
                 ? fmt::format("{} frames came damaged or not at all since the hub started", lost)
                 : "");
    add_line(console, "commands",
             fmt::format("{}", fmt::join(ids_in(list_at(*camera, "commands")), ", ")));
    const std::string duplex = text_at(value_at(*camera, "talk"), "duplex");
    if (!duplex.empty())
        add_line(console, "talk",
                 fmt::format("casement command {} talk --file FILE{}", command.camera,
                             duplex == "half" ? "; its own sound pauses meanwhile" : ""));
    if (text_at(*camera, "way") == "push")
        add_line(console, "sends to",
                 fmt::format("casement camera {} --push-address shows it", command.camera));
    const json& awake = list_at(*camera, "awake");
    constexpr std::size_t kShown = 10;
    for (std::size_t i = awake.size() - std::min(awake.size(), kShown); i < awake.size(); ++i)
        add_line(console, "awake",
                 fmt::format("{}, {} s: {}", local_text(text_at(awake[i], "from")),
                             number_at(awake[i], "seconds"), text_at(awake[i], "cause")));
    for (const json& setting : list_at(*camera, "settings"))
        add_line(console, text_at(setting, "id"), shown_setting(setting));
    for (const json& sensor : list_at(*camera, "sensors")) {
        const std::string unit = text_at(sensor, "unit");
        add_line(console, text_at(sensor, "id"),
                 shown(value_at(sensor, "value")) + (unit.empty() ? "" : " " + unit));
    }
    // Once for all of them: they come together.
    for (const json& sensor : list_at(*camera, "sensors")) {
        const std::string notice = text_at(sensor, "notice");
        if (notice.empty()) continue;
        add_line(console, "notice", notice);
        break;
    }
    return kOk;
}

int set_setting(Hub& hub, const Console& console, const SetSetting& command) {
    const auto camera = find_camera(hub, command.camera);
    if (!camera) return fail_with(console, camera.error());
    const json* setting = find_setting(*camera, command.setting);
    if (setting == nullptr) {
        const auto known = ids_in(list_at(*camera, "settings"));
        const std::string meant = did_you_mean(command.setting, known);
        return fail_with(console,
                         {base::ErrorKind::NotFound,
                          fmt::format("{} has no setting \"{}\"{}", command.camera, command.setting,
                                      meant.empty() ? "; " + or_none(known) : meant)});
    }
    const json body{{"value", value_for(*setting, command.value)}};
    const auto answer = ask_json(
        hub,
        {.method = "PUT",
         .path = camera_path(command.camera, "/settings/" + base::percent_encoded(command.setting)),
         .body = body.dump()});
    if (!answer) return fail_with(console, answer.error());
    if (console.json) {
        console.out << answer->dump(2) << "\n";
    } else {
        console.out << command.setting << ": " << shown_setting(*answer) << "\n";
    }
    return text_at(*answer, "refused").empty() ? kOk : kFailed;
}

namespace {

/// The hub takes no more: src/api/talk_route.cpp.
constexpr std::size_t kMaxSoundBytes = std::size_t{12} << 20;
/// A minute to wake a camera, a minute of sound, and some.
constexpr std::chrono::seconds kTalkPatience{150};

int tell(const Console& console, const json& answer) {
    if (console.json) {
        console.out << answer.dump(2) << "\n";
        return kOk;
    }
    const std::string text = text_at(answer, "text");
    console.out << (text.empty() ? "done" : text) << "\n";
    return kOk;
}

int talk(Hub& hub, const Console& console, const RunCommand& command) {
    if (command.file.empty() || !command.arguments.empty() || !command.duration.empty()) {
        console.err << "casement: talk plays a file and takes nothing else, like: command "
                    << command.camera << " talk --file hello.wav\n";
        return kUsage;
    }
    auto sound = store::read_file(command.file, kMaxSoundBytes);
    if (!sound) return fail_with(console, sound.error());
    const auto answer = ask_json(hub, {.method = "POST",
                                       .path = camera_path(command.camera, "/talk"),
                                       .body = std::move(*sound),
                                       .content_type = "application/octet-stream",
                                       .patience = kTalkPatience});
    if (!answer) return fail_with(console, explain(hub, command.camera, answer.error()));
    return tell(console, *answer);
}

/// How the camera calls the time that a command takes; empty for those that take none.
std::string_view duration_argument(std::string_view command) {
    if (command == "siren") return "duration_s";
    return command == "wake" ? "at_most_s" : std::string_view{};
}

}  // namespace

int run_command(Hub& hub, const Console& console, const RunCommand& command) {
    if (command.command == "talk") return talk(hub, console, command);
    json body = json::object();
    if (!command.file.empty() ||
        (!command.duration.empty() && duration_argument(command.command).empty())) {
        console.err << fmt::format("casement: {} takes no {}\n", command.command,
                                   command.file.empty() ? "--duration" : "--file");
        return kUsage;
    }
    if (!command.duration.empty()) {
        const auto duration = base::parse_duration(command.duration);
        if (!duration) {
            console.err << "casement: " << duration.error().message() << "\n";
            return kUsage;
        }
        body[duration_argument(command.command)] =
            std::chrono::ceil<std::chrono::seconds>(*duration).count();
    }
    for (const std::string& argument : command.arguments) {
        const std::size_t split = argument.find('=');
        if (split == 0 || split == std::string::npos) {
            console.err << fmt::format(
                "casement: \"{}\" is no argument; they are written key=value, like seconds=10\n",
                argument);
            return kUsage;
        }
        const std::string word = argument.substr(split + 1);
        body[argument.substr(0, split)] = word == "on"    ? json(true)
                                          : word == "off" ? json(false)
                                                          : json_word(word);
    }
    const auto camera = find_camera(hub, command.camera);
    if (!camera) return fail_with(console, camera.error());
    const auto known = ids_in(list_at(*camera, "commands"));
    if (std::ranges::find(known, command.command) == known.end()) {
        const std::string meant = did_you_mean(command.command, known);
        return fail_with(console,
                         {base::ErrorKind::Unsupported,
                          fmt::format("{} has no command \"{}\"{}", command.camera, command.command,
                                      meant.empty() ? "; " + or_none(known) : meant)});
    }
    const auto answer = ask_json(
        hub,
        {.method = "POST",
         .path = camera_path(command.camera, "/commands/" + base::percent_encoded(command.command)),
         .body = body.dump()});
    if (!answer) return fail_with(console, answer.error());
    return tell(console, *answer);
}

}  // namespace casement::app::cli
