#include "ffmpeg/decoder.hpp"

#include <cstring>

#include "ffmpeg/annex_b.hpp"
#include "ffmpeg/error.hpp"
#include "ffmpeg/snapshot.hpp"

namespace casement::ffmpeg {

namespace {

using base::ErrorKind;
using media::Codec;

// 7.1 is the most that AAC's usual channel configurations know (ISO/IEC 14496-3 table 1.19).
constexpr int kMaxChannels = 8;
// Twice the highest rate of ISO/IEC 14496-3 table 1.18.
constexpr int kMaxSampleRate = 192'000;

const AVCodec* find_decoder(Codec codec) {
    switch (codec) {
        case Codec::H264:
            return avcodec_find_decoder(AV_CODEC_ID_H264);
        case Codec::H265:
            return avcodec_find_decoder(AV_CODEC_ID_HEVC);
        case Codec::Mjpeg:
            return avcodec_find_decoder(AV_CODEC_ID_MJPEG);
        case Codec::Aac:
            return avcodec_find_decoder(AV_CODEC_ID_AAC);
        // The reference decoder: it conceals losses and its delay is known.
        case Codec::Opus:
            return avcodec_find_decoder_by_name("libopus");
        case Codec::Pcma:
            return avcodec_find_decoder(AV_CODEC_ID_PCM_ALAW);
        case Codec::Pcmu:
            return avcodec_find_decoder(AV_CODEC_ID_PCM_MULAW);
    }
    return nullptr;
}

base::Result<> check(const media::CodecParameters& p) {
    if ((p.codec == Codec::H264 || p.codec == Codec::H265) && (p.sps.empty() || p.pps.empty())) {
        return base::fail(ErrorKind::InvalidArgument, "{} without parameter sets",
                          to_string(p.codec));
    }
    if (p.codec == Codec::Aac && p.config.empty())
        return base::fail(ErrorKind::InvalidArgument, "aac without AudioSpecificConfig");
    if (kind_of(p.codec) == media::Kind::Audio &&
        (p.channels < 1 || p.channels > kMaxChannels || p.sample_rate < 1 ||
         p.sample_rate > kMaxSampleRate)) {
        return base::fail(ErrorKind::InvalidArgument, "{} with {} channels of {} Hz",
                          to_string(p.codec), p.channels, p.sample_rate);
    }
    return {};
}

}  // namespace

Decoder::Decoder(media::CodecParameters parameters, CodecContextHandle context)
    : parameters_(std::move(parameters)), context_(std::move(context)), packet_(make_packet()) {}

base::Result<Decoder> Decoder::open(const media::CodecParameters& parameters) {
    CASEMENT_TRY(load_libav());
    CASEMENT_TRY(check(parameters));
    const AVCodec* codec = find_decoder(parameters.codec);
    if (codec == nullptr)
        return base::fail(ErrorKind::Unsupported, "this libavcodec cannot decode {}",
                          to_string(parameters.codec));
    CodecContextHandle context(avcodec_alloc_context3(codec));
    if (!context) throw std::bad_alloc();
    context->thread_count = 1;
    // As exact as the usual one, and a tenth of a picture's decoding faster.
    if (parameters.codec == Codec::Mjpeg) context->idct_algo = FF_IDCT_XVID;
    context->max_pixels = static_cast<std::int64_t>(kMaxPictureSide) * kMaxPictureSide;
    if (kind_of(parameters.codec) == media::Kind::Audio) {
        context->sample_rate = parameters.sample_rate;
        av_channel_layout_default(&context->ch_layout, parameters.channels);
        context->pkt_timebase = {1, parameters.sample_rate};
    } else {
        // A key frame by recovery point is worth showing although its references are missing.
        context->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
        context->flags2 |= AV_CODEC_FLAG2_SHOW_ALL;
    }
    if (!parameters.config.empty()) {
        context->extradata = static_cast<std::uint8_t*>(
            av_mallocz(parameters.config.size() + AV_INPUT_BUFFER_PADDING_SIZE));
        if (context->extradata == nullptr) throw std::bad_alloc();
        std::memcpy(context->extradata, parameters.config.data(), parameters.config.size());
        context->extradata_size = static_cast<int>(parameters.config.size());
    }
    if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) {
        return std::unexpected(
            to_error(code, fmt::format("set up the {} decoder", to_string(parameters.codec))));
    }
    return Decoder(parameters, std::move(context));
}

base::Result<> Decoder::send(media::ByteSpan unit) {
    // libav takes a packet without bytes for the end of the stream.
    if (unit.empty())
        return base::fail(ErrorKind::DataLoss, "a {} unit without bytes",
                          to_string(parameters_.codec));
    std::vector<std::uint8_t> stream;
    if (parameters_.codec == Codec::H264 || parameters_.codec == Codec::H265) {
        stream = to_annex_b(parameters_, unit);
        unit = stream;
    }
    // av_new_packet adds the zeroed padding that bit readers may touch.
    if (const int code = av_new_packet(packet_.get(), static_cast<int>(unit.size())); code < 0)
        return std::unexpected(to_error(code, "a packet"));
    std::memcpy(packet_->data, unit.data(), unit.size());
    const int code = avcodec_send_packet(context_.get(), packet_.get());
    av_packet_unref(packet_.get());
    if (code < 0)
        return std::unexpected(
            to_error(code, fmt::format("decode {}", to_string(parameters_.codec))));
    return {};
}

base::Result<> Decoder::drain() {
    if (const int code = avcodec_send_packet(context_.get(), nullptr);
        code < 0 && code != AVERROR_EOF) {
        return std::unexpected(
            to_error(code, fmt::format("drain the {} decoder", to_string(parameters_.codec))));
    }
    return {};
}

base::Result<FrameHandle> Decoder::receive() {
    FrameHandle frame = make_frame();
    const int code = avcodec_receive_frame(context_.get(), frame.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return FrameHandle();
    if (code < 0)
        return std::unexpected(
            to_error(code, fmt::format("decode {}", to_string(parameters_.codec))));
    return frame;
}

}  // namespace casement::ffmpeg
