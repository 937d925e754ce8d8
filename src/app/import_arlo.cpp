#include "app/import_arlo.hpp"

#include <algorithm>
#include <functional>
#include <ostream>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/words.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "camera/camera_id.hpp"
#include "camera/json.hpp"
#include "drivers/arlo/memory.hpp"
#include "drivers/arlo/quality.hpp"
#include "protocols/arlo/registers.hpp"
#include "store/files.hpp"
#include "store/store.hpp"

namespace casement::app {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using config::Node;
using drivers::arlo::House;
using drivers::arlo::OldBase;
using drivers::arlo::OldDevice;
using Verdict = ImportLine::Verdict;

constexpr std::size_t kMaxDatabaseBytes = std::size_t{64} << 20;

/// As YAML reads a plain word.
protocols::arlo::Value value_of(const Node& node) {
    if (base::iequals(node.text, "true")) return true;
    if (base::iequals(node.text, "false")) return false;
    if (const auto whole = base::parse_number<std::int64_t>(node.text)) return *whole;
    return node.text;
}

// config.yaml
// --------------------------------------------------------------------------------------------

class Planner {
public:
    Planner(const Node& file, OldBase old) : file_(file), old_(std::move(old)) {}

    Import plan() {
        read_house();
        read_hooks();
        read_rest();
        read_device_settings();
        for (const std::string& sentence : old_.left_out)
            say(Verdict::Problem, "arlo.db", "left out: " + sentence);
        for (OldDevice& device : old_.devices) take(std::move(device));
        write_yaml();
        return std::move(out_);
    }

private:
    void say(Verdict verdict, std::string subject, std::string text) {
        out_.lines.push_back({verdict, std::move(subject), std::move(text)});
    }
    /// A key of the old file, once; null when it is not there or a heading without a value.
    const Node* key(std::string_view name) {
        seen_.insert(std::string(name));
        const Node* const node = file_.is_map() ? file_.find(name) : nullptr;
        return node == nullptr || node->is_null() ? nullptr : node;
    }
    void read_house();
    void read_hook(std::string_view key_name, std::string_view ours, std::string_view gate,
                   bool gate_is_open);
    void read_hooks();
    void read_rest();
    void read_device_settings();
    void read_device(const std::string& serial, const Node& settings);
    OldDevice& old_device(const std::string& serial);
    void take(OldDevice device);
    void write_yaml();

    const Node& file_;
    OldBase old_;
    Import out_;
    House house_;
    std::set<std::string, std::less<>> seen_;
    std::vector<std::pair<std::string, std::string>> arlo_;   // lines under arlo:
    std::vector<std::pair<std::string, std::string>> hooks_;  // under arlo: webhooks:
    std::string default_quality_;
    bool is_disarmed_by_default_ = false;
};

void Planner::read_house() {
    if (const Node* const node = key("WifiCountryCode")) {
        std::string code = node->text;
        std::ranges::transform(code, code.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        });
        if (code.size() == 2 &&
            std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; })) {
            house_.wifi_country = code;
            arlo_.emplace_back("wifi_country", code);
            say(Verdict::Taken, "WifiCountryCode", "arlo.wifi_country: " + code);
        } else {
            say(Verdict::Problem, "WifiCountryCode", "is not the two letters of a country");
        }
    }
    if (const Node* const node = key("VideoAntiFlickerRate")) {
        if (node->text == "50" || node->text == "60") {
            house_.anti_flicker_hz = node->text == "50" ? 50 : 60;
            arlo_.emplace_back("anti_flicker_hz", node->text);
            say(Verdict::Taken, "VideoAntiFlickerRate", "arlo.anti_flicker_hz: " + node->text);
        } else {
            say(Verdict::Problem, "VideoAntiFlickerRate", "is neither 50 nor 60");
        }
    }
    if (const Node* const node = key("VideoQualityDefault")) {
        default_quality_ = base::lower_case(node->text);
        if (default_quality_ == "default" || default_quality_.empty()) {
            default_quality_.clear();
            say(Verdict::Known, "VideoQualityDefault", "each model gets its own, as before");
        } else {
            say(Verdict::Taken, "VideoQualityDefault",
                "the quality of every device that has none of its own yet");
        }
    }
    if (const Node* const node = key("DefaultPIRTargetState")) {
        is_disarmed_by_default_ = node->text == "Disarmed";
        say(is_disarmed_by_default_ ? Verdict::Taken : Verdict::Known, "DefaultPIRTargetState",
            is_disarmed_by_default_
                ? "motion alerts are off for every device that says nothing else"
                : "new devices are armed, as before");
    }
    if (const Node* const node = key("SnapshotOnMotion")) {
        const auto on = bool_of(node->text);
        if (on) {
            arlo_.emplace_back("event_pictures", *on ? "true" : "false");
            say(Verdict::Taken, "SnapshotOnMotion", fmt::format("arlo.event_pictures: {}", *on));
        } else {
            say(Verdict::Problem, "SnapshotOnMotion", "is neither true nor false");
        }
    }
}

