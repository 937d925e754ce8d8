#pragma once
// Audio frames that say nothing, for the time in which a camera says nothing.

#include <cstdint>
#include <optional>

#include "media/bytes.hpp"
#include "media/track.hpp"

namespace casement::media {

struct SilentFrame {
    Bytes data;
    std::int64_t ticks = 0;  // duration in ticks of the track's clock
};

/// One frame of silence for an audio track, or nothing where we cannot make one (AAC other than
/// mono or stereo LC).
std::optional<SilentFrame> silent_frame(const Track& track);

}  // namespace casement::media
