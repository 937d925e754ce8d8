#pragma once
// What a stream can say about itself.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "media/track.hpp"

namespace casement::hub {

enum class Phase {
    Idle,        // nobody wants it
    Connecting,  // a source is opening the camera
    Live,        // pictures arrive
    Waiting,     // the source failed; the next try is scheduled
};

struct Counters {
    std::uint64_t units_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t lost_in = 0;  // units that the way in lost
    std::uint64_t dropped_before_key = 0;
    std::uint64_t reader_gaps = 0;  // times a reader fell off the log
    std::uint64_t reader_lost = 0;  // units that readers missed by it
    std::uint64_t runs = 0;         // sessions opened with the camera
    std::uint64_t failures = 0;
};

struct StreamStatus {
    Phase phase = Phase::Idle;
    base::WallTime since{};                       // when the phase began
    std::optional<base::Error> error;             // why it is not live
    std::optional<base::WallTime> failing_since;  // first failure since it was last live
    std::optional<base::WallTime> next_try;
    std::optional<base::WallTime> last_unit_at;
    media::Tracks tracks;
    int viewers = 0;                // readers that a person watches through
    int readers = 0;                // all readers
    std::uint32_t bitrate_bps = 0;  // over the last second or two
    Counters counters;
};

}  // namespace casement::hub