void Planner::read_hook(std::string_view key_name, std::string_view ours, std::string_view gate,
                        bool gate_is_open) {
    const Node* const node = key(key_name);
    if (node == nullptr) return;
    const std::string name(key_name), text(base::trimmed(node->text));
    if (text.empty() || text == "changeme") return say(Verdict::Ignored, name, "it holds no URL");
    if (!gate.empty() && !gate_is_open)
        return say(Verdict::Ignored, name, fmt::format("{} is false", gate));
    const auto url = base::Url::parse(text);
    if (!url || (url->scheme != "http" && url->scheme != "https"))
        return say(Verdict::Problem, name, "it is no http URL");
    std::string written = url->without_credentials();
    if (url->has_credentials()) {
        // No password stands in a file of ours.
        const std::string user = url->user.empty() ? "" : base::percent_encoded(url->user);
        written = fmt::format("{}://{}:${{ARLO_HOOK_PASSWORD}}@{}{}", url->scheme, user,
                              url->authority(), url->target());
        say(Verdict::Taken, name,
            "its password is not taken over: put it into the environment of the hub as "
            "ARLO_HOOK_PASSWORD");
    }
    hooks_.emplace_back(ours, fmt::format("{{url: {}, encoding: form}}", yaml_text(written)));
    say(Verdict::Taken, name, fmt::format("arlo.webhooks.{}, written as arlo-cam-api does", ours));
}

void Planner::read_hooks() {
    const auto gate = [this](std::string_view name, bool initial) {
        const Node* const node = key(name);
        const auto on = node == nullptr ? std::optional(initial) : bool_of(node->text);
        if (!on) say(Verdict::Problem, std::string(name), "is neither true nor false");
        if (node != nullptr && on)
            say(Verdict::Taken, std::string(name),
                *on ? "its webhook is on where it has a URL" : "its webhook is off");
        return on.value_or(initial);
    };
    constexpr std::string_view kBoth = "NotifyRegisteredAndStatusUpdate";
    constexpr std::string_view kMotion = "NotifyOnMotionAlert";
    constexpr std::string_view kEnd = "NotifyOnMotionTimeoutAlert";
    constexpr std::string_view kSound = "NotifyOnAudioAlert";
    constexpr std::string_view kButton = "NotifyOnButtonPressAlert";
    const bool both = gate(kBoth, true), motion = gate(kMotion, true), end = gate(kEnd, false),
               sound = gate(kSound, false), button = gate(kButton, true);
    read_hook("RegistrationWebHookUrl", "registration", kBoth, both);
    read_hook("StatusUpdateWebHookUrl", "status", kBoth, both);
    read_hook("MotionRecordingWebHookUrl", "motion", kMotion, motion);
    read_hook("MotionTimeoutWebHookUrl", "motion_end", kEnd, end);
    read_hook("AudioRecordingWebHookUrl", "sound", kSound, sound);
    read_hook("ButtonPressWebHookUrl", "button", kButton, button);
    read_hook("SpotlightWebHookUrl", "spotlight", "", true);
    if (key("UserRecordingWebHookUrl") != nullptr)
        say(Verdict::Ignored, "UserRecordingWebHookUrl", "nothing ever posted there");
}

