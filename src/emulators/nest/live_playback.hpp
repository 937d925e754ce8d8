#pragma once
// What is being played on one connection.

#include <array>
#include <vector>

#include "emulators/nest/live_state.hpp"

namespace casement::emulators::nest {

struct LiveSession::Playback {
    std::int32_t session_id = 0;
    wire::Profile profile{};
    bool has_sound = false;
    bool ended = false;

    std::vector<testcam::FeedItem> held;  // until it is known when the sound begins
    bool has_begun = false;
    std::array<std::int64_t, 2> last_pts{};  // of video and sound, in their ticks
    std::uint64_t units = 0;
};

}  // namespace casement::emulators::nest
