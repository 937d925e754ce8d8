#include "protocols/rtp/dts_estimator.hpp"

#include <algorithm>

namespace casement::protocols::rtp {

DtsEstimator::DtsEstimator(int reorder_frames)
    : depth_(std::clamp(reorder_frames, 0, kMaxReorderFrames)) {}

DtsEstimator::Times DtsEstimator::next(std::int64_t pts) {
    const auto later = static_cast<int>(window_.end() - std::ranges::upper_bound(window_, pts));
    if (later > depth_)
        depth_ = std::min(
            later, kMaxReorderFrames);  // a picture that overtakes so many must wait for as many
    window_.insert(std::ranges::upper_bound(window_, pts), pts);
    const auto wanted = static_cast<std::size_t>(depth_) + 1;
    if (window_.size() > wanted)
        window_.erase(window_.begin(), window_.end() - static_cast<std::ptrdiff_t>(wanted));

    // With depth_ pictures of delay the k-th smallest presentation time is the k-th decoding time.
    // Until the window is full, decoding time creeps by single ticks.
    const bool full = window_.size() == wanted;
    std::int64_t dts = full ? window_.front() : std::min(pts, started_ ? last_dts_ + 1 : pts);
    if (started_) dts = std::max(dts, last_dts_ + 1);
    started_ = true;
    last_dts_ = dts;
    return {.pts = std::max(pts, dts), .dts = dts};
}

void DtsEstimator::expect(int reorder_frames) {
    depth_ = std::clamp(reorder_frames, depth_, kMaxReorderFrames);
}

void DtsEstimator::reset() { window_.clear(); }

}  // namespace casement::protocols::rtp
