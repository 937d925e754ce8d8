#pragma once
// A key frame as a picture, and a picture as a JPEG file.

#include <cstdint>
#include <memory>

#include "async/blocking_pool.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

struct AVFrame;

namespace casement::ffmpeg {

/// Per side. 8K cameras do not exist among those we serve; a forged parameter set would otherwise
/// ask for gigabytes.
inline constexpr int kMaxPictureSide = 8192;

/// A decoded picture. Immutable; copies share it. Thread-safe as shared_ptr is.
class Picture {
public:
    explicit Picture(std::shared_ptr<const AVFrame> frame) : frame_(std::move(frame)) {}
    int width() const;   // pixels
    int height() const;  // pixels
    /// Brightness (Y, 16 to 235 in the usual range) at a pixel inside the picture.
    std::uint8_t luma(int x, int y) const;
    const AVFrame& frame() const { return *frame_; }

private:
    std::shared_ptr<const AVFrame> frame_;
};

struct JpegOptions {
    int width = 0;     // pixels; the height follows. 0: as it is. Never enlarged
    int quality = 80;  // 1 to 100, clamped
};

/// Decodes one key unit of H.264, H.265 or MJPEG by itself. Blocks for 5 to 100 ms.
/// InvalidArgument for audio or a unit that is no key frame, DataLoss when nothing can be decoded,
/// ResourceExhausted past kMaxPictureSide.
base::Result<Picture> decode_key_frame(const media::CodecParameters& parameters,
                                       const media::AccessUnit& unit);

/// Blocks for 2 to 50 ms.
base::Result<media::Bytes> encode_jpeg(const Picture& picture, JpegOptions options = {});

/// Both. A JPEG that has the wanted size already is passed on as it is. Blocks.
base::Result<media::Bytes> jpeg_of(const media::CodecParameters& parameters,
                                   const media::AccessUnit& unit, JpegOptions options = {});
/// The same on `pool`, for coroutines.
async::Task<base::Result<media::Bytes>> jpeg_of(async::BlockingPool& pool,
                                                media::CodecParametersPtr parameters,
                                                media::AccessUnitPtr unit,
                                                JpegOptions options = {});

}  // namespace casement::ffmpeg