/// Keys that have no counterpart, and why.
void Planner::read_rest() {
    struct Rule {
        std::string_view name, why;
    };
    constexpr std::string_view kRecorder =
        "the recorder has its own lengths: defaults.record.pre_roll and post_roll";
    constexpr std::string_view kEvents =
        "battery cameras are recorded around events, others always: cameras.NAME.record.mode";
    constexpr std::string_view kNoGo2rtc = "the hub serves RTSP itself: rtsp.listen";
    constexpr Rule kRules[] = {
        {"MotionRecordingTimeout", kRecorder},
        {"AudioRecordingTimeout", kRecorder},
        {"RecordOnMotionAlert", kEvents},
        {"RecordOnAudioAlert", kEvents},
        {"RecordAndNotifyOnMotionAlert", kEvents},
        {"OnlyNotifyOnMotionAlert", kEvents},
        {"RecordingBasePath", "footage lies under the folder of the hub: data"},
        {"BeaconIntervalSeconds", "powered cameras are asked every 100 s by themselves"},
        {"DatabasePath", "name the database on the command line to take it over"},
        {"SnapshotCacheTTL", "the newest picture is kept, with its age"},
        {"DeviceOfflineThreshold", "the hub tells by whether a device answers"},
        {"WebhookRetries", "three tries, always"},
        {"WebhookTimeout", "5 s, always"},
        {"LogLevel", "log.level of the configuration says it"},
        {"Go2RTCEnabled", kNoGo2rtc},
        {"Go2RTCConfigPath", kNoGo2rtc},
        {"Go2RTCApiUrl", kNoGo2rtc},
        {"Go2RTCRTSPPort", kNoGo2rtc},
        {"Go2RTCAPIPort", kNoGo2rtc},
        {"Go2RTCStartTimeout", kNoGo2rtc},
    };
    for (const Rule& rule : kRules) {
        if (key(rule.name) != nullptr)
            say(Verdict::Ignored, std::string(rule.name), std::string(rule.why));
    }
    seen_.insert("DeviceSettings");
    if (!file_.is_map()) return;
    for (const config::Entry& entry : file_.entries) {
        if (!seen_.contains(entry.key))
            say(Verdict::Ignored, entry.key.substr(0, 60),
                "no version of arlo-cam-api is known to "
                "read it");
    }
}

OldDevice& Planner::old_device(const std::string& serial) {
    const auto known = std::ranges::find(old_.devices, serial, &OldDevice::serial);
    if (known != old_.devices.end()) return *known;
    OldDevice fresh;
    fresh.serial = serial;
    return old_.devices.emplace_back(std::move(fresh));
}

void Planner::read_device_settings() {
    const Node* const all = file_.is_map() ? file_.find("DeviceSettings") : nullptr;
    if (all == nullptr || all->is_null()) return;
    if (!all->is_map()) return say(Verdict::Problem, "DeviceSettings", "is no mapping of devices");
    for (const config::Entry& entry : all->entries) {
        if (!drivers::arlo::is_serial(entry.key)) {
            say(Verdict::Problem, "DeviceSettings",
                fmt::format("\"{}\" is no serial number", entry.key.substr(0, 40)));
        } else if (!entry.value.is_map()) {
            say(Verdict::Problem, "DeviceSettings " + entry.key, "is no mapping of settings");
        } else {
            read_device(entry.key, entry.value);
        }
    }
}

void Planner::read_device(const std::string& serial, const Node& settings) {
    OldDevice& device = old_device(serial);
    for (const config::Entry& entry : settings.entries) {
        const std::string subject = serial + " " + entry.key.substr(0, 60);
        if (!entry.value.is_scalar()) {
            say(Verdict::Problem, subject, "is no single value");
        } else if (entry.key == "FriendlyName") {
            device.friendly_name = entry.value.text.substr(0, 100);
        } else if (entry.key == "VideoQuality") {
            device.quality = base::lower_case(entry.value.text);
        } else if (protocols::arlo::find_register(entry.key) == nullptr) {
            say(Verdict::Ignored, subject, "no device is known to take it");
        } else {
            protocols::arlo::Value value = value_of(entry.value);
            const bool is_number_there = protocols::arlo::find_register(entry.key)->type ==
                                         protocols::arlo::RegisterType::Number;
            // "NightModeLightSourceAlert: false" was written for a register of numbers.
            if (const bool* const flag = std::get_if<bool>(&value); flag && is_number_there)
                value = std::int64_t{*flag ? 1 : 0};
            device.registers.set(entry.key, std::move(value));
        }
    }
}

