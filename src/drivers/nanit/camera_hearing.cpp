// What a camera says, and what that makes of it for the hub. Part of Camera.

#include <algorithm>

#include "drivers/nanit/camera.hpp"
#include "drivers/nanit/sleep.hpp"

namespace casement::drivers::nanit {

namespace {

using camera::SensorValue;
using camera::StateWord;
using camera::Value;
namespace wire = protocols::nanit;

}  // namespace

void Camera::heard(const pb::Message& message) {
    if (!message.has_request() && !message.has_response()) return;
    const bool was_up = is_up();
    heard_at_ = Steady::now();
    if (message.has_request()) {
        const pb::Request& push = message.request();
        if (push.has_settings()) held_.take(push.settings());
        if (push.has_control()) held_.take(push.control());
        if (push.has_status()) held_.take(push.status());
        if (push.has_playback()) held_.take(push.playback());
        for (const pb::SensorData& data : push.sensor_data()) take(data);
        if (push.has_sting_status()) take(push.sting_status());
    } else {
        const pb::Response& answer = message.response();
        if (answer.has_settings()) held_.take(answer.settings());
        if (answer.has_control()) held_.take(answer.control());
        if (answer.has_status()) held_.take(answer.status());
        if (answer.has_playback()) held_.take(answer.playback());
        held_.take_tracks(answer);
        for (const pb::SensorData& data : answer.sensor_data()) take(data);
        if (answer.has_sting_status()) take(answer.sting_status());
    }
    if (held_.playback.has_status() && held_.playback.status() != wire::kPlaying &&
        !asked_.contains(kSoundSetting))
        play_again_at_ = Steady::time_point::max();
    report();
    if (was_up) return;
    if (introduce_at_ != Steady::time_point::max()) introduce_at_ = {};
    bell_.ring();
}

void Camera::take(const pb::SensorData& data) {
    auto found = measured(data);
    if (!found) return;
    auto& [id, value] = *found;
    if (is_alert_sensor(id)) {
        const bool is_on = value == SensorValue(true);
        // Each poll repeats that nothing is heard: a sensor is there once something was.
        if (!is_on && !alert_sensors_.contains(id)) return;
        if (is_on) {
            alerts_[id] = Steady::now() + household_.timing.alert_lasts;
            bell_.ring();
        } else {
            alerts_.erase(id);
        }
        if (alert_sensors_.insert(id).second) announce();
    }
    measure(id, std::move(value), time_of(data, household_.clock.wall_now()));
}

void Camera::take(const pb::StingStatus& status) {
    if (!household_.breathing) return;
    const base::WallTime now = household_.clock.wall_now();
    for (auto& [id, value] : measured(status)) measure(id, std::move(value), now);
    breathing_until_ = Steady::now() + household_.timing.breathing_stale;
    bell_.ring();
}

void Camera::measure(std::string_view sensor, SensorValue value, base::WallTime at) {
    const auto found = measured_.find(sensor);
    if (found == measured_.end() && std::holds_alternative<std::monostate>(value)) return;
    if (found != measured_.end() && found->second == std::pair(value, at)) return;
    measured_.insert_or_assign(std::string(sensor), std::pair(value, at));
    if (host_ != nullptr && announced_)
        host_->sensor_measured(config_.id, std::string(sensor), std::move(value), at);
}

/// Tells the host what became another, but not the echoes of what was before a change.
void Camera::report() {
    if (held_.settings.has_sleep_mode()) media_->set_sleeping(is_in_standby());
    if (host_ == nullptr || !announced_) return;
    for (const camera::Setting& setting : settings_of(held_)) {
        if (!camera::is_known(setting.reported)) continue;
        if (const auto asked = asked_.find(setting.id);
            asked != asked_.end() &&
            !camera::agrees(setting.kind, asked->second.value, setting.reported)) {
            asked->second.is_contradicted = true;
            continue;
        }
        Value& before = reported_[setting.id];
        if (before == setting.reported) continue;
        before = setting.reported;
        host_->setting_reported(config_.id, setting.id, setting.reported);
    }
    update_state();
}

camera::Description Camera::description() const {
    using enum camera::Capability;
    camera::Description out;
    out.id = config_.id;
    out.unique_id = "nanit:" + serial();
    out.name = config_.name.empty() ? baby_.name : config_.name;
    out.vendor = "nanit";
    out.account = household_.account.name();
    out.serial = serial();
    out.subject = baby_.uid;
    const std::string hardware = clean_text(held_.status.hardware_version());
    out.model = hardware.empty() ? "Nanit" : fmt::format("Nanit, hardware {}", hardware);
    out.firmware = clean_text(held_.status.current_version());
    if (out.firmware.empty()) out.firmware = baby_.firmware;
    out.capabilities = {LiveVideo, LiveAudio, NightLight, SoundMachine, Privacy};
    if (media_->from() == Media::From::Lan) out.way = "house";
    if (media_->from() == Media::From::Relay) out.way = "cloud";
    out.settings = settings_of(held_);
    for (camera::Setting& setting : out.settings) {
        const auto asked = asked_.find(setting.id);
        if (asked != asked_.end()) setting.reported = asked->second.value;
    }
    const auto& problem = channel_.local_problem();
    if (problem && problem->reason() == "certificate") {
        camera::Setting again;
        again.id = kTrustSetting;
        again.name = "Another certificate";
        again.kind = camera::Button{.verb = "Trust it", .destructive = true};
        again.restore = false;
        again.note = problem->message() + ".";
        out.settings.push_back(std::move(again));
    }
    out.sensors = sensors_of(household_.breathing);
    if (household_.sleep) {
        for (camera::Sensor& sensor : sleep_sensors()) out.sensors.push_back(std::move(sensor));
    }
    for (const std::string& id : alert_sensors_) out.sensors.push_back(alert_sensor(id));
    for (camera::Sensor& sensor : out.sensors) {
        const auto found = measured_.find(sensor.id);
        if (found == measured_.end()) continue;
        sensor.value = found->second.first;
        sensor.at = found->second.second;
    }
    return out;
}

/// Again only when it is another camera to look at: values have ways of their own.
void Camera::announce() {
    if (host_ == nullptr) return;
    camera::Description now = description();
    camera::Description bare = now;
    for (camera::Setting& setting : bare.settings) setting.reported = {};
    for (camera::Sensor& sensor : bare.sensors) sensor.value = {}, sensor.at.reset();
    if (announced_ && *announced_ == bare) return;
    announced_ = std::move(bare);
    for (const camera::Setting& setting : now.settings) {
        if (camera::is_known(setting.reported)) reported_[setting.id] = setting.reported;
    }
    host_->camera_found(std::move(now));
}

// How it is
// --------------------------------------------------------------------------------------------

void Camera::road_changed(Road road) {
    measure(kLinkSensor, std::string(to_string(road)), household_.clock.wall_now());
    if (road != Road::None) introduce_at_ = {};
    bell_.ring();
}

bool Camera::is_up() const {
    return channel_.road() != Road::None && heard_at_ != Steady::time_point{} &&
           Steady::now() - heard_at_ < household_.timing.silence;
}

camera::CameraState Camera::state_now() const {
    camera::CameraState out;
    if (is_up()) {
        out.word = is_in_standby() ? StateWord::Privacy : StateWord::Live;
        return out;
    }
    const camera::AccountState& account = household_.account.state();
    const auto& problem = channel_.problem();
    out.word = StateWord::Offline;
    if (account.word == camera::AccountState::Word::NeedsPerson) {
        out.word = StateWord::SignIn;
        out.reason = account.reason;
    } else if (channel_.road() != Road::None) {
        // The relay lets us in, and the camera says nothing.
        out.reason = camera::make_reason("no-route");
    } else if (account.word == camera::AccountState::Word::VendorDown) {
        out.reason = account.reason;
    } else if (problem) {
        out.reason = camera::make_reason("vendor-down", "Nanit");
    }
    return out;
}

/// A new connection takes seconds: nobody is told that the camera is away before it is.
void Camera::update_state() {
    if (host_ == nullptr || !announced_) return;
    const auto now = Steady::now();
    if (is_up()) {
        down_since_ = Steady::time_point::max();
    } else {
        if (down_since_ == Steady::time_point::max()) down_since_ = now;
        if (now - down_since_ < household_.timing.away) return;
        was_away_ = true;
    }
    camera::CameraState next = state_now();
    if (state_ && *state_ == next) return;
    state_ = next;
    log_.info("Now {}{}{}", to_string(next.word), next.reason ? " reason=" : "",
              next.reason ? next.reason->code : "");
    host_->state_changed(config_.id, std::move(next));
}

}  // namespace casement::drivers::nanit
