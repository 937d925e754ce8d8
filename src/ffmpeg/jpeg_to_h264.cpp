#include "ffmpeg/jpeg_to_h264.hpp"

#include <algorithm>
#include <optional>

#include "ffmpeg/jpeg_decoder.hpp"
#include "ffmpeg/scaler.hpp"
#include "ffmpeg/video_encoder.hpp"
#include "media/time.hpp"

namespace casement::ffmpeg {

namespace {

// A bound for noisy night pictures: 8 Mbit/s is what a good 1080p camera sends.
constexpr int kMaxBitRate = 8'000'000;

int even(int size) { return std::max(16, size & ~1); }

}  // namespace

struct JpegToH264::State {
    explicit State(JpegToH264Options o) : options(o) {
        track.id = o.track_id;
        track.codec = media::Codec::H264;
    }

    JpegToH264Options options;
    media::Track track;
    JpegDecoder decoder;
    Scaler scaler;
    std::optional<VideoEncoder> encoder;
    bool is_full = false;  // the range that it was opened for
    std::optional<std::int64_t> last_pts, last_key;
    std::uint64_t skipped = 0;

    /// The size that is encoded: even, and not wider than asked.
    PictureShape shape_of(const AVFrame& picture) const {
        int divisor = 1;
        while (picture.width / divisor > options.max_width) divisor *= 2;
        PictureShape shape{.width = even(picture.width / divisor),
                           .height = even(picture.height / divisor),
                           .colours = AVCOL_SPC_SMPTE170M};
        shape.full_range = is_taken_as_it_is(picture, shape);
        return shape;
    }

    /// The planes of a JPEG of the usual kind are what the encoder takes.
    static bool is_taken_as_it_is(const AVFrame& picture, const PictureShape& shape) {
        const bool is_usual = picture.format == AV_PIX_FMT_YUVJ420P ||
                              (picture.format == AV_PIX_FMT_YUV420P && is_full_range(picture));
        return is_usual && colours_of(picture) == AVCOL_SPC_SMPTE170M &&
               picture.width == shape.width && picture.height == shape.height;
    }

    base::Result<media::AccessUnit> encode(FrameHandle picture, const PictureShape& shape,
                                           bool key) {
        if (!is_taken_as_it_is(*picture, shape)) {
            CASEMENT_TRY(const FrameHandle converted, scaler.convert(*picture, shape));
            decoder.give_back(std::move(picture));
            return encoder->encode(*converted, key);
        }
        // The same planes, with the range beside the format instead of in its name.
        const auto named = static_cast<AVPixelFormat>(picture->format);
        picture->format = AV_PIX_FMT_YUV420P;
        picture->color_range = AVCOL_RANGE_JPEG;
        auto unit = encoder->encode(*picture, key);
        picture->format = named;
        decoder.give_back(std::move(picture));
        return unit;
    }

    base::Result<> open_encoder(const PictureShape& shape) {
        if (encoder && encoder->parameters()->width == shape.width &&
            encoder->parameters()->height == shape.height && is_full == shape.full_range)
            return {};
        CASEMENT_TRY(encoder, VideoEncoder::open({.width = shape.width,
                                                  .height = shape.height,
                                                  .fps = options.fps,
                                                  .crf = options.crf,
                                                  .max_bit_rate = kMaxBitRate,
                                                  .full_range = shape.full_range,
                                                  .colours = AVCOL_SPC_SMPTE170M}));
        is_full = shape.full_range;
        track.parameters = encoder->parameters();
        last_key.reset();
        return {};
    }

    bool key_is_due(std::int64_t pts) const {
        return !last_key ||
               pts - *last_key >= media::us_to_ticks(options.key_interval, track.clock_rate);
    }
};

JpegToH264::JpegToH264(JpegToH264Options options) : state_(std::make_unique<State>(options)) {}
JpegToH264::~JpegToH264() = default;

const media::Track& JpegToH264::track() const { return state_->track; }
std::uint64_t JpegToH264::skipped_pictures() const { return state_->skipped; }

base::Result<> JpegToH264::push(const media::AccessUnit& jpeg,
                                std::vector<media::AccessUnit>& out) {
    State& s = *state_;
    if (s.last_pts && jpeg.pts <= *s.last_pts) {
        ++s.skipped;
        return {};
    }
    base::Result<FrameHandle> picture = s.decoder.decode(jpeg.data, s.options.max_width);
    if (!picture) {
        ++s.skipped;
        return {};
    }
    const PictureShape shape = s.shape_of(**picture);
    CASEMENT_TRY(s.open_encoder(shape));
    CASEMENT_TRY(media::AccessUnit unit, s.encode(std::move(*picture), shape,
                                                  s.key_is_due(jpeg.pts) || jpeg.discontinuity));
    unit.track = s.options.track_id;
    unit.discontinuity = jpeg.discontinuity;
    unit.pts = unit.dts = jpeg.pts;
    unit.received_at = jpeg.received_at;
    unit.wall = jpeg.wall;
    if (unit.key) s.last_key = jpeg.pts;
    s.last_pts = jpeg.pts;
    out.push_back(std::move(unit));
    return {};
}

}  // namespace casement::ffmpeg
