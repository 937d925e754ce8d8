#pragma once
// Cameras that only know JPEG pictures, made recordable: JPEG units in, H.264 units out.

#include <chrono>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

struct JpegToH264Options {
    int track_id = 0;
    std::chrono::milliseconds key_interval{2000};
    int crf = 25;          // x264's constant rate factor: 18 (fine) to 35 (coarse)
    int max_width = 1920;  // wider pictures are made smaller, in whole halves
    int fps = 10;          // guides the rate control only; cameras of this kind send 1 to 30
};

/// Not thread-safe: one thread at a time, any thread. A 720p picture costs 4 to 8 ms, so it
/// belongs on a BlockingPool. What needs no conversion is not converted: a picture of the usual
/// JPEG colours goes to the encoder as it was decoded, and the stream says that its range is full.
/// A wide one is decoded at the size that is wanted.
class JpegToH264 {
public:
    explicit JpegToH264(JpegToH264Options options = {});
    ~JpegToH264();

    /// Ticks of 90 kHz. Parameters are null until the first picture and change when its size
    /// changes.
    const media::Track& track() const;

    /// Each picture gives one unit at once, with the pts of the picture; `out` belongs to the
    /// parameters that track() has afterwards. pts must increase; a picture that does not, or
    /// cannot be decoded, is skipped and counted. Input ticks are 90 kHz.
    base::Result<> push(const media::AccessUnit& jpeg, std::vector<media::AccessUnit>& out);

    std::uint64_t skipped_pictures() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace casement::ffmpeg
