#include "app/config/diff.hpp"

#include <algorithm>

namespace casement::app::config {

namespace {

CameraChange change_of(const Camera& before, const Camera& after) {
    CameraChange out;
    out.id = after.id;
    out.name = before.display_name() != after.display_name();
    out.recording = before.record != after.record ||
                    before.has_record_mode != after.has_record_mode || before.power != after.power;
    out.events = before.sound_events != after.sound_events;
    // Everything else belongs to the connection: a key that is added to Camera is covered without a
    // line here.
    Camera connection = after;
    connection.name = before.name;
    connection.sound_events = before.sound_events;
    connection.record = before.record;
    connection.has_record_mode = before.has_record_mode;
    out.source = before != connection;
    return out;
}

/// Which camera of an account this is, and how its pictures travel, is its driver's from the start
/// on.
bool of_account(const Camera& camera) { return camera.nest || camera.nanit; }

std::string words_of(const CameraChange& change) {
    std::vector<std::string_view> parts;
    if (change.source) parts.push_back("connection");
    if (change.recording) parts.push_back("recording");
    if (change.events) parts.push_back("events");
    if (change.name) parts.push_back("name");
    return fmt::format("{} ({})", change.id, fmt::join(parts, ", "));
}

}  // namespace

bool Changes::empty() const {
    return cameras_added.empty() && cameras_removed.empty() && cameras_changed.empty() &&
           at_next_start.empty() && !http && !rtsp && !rtmp && !tokens && !log && !linger;
}

std::string Changes::summary() const {
    if (empty()) return "nothing changed";
    std::vector<std::string> parts;
    if (!cameras_added.empty())
        parts.push_back(fmt::format("added {}", fmt::join(cameras_added, ", ")));
    if (!cameras_removed.empty())
        parts.push_back(fmt::format("removed {}", fmt::join(cameras_removed, ", ")));
    if (!cameras_changed.empty()) {
        std::vector<std::string> changed;
        for (const CameraChange& change : cameras_changed) changed.push_back(words_of(change));
        parts.push_back(fmt::format("changed {}", fmt::join(changed, ", ")));
    }
    std::vector<std::string_view> sections;
    if (http) sections.push_back("http");
    if (rtsp) sections.push_back("rtsp");
    if (rtmp) sections.push_back("rtmp");
    if (tokens) sections.push_back("tokens");
    if (log) sections.push_back("log");
    if (linger) sections.push_back("linger");
    if (!sections.empty()) parts.push_back(fmt::format("changed {}", fmt::join(sections, ", ")));
    if (!at_next_start.empty())
        parts.push_back(fmt::format("at the next start: {}", fmt::join(at_next_start, ", ")));
    return fmt::format("{}", fmt::join(parts, "; "));
}

Changes diff(const Config& before, const Config& after) {
    Changes out;
    for (const Camera& camera : after.cameras) {
        const Camera* old = before.camera(camera.id);
        if (old == nullptr) {
            if (of_account(camera))
                out.at_next_start.push_back("cameras." + camera.id);
            else
                out.cameras_added.push_back(camera.id);
            continue;
        }
        CameraChange change = change_of(*old, camera);
        if ((of_account(*old) || of_account(camera)) && (change.source || change.name)) {
            change.source = change.name = false;
            out.at_next_start.push_back("cameras." + camera.id);
        }
        if (change.source || change.recording || change.events || change.name)
            out.cameras_changed.push_back(change);
    }
    for (const Camera& camera : before.cameras) {
        if (after.camera(camera.id) != nullptr) continue;
        if (of_account(camera))
            out.at_next_start.push_back("cameras." + camera.id);
        else
            out.cameras_removed.push_back(camera.id);
    }
    out.http = before.http != after.http;
    out.rtsp = before.rtsp != after.rtsp;
    out.rtmp = before.rtmp != after.rtmp || before.needs_rtmp() != after.needs_rtmp();
    out.tokens = before.tokens != after.tokens;
    out.log = before.log != after.log;
    out.linger = before.linger != after.linger;
    const auto later = [&out](std::string_view key, bool changed) {
        if (changed) out.at_next_start.emplace_back(key);
    };
    later("data", before.data != after.data);
    later("io_threads", before.io_threads != after.io_threads);
    later("time_scale", before.time_scale != after.time_scale);
    later("mqtt", before.mqtt != after.mqtt);
    later("webhooks", before.webhooks != after.webhooks);
    later("accounts", before.accounts != after.accounts);
    later("arlo", before.arlo != after.arlo);
    return out;
}

}  // namespace casement::app::config