void Planner::take(OldDevice device) {
    const std::string& serial = device.serial;
    if (!device.friendly_name.empty())
        say(Verdict::Taken, serial, fmt::format("its name: {}", device.friendly_name));
    if (!device.registration.empty())
        say(Verdict::Taken, serial, "its registration: it is known before it calls");
    if (!device.status.empty()) say(Verdict::Taken, serial, "its last status");
    if (!device.power.empty()) say(Verdict::Taken, serial, "its power: " + device.power);
    if (device.quality.empty() && device.registers.empty()) device.quality = default_quality_;
    if (is_disarmed_by_default_ && !device.registers.contains("PIRTargetState"))
        device.registers.set("PIRTargetState", std::string("Disarmed"));
    drivers::arlo::OldWishes wishes = drivers::arlo::wishes_of(device, house_);
    for (const auto& [setting, value] : wishes.taken)
        say(Verdict::Taken, serial,
            fmt::format("wished: {} = {}", setting, camera::value_to_json(value).dump()));
    for (const auto& [name, why] : wishes.ignored)
        say(Verdict::Ignored, fmt::format("{} {}", serial, name), why);
    out_.devices.push_back({std::move(device), std::move(wishes.taken)});
}

void Planner::write_yaml() {
    std::string& yaml = out_.yaml;
    yaml =
        "# Taken over from arlo-cam-api. `casement check` says whether it fits in its place.\n"
        "arlo:\n"
        "  enabled: true\n"
        "  listen: \"172.14.1.1\"  # the address of this machine on the cameras' network\n"
        "  rest: \"127.0.0.1:5000\"  # clients on other machines need this machine's address "
        "here\n";
    for (const auto& [name, value] : arlo_) yaml += fmt::format("  {}: {}\n", name, value);
    if (hooks_.empty()) return;
    yaml += "  webhooks:\n";
    for (const auto& [name, value] : hooks_) yaml += fmt::format("    {}: {}\n", name, value);
}

// The database of the hub
// --------------------------------------------------------------------------------------------

/// A copy, so that nothing of the old base's is touched, its write-ahead log included.
Result<OldBase> read_database(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error)
        return base::fail(ErrorKind::NotFound, "{} cannot be read: {}", file.string(),
                          error.message());
    if (size > kMaxDatabaseBytes)
        return base::fail(ErrorKind::ResourceExhausted, "{} has {} bytes; the limit is {}",
                          file.string(), size, kMaxDatabaseBytes);
    struct Folder {
        fs::path path;
        ~Folder() {
            std::error_code ignored;
            fs::remove_all(path, ignored);
        }
    } const folder{fs::temp_directory_path() / ("casement-" + base::random_hex(8))};
    fs::create_directory(folder.path, error);
    if (!error) fs::permissions(folder.path, fs::perms::owner_all, error);
    const fs::path copy = folder.path / "arlo.db";
    if (!error) fs::copy_file(file, copy, error);
    const fs::path log = file.string() + "-wal";
    if (!error && fs::exists(log)) fs::copy_file(log, copy.string() + "-wal", error);
    if (error)
        return base::fail(ErrorKind::Unavailable, "{} cannot be copied: {}", file.string(),
                          error.message());
    CASEMENT_TRY(const auto database, store::Database::open(copy.string()));
    return drivers::arlo::read_old_base(*database);
}

/// Waits for a coroutine that only needs the database's thread.
Result<> await_now(async::Task<Result<>> task) {
    asio::io_context io;
    Result<> out = base::fail(ErrorKind::Internal, "it never ended");
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, Result<> result) {
        if (error) std::rethrow_exception(error);
        out = std::move(result);
    });
    io.run();
    return out;
}

