#pragma once
// Decoding times for RTP, which carries presentation times only.

#include <cstdint>
#include <vector>

namespace casement::protocols::rtp {

/// RTP tells when a picture is shown, not when it is decoded. For streams with B-frames this finds
/// a decoding time: never decreasing, never after the presentation time, without looking ahead.
class DtsEstimator {
public:
    /// `reorder_frames`: how many pictures may be shown after a later one was decoded
    /// (max_num_reorder_frames of the SPS); 0 when unknown or none, then it is learnt from the
    /// first picture out of order.
    explicit DtsEstimator(int reorder_frames = 0);

    struct Times {
        std::int64_t pts =
            0;  // as given; raised to dts in the few pictures until the depth is learnt
        std::int64_t dts = 0;
    };
    Times next(std::int64_t pts);
    /// The depth as parameter sets say it, when they change; what was learnt stays when it is
    /// larger.
    void expect(int reorder_frames);
    /// After a break: forgets the window, keeps dts from decreasing.
    void reset();

private:
    static constexpr int kMaxReorderFrames = 16;  // H.264 A.3.1: MaxDpbFrames

    int depth_;
    std::vector<std::int64_t>
        window_;  // the greatest depth_ + 1 presentation times so far, ascending
    bool started_ = false;
    std::int64_t last_dts_ = 0;
};

}  // namespace casement::protocols::rtp
