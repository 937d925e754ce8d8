#include "ffmpeg/jpeg_encoder.hpp"

#include <algorithm>
#include <new>

#include "ffmpeg/error.hpp"

namespace casement::ffmpeg {

namespace {

// libavcodec counts quantiser steps from 2 (finest that its tables allow) to 31.
int quantiser(int quality) { return 2 + (100 - std::clamp(quality, 1, 100)) * 29 / 99; }

}  // namespace

base::Result<JpegEncoder> JpegEncoder::open(int width, int height, int quality) {
    CASEMENT_TRY(load_libav());
    const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (codec == nullptr)
        return base::fail(base::ErrorKind::Unsupported, "this libavcodec cannot encode JPEG");
    CodecContextHandle context(avcodec_alloc_context3(codec));
    if (!context) throw std::bad_alloc();
    context->width = width;
    context->height = height;
    context->pix_fmt = AV_PIX_FMT_YUVJ420P;
    context->color_range = AVCOL_RANGE_JPEG;
    context->time_base = {1, 25};  // asked for, without meaning for single pictures
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = FF_QP2LAMBDA * quantiser(quality);
    // The tables of ITU-T T.81 Annex K: RTP carries JPEG only with these (RFC 2435 §4.1).
    av_opt_set(context->priv_data, "huffman", "default", 0);
    if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) {
        return std::unexpected(
            to_error(code, fmt::format("set up the JPEG encoder for {}x{}", width, height)));
    }
    return JpegEncoder(std::move(context));
}

base::Result<media::Bytes> JpegEncoder::encode(AVFrame& picture) {
    const int format = picture.format;
    picture.format = AV_PIX_FMT_YUVJ420P;
    picture.quality = context_->global_quality;
    int code = avcodec_send_frame(context_.get(), &picture);
    picture.format = format;
    if (code >= 0) code = avcodec_receive_packet(context_.get(), packet_.get());
    if (code < 0) return std::unexpected(to_error(code, "encode a JPEG"));
    media::Bytes jpeg =
        media::Bytes::copy_of({packet_->data, static_cast<std::size_t>(packet_->size)});
    av_packet_unref(packet_.get());
    return jpeg;
}

}  // namespace casement::ffmpeg
