// A camera as the page sees it: the driver's description, with how its stream and its recording
// are.

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "base/url.hpp"
#include "camera/json.hpp"

namespace casement::api {

namespace {

using nlohmann::json;

json track_json(const media::Track& track) {
    json out{{"kind", track.kind() == media::Kind::Video ? "video" : "audio"},
             {"codec", media::to_string(track.codec)}};
    if (!track.parameters) return out;
    if (track.kind() == media::Kind::Video) {
        out["width"] = track.parameters->width;
        out["height"] = track.parameters->height;
    } else {
        out["sample_rate"] = track.parameters->sample_rate;
        out["channels"] = track.parameters->channels;
    }
    return out;
}

void add_stream(json& out, const hub::StreamStatus& status) {
    out["tracks"] = json::array();
    for (const media::Track& track : status.tracks) {
        json entry = track_json(track);
        const char* const first = track.kind() == media::Kind::Video ? "video" : "audio";
        if (!out.contains(first)) out[first] = entry;
        out["tracks"].push_back(std::move(entry));
    }
    out["viewers"] = status.viewers;
    out["bitrate_bps"] = status.bitrate_bps;
    out["since_start"] = {{"sessions", status.counters.runs},
                          {"failures", status.counters.failures},
                          {"lost", status.counters.lost_in}};
    if (status.last_unit_at) out["last_frame_at"] = base::format_rfc3339(*status.last_unit_at);
}

/// Commands as the page's buttons; a snapshot has a route of its own, talk a socket.
json commands_of(const camera::Capabilities& can) {
    using enum camera::Capability;
    struct Known {
        camera::Capability capability;
        const char* command;
    };
    json out = json::array();
    for (const Known& known :
         {Known{Siren, "siren"}, Known{PanTilt, "move"}, Known{SoundMachine, "play"},
          Known{SoundMachine, "stop"}, Known{Chime, "chime"}, Known{Wake, "wake"},
          Known{Reboot, "reboot"}}) {
        if (can.has(known.capability)) out.push_back(known.command);
    }
    return out;
}

/// When snapshot.jpg was taken, where it is known without decoding one. Of a camera that is live
/// nobody asks it.
std::optional<base::WallTime> picture_at(const camera::Camera& camera, const hub::Stream* stream,
                                         std::optional<base::WallTime> kept) {
    if (camera.state.word != camera::StateWord::Snapshot || stream == nullptr) return kept;
    const auto key = stream->newest_key_frame();
    if (!key || key->unit->slate) return kept;
    return kept ? std::max(*kept, key->unit->wall) : key->unit->wall;
}

json recording_json(const RecordingState& recording) {
    json out{{"mode", recording.mode}, {"active", recording.active}};
    if (recording.since) out["since"] = base::format_rfc3339(*recording.since);
    if (recording.reason) out["reason"] = camera::to_json(*recording.reason);
    return out;
}

}  // namespace

json Api::Context::camera_json(const camera::Camera& camera) const {
    const std::string& id = camera.description.id;
    json out = camera::to_json(camera);
    const auto stream = parts.hub.find(id);
    if (parts.state) out["state"] = camera::to_json(parts.state(camera, stream.get()));
    if (stream) add_stream(out, stream->status());
    out["recording"] = recording_json(parts.recording ? parts.recording(id) : RecordingState{});
    out["commands"] = commands_of(camera.description.capabilities);
    out["stream"] = id;
    out["snapshot"] = "/api/v1/cameras/" + base::percent_encoded(id) + "/snapshot.jpg";
    out["ws"] = "/api/ws?src=" + base::percent_encoded(id);
    if (const auto taken = picture_at(camera, stream.get(), parts.pictures.taken_at(id)))
        out["picture_at"] = base::format_rfc3339(*taken);
    return out;
}

}  // namespace casement::api
