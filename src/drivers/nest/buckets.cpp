#include "drivers/nest/buckets.hpp"

#include <algorithm>

#include "drivers/json.hpp"
#include "drivers/nest/answers.hpp"
#include "drivers/words.hpp"

namespace casement::drivers::nest {

namespace {

using base::Result;
using nlohmann::json;

constexpr std::size_t kMaxWords = 300;      // capabilities, properties of one camera
constexpr std::size_t kMaxWordBytes = 200;  // of a key, of a text

struct Bucket {
    json revision, timestamp;  // given back as they came
    json value;
};

std::string id_text(const json& object, std::string_view key) {
    std::string text = text_at(object, key);
    if (text.starts_with("structure.")) text.erase(0, 10);
    const bool is_fine = text.size() <= 64 && std::ranges::all_of(text, [](char c) {
                             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                    (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
                         });
    return is_fine ? text : std::string{};
}

void take_capabilities(const json& list, CameraRecord& out) {
    if (!list.is_array()) return;
    for (const json& item : list) {
        if (out.capabilities.size() >= kMaxWords) return;
        if (!item.is_string()) continue;
        std::string word = item.get<std::string>();
        if (is_token(word) && word.size() <= kMaxWordBytes)
            out.capabilities.insert(std::move(word));
    }
}

void take_properties(const json& object, CameraRecord& out) {
    if (!object.is_object()) return;
    for (const auto& [key, value] : object.items()) {
        if (out.properties.size() >= kMaxWords) return;
        if (!is_token(key) || key.size() > kMaxWordBytes) continue;
        if (value.is_boolean()) out.properties[key] = value.get<bool>();
        if (const auto number = number_at(object, key)) out.properties[key] = *number;
        if (value.is_string() && value.get_ref<const std::string&>().size() <= kMaxWordBytes)
            out.properties[key] = clean_text(value.get<std::string>());
    }
}

std::string base_at(const json& object, std::string_view key, const Hosts& hosts) {
    const std::string said = text_at(object, key);
    if (said.empty()) return {};
    auto url = hosts.base_url(said);
    return url ? std::move(*url) : std::string{};
}

/// HOST or HOST:PORT, as it was said.
std::string host_at(const json& object, std::string_view key, const Hosts& hosts) {
    std::string said = text_at(object, key);
    return !said.empty() && said.size() <= 255 && hosts.host_port(said, 0) ? said : std::string{};
}

void take_hosts(const json& from, CameraRecord& out, const Hosts& hosts) {
    // Three spellings: the bucket's full URL, the web API's full URL, its bare host.
    for (const char* key :
         {"nexus_api_http_server_url", "nexus_api_http_server", "nexus_api_nest_domain_host"}) {
        if (out.nexus_api.empty()) out.nexus_api = base_at(from, key, hosts);
    }
    out.direct_host = host_at(from, "direct_nexustalk_host", hosts);
    out.websocket_host = host_at(from, "websocket_nexustalk_host", hosts);
}

void name(CameraRecord& camera, std::string said) {
    camera.name = std::move(said);
    if (camera.name.empty()) camera.name = camera.place;
    if (!camera.name.empty()) return;
    const std::string& serial = camera.serial.empty() ? camera.uuid : camera.serial;
    camera.name =
        fmt::format("{} {}", camera.model.empty() ? "Nest camera" : camera.model,
                    serial.substr(serial.size() - std::min<std::size_t>(4, serial.size())));
}

std::optional<bool> flag_at(const json& object, std::string_view key) {
    const json& value = at(object, key);
    return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

void take_migration(CameraRecord& camera) {
    const auto found = camera.properties.find("cc2migration.overview_state");
    if (found == camera.properties.end()) return;
    if (const auto* word = std::get_if<std::string>(&found->second)) camera.migration = *word;
}

CameraRecord quartz(std::string uuid, const json& value, const Hosts& hosts) {
    CameraRecord out;
    out.uuid = std::move(uuid);
    out.model = clean_text(text_at(value, "model"));
    out.serial = clean_text(text_at(value, "serial_number"));
    out.firmware = clean_text(text_at(value, "software_version"));
    out.structure = id_text(value, "structure_id");
    take_capabilities(at(value, "capabilities"), out);
    take_hosts(value, out, hosts);
    // "streaming-enabled", "streaming-disabled", "...offline...": only parts of it are known.
    const std::string state = text_at(value, "streaming_state");
    out.is_online = !state.contains("offline");
    out.is_streaming = state.empty() || state.contains("enabled") || !out.is_online;
    out.has_microphone_on = flag_at(value, "audio_input_enabled").value_or(true);
    take_properties(at(value, "properties"), out);
    take_migration(out);
    return out;
}

}  // namespace

struct Buckets::State {
    std::map<std::string, Bucket, std::less<>> all;

    const json& value(const std::string& key) const {
        static const json kNull;
        const auto found = all.find(key);
        return found == all.end() ? kNull : found->second.value;
    }
    std::string where(const std::string& structure, const std::string& id) const {
        const json& wheres = at(value("where." + structure), "wheres");
        if (!wheres.is_array() || id.empty()) return {};
        for (const json& where : wheres) {
            if (text_at(where, "where_id") == id) return clean_text(text_at(where, "name"));
        }
        return {};
    }
};

Buckets::Buckets() : state_(std::make_unique<State>()) {}
Buckets::~Buckets() = default;

bool is_uuid(std::string_view text) {
    return text.size() == 32 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::string launch_question() {
    return R"({"known_bucket_types":["quartz","structure","where","buckets"],)"
           R"("known_bucket_versions":[]})";
}

Result<> Buckets::take_all(std::string_view body) {
    auto answer = parse_object(body);
    if (!answer || !at(*answer, "updated_buckets").is_array())
        return std::unexpected(no_json("the list of cameras", body));
    state_->all.clear();
    for (json& bucket : (*answer)["updated_buckets"]) {
        std::string key = text_at(bucket, "object_key");
        if (key.empty() || key.size() > kMaxWordBytes || !at(bucket, "value").is_object()) continue;
        if (state_->all.size() >= kMaxBuckets) break;
        state_->all[std::move(key)] = {at(bucket, "object_revision"),
                                       at(bucket, "object_timestamp"), std::move(bucket["value"])};
    }
    is_stale_ = false;
    return {};
}

Result<std::vector<std::string>> Buckets::take_changes(std::string_view body) {
    std::vector<std::string> changed;
    if (body.empty()) return changed;
    auto answer = parse_object(body);
    if (!answer || !at(*answer, "objects").is_array())
        return std::unexpected(no_json("what has changed", body));
    for (json& object : (*answer)["objects"]) {
        std::string key = text_at(object, "object_key");
        const auto found = state_->all.find(key);
        if (found == state_->all.end()) {
            is_stale_ = true;  // read with all the rest
            continue;
        }
        Bucket& bucket = found->second;
        bucket.revision = at(object, "object_revision");
        bucket.timestamp = at(object, "object_timestamp");
        const json& value = at(object, "value");
        if (value.is_object()) {
            if (key.starts_with("buckets.") && at(value, "buckets") != at(bucket.value, "buckets"))
                is_stale_ = true;
            bucket.value.update(value);
        }
        changed.push_back(std::move(key));
        if (changed.size() >= kMaxBuckets) break;
    }
    return changed;
}

std::vector<CameraRecord> Buckets::cameras(const Hosts& hosts) const {
    constexpr std::string_view kPrefix = "quartz.";
    std::vector<CameraRecord> out;
    for (auto it = state_->all.lower_bound(kPrefix);
         it != state_->all.end() && it->first.starts_with(kPrefix) && out.size() < kMaxCameras;
         ++it) {
        std::string uuid = it->first.substr(kPrefix.size());
        if (!is_uuid(uuid)) continue;
        CameraRecord camera = quartz(std::move(uuid), it->second.value, hosts);
        camera.place = state_->where(camera.structure, text_at(it->second.value, "where_id"));
        camera.home = clean_text(text_at(state_->value("structure." + camera.structure), "name"));
        name(camera, clean_text(text_at(it->second.value, "description")));
        out.push_back(std::move(camera));
    }
    return out;
}

std::string Buckets::subscription() const {
    json objects = json::array();
    for (const auto& [key, bucket] : state_->all)
        objects.push_back({{"object_key", key},
                           {"object_revision", bucket.revision},
                           {"object_timestamp", bucket.timestamp}});
    return json{{"objects", std::move(objects)}}.dump(-1, ' ', false,
                                                      json::error_handler_t::replace);
}

bool Buckets::empty() const { return state_->all.empty(); }

Result<std::vector<CameraRecord>> parse_cameras(std::string_view body, const Hosts& hosts) {
    CASEMENT_TRY(check_envelope("the cameras", body));
    const auto answer = parse_object(body);
    std::vector<CameraRecord> out;
    const json& items = at(*answer, "items");
    if (!items.is_array()) return out;
    for (const json& item : items) {
        if (out.size() >= Buckets::kMaxCameras) break;
        CameraRecord camera;
        camera.uuid = text_at(item, "uuid");
        if (!is_uuid(camera.uuid)) continue;
        camera.place = clean_text(text_at(item, "where"));
        camera.serial = clean_text(text_at(item, "serial_number"));
        camera.firmware = clean_text(text_at(item, "combined_software_version"));
        camera.structure = id_text(item, "nest_structure_id");
        camera.home = clean_text(text_at(item, "nest_structure_name"));
        take_capabilities(at(item, "capabilities"), camera);
        take_properties(at(item, "properties"), camera);
        take_hosts(item, camera, hosts);
        camera.is_online = flag_at(item, "is_online").value_or(true);
        camera.is_streaming = flag_at(item, "is_streaming_enabled").value_or(true);
        const auto property = [&](std::string_view key) -> const bool* {
            const auto found = camera.properties.find(key);
            return found == camera.properties.end() ? nullptr : std::get_if<bool>(&found->second);
        };
        if (const bool* on = property("streaming.enabled")) camera.is_streaming = *on;
        if (const bool* on = property("audio.enabled")) camera.has_microphone_on = *on;
        take_migration(camera);
        std::string said = clean_text(text_at(item, "description"));
        if (said.empty()) said = clean_text(text_at(item, "name"));
        name(camera, std::move(said));
        out.push_back(std::move(camera));
    }
    return out;
}

CameraRecord merged(CameraRecord bucket, const CameraRecord& web) {
    bucket.properties = web.properties;
    bucket.capabilities.insert(web.capabilities.begin(), web.capabilities.end());
    bucket.is_online = web.is_online;
    bucket.is_streaming = web.is_streaming;
    bucket.has_microphone_on = web.has_microphone_on;
    if (!web.migration.empty()) bucket.migration = web.migration;
    const auto fill = [](std::string& to, const std::string& from) {
        if (to.empty()) to = from;
    };
    fill(bucket.place, web.place);
    fill(bucket.serial, web.serial);
    fill(bucket.firmware, web.firmware);
    fill(bucket.structure, web.structure);
    fill(bucket.home, web.home);
    fill(bucket.nexus_api, web.nexus_api);
    fill(bucket.direct_host, web.direct_host);
    fill(bucket.websocket_host, web.websocket_host);
    return bucket;
}

}  // namespace casement::drivers::nest