std::string camera_of(const std::string& serial, const config::Config& current) {
    for (const config::Camera& camera : current.cameras) {
        if (camera.arlo && camera.arlo->serial == serial) return camera.id;
    }
    return camera::camera_id_from("arlo-" + serial);
}

/// Into the tables of a hub that does not run.
class Writer {
public:
    static Result<> write(Import& import, const config::Config& current, const fs::path& data) {
        CASEMENT_TRY(const auto lock, store::DirectoryLock::take(data.string()));
        CASEMENT_TRY(const auto store, store::Store::open((data / "casement.db").string()));
        CASEMENT_TRY(const auto memory, drivers::arlo::Memory::open(*store));
        CASEMENT_TRY(const auto desired, camera::DesiredState::open(*store));
        CASEMENT_TRY(const auto known, memory->devices());
        Writer writer{import, *memory, *desired, base::SystemClock().wall_now()};
        for (const Import::Device& device : import.devices) {
            CASEMENT_TRY(writer.put(device, known, camera_of(device.old.serial, current)));
        }
        return {};
    }

private:
    Writer(Import& import, drivers::arlo::Memory& memory, camera::DesiredState& desired,
           base::WallTime now)
        : import_(import), memory_(memory), desired_(desired), now_(now) {}

    Result<> put(const Import::Device& device, const std::vector<drivers::arlo::Record>& known,
                 const std::string& camera) {
        using drivers::arlo::Record;
        const auto there = std::ranges::find(known, device.old.serial, &Record::serial);
        const Record fresh = drivers::arlo::record_of(device.old);
        Record record = there == known.end() ? fresh : *there;
        if (there != known.end()) {
            // What it said to the hub itself is younger.
            if (record.friendly_name.empty()) record.friendly_name = fresh.friendly_name;
            if (record.power.empty()) record.power = fresh.power;
        }
        if (there == known.end() || record != *there) {
            CASEMENT_TRY(await_now(memory_.put(record)));
            say(Verdict::Taken, device.old.serial, fmt::format("stored as camera {}", camera));
        } else {
            say(Verdict::Known, device.old.serial, "the hub knows it already");
        }
        const camera::Wishes wishes = desired_.wishes(camera);
        for (const auto& [setting, value] : device.wishes) {
            if (wishes.contains(setting)) {
                say(Verdict::Known, device.old.serial + " " + setting,
                    "somebody wished it in the hub already");
                continue;
            }
            CASEMENT_TRY(await_now(desired_.put(camera, setting, {value, now_, "import", {}})));
        }
        return {};
    }
    void say(Verdict verdict, std::string subject, std::string text) {
        import_.lines.push_back({verdict, std::move(subject), std::move(text)});
    }

    Import& import_;
    drivers::arlo::Memory& memory_;
    camera::DesiredState& desired_;
    const base::WallTime now_;
};

}  // namespace

Import plan_import(const config::Node& file, OldBase old) {
    return Planner(file, std::move(old)).plan();
}

int import_arlo(const cli::Console& console, const cli::ImportArlo& command,
                const config::Config& current, const fs::path& data) {
    const auto text = store::read_file(command.file, config::kMaxFileBytes);
    if (!text) return cli::fail_with(console, text.error().within(command.file));
    config::Problems problems;
    const Node file = config::parse_yaml(*text, command.file, problems);
    for (const config::Problem& problem : problems) console.err << problem.text() << "\n";
    if (!problems.empty()) return cli::kFailed;

    OldBase old;
    if (!command.database.empty()) {
        auto read = read_database(command.database);
        if (!read) return cli::fail_with(console, read.error().within(command.database));
        old = std::move(*read);
    }
    Import import = plan_import(file, std::move(old));
    if (command.write) {
        const auto written = Writer::write(import, current, data);
        if (!written) return cli::fail_with(console, written.error());
    }
    report_import(console, import.lines, import.yaml, command.write);
    if (!console.json && !command.write && !import.devices.empty())
        console.err << fmt::format(
            "Nothing was written. With --write the {} devices go into the database in {}.\n",
            import.devices.size(), data.string());
    return cli::kOk;
}

}  // namespace casement::app
