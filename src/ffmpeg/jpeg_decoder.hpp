#pragma once
// JPEG files to pictures, by libjpeg-turbo: a third less work than by libav's own decoder, and it
// says where a file is damaged.

#include <memory>

#include "ffmpeg/handles.hpp"
#include "media/bytes.hpp"

namespace casement::ffmpeg {

/// One thread at a time.
class JpegDecoder {
public:
    static constexpr int kMostHalvings = 3;

    JpegDecoder();
    ~JpegDecoder();
    JpegDecoder(JpegDecoder&&) noexcept;
    JpegDecoder& operator=(JpegDecoder&&) noexcept;

    /// A picture of the yuvj kind, or RGB where the file is none of that; its sides are halved as
    /// often as it takes to be no wider than `max_width`, at most kMostHalvings times: less is
    /// decoded then. DataLoss for what is broken or cut off anywhere, also where a decoder would
    /// make up the rest; Unsupported for lossless, arithmetic and CMYK files; ResourceExhausted
    /// past kMaxPictureSide.
    base::Result<FrameHandle> decode(media::ByteSpan file, int max_width);
    /// A picture that is not needed any more: its memory is the next one's, where nobody else has
    /// it. A megabyte of fresh memory for each costs a twentieth of its time.
    void give_back(FrameHandle picture);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace casement::ffmpeg
