#pragma once
// The rule for a camera's id: what may be its stable name in the configuration, URLs, folders and
// topics.

#include <string>
#include <string_view>

namespace casement::camera {

/// 63: with a prefix or an ending it still fits a file name, a DNS label and a Home Assistant
/// entity.
inline constexpr std::size_t kMaxCameraIdBytes = 63;

/// The rule in words, for people: "1 to 63 characters of a-z 0-9 - _, the first a letter or a
/// digit".
inline constexpr std::string_view kCameraIdRule =
    "1 to 63 characters of a-z 0-9 - _, the first a letter or a digit";

/// An id goes unquoted into URLs (RFC 3986 §2.3), folders of any file system (so one case, and no
/// dot that could hide it or lead upwards), MQTT topics (so none of / + # $) and Home Assistant's
/// discovery topics (which take no dot).
bool is_camera_id(std::string_view id);

/// The id nearest to what somebody wrote: "Front Porch 2" is front-porch-2. Empty when nothing of
/// it can stay.
std::string camera_id_from(std::string_view text);

}  // namespace casement::camera
