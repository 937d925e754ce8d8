#include "ffmpeg/jpeg_to_h264.hpp"

#include <algorithm>
#include <optional>

#include "ffmpeg/decoder.hpp"
#include "ffmpeg/scaler.hpp"
#include "ffmpeg/snapshot.hpp"
#include "ffmpeg/video_encoder.hpp"
#include "media/time.hpp"

namespace casement::ffmpeg {

namespace {

// Guides the rate control only; cameras of this kind send 1 to 30 pictures per second.
constexpr int kNominalFps = 10;
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
    std::optional<Decoder> decoder;
    Scaler scaler;
    std::optional<VideoEncoder> encoder;
    std::optional<std::int64_t> last_pts, last_key;
    std::uint64_t skipped = 0;

    base::Result<FrameHandle> decode(const media::AccessUnit& jpeg) {
        if (!decoder) {
            media::CodecParameters parameters;
            parameters.codec = media::Codec::Mjpeg;
            CASEMENT_TRY(decoder, Decoder::open(parameters));
        }
        CASEMENT_TRY(decoder->send(jpeg.data));
        return decoder->receive();
    }

    // The size that is encoded: even, and not wider than asked.
    PictureShape shape_of(const AVFrame& picture) const {
        int divisor = 1;
        while (picture.width / divisor > options.max_width) divisor *= 2;
        return {.width = even(picture.width / divisor),
                .height = even(picture.height / divisor),
                .colours = AVCOL_SPC_SMPTE170M};
    }

    base::Result<> open_encoder(const PictureShape& shape) {
        if (encoder && encoder->parameters()->width == shape.width &&
            encoder->parameters()->height == shape.height)
            return {};
        CASEMENT_TRY(encoder, VideoEncoder::open({.width = shape.width,
                                                  .height = shape.height,
                                                  .fps = kNominalFps,
                                                  .crf = options.crf,
                                                  .max_bit_rate = kMaxBitRate,
                                                  .colours = AVCOL_SPC_SMPTE170M}));
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
    const base::Result<FrameHandle> picture = s.decode(jpeg);
    if (!picture || !*picture || (*picture)->width > kMaxPictureSide ||
        (*picture)->height > kMaxPictureSide) {
        ++s.skipped;
        return {};
    }
    const PictureShape shape = s.shape_of(**picture);
    CASEMENT_TRY(s.open_encoder(shape));
    CASEMENT_TRY(FrameHandle scaled, s.scaler.convert(**picture, shape));
    const bool key = s.key_is_due(jpeg.pts) || jpeg.discontinuity;
    CASEMENT_TRY(media::AccessUnit unit, s.encoder->encode(*scaled, key));
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
