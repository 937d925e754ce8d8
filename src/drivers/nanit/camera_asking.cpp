// What people ask of a camera. Part of Camera.

#include <algorithm>

#include "drivers/nanit/camera.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::Result;
using camera::CommandOutcome;
namespace wire = protocols::nanit;

bool says_again(const pb::Response& answer) {
    return answer.has_settings() || answer.has_control() || answer.has_playback();
}

}  // namespace

void Camera::hold_against_echoes(const std::string& setting, const camera::Value& value) {
    asked_.insert_or_assign(
        setting, Asked{.value = value, .until = Steady::now() + household_.timing.echo_grace});
}

void Camera::played(const pb::Request& request) {
    if (request.type() != wire::kPutPlayback) return;
    const bool is_endless = request.playback().status() == wire::kPlaying &&
                            request.playback().duration() == kEndlessSeconds;
    play_again_at_ =
        is_endless ? Steady::now() + household_.timing.play_again : Steady::time_point::max();
}

Task<Result<>> Camera::ask_all(std::vector<pb::Request> requests, Deadline deadline) {
    for (const pb::Request& request : requests) {
        CASEMENT_CO_TRY(const pb::Response answer,
                        co_await channel_.ask(request, Urgency::Person, deadline));
        // What it took it is, whether it says so or not; if it does not, it is asked soon.
        held_.take(request.settings());
        held_.take(request.control());
        held_.take(request.playback());
        played(request);
        if (says_again(answer)) continue;
        settings_at_ = std::min(settings_at_, Steady::now() + household_.timing.look_again);
        bell_.ring();
    }
    co_return Result<>{};
}

Task<Result<>> Camera::set(std::string setting, camera::Value value, Deadline deadline) {
    if (setting == kTrustSetting) {
        co_await channel_.trust_again();
        announce();
        co_return Result<>{};
    }
    CASEMENT_CO_TRY(auto requests, requests_for(setting, value, held_));
    const bool is_for_later = requests.empty();
    CASEMENT_CO_TRY(co_await ask_all(std::move(requests), deadline));
    if (is_for_later && setting == kTrackSetting)
        held_.playback.mutable_current_track()->set_filename(std::get<std::string>(value));
    hold_against_echoes(setting, value);
    report();
    bell_.ring();
    co_return Result<>{};
}

Task<Result<CommandOutcome>> Camera::execute(camera::Arguments arguments, Deadline deadline) {
    std::vector<pb::Request> requests;
    if (const auto* sound = std::get_if<camera::PlaySound>(&arguments)) {
        const auto tracks = tracks_of(held_);
        if (!sound->track.empty() && std::ranges::find(tracks, sound->track) == tracks.end())
            co_return fail(ErrorKind::InvalidArgument, "the camera has no sound \"{}\"",
                           sound->track.substr(0, 63));
        requests.push_back(play(sound->track, sound->repeat ? kEndlessSeconds : 0));
    } else if (std::holds_alternative<camera::StopSound>(arguments)) {
        requests.push_back(stop_playing());
    } else {
        co_return fail(ErrorKind::Unsupported, "a Nanit camera cannot do \"{}\"",
                       camera::command_name(arguments));
    }
    const bool is_on = requests.front().playback().status() == wire::kPlaying;
    CASEMENT_CO_TRY(co_await ask_all(std::move(requests), deadline));
    hold_against_echoes(std::string(kSoundSetting), is_on);
    report();
    bell_.ring();
    co_return CommandOutcome{};
}

}  // namespace casement::drivers::nanit
