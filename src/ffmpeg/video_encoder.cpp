#include "ffmpeg/video_encoder.hpp"

#include <new>

#include "ffmpeg/annex_b.hpp"
#include "ffmpeg/error.hpp"
#include "ffmpeg/snapshot.hpp"
#include "media/parameter_sets.hpp"

namespace casement::ffmpeg {

namespace {

using base::ErrorKind;
using media::Codec;

const char* x264_profile(int profile) {
    switch (profile) {
        case FF_PROFILE_H264_BASELINE:
        case FF_PROFILE_H264_CONSTRAINED_BASELINE:
            return "baseline";
        case FF_PROFILE_H264_MAIN:
            return "main";
        case FF_PROFILE_H264_HIGH:
            return "high";
        default:
            return nullptr;
    }
}

// Key frames come only when asked for; nothing is looked ahead; one thread.
void set_options(AVCodecContext& context, const VideoFormat& format) {
    void* own = context.priv_data;
    av_opt_set(own, "preset", "ultrafast", 0);
    av_opt_set(own, "tune", "zerolatency", 0);
    av_opt_set_double(own, "crf", format.crf, 0);
    av_opt_set_int(own, "forced-idr", 1, 0);
    if (format.codec == Codec::H265) {
        // x265 has a log of its own and starts threads for every core unless told not to.
        // Version 3.5 also loses about 30 KB with every encoder that is closed: open one per
        // stream, not one per picture.
        av_opt_set(own, "x265-params",
                   "log-level=none:pools=none:frame-threads=1:wpp=0:scenecut=0:info=0:open-gop=0",
                   0);
        return;
    }
    av_opt_set(own, "x264-params", "scenecut=0:sliced-threads=0", 0);
    // Ultrafast leaves out what Main and High add, and x264 then names the lowest profile. A
    // camera's profile is kept by using one tool of it: CABAC for Main, the 8x8 transform for High
    // (ITU-T H.264 §A.2).
    if (const char* profile = x264_profile(format.profile)) {
        av_opt_set(own, "profile", profile, 0);
        if (format.profile != FF_PROFILE_H264_BASELINE &&
            format.profile != FF_PROFILE_H264_CONSTRAINED_BASELINE)
            av_opt_set(own, "coder", "cabac", 0);
        if (format.profile == FF_PROFILE_H264_HIGH) av_opt_set(own, "8x8dct", "1", 0);
    }
}

CodecContextHandle make_context(const AVCodec* codec, const VideoFormat& format) {
    CodecContextHandle context(avcodec_alloc_context3(codec));
    if (!context) throw std::bad_alloc();
    context->width = format.width;
    context->height = format.height;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->time_base = {1, format.fps};
    context->framerate = {format.fps, 1};
    context->gop_size = 1 << 20;
    context->max_b_frames = 0;
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    context->rc_max_rate = format.max_bit_rate;
    context->rc_buffer_size = format.max_bit_rate;
    context->color_range = format.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    context->colorspace = format.colours;
    context->sample_aspect_ratio = format.pixel_aspect;
    const bool bt709 = format.colours == AVCOL_SPC_BT709;
    context->color_primaries = bt709 ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M;
    context->color_trc = bt709 ? AVCOL_TRC_BT709 : AVCOL_TRC_SMPTE170M;
    return context;
}

}  // namespace

VideoEncoder::VideoEncoder(CodecContextHandle context, media::CodecParametersPtr parameters)
    : context_(std::move(context)), packet_(make_packet()), parameters_(std::move(parameters)) {}

base::Result<VideoEncoder> VideoEncoder::open(const VideoFormat& format) {
    CASEMENT_TRY(load_libav());
    const bool h265 = format.codec == Codec::H265;
    if (format.codec != Codec::H264 && !h265)
        return base::fail(ErrorKind::InvalidArgument, "no video encoder for {}",
                          to_string(format.codec));
    if (format.width < 16 || format.height < 16 || format.width > kMaxPictureSide ||
        format.height > kMaxPictureSide) {
        return base::fail(ErrorKind::InvalidArgument, "cannot encode pictures of {}x{}",
                          format.width, format.height);
    }
    const AVCodec* codec = avcodec_find_encoder_by_name(h265 ? "libx265" : "libx264");
    if (codec == nullptr)
        return base::fail(ErrorKind::Unsupported, "this libavcodec has no {}",
                          h265 ? "libx265" : "libx264");
    CodecContextHandle context = make_context(codec, format);
    set_options(*context, format);
    if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) {
        return std::unexpected(
            to_error(code, fmt::format("set up the {} encoder for {}x{}", to_string(format.codec),
                                       format.width, format.height)));
    }
    media::ParameterSets sets(format.codec);
    for (const media::ByteSpan nal :
         split_annex_b({context->extradata, static_cast<std::size_t>(context->extradata_size)}))
        sets.add(nal);
    media::CodecParametersPtr parameters = sets.parameters();
    if (!parameters)
        return base::fail(ErrorKind::Internal, "the {} encoder made no parameter sets",
                          to_string(format.codec));
    return VideoEncoder(std::move(context), std::move(parameters));
}

base::Result<media::AccessUnit> VideoEncoder::encode(AVFrame& picture, bool key) {
    picture.pts = frames_;
    picture.pict_type = key || frames_ == 0 ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    ++frames_;
    int code = avcodec_send_frame(context_.get(), &picture);
    if (code >= 0) code = avcodec_receive_packet(context_.get(), packet_.get());
    if (code < 0)
        return std::unexpected(
            to_error(code, fmt::format("encode {}", to_string(parameters_->codec))));
    media::AccessUnit unit;
    unit.key = (packet_->flags & AV_PKT_FLAG_KEY) != 0;
    media::NalJoiner joiner(parameters_->codec);
    for (const media::ByteSpan nal :
         split_annex_b({packet_->data, static_cast<std::size_t>(packet_->size)}))
        (void)joiner.add(nal);
    unit.data = joiner.take();
    av_packet_unref(packet_.get());
    return unit;
}

}  // namespace casement::ffmpeg
