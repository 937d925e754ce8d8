#pragma once
// H.264 (libx264) and H.265 (libx265) without delay: one picture in, one access unit out.

#include <cstdint>

#include "ffmpeg/handles.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

struct VideoFormat {
    media::Codec codec = media::Codec::H264;
    int width = 0;  // even for 4:2:0
    int height = 0;
    int fps = 25;  // nominal: guides the rate control only, timestamps are the caller's
    int crf = 25;
    int max_bit_rate = 0;  // bit/s, over one second; 0: no bound
    int profile =
        FF_PROFILE_UNKNOWN;  // H.264: a profile_idc to keep to; unknown: whatever the preset gives
    bool full_range = false;
    AVColorSpace colours = AVCOL_SPC_BT709;
    AVRational pixel_aspect{1, 1};  // width to height of one pixel
};

/// Not thread-safe.
class VideoEncoder {
public:
    static base::Result<VideoEncoder> open(const VideoFormat& format);

    const media::CodecParametersPtr& parameters() const { return parameters_; }

    /// `picture` is yuv420p of the opened size and range. The unit has the data and `key`; the
    /// caller fills in track and times.
    base::Result<media::AccessUnit> encode(AVFrame& picture, bool key);

private:
    VideoEncoder(CodecContextHandle context, media::CodecParametersPtr parameters);

    CodecContextHandle context_;
    PacketHandle packet_;
    media::CodecParametersPtr parameters_;
    std::int64_t frames_ = 0;
};

}  // namespace casement::ffmpeg
