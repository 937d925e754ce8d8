#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "emulators/nest/home.hpp"

namespace casement::emulators::nest {

using nlohmann::json;

namespace {

constexpr std::string_view kQuartz = "quartz.";

std::int64_t unix_ms(base::WallTime time) {
    return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

/// The standard ones look like this; the last two digits are the room.
std::string where_id_of(std::string_view where) {
    unsigned sum = 0;
    for (const char letter : where) sum = sum * 31 + static_cast<unsigned char>(letter);
    return fmt::format("00000000-0000-0000-0000-0001{:08x}", sum);
}

std::string serial_of(const Camera& camera) { return "EMU" + camera.uuid.substr(0, 13); }

json capabilities_of(const Camera& camera) {
    json out{"streaming.start-stop",
             "streaming.cameraprofile.VIDEO_H264_2MBIT_L40",
             "streaming.cameraprofile.VIDEO_H264_530KBIT_L31",
             "streaming.cameraprofile.VIDEO_H264_100KBIT_L30",
             "audio.speaker",
             "detectors.on_camera",
             "irled",
             "statusled",
             "video.flip"};
    if (camera.has_microphone) out.push_back("audio.microphone");
    if (camera.model.is_doorbell) out.push_back("indoor_chime");
    return out;
}

json with_hosts(json record, const Camera& camera) {
    if (!camera.has_nexustalk) return record;
    record["direct_nexustalk_host"] = camera.nexustalk_host;
    record["websocket_nexustalk_host"] = camera.websocket_host;
    return record;
}

}  // namespace

std::vector<std::string> Home::keys(std::string_view userid) const {
    std::vector<std::string> out{fmt::format("buckets.{}", userid),
                                 fmt::format("structure.{}", kStructure),
                                 fmt::format("where.{}", kStructure)};
    for (const Camera& camera : cameras_) {
        if (camera.is_of(userid)) out.push_back(std::string(kQuartz) + camera.uuid);
    }
    return out;
}

json Home::quartz(const Camera& camera) const {
    json out{{"description", camera.description},
             {"model", camera.model.name},
             {"camera_type", camera.model.type},
             {"serial_number", serial_of(camera)},
             {"software_version", "4110019"},
             {"structure_id", kStructure},
             {"where_id", where_id_of(camera.where)},
             {"streaming_state", !camera.online   ? "offline"
                                 : camera.is_on() ? "streaming-enabled"
                                                  : "streaming-disabled"},
             {"audio_input_enabled", camera.hears()},
             {"capabilities", capabilities_of(camera)},
             {"nexus_api_http_server_url", camera.nexus_url},
             {"cvr_enrolled", "none"},
             {"public_share_enabled", false},
             {"mac_address", camera.uuid.substr(20)},
             {"ip_address", "192.0.2.10"},
             {"last_connect_time", unix_ms(lists_.at)},
             {"last_disconnect_reason", "no_reason"}};
    const auto happened = cuepoints_.find(camera.uuid);
    if (happened != cuepoints_.end() && !happened->second.empty()) {
        const Cuepoint& last = happened->second.back();
        out["last_cuepoint"] = {{"id", last.id}, {"start_time", unix_ms(last.start)}};
    }
    return with_hosts(std::move(out), camera);
}

json Home::value_of(std::string_view userid, std::string_view key) const {
    if (key.starts_with(kQuartz)) {
        const auto at = std::ranges::find(cameras_, key.substr(kQuartz.size()), &Camera::uuid);
        return quartz(*at);
    }
    json cameras = json::array(), wheres = json::array(), all = keys(userid);
    std::set<std::string> rooms;
    for (const Camera& camera : cameras_) {
        if (!camera.is_of(userid)) continue;
        cameras.push_back(std::string(kQuartz) + camera.uuid);
        if (rooms.insert(camera.where).second)
            wheres.push_back({{"name", camera.where}, {"where_id", where_id_of(camera.where)}});
    }
    if (key.starts_with("where.")) return {{"wheres", std::move(wheres)}};
    if (key.starts_with("buckets.")) return {{"buckets", std::move(all)}};
    return {{"name", "Test Home"},
            {"away", false},
            {"time_zone", "Etc/UTC"},
            {"country_code", "ZZ"},
            {"swarm", std::move(cameras)}};
}

json Home::wrapped(const std::string& key, json value) const {
    const auto own = revisions_.find(key);
    const Revision& revision = own == revisions_.end() ? lists_ : own->second;
    return {{"object_key", key},
            // Negative ones are seen, too.
            {"object_revision", key.starts_with(kQuartz) ? -revision.number : revision.number},
            {"object_timestamp", unix_ms(revision.at) + revision.number % 1000},
            {"value", std::move(value)}};
}

std::optional<json> Home::bucket(std::string_view userid, std::string_view key) const {
    const auto all = keys(userid);
    if (std::ranges::find(all, key) == all.end()) return std::nullopt;
    return wrapped(std::string(key), value_of(userid, key));
}

json Home::buckets(std::string_view userid, const std::set<std::string>& types) const {
    json out = json::array();
    for (const std::string& key : keys(userid)) {
        if (types.contains(key.substr(0, key.find('.'))))
            out.push_back(wrapped(key, value_of(userid, key)));
    }
    return out;
}

json Home::camera_info(const Camera& camera) const {
    json properties = json::object();
    for (const auto& [name, value] : camera.properties) properties[name] = json::parse(value);
    if (!camera.migration.empty()) properties["cc2migration.overview_state"] = camera.migration;
    const std::string name = camera.description.empty() ? camera.where : camera.description;
    const bool streams = camera.online && camera.is_on();
    const std::size_t slashes = camera.nexus_url.find("//");
    json out{{"uuid", camera.uuid},
             {"id", 1 + (&camera - cameras_.data())},
             {"name", name},
             {"title", name},
             {"where", camera.where},
             {"description", camera.description},
             {"type", camera.model.type},
             {"serial_number", serial_of(camera)},
             {"nest_structure_id", fmt::format("structure.{}", kStructure)},
             {"nest_structure_name", "Test Home"},
             {"is_online", camera.online},
             {"is_connected", camera.online},
             {"is_streaming", streams},
             {"is_streaming_enabled", camera.is_on()},
             {"is_public", false},
             {"region", camera.region},
             {"hours_of_recording_max", 0},
             {"hours_of_free_tier_history", 3},
             {"timezone", "Etc/UTC"},
             {"nexus_api_http_server", camera.nexus_url},
             {"nexus_api_nest_domain_host",
              slashes == std::string::npos ? "" : camera.nexus_url.substr(slashes + 2)},
             {"capabilities", capabilities_of(camera)},
             {"properties", std::move(properties)}};
    return with_hosts(std::move(out), camera);
}

json Home::cuepoints(std::string_view uuid, base::WallTime from, base::WallTime until,
                     const std::set<std::string>& types) const {
    json out = json::array();
    const auto all = cuepoints_.find(uuid);
    if (all == cuepoints_.end()) return out;
    const auto now = clock_.wall_now();
    for (const Cuepoint& one : all->second) {
        const auto end = one.in_progress ? now : one.end;
        if (end < from || one.start > until) continue;
        if (!types.empty() && std::ranges::none_of(one.types, [&](const std::string& type) {
                return types.contains(type);
            }))
            continue;
        out.push_back({{"id", one.id},
                       {"camera_uuid", uuid},
                       {"start_time", unix_ms(one.start)},
                       {"playback_time", unix_ms(one.start)},
                       {"end_time", unix_ms(end)},
                       {"in_progress", one.in_progress},
                       {"types", one.types},
                       {"zone_ids", one.zones},
                       {"is_important", one.is_important},
                       {"importance", one.is_important ? 2 : 0},
                       {"face_id", ""},
                       {"face_name", ""},
                       {"face_category", "UNSET"}});
    }
    return out;
}

}  // namespace casement::emulators::nest
