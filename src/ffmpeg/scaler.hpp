#pragma once
// Pictures in another size, pixel format or range.

#include "ffmpeg/handles.hpp"

namespace casement::ffmpeg {

struct PictureShape {
    int width = 0;                              // pixels
    int height = 0;                             // pixels
    AVPixelFormat format = AV_PIX_FMT_YUV420P;  // not one of the yuvj kind: `full_range` says that
    bool full_range = false;                    // 0 to 255 as in JPEG, else 16 to 235
    AVColorSpace colours = AVCOL_SPC_UNSPECIFIED;  // unspecified: as the source
};

/// True for pictures whose black is 0: said by the frame, or by its yuvj format.
bool is_full_range(const AVFrame& frame);
/// What the frame says, or what its size suggests (ITU-R BT.709 from 720 lines on, else BT.601).
AVColorSpace colours_of(const AVFrame& frame);

/// Keeps its tables while sizes stay the same. Not thread-safe.
class Scaler {
public:
    base::Result<FrameHandle> convert(const AVFrame& from, PictureShape shape);

private:
    SwsHandle sws_;
};

}  // namespace casement::ffmpeg
