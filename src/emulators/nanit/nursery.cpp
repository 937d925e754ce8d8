#include "emulators/nanit/nursery.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include <nlohmann/json.hpp>

namespace casement::emulators::nanit {

using nlohmann::json;

namespace {

constexpr std::size_t kMostKept = 1000;  // per baby and feed
constexpr int kUserId = 77;

std::int64_t unix_seconds(base::WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

json or_null(const std::optional<std::string>& text) { return text ? json(*text) : json(); }

json baby_json(const Baby& baby, base::WallTime now) {
    json out{{"uid", baby.uid},
             {"name", or_null(baby.name)},
             {"camera_uid", or_null(baby.camera_uid)},
             {"camera", json()}};
    if (baby.camera_uid) {
        out["camera"] = {{"uid", *baby.camera_uid},
                         {"connected", baby.connected},
                         {"active", true},
                         {"last_seen", unix_seconds(baby.last_seen.value_or(now))},
                         {"version", baby.version},
                         {"stream_url", baby.stream_url},
                         {"network", {{"ssid", "nursery-iot"}, {"freq", 5240}, {"level", -58}}}};
    }
    if (!baby.shows_camera) out.erase("camera");
    out["speaker"] = baby.speaker_uid ? json{{"speaker", {{"uid", *baby.speaker_uid}}}} : json();
    return out;
}

/// The newest first, joined: what all feeds have in common.
template <typename Items, typename Text>
std::string feed(std::string_view name, const Items& items, std::size_t limit, Text text) {
    std::string out = fmt::format("{{\"{}\":[", name);
    for (const auto& item : items | std::views::reverse | std::views::take(limit)) {
        if (!out.ends_with('[')) out += ',';
        out += text(item);
    }
    return out + "]}";
}

/// In the order of their time; among equals the newer behind.
template <typename Items, typename Item>
void insert(Items& items, Item item) {
    const auto at = std::ranges::upper_bound(items, item.time, {}, &Item::time);
    items.insert(at, std::move(item));
    if (items.size() > kMostKept) items.erase(items.begin());
}

// How they are signed is of no matter to whoever asks.
constexpr std::string_view kSigned = "good-";

}  // namespace

Nursery::Nursery(const base::Clock& clock) : clock_(clock) {}

void Nursery::add(Baby baby) {
    records_.try_emplace(baby.uid, Records{.messages = {},
                                           .events = {},
                                           .settings = {{"SOUND", true},
                                                        {"MOTION", true},
                                                        {"TEMPERATURE", true},
                                                        {"HUMIDITY", true},
                                                        {"CAMERA_CRY_DETECTION", false}}});
    if (Baby* known = find(baby.uid)) {
        *known = std::move(baby);
    } else {
        babies_.push_back(std::move(baby));
    }
}

Baby* Nursery::find(std::string_view uid) {
    const auto at = std::ranges::find(babies_, uid, &Baby::uid);
    return at == babies_.end() ? nullptr : &*at;
}

Baby* Nursery::find_camera(std::string_view camera_uid) {
    const auto at = std::ranges::find(babies_, std::string(camera_uid), &Baby::camera_uid);
    return at == babies_.end() ? nullptr : &*at;
}

std::int64_t Nursery::add_message(std::string_view baby_uid, std::string_view type,
                                  std::chrono::seconds ago, std::optional<double> value) {
    const auto at = records_.find(baby_uid);
    if (at == records_.end()) return 0;
    // The cloud makes messages of the kinds that are switched on only.
    const auto wanted = at->second.settings.find(std::string(type));
    if (wanted != at->second.settings.end() && !wanted->second) return 0;
    insert(at->second.messages,
           Message{++last_message_, std::string(type), clock_.wall_now() - ago, value});
    return last_message_;
}

std::string Nursery::add_event(std::string_view baby_uid, std::string_view key,
                               std::chrono::seconds ago) {
    const auto at = records_.find(baby_uid);
    if (at == records_.end()) return {};
    std::string uid = fmt::format("ev{:x}", ++last_event_);
    insert(at->second.events, Event{uid, std::string(key), clock_.wall_now() - ago});
    return uid;
}

std::string Nursery::babies() const {
    json all = json::array();
    for (const Baby& baby : babies_) all.push_back(baby_json(baby, clock_.wall_now()));
    return json{{"babies", std::move(all)}}.dump();
}

std::string Nursery::baby(const Baby& baby) const {
    return json{{"baby", baby_json(baby, clock_.wall_now())}}.dump();
}

std::string Nursery::message_text(const Baby& baby, const Message& message) const {
    const std::string made = base::format_rfc3339(message.time);
    json data{{"event", {{"uid", fmt::format("ev{:x}", message.id)}}},
              {"camera", {{"uid", or_null(baby.camera_uid)}}}};
    if (message.value) data = {{"value", *message.value}};
    return json{{"id", message.id},
                {"baby_uid", baby.uid},
                {"user_id", kUserId},
                {"type", message.type},
                {"time", unix_seconds(message.time)},
                {"read_at", json()},
                {"seen_at", json()},
                {"dismissed_at", json()},
                {"created_at", made},
                {"updated_at", made},
                {"data", std::move(data)}}
        .dump();
}

std::string Nursery::event_text(const Baby& baby, const Event& event) const {
    const auto at = static_cast<double>(unix_seconds(event.time));
    constexpr double kHalfLength = 10;
    json out = json{{"key", event.key},
                    {"internal_key", event.key},
                    {"title", event.key},
                    {"time", at},
                    {"begin_ts", at - kHalfLength},
                    {"end_ts", at + kHalfLength},
                    {"baby_uid", baby.uid},
                    {"camera_uid", or_null(baby.camera_uid)},
                    {"uid", event.uid},
                    {"confidence", 0.97},
                    {"source", "sm"},
                    {"clip", !films_.empty()}};
    if (!films_.empty()) {
        const std::string url =
            fmt::format("{0}/clips/{1}.mp4?signature={2}{1}", films_, event.uid, kSigned);
        out["playlist"] = {{"media_segments", {{{"video_url", url}}}}};
    }
    return out.dump();
}

bool Nursery::has_film(std::string_view file, std::string_view signature) const {
    return !films_.empty() && signature.starts_with(kSigned) &&
           file == fmt::format("{}.mp4", signature.substr(kSigned.size()));
}

std::string Nursery::messages(const Baby& baby, std::size_t limit) const {
    return feed("messages", records(baby).messages, limit,
                [&](const Message& message) { return message_text(baby, message); });
}

std::string Nursery::events(const Baby& baby, std::size_t limit) const {
    return feed("events", records(baby).events, limit,
                [&](const Event& event) { return event_text(baby, event); });
}

std::optional<std::string> Nursery::last_event(const Baby& baby) const {
    const auto& all = records(baby).events;
    if (all.empty()) return std::nullopt;
    return "{\"event\":" + event_text(baby, all.back()) + "}";
}

std::optional<std::string> Nursery::event(const Baby& baby, std::string_view uid) const {
    const auto& all = records(baby).events;
    const auto at = std::ranges::find(all, uid, &Event::uid);
    if (at == all.end()) return std::nullopt;
    return event_text(baby, *at);
}

std::string Nursery::stats(const Baby&) const {
    if (!has_stats_) return R"({"exists":false})";
    const std::int64_t now = unix_seconds(clock_.wall_now());
    const auto state = [](const char* title, std::int64_t begin, std::int64_t end) {
        return json{{"title", title}, {"begin_ts", begin}, {"end_ts", end}};
    };
    return json{{"exists", true},
                {"latest",
                 {{"valid", true},
                  {"date", base::format_rfc3339(clock_.wall_now())},
                  {"kind", "night"},
                  {"ongoing", true},
                  {"bed_start_time", now - 3600},
                  {"sleep_start_time", now - 3000},
                  {"sleep_end_time", now},
                  {"last_wake_up", now - 600},
                  {"sleep_onset", 600},
                  {"total_sleep_time", 2400},
                  {"total_awake_time", 600},
                  {"total_present_time", 3600},
                  {"longest_sleep", 1800},
                  {"times_woke_up", 1},
                  {"times_out_of_crib", 0},
                  {"sleep_sessions", 2},
                  {"sleep_interventions", 1},
                  {"parent_interventions", 2},
                  {"soothing_events", 0},
                  {"num_events", 6},
                  {"states",
                   {state("ASLEEP", now - 3000, now - 600), state("AWAKE", now - 600, now - 540),
                    state("ASLEEP", now - 540, now)}}}}}
        .dump();
}

std::string Nursery::settings(const Baby& baby) const {
    return json{{"settings", records(baby).settings}}.dump();
}

base::Result<> Nursery::change_settings(const Baby& baby, std::string_view body) {
    const json asked = json::parse(body, nullptr, false);
    if (!asked.is_object() || !asked.contains("settings") || !asked["settings"].is_object())
        return base::fail(base::ErrorKind::InvalidArgument, "there are no settings in it");
    auto& settings = records_.at(baby.uid).settings;
    auto changed = settings;
    for (const auto& [key, value] : asked["settings"].items()) {
        if (!settings.contains(key) || !value.is_boolean())
            return base::fail(base::ErrorKind::InvalidArgument, "no such setting");
        changed[key] = value.get<bool>();
    }
    settings = std::move(changed);
    return {};
}

}  // namespace casement::emulators::nanit
