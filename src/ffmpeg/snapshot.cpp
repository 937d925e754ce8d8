#include "ffmpeg/snapshot.hpp"

#include <algorithm>
#include <cstring>

#include "ffmpeg/decoder.hpp"
#include "ffmpeg/jpeg_encoder.hpp"
#include "ffmpeg/scaler.hpp"

namespace casement::ffmpeg {

namespace {

using base::ErrorKind;

struct Size {
    int width = 0, height = 0;
};

// As shown: with the aspect of its pixels applied, never enlarged, and at most as wide as asked.
Size shown_size(const AVFrame& frame, int wanted_width) {
    double width = frame.width, height = frame.height;
    const AVRational aspect = frame.sample_aspect_ratio;
    // Beyond 4:1 it is not an aspect but a broken header.
    if (aspect.num > 0 && aspect.den > 0 && aspect.num <= 4 * aspect.den &&
        aspect.den <= 4 * aspect.num) {
        const double ratio = av_q2d(aspect);
        if (ratio > 1)
            height /= ratio;
        else
            width *= ratio;
    }
    if (wanted_width > 0 && wanted_width < width) {
        height = height * wanted_width / width;
        width = wanted_width;
    }
    return {std::max(1, static_cast<int>(width + 0.5)),
            std::max(1, static_cast<int>(height + 0.5))};
}

}  // namespace

int Picture::width() const { return frame_->width; }
int Picture::height() const { return frame_->height; }

std::uint8_t Picture::luma(int x, int y) const {
    const AVPixFmtDescriptor* description =
        av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame_->format));
    const int depth = description->comp[0].depth;
    const std::uint8_t* at = frame_->data[0] +
                             static_cast<std::ptrdiff_t>(y) * frame_->linesize[0] +
                             static_cast<std::ptrdiff_t>(x) * description->comp[0].step;
    if (depth <= 8) return *at;
    std::uint16_t wide = 0;
    std::memcpy(&wide, at, sizeof wide);
    return static_cast<std::uint8_t>(wide >> (depth - 8));
}

base::Result<Picture> decode_key_frame(const media::CodecParameters& parameters,
                                       const media::AccessUnit& unit) {
    if (kind_of(parameters.codec) != media::Kind::Video)
        return base::fail(ErrorKind::InvalidArgument, "{} is no picture",
                          to_string(parameters.codec));
    if (!unit.key)
        return base::fail(ErrorKind::InvalidArgument,
                          "not a key frame: it cannot be decoded by itself");
    CASEMENT_TRY(Decoder decoder, Decoder::open(parameters));
    CASEMENT_TRY(decoder.send(unit.data));
    CASEMENT_TRY(decoder.drain());
    CASEMENT_TRY(FrameHandle frame, decoder.receive());
    if (!frame)
        return base::fail(ErrorKind::DataLoss, "no picture in a {} key frame of {} bytes",
                          to_string(parameters.codec), unit.data.size());
    if (frame->width > kMaxPictureSide || frame->height > kMaxPictureSide) {
        return base::fail(ErrorKind::ResourceExhausted,
                          "a picture of {}x{} is more than the {} pixels per side that we decode",
                          frame->width, frame->height, kMaxPictureSide);
    }
    return Picture(std::shared_ptr<const AVFrame>(std::move(frame)));
}

base::Result<media::Bytes> encode_jpeg(const Picture& picture, JpegOptions options) {
    const Size size = shown_size(picture.frame(), options.width);
    Scaler scaler;
    CASEMENT_TRY(
        FrameHandle scaled,
        scaler.convert(picture.frame(), {.width = size.width,
                                         .height = size.height,
                                         .full_range = true,
                                         .colours = AVCOL_SPC_SMPTE170M}));  // JFIF 1.02: BT.601
    CASEMENT_TRY(JpegEncoder encoder, JpegEncoder::open(size.width, size.height, options.quality));
    return encoder.encode(*scaled);
}

base::Result<media::Bytes> jpeg_of(const media::CodecParameters& parameters,
                                   const media::AccessUnit& unit, JpegOptions options) {
    const bool right_size =
        options.width <= 0 || (parameters.width > 0 && parameters.width <= options.width);
    if (parameters.codec == media::Codec::Mjpeg && right_size) return unit.data;
    CASEMENT_TRY(const Picture picture, decode_key_frame(parameters, unit));
    return encode_jpeg(picture, options);
}

async::Task<base::Result<media::Bytes>> jpeg_of(async::BlockingPool& pool,
                                                media::CodecParametersPtr parameters,
                                                media::AccessUnitPtr unit, JpegOptions options) {
    auto work = [parameters, unit, options] { return jpeg_of(*parameters, *unit, options); };
    co_return co_await pool.run(std::move(work));
}

}  // namespace casement::ffmpeg
