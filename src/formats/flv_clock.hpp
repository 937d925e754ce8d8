#pragma once
// From RTMP's 32-bit milliseconds to media time.

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace casement::formats::flv {

/// One timeline for all tracks of a stream: 32-bit milliseconds unwrapped to 64 bits, and jumps of
/// the sender's clock taken out.
class Timeline {
public:
    struct Time {
        std::int64_t ms = 0;
        bool restarted =
            false;  // the sender's clock jumped: time goes on by what has passed here meanwhile
    };
    Time at(std::uint32_t timestamp_ms, base::SteadyTime arrived);

    /// Audio and video of live encoders lie within a second of each other; larger steps back are a
    /// restart (Nanit cameras start at 0 with each publish, and encoders behind a relay restart
    /// within one connection).
    static constexpr std::int64_t kMaxStepBackMs = 3'000;
    /// A pause of the picture this long is told by no clock: forward jumps beyond are a changed
    /// clock.
    static constexpr std::int64_t kMaxStepForwardMs = 30'000;

private:
    bool started_ = false;
    std::uint32_t last_raw_ = 0;
    std::int64_t last_ms_ = 0;
    base::SteadyTime last_arrival_{};
};

/// Audio time by counting samples: milliseconds are too coarse for frames of 21.33 ms, and players
/// hear the jitter as clicks. Within kSnap of the count the count wins. Further off it is led
/// towards the sender's clock by a sixteenth of the difference per frame, so that clocks that drift
/// stay together. A sender more than kReanchor ahead has left samples out: time goes on from its
/// clock.
class SampleClock {
public:
    /// Start of a frame of `samples`, stamped `ms`. Ticks of `sample_rate`.
    std::int64_t at(std::int64_t ms, int samples, int sample_rate);
    void reset() { next_.reset(); }

    static constexpr std::int64_t kSnapMs = 2;
    static constexpr std::int64_t kReanchorMs = 100;

private:
    std::optional<std::int64_t> next_;
    int rate_ = 0;
};

}  // namespace casement::formats::flv
