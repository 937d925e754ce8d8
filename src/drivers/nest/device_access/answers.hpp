#pragma once
// What Smart Device Management answers, as values. Pure: nothing here asks.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::drivers::nest::device_access {

/// A camera, doorbell or display with a camera. Told by its traits: its type is a hint for icons.
struct Device {
    std::string id;    // "enterprises/PROJECT/devices/ID"
    std::string name;  // what people call it, else its room, else its type; never empty
    std::string room;
    std::string type;  // "CAMERA", "DOORBELL"...
    bool has_rtsp = false;
    bool has_webrtc = false;
    bool has_pictures = false;  // pictures of events can be asked for
    bool has_clips = false;     // clips of events come with them
    bool has_bell = false, has_motion = false, has_person = false, has_sound = false;
    bool is_online = true;
    bool operator==(const Device&) const = default;
};

struct RtspStream {
    base::Secret url;        // with the token in its query
    base::Secret extension;  // for the next question about it; each answer brings another
    base::Secret token;      // what opens the URL at present
    base::WallTime expires_at{};
};

struct EventPicture {
    std::string url;
    base::Secret token;  // Authorization: "Basic TOKEN", not Bearer
};

/// The devices with a camera. Unavailable "vendor-down" for what is no answer of this interface.
base::Result<std::vector<Device>> parse_devices(std::string_view body);
/// InvalidArgument where a field that is needed is missing.
base::Result<RtspStream> parse_rtsp_stream(std::string_view body);
/// The same without an address: `stream` goes on with what the answer says.
base::Result<RtspStream> parse_rtsp_extension(std::string_view body, RtspStream stream);
base::Result<EventPicture> parse_event_picture(std::string_view body);

/// The stream's address with the token that is good now: the whole query is replaced.
base::Result<base::Secret> address_now(const RtspStream& stream);

/// What a refusal means. Reasons: "quota" (ResourceExhausted), "wrong-protocol" (Unsupported: this
/// camera has no such stream), "not-now" (FailedPrecondition: off, or a battery camera that cannot
/// be asked for more time), "busy" (Unavailable: another start is on its way), "too-late"
/// (DeadlineExceeded: a picture is kept for 30 s), "no-device" (NotFound), "project-refused"
/// (PermissionDenied), "token-refused" (Unauthenticated), "vendor-down" (Unavailable).
base::Error refusal(int http_status, std::string_view body);

}  // namespace casement::drivers::nest::device_access
