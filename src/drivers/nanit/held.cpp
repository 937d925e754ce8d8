#include "drivers/nanit/held.hpp"

#include <algorithm>

namespace casement::drivers::nanit {

namespace {

// One per type that the tables know, and some for those of newer firmware.
constexpr int kMaxSensorSettings = 16;

pb::Settings::SensorSettings* settings_of_sensor(pb::Settings& settings, std::int32_t type) {
    for (auto& known : *settings.mutable_sensors()) {
        if (known.sensor_type() == type) return &known;
    }
    if (settings.sensors_size() >= kMaxSensorSettings) return nullptr;
    return settings.add_sensors();
}

}  // namespace

bool is_track(std::string_view name) {
    constexpr std::string_view kAlso = " .-_()'";
    return !name.empty() && name.size() <= Held::kMaxTrackBytes && name.front() != '.' &&
           std::ranges::all_of(name, [&](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      kAlso.find(c) != std::string_view::npos;
           });
}

void Held::take(const pb::Settings& said) {
    pb::Settings news = said;
    news.clear_sensors();
    news.clear_streams();
    news.DiscardUnknownFields();  // merging would add them up
    settings.MergeFrom(news);
    for (pb::Settings::SensorSettings sensor : said.sensors()) {
        if (!sensor.has_sensor_type()) continue;
        sensor.DiscardUnknownFields();
        if (auto* const known = settings_of_sensor(settings, sensor.sensor_type()))
            known->MergeFrom(sensor);
    }
}

void Held::take(const pb::Control& said) {
    control.MergeFrom(said);
    control.DiscardUnknownFields();
}

void Held::take(const pb::Status& said) {
    status.MergeFrom(said);
    status.DiscardUnknownFields();
}

void Held::take(const pb::Playback& said) {
    if (said.has_status()) playback.set_status(said.status());
    if (said.has_duration()) playback.set_duration(said.duration());
    // `track` is what was asked for, `current_track` what plays.
    if (said.has_current_track() && is_track(said.current_track().filename()))
        playback.mutable_current_track()->set_filename(said.current_track().filename());
    else if (said.track_size() > 0 && is_track(said.track(0).filename()))
        playback.mutable_current_track()->set_filename(said.track(0).filename());
}

void Held::take_tracks(const pb::Response& said) {
    std::vector<std::string> found;
    for (const pb::Soundtrack& track : said.soundtracks()) {
        if (found.size() < kMaxTracks && is_track(track.filename()) &&
            std::ranges::find(found, track.filename()) == found.end())
            found.push_back(track.filename());
    }
    if (!found.empty()) tracks = std::move(found);
}

}  // namespace casement::drivers::nanit
