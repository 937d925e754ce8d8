#include "drivers/nanit/answers.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "drivers/json.hpp"

namespace casement::drivers::nanit {

namespace {

using base::ErrorKind;
using base::Result;
using nlohmann::json;

constexpr std::size_t kMaxId = 64;         // public samples have 8 to 15 characters
constexpr std::size_t kMaxClipUrl = 4096;  // a signature is a few hundred

std::unexpected<base::Error> no_answer(std::string_view what) {
    return base::fail_because("vendor-down", ErrorKind::Unavailable,
                              "Nanit's answer holds no {}; it is tried again later", what);
}

/// Ids go into URLs and topics: what they consist of is checked, not escaped.
std::string id_at(const json& object, std::string_view key, std::string_view also = "") {
    std::string id = text_at(object, key);
    const bool is_fine = id.size() <= kMaxId && std::ranges::all_of(id, [&](char c) {
                             return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                                    c == '-' || (c >= 'A' && c <= 'Z') ||
                                    also.find(c) != std::string_view::npos;
                         });
    return is_fine ? id : std::string{};
}

std::string upper_word(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 40)) {
        const char lower = base::ascii_lower(c);
        const bool is_letter = lower >= 'a' && lower <= 'z';
        out += is_letter ? static_cast<char>(lower - 32) : c >= '0' && c <= '9' ? c : '_';
    }
    return out;
}

/// Signed URLs and anything that calls itself a token do not leave this file.
void redact(json& value) {
    if (value.is_object()) {
        for (auto& [key, item] : value.items()) {
            if (base::lower_case(key).find("token") != std::string::npos)
                item = "***";
            else
                redact(item);
        }
    } else if (value.is_array()) {
        for (json& item : value) redact(item);
    } else if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        const std::size_t query = text.find('?');
        if (query != std::string::npos && text.find("://") < query)
            value = text.substr(0, query) + "?***";
    }
}

std::string raw_of(json value) {
    redact(value);
    std::string out = value.dump(-1, ' ', false, json::error_handler_t::replace);
    return out.size() <= kMaxRawBytes ? out : std::string{};
}

/// Of the first piece; nothing where the account has no plan for clips.
base::Secret clip_of(const json& event) {
    const json& pieces = at(at(event, "playlist"), "media_segments");
    if (!pieces.is_array() || pieces.empty()) return {};
    std::string url = text_at(pieces.front(), "video_url");
    return url.size() <= kMaxClipUrl ? base::Secret(std::move(url)) : base::Secret{};
}

Baby baby_of(const json& item) {
    Baby baby;
    baby.uid = id_at(item, "uid");
    baby.name = clean_text(text_at(item, "name"));
    if (baby.name.empty()) baby.name = clean_text(text_at(item, "first_name"));
    if (baby.name.empty()) baby.name = "Baby " + baby.uid.substr(0, 8);
    const json& camera = at(item, "camera");
    baby.camera_uid = id_at(item, "camera_uid");
    if (baby.camera_uid.empty()) baby.camera_uid = id_at(camera, "uid");
    if (const json& connected = at(camera, "connected"); connected.is_boolean())
        baby.is_connected = connected.get<bool>();
    baby.last_seen = time_at(camera, "last_seen");
    baby.firmware = clean_text(text_at(camera, "version"));
    baby.stream_url = text_at(camera, "stream_url").substr(0, 200);
    const json& network = at(camera, "network");
    baby.ssid = clean_text(text_at(network, "ssid"));
    baby.wifi_mhz = number_at(network, "freq");
    baby.wifi_dbm = number_at(network, "level");
    baby.speaker_uid = id_at(at(at(item, "speaker"), "speaker"), "uid");
    return baby;
}

/// The items of list `key`; nullptr when there is no such list.
const json* list_in(const std::optional<json>& answer, std::string_view key) {
    if (!answer) return nullptr;
    const json& list = at(*answer, key);
    return list.is_array() ? &list : nullptr;
}

template <typename Item>
void keep_newest(std::vector<Item>& items) {
    if (items.size() > kMaxItems)
        items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(kMaxItems));
}

base::Secret token_in(const json& object) {
    for (const std::string_view key : {"uc_token", "token"}) {
        std::string text = text_at(object, key);
        if (is_token(text)) return base::Secret(std::move(text));
    }
    return {};
}

}  // namespace

Result<Tokens> parse_tokens(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return no_answer("tokens");
    std::string access = text_at(*answer, "access_token");
    std::string refresh = text_at(*answer, "refresh_token");
    if (!is_token(access) || (!refresh.empty() && !is_token(refresh))) return no_answer("tokens");
    Tokens out{.access = base::Secret(std::move(access)),
               .refresh = base::Secret(std::move(refresh)),
               .expires_in = {}};
    const auto life = number_at(*answer, "expires_in");
    if (life && *life > 0 && *life < 1e9)
        out.expires_in = std::chrono::seconds{static_cast<std::int64_t>(*life)};
    return out;
}

