#include "formats/flv_clock.hpp"

#include <algorithm>

#include "media/time.hpp"

namespace casement::formats::flv {

Timeline::Time Timeline::at(std::uint32_t timestamp_ms, base::SteadyTime arrived) {
    if (!started_) {
        started_ = true;
        last_raw_ = timestamp_ms;
        last_ms_ = timestamp_ms;
        last_arrival_ = arrived;
        return {last_ms_, false};
    }
    // The difference as a signed number unwraps 2^32 and lets audio and video overlap.
    const std::int64_t step = static_cast<std::int32_t>(timestamp_ms - last_raw_);
    const bool restarted = step < -kMaxStepBackMs || step > kMaxStepForwardMs;
    if (restarted) {
        const auto passed =
            std::chrono::duration_cast<std::chrono::milliseconds>(arrived - last_arrival_).count();
        last_ms_ += std::max<std::int64_t>(passed, 1);
    } else {
        last_ms_ += step;
    }
    last_raw_ = timestamp_ms;
    last_arrival_ = arrived;
    return {last_ms_, restarted};
}

std::int64_t SampleClock::at(std::int64_t ms, int samples, int sample_rate) {
    if (rate_ != sample_rate) {
        rate_ = sample_rate;
        next_.reset();
    }
    const auto rate = static_cast<std::uint64_t>(sample_rate);
    const std::int64_t stamped = media::rescale(ms, 1000, rate);
    std::int64_t start = next_.value_or(stamped);
    const std::int64_t off = stamped - start;
    const std::int64_t size = off < 0 ? -off : off;
    if (off > media::rescale(kReanchorMs, 1000, rate)) {
        start = stamped;
    } else if (size > media::rescale(kSnapMs, 1000, rate)) {
        // Backwards never by more than half a frame: time of a track does not decrease.
        start += std::max<std::int64_t>(off / 16, -samples / 2);
    }
    next_ = start + samples;
    return start;
}

}  // namespace casement::formats::flv
