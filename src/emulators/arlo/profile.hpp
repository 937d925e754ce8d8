#pragma once
// The models that can be emulated: what tells them apart on the wire.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/codec.hpp"
#include "protocols/arlo/device_messages.hpp"

namespace casement::emulators::arlo {

namespace wire = protocols::arlo;

enum class Model : std::uint8_t {
    Wirefree,   // VMC3030
    Pro2,       // VMC4030P
    Essential,  // VMC2030B
    Ultra,      // VMC5040
    Pro5,       // VMC4060B
    Flood,      // FB1001
    VideoBell,  // AVD1001
    AudioBell,  // AAD1001
};

/// Which of the two command ports a device listens on, and which one of the base it calls.
enum class Door : std::uint8_t { Camera, Doorbell };

enum class Sleep : std::uint8_t {
    Never,
    /// Quiet for a while: connects time out until the device has noticed that somebody tries.
    Dozes,
    /// The same, but only an event of its own wakes it.
    Hibernates,
};

/// A plain value: a test may change what it likes before it starts a device with it.
struct Profile {
    std::string name;  // "pro2": the word of the command line
    Model model = Model::Pro2;
    std::string model_number;  // "VMC4030P"
    std::string update_model;  // empty: not sent
    std::string firmware;
    std::string hardware;
    std::vector<std::string> capabilities;
    wire::Battery battery;
    wire::Fields status_rest;  // status keys of this model that never change here

    // Commands. A register that is in neither list is refused, as is one at the other door.
    std::vector<std::string_view> camera_registers;
    std::vector<std::string_view> doorbell_registers;
    bool has_camera_door = true;     // port 4000
    bool has_doorbell_door = false;  // port 4100
    Door base_door = Door::Camera;   // where it calls its base
    bool answers_register_get = true;
    bool has_siren = false;
    std::int64_t least_stream_limit_s = 0;  // MaxStreamTimeLimit below it is refused

    // Pictures and sound. An empty resolution: no such port.
    std::string resolution;          // of port 554, H.264, at the factory: "1080p"
    std::string hevc_resolution;     // of port 555
    std::string largest_resolution;  // what the sensor can do, whatever the register says
    std::optional<media::Codec> audio;
    bool streams_over_udp = true;
    bool streams_over_tcp = false;
    bool shows_gateway_only = false;  // RTSP of any other peer is cut
    bool has_speaker = true;          // UDP 5000
    bool takes_calls = false;         // rtpInvite, rtpRequest, rtpBye; UDP 8000

    // Events.
    bool has_microphone = true;
    bool has_lamp = false;  // spotlightAlert
    bool has_button = false;
    bool tells_motion_end = true;          // motionTimeoutAlert, which was seen from cameras only
    bool signs_alerts = false;             // serial number in alerts
    bool opens_empty_connections = false;  // a connect without a word before each message
    std::optional<std::string> upload_file_name;
    std::int64_t first_id = 1;  // of the messages after a boot
    Sleep sleep = Sleep::Never;

    bool has_camera() const { return !resolution.empty(); }
};

/// All of them, in the order of the command line's help.
std::span<const Profile> profiles();
const Profile& profile(Model model);
/// Null when there is none of that name.
const Profile* find_profile(std::string_view name);

/// Width and height of a resolution's name, "720p" or "1536sq"; nothing for a name that no source
/// knows.
struct Size {
    int width = 0;
    int height = 0;
    bool operator==(const Size&) const = default;
};
std::optional<Size> size_of(std::string_view resolution);

}  // namespace casement::emulators::arlo