std::optional<Challenge> parse_challenge(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return std::nullopt;
    std::string token = text_at(*answer, "mfa_token");
    if (!is_token(token)) return std::nullopt;
    return Challenge{.token = base::Secret(std::move(token)),
                     .channel = text_at(*answer, "channel") == "email" ? "email" : "sms",
                     .hint = clean_text(text_at(*answer, "phone_suffix"))};
}

Result<std::vector<Baby>> parse_babies(std::string_view body) {
    const auto answer = parse_object(body);
    const json* const list = list_in(answer, "babies");
    if (list == nullptr) return no_answer("babies");
    std::vector<Baby> out;
    std::set<std::string> seen;
    for (const json& item : *list) {
        if (out.size() == kMaxBabies) break;
        Baby baby = baby_of(item);
        const bool is_lower = baby.uid == base::lower_case(baby.uid);
        if (!baby.uid.empty() && is_lower && seen.insert(baby.uid).second)
            out.push_back(std::move(baby));
    }
    return out;
}

Result<std::vector<Message>> parse_messages(std::string_view body) {
    const auto answer = parse_object(body);
    const json* const list = list_in(answer, "messages");
    if (list == nullptr) return no_answer("messages");
    std::vector<Message> out;
    for (const json& item : *list) {
        const json& id = at(item, "id");
        const auto time = time_at(item, "time");
        const std::string type = upper_word(text_at(item, "type"));
        if (!id.is_number_integer() || !time || type.empty()) continue;
        if (id.is_number_unsigned() && id.get<std::uint64_t>() > INT64_MAX) continue;
        const json& data = at(item, "data");
        out.push_back({.id = id.get<std::int64_t>(),
                       .type = type,
                       .time = *time,
                       .event_uid = id_at(at(data, "event"), "uid", ".:"),
                       .value = number_at(data, "value"),
                       .raw = raw_of(item)});
    }
    std::ranges::sort(out, {}, [](const Message& m) { return std::pair(m.time, m.id); });
    keep_newest(out);
    return out;
}

Result<std::vector<SleepEvent>> parse_events(std::string_view body) {
    const auto answer = parse_object(body);
    const json* const list = list_in(answer, "events");
    if (list == nullptr) return no_answer("events");
    std::vector<SleepEvent> out;
    for (const json& item : *list) {
        SleepEvent event;
        event.uid = id_at(item, "uid", ".:");
        event.key = upper_word(text_at(item, "key"));
        auto time = time_at(item, "time");
        if (!time) time = time_at(item, "begin_ts");
        if (event.uid.empty() || event.key.empty() || !time) continue;
        event.time = *time;
        event.title = clean_text(text_at(item, "title"));
        event.end = time_at(item, "end_ts");
        if (event.end && *event.end < event.time) event.end.reset();
        event.confidence = number_at(item, "confidence");
        if (event.confidence) event.confidence = std::clamp(*event.confidence, 0.0, 1.0);
        event.clip = clip_of(item);
        event.raw = raw_of(item);
        out.push_back(std::move(event));
    }
    std::ranges::sort(out, {}, [](const SleepEvent& e) { return std::pair(e.time, e.uid); });
    keep_newest(out);
    return out;
}

Result<base::Secret> parse_uc_token(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return no_answer("token for the camera");
    base::Secret found = token_in(*answer);
    for (const auto& [key, item] : answer->items()) {
        if (found.empty()) found = token_in(item);
    }
    if (found.empty()) return no_answer("token for the camera");
    return found;
}

Result<AlertSettings> parse_alert_settings(std::string_view body) {
    const auto answer = parse_object(body);
    AlertSettings out;
    const auto put = [&](const std::string& key, const json& value) {
        if (value.is_boolean() && !key.empty() && key.size() <= 40 && out.size() < kMaxItems)
            out[upper_word(key)] = value.get<bool>();
    };
    if (const json* const list = list_in(answer, "notification_settings")) {
        for (const json& item : *list) put(text_at(item, "key"), at(item, "enabled"));
        return out;
    }
    if (!answer || !at(*answer, "settings").is_object()) return no_answer("settings");
    for (const auto& [key, value] : at(*answer, "settings").items()) put(key, value);
    return out;
}

Refusal parse_refusal(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return {};
    Refusal out{.error = clean_text(text_at(*answer, "error")),
                .text = clean_text(text_at(*answer, "error_description"))};
    if (out.text.empty()) out.text = clean_text(text_at(*answer, "message"));
    return out;
}

}  // namespace casement::drivers::nanit
