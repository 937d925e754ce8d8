#include "emulators/nanit/camera_state.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/time_scale.hpp"

namespace casement::emulators::nanit {

using namespace std::chrono_literals;
using Answer = CameraState::Answer;

namespace {

constexpr int kOk = 200, kBadRequest = 400, kNotFound = 404, kNotImplemented = 501;
constexpr std::array<std::string_view, 4> kTracks{"White Noise.wav", "Birds.wav", "Waves.wav",
                                                  "Wind.wav"};
// A file without a duration plays once: half a minute to a minute long.
constexpr auto kOneFile = 30s;
constexpr auto kStingInit = 10s;
constexpr int kNewSensor = 7, kNewField = 90;
constexpr int kLightOn = 1;
constexpr int kFullVolume = 100;
constexpr int kMaxTimeout = 3600;  // s, our choice
constexpr int kMountAdc = 512;

Answer say(const pb::Request& request, int status, std::string_view text = {}) {
    return {.response = *wire::response_to(request, status, text).mutable_response()};
}

bool is_percent(bool has, int value) { return !has || (value >= 0 && value <= kFullVolume); }
bool is_one_of(bool has, int value, int largest) {
    return !has || (value >= 0 && value <= largest);
}

bool is_acceptable(const pb::Settings& s) {
    return is_percent(s.has_volume(), s.volume()) &&
           is_percent(s.has_night_light_brightness(), s.night_light_brightness()) &&
           is_one_of(s.has_night_vision(), s.night_vision(), wire::kNightVisionOn) &&
           is_one_of(s.has_anti_flicker(), s.anti_flicker(), wire::k60Hz) &&
           is_one_of(s.has_wifi_band(), s.wifi_band(), wire::k5GHz);
}

/// Thresholds replace those of the same sensor; the rest merges as protobuf does it.
void merge(pb::Settings& into, const pb::Settings& changed) {
    pb::Settings rest = changed;
    rest.clear_sensors();
    rest.clear_streams();
    into.MergeFrom(rest);
    for (const auto& sensor : changed.sensors()) {
        auto* known = into.mutable_sensors();
        const auto at = std::ranges::find_if(*known, [&sensor](const auto& one) {
            return one.sensor_type() == sensor.sensor_type();
        });
        if (at == known->end()) {
            *into.add_sensors() = sensor;
        } else {
            at->MergeFrom(sensor);
        }
    }
}

pb::Settings factory_settings() {
    pb::Settings out;
    out.set_night_vision(wire::kNightVisionAuto);
    out.set_volume(40);
    out.set_anti_flicker(wire::k50Hz);
    out.set_sleep_mode(false);
    out.set_status_light_on(true);
    out.set_mounting_mode(wire::kStand);
    out.set_wifi_band(wire::kAnyBand);
    out.set_mic_mute_on(false);
    out.set_night_light_brightness(50);
    const auto threshold = [&out](int type, int low, int high) {
        auto* sensor = out.add_sensors();
        sensor->set_sensor_type(type);
        sensor->set_use_low_threshold(true);
        sensor->set_use_high_threshold(true);
        sensor->set_low_threshold(low);
        sensor->set_high_threshold(high);
        sensor->set_sample_interval_sec(1);
        sensor->set_trigger_interval_sec(0);
    };
    threshold(wire::kSound, 750, 5);
    threshold(wire::kMotion, 2000, 130'000);
    return out;
}

pb::Request push_of(wire::RequestType type) { return *wire::request(0, type).mutable_request(); }

}  // namespace

CameraState::CameraState(const base::Clock& clock, std::string camera_uid, Firmware f,
                         double time_scale)
    : firmware(std::move(f)),
      clock_(clock),
      camera_uid_(std::move(camera_uid)),
      time_scale_(time_scale),
      switched_on_(clock.steady_now() - 24h),
      settings_(factory_settings()),
      track_(kTracks.front()) {
    control_.set_night_light(0);
    control_.set_night_light_timeout(0);
}

void CameraState::restart() {
    switched_on_ = clock_.steady_now();
    plays_ = false;
    sting_since_.reset();
    // Whether the real ones remember it is not known: clients have to say it again.
    pushes_sensors_ = false;
    control_.clear_sensor_data_transfer();
}

std::optional<Answer> CameraState::answer(const pb::Request& request, bool relayed) {
    switch (request.type()) {
        case wire::kGetSensorData:
            return get_sensors(request);
        case wire::kGetSettings:
            return get_settings(request);
        case wire::kPutSettings:
            return put_settings(request);
        case wire::kGetControl:
            return get_control(request, relayed);
        case wire::kPutControl:
            return put_control(request);
        case wire::kGetStatus:
            return get_status(request);
        case wire::kGetStreaming:
            // That it is not implemented for users is known, its number is our choice.
            return say(request, kNotImplemented, "Not implemented");
        case wire::kGetPlayback:
            return get_playback(request);
        case wire::kPutPlayback:
            return put_playback(request);
        case wire::kGetSoundtracks:
            return get_soundtracks(request);
        case wire::kGetFirmware: {
            Answer out = say(request, kOk);
            out.response.mutable_firmware()->set_url("");
            out.response.mutable_firmware()->set_version(firmware.version);
            return out;
        }
        case wire::kPutStingStart:
        case wire::kPutStingStop:
        case wire::kGetStingStatus:
            return put_sting(request);
        default:
            if (firmware.ignores_unknown) return std::nullopt;
            return say(request, kBadRequest, "Bad Request: unknown request");
    }
}

pb::SensorData CameraState::sensor_data(wire::SensorType type) const {
    pb::SensorData out;
    out.set_sensor_type(type);
    const auto milli = [&out](std::int32_t value) {
        out.set_value((value + (value < 0 ? -500 : 500)) / 1000);
        out.set_is_alert(false);
        out.set_value_milli(value);
    };
    if (type == wire::kTemperature) milli(readings.temperature_milli);
    if (type == wire::kHumidity) milli(readings.humidity_milli);
    if (type == wire::kLight) out.set_value(readings.light_lux);
    if (type == wire::kNight) out.set_value(readings.night ? 1 : 0);
    return out;
}

pb::Request CameraState::sensor_push(wire::SensorType type) const {
    pb::Request out = push_of(wire::kPutSensorData);
    auto* data = out.add_sensor_data();
    *data = sensor_data(type);
    // Not Unix time: seconds since the camera was switched on.
    data->set_timestamp(static_cast<std::int32_t>(
        std::chrono::floor<std::chrono::seconds>(clock_.steady_now() - switched_on_).count()));
    if (firmware.tells_real_time) {
        data->set_timestamp_real(static_cast<std::uint64_t>(
            std::chrono::floor<std::chrono::milliseconds>(clock_.wall_now())
                .time_since_epoch()
                .count()));
    }
    if (firmware.is_newer) {
        auto* fresh = out.add_sensor_data();
        fresh->set_sensor_type(kNewSensor);
        fresh->set_is_alert(false);
        fresh->mutable_unknown_fields()->AddVarint(kNewField, 1);
    }
    return out;
}

std::optional<Answer> CameraState::get_sensors(const pb::Request& request) const {
    Answer out = say(request, kOk);
    const pb::GetSensorData& asked = request.get_sensor_data();
    const auto add = [&](bool wanted, wire::SensorType type) {
        if (wanted || asked.all()) *out.response.add_sensor_data() = sensor_data(type);
    };
    add(asked.temperature(), wire::kTemperature);
    add(asked.humidity(), wire::kHumidity);
    add(asked.light(), wire::kLight);
    add(asked.night(), wire::kNight);
    return out;
}

std::optional<Answer> CameraState::get_settings(const pb::Request& request) const {
    if (!request.has_get_settings())
        return say(request, kBadRequest, "Bad Request: missed 'getsettings' field");
    Answer out = say(request, kOk);
    if (!request.get_settings().all()) return out;
    pb::Settings& settings = *out.response.mutable_settings();
    settings = settings_;
    if (firmware.omits_sleep_mode && !settings_.sleep_mode()) settings.clear_sleep_mode();
    if (firmware.is_newer) settings.mutable_unknown_fields()->AddVarint(kNewField, 1);
    return out;
}

std::optional<Answer> CameraState::put_settings(const pb::Request& request) {
    if (!request.has_settings() || !is_acceptable(request.settings()))
        return say(request, kBadRequest, "Bad Request");  // our choice: nobody has tried
    merge(settings_, request.settings());
    Answer out = say(request, kOk);
    if (firmware.echoes_changes) *out.response.mutable_settings() = request.settings();
    pb::Request push = push_of(wire::kPutSettings);
    *push.mutable_settings() = request.settings();  // what changed, and nothing else
    out.pushes.push_back(std::move(push));
    return out;
}

std::optional<Answer> CameraState::get_control(const pb::Request& request, bool relayed) const {
    const pb::GetControl& asked = request.get_control();
    if (asked.ptz() && relayed) return say(request, kBadRequest, "Bad Request: ptz");
    Answer out = say(request, kOk);
    pb::Control& control = *out.response.mutable_control();
    if (asked.night_light()) control.set_night_light(control_.night_light());
    if (asked.night_light_timeout())
        control.set_night_light_timeout(control_.night_light_timeout());
    if (asked.sensor_data_transfer_en() && control_.has_sensor_data_transfer())
        *control.mutable_sensor_data_transfer() = control_.sensor_data_transfer();
    return out;
}

std::optional<Answer> CameraState::put_control(const pb::Request& request) {
    const pb::Control& asked = request.control();
    if (!request.has_control() ||
        !is_one_of(asked.has_night_light(), asked.night_light(), kLightOn) ||
        !is_one_of(asked.has_night_light_timeout(), asked.night_light_timeout(), kMaxTimeout))
        return say(request, kBadRequest, "Bad Request");
    const bool switched = asked.has_night_light() && asked.night_light() != control_.night_light();
    control_.MergeFrom(asked);
    const auto& transfer = control_.sensor_data_transfer();
    pushes_sensors_ = transfer.temperature() || transfer.humidity() || transfer.night();
    Answer out = say(request, kOk);
    if (firmware.echoes_changes) *out.response.mutable_control() = asked;
    if (switched) {
        pb::Request push = push_of(wire::kPutControl);
        push.mutable_control()->set_night_light(control_.night_light());
        out.pushes.push_back(std::move(push));
    }
    return out;
}

std::optional<Answer> CameraState::get_status(const pb::Request& request) const {
    Answer out = say(request, kOk);
    if (!request.get_status().all()) return out;
    pb::Status& status = *out.response.mutable_status();
    status.set_connection_to_server(has_cloud ? 1 : 0);
    status.set_current_version(firmware.version);
    status.set_mode(wire::kStand);
    status.set_hardware_version("3");
    if (firmware.is_newer) {
        status.set_mount_adc_value(kMountAdc);
        status.mutable_unknown_fields()->AddVarint(kNewField, 1);
    }
    return out;
}

pb::Playback CameraState::playback() {
    if (plays_ && plays_until_ && clock_.steady_now() >= *plays_until_) plays_ = false;
    pb::Playback out;
    out.set_status(plays_ ? wire::kPlaying : wire::kSilent);
    if (plays_) {
        out.mutable_current_track()->set_type(0);
        out.mutable_current_track()->set_filename(track_);
    }
    return out;
}

std::optional<Answer> CameraState::get_playback(const pb::Request& request) {
    Answer out = say(request, kOk);
    *out.response.mutable_playback() = playback();
    return out;
}

std::optional<Answer> CameraState::put_playback(const pb::Request& request) {
    const pb::Playback& asked = request.playback();
    if (!request.has_playback() || !asked.has_status())
        return say(request, kBadRequest, "Bad Request");
    if (asked.status() == wire::kSilent) {
        plays_ = false;
        return say(request, kOk);
    }
    if (asked.track_size() > 0) {
        const std::string& name = asked.track(0).filename();
        if (std::ranges::find(kTracks, name) == kTracks.end())
            return say(request, kNotFound, "Not Found");
        track_ = name;
    }
    plays_ = true;
    const std::chrono::milliseconds length =
        asked.duration() > 0 ? std::chrono::seconds(asked.duration()) : kOneFile;
    plays_until_.reset();
    if (asked.duration() >= 0)
        plays_until_ = clock_.steady_now() + base::scaled(length, time_scale_);
    return say(request, kOk);  // and no push: clients have to ask
}

std::optional<Answer> CameraState::get_soundtracks(const pb::Request& request) const {
    Answer out = say(request, kOk);
    for (const std::string_view track : kTracks) {
        pb::Soundtrack& one = *out.response.add_soundtracks();
        one.set_type(0);
        one.set_filename(std::string(track));
    }
    return out;
}

pb::StingStatus CameraState::sting_status() const {
    pb::StingStatus out;
    if (!sting_since_) {
        out.set_state(wire::kStingOff);
        return out;
    }
    const bool runs = clock_.steady_now() >= *sting_since_ + base::scaled(kStingInit, time_scale_);
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall_now());
    const auto unix_s = static_cast<std::uint64_t>(now.time_since_epoch().count());
    out.set_state(runs ? wire::kStingRunning : wire::kStingIniting);
    out.set_breathing(runs ? wire::kNormal : wire::kInit);
    out.set_streaming_on(true);
    out.set_server_connected(true);
    out.set_timestamp(unix_s);
    out.set_event_id(fmt::format("{}_{}", camera_uid_, unix_s));
    out.set_breaths_per_min(runs ? 38 : 0);
    out.set_mode(wire::kGreen);
    out.set_session_id(sting_session_);
    out.set_sting_version(518);
    return out;
}

pb::Request CameraState::sting_push() const {
    pb::Request out = push_of(wire::kPutStingStatus);
    *out.mutable_sting_status() = sting_status();
    return out;
}

std::optional<Answer> CameraState::put_sting(const pb::Request& request) {
    Answer out = say(request, kOk);
    if (request.type() == wire::kPutStingStart) {
        if (!request.sting_start().has_win_location())
            return say(request, kBadRequest, "Bad Request");
        if (!sting_since_) sting_since_ = clock_.steady_now();
        sting_session_ = request.sting_start().session_id();
        out.pushes.push_back(sting_push());
    } else if (request.type() == wire::kPutStingStop) {
        if (!std::exchange(sting_since_, std::nullopt)) return out;
        pb::Request push = sting_push();
        push.mutable_sting_status()->set_state(wire::kStingCompleted);
        out.pushes.push_back(std::move(push));
    } else {
        *out.response.mutable_sting_status() = sting_status();
    }
    return out;
}

}  // namespace casement::emulators::nanit
