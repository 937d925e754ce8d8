#pragma once
// Something a camera is asked to do once: a capability with typed arguments, a deadline, and who
// asks.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "async/deadline.hpp"
#include "base/clock.hpp"
#include "camera/capability.hpp"
#include "media/bytes.hpp"

namespace casement::camera {

struct TakeSnapshot {
    int width = 0;      // pixels wished; 0 = the camera's own
    bool wake = false;  // may wake a sleeping camera
};
struct SoundSiren {
    bool on = true;
    std::chrono::seconds duration{0};  // 0 = until it is switched off
};
struct MovePanTilt {
    double pan = 0;      // -1 (left) .. 1 (right): a step, not a position
    double tilt = 0;     // -1 (down) .. 1 (up)
    double zoom = 0;     // -1 (out) .. 1 (in)
    std::string preset;  // when set, the rest is ignored
};
struct PlaySound {
    std::string track;  // one of the camera's choices; empty = the last one
    bool repeat = false;
};
struct StopSound {};
struct RingChime {};
struct WakeUp {
    std::chrono::seconds at_most{120};
};
struct RebootCamera {};

using Arguments = std::variant<TakeSnapshot, SoundSiren, MovePanTilt, PlaySound, StopSound,
                               RingChime, WakeUp, RebootCamera>;

/// What a camera must be able to do for these.
Capability capability_of(const Arguments& arguments);
/// "snapshot", "siren", "move", "play", "stop", "chime", "wake", "reboot".
std::string_view command_name(const Arguments& arguments);

struct Command {
    std::string camera;
    Arguments arguments;
    async::Deadline deadline = async::Deadline::in(std::chrono::seconds{10});
    std::string caller;  // a user's name, "mqtt", "rule"...: goes into the event
};

struct CommandOutcome {
    std::string text;                        // one sentence where there is something to say
    media::Bytes body;                       // the picture of TakeSnapshot
    std::string content_type;                // of the body: "image/jpeg"
    std::optional<base::WallTime> taken_at;  // of the picture
};

}  // namespace casement::camera
