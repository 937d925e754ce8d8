#pragma once
// What a person can set on a camera, and the messages that stand for it. Pure tables.

#include <string_view>
#include <vector>

#include "camera/setting.hpp"
#include "drivers/nanit/held.hpp"

namespace casement::drivers::nanit {

/// Standby: the faces know a camera's shutters by this name.
inline constexpr std::string_view kStandbySetting = "privacy";
inline constexpr std::string_view kSoundSetting = "sound";
inline constexpr std::string_view kTrackSetting = "sound_track";
/// A button, there while the camera shows another certificate than at first. In no table.
inline constexpr std::string_view kTrustSetting = "trust_certificate";

/// All settings, with what `held` says of them as reported values.
std::vector<camera::Setting> settings_of(const Held& held);

/// What the camera has said about a setting; monostate when it has not, or something that the
/// setting cannot be.
camera::Value value_of(std::string_view setting, const Held& held);

/// What is to be asked for a value, in this order; may be empty where the value counts with the
/// next start of a sound. NotFound for no setting, InvalidArgument when the value is none of its
/// kind, FailedPrecondition for one that cannot be written.
base::Result<std::vector<pb::Request>> requests_for(std::string_view setting,
                                                    const camera::Value& value, const Held& held);

/// Seconds of a sound that plays until it is stopped: it is asked for again before. Without a
/// duration the camera plays a file once.
inline constexpr int kEndlessSeconds = 86'400;
/// Starts a sound; an empty track is the last one. Seconds 0: once.
pb::Request play(std::string_view track, int seconds);
pb::Request stop_playing();
/// Those that every camera was seen to have; what it lists itself goes before.
std::vector<std::string> tracks_of(const Held& held);

}  // namespace casement::drivers::nanit
