#pragma once
// JPEG files out of pictures of one size.

#include "ffmpeg/handles.hpp"
#include "media/bytes.hpp"

namespace casement::ffmpeg {

/// Not thread-safe.
class JpegEncoder {
public:
    /// `quality` 1 to 100, clamped. Sizes up to kMaxPictureSide.
    static base::Result<JpegEncoder> open(int width, int height, int quality);

    /// `picture` is yuv420p of full range and of the opened size.
    base::Result<media::Bytes> encode(AVFrame& picture);

private:
    explicit JpegEncoder(CodecContextHandle context)
        : context_(std::move(context)), packet_(make_packet()) {}
    CodecContextHandle context_;
    PacketHandle packet_;
};

}  // namespace casement::ffmpeg
