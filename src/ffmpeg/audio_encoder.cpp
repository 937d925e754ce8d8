#include "ffmpeg/audio_encoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>

#include "ffmpeg/error.hpp"

namespace casement::ffmpeg {

namespace {

using base::ErrorKind;
using media::Codec;

// RFC 3551 §4.5: 20 ms is the usual packet of telephone audio; Opus' own default is the same (RFC
// 6716 §2.1.4).
constexpr int kPacketsPerSecond = 50;

// ISO/IEC 14496-3 table 1.18, from 8 kHz to what browsers play.
constexpr std::array kAacRates{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000};
// RFC 6716 §2.1.3. The RTP clock and our ticks are 48000 whatever the source is, so that is what we
// encode.
constexpr int kOpusRate = 48'000;
constexpr int kG711Rate = 8'000;
// Below this rate an AAC unit of 1024 samples lasts longer than 32 ms.
constexpr int kLowestAacRate = 32'000;

const AVCodec* find_encoder(Codec codec) {
    switch (codec) {
        case Codec::Aac:
            return avcodec_find_encoder_by_name("aac");
        case Codec::Opus:
            return avcodec_find_encoder_by_name("libopus");
        case Codec::Pcma:
            return avcodec_find_encoder(AV_CODEC_ID_PCM_ALAW);
        case Codec::Pcmu:
            return avcodec_find_encoder(AV_CODEC_ID_PCM_MULAW);
        case Codec::H264:
        case Codec::H265:
        case Codec::Mjpeg:
            return nullptr;
    }
    return nullptr;
}

bool is_g711(Codec codec) { return codec == Codec::Pcma || codec == Codec::Pcmu; }

AVSampleFormat sample_format(Codec codec) {
    if (codec == Codec::Aac) return AV_SAMPLE_FMT_FLTP;
    return codec == Codec::Opus ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_S16;
}

std::int16_t to_s16(float sample) {
    return static_cast<std::int16_t>(std::lrint(std::clamp(sample, -1.0F, 1.0F) * 32767.0F));
}

// From planar float to what the encoder takes: planar float, packed float, or 16 bits of one
// channel.
void fill(AVFrame& to, const AVFrame& planar) {
    const int channels = to.ch_layout.nb_channels;
    for (int c = 0; c < channels; ++c) {
        const float* from = reinterpret_cast<const float*>(planar.data[c]);
        if (to.format == AV_SAMPLE_FMT_S16) {
            std::transform(from, from + to.nb_samples, reinterpret_cast<std::int16_t*>(to.data[0]),
                           to_s16);
        } else {
            float* packed = reinterpret_cast<float*>(to.data[0]) + c;
            for (int i = 0; i < to.nb_samples; ++i)
                packed[static_cast<std::ptrdiff_t>(i) * channels] = from[i];
        }
    }
}

base::Result<FrameHandle> make_samples(AVSampleFormat format, const AVCodecContext& context,
                                       int samples) {
    FrameHandle frame = make_frame();
    frame->format = format;
    frame->nb_samples = samples;
    frame->sample_rate = context.sample_rate;
    av_channel_layout_copy(&frame->ch_layout, &context.ch_layout);
    if (const int code = av_frame_get_buffer(frame.get(), 0); code < 0)
        return std::unexpected(to_error(code, "a frame of samples"));
    return frame;
}

}  // namespace

base::Result<AudioFormat> completed(AudioFormat format, int source_rate, int source_channels) {
    if (kind_of(format.codec) != media::Kind::Audio)
        return base::fail(ErrorKind::InvalidArgument, "{} is no audio codec",
                          to_string(format.codec));
    if (format.channels == 0) format.channels = std::clamp(source_channels, 1, 2);
    if (is_g711(format.codec)) format.channels = 1;
    if (format.sample_rate == 0) {
        const bool usable = source_rate >= kLowestAacRate &&
                            std::ranges::find(kAacRates, source_rate) != kAacRates.end();
        format.sample_rate = is_g711(format.codec)                  ? kG711Rate
                             : format.codec == Codec::Aac && usable ? source_rate
                                                                    : kOpusRate;
    }
    if (format.bit_rate == 0 && !is_g711(format.codec))
        format.bit_rate = format.channels * (format.codec == Codec::Aac ? 64'000 : 32'000);
    if (format.channels < 1 || format.channels > 2)
        return base::fail(ErrorKind::Unsupported, "{} channels of audio", format.channels);
    const bool rate_is_known =
        format.codec == Codec::Aac
            ? std::ranges::find(kAacRates, format.sample_rate) != kAacRates.end()
        : format.codec == Codec::Opus
            ? format.sample_rate == kOpusRate
            : format.sample_rate >= kG711Rate && format.sample_rate <= 48'000;
    if (!rate_is_known)
        return base::fail(ErrorKind::Unsupported, "{} at {} Hz", to_string(format.codec),
                          format.sample_rate);
    return format;
}

AudioEncoder::AudioEncoder(AudioFormat format, CodecContextHandle context)
    : format_(format),
      context_(std::move(context)),
      packet_(make_packet()),
      fifo_(av_audio_fifo_alloc(AV_SAMPLE_FMT_FLTP, format.channels, format.sample_rate)),
      frame_samples_(context_->frame_size > 0 ? context_->frame_size
                                              : format.sample_rate / kPacketsPerSecond) {
    if (!fifo_) throw std::bad_alloc();
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = format.codec;
    parameters->sample_rate = format.sample_rate;
    parameters->channels = format.channels;
    if (format.codec == Codec::Aac)
        parameters->config = media::Bytes::copy_of(
            {context_->extradata, static_cast<std::size_t>(context_->extradata_size)});
    parameters_ = std::move(parameters);
}

base::Result<AudioEncoder> AudioEncoder::open(const AudioFormat& format) {
    CASEMENT_TRY(load_libav());
    const AVCodec* codec = find_encoder(format.codec);
    if (codec == nullptr)
        return base::fail(ErrorKind::Unsupported, "this libavcodec cannot encode {}",
                          to_string(format.codec));
    CodecContextHandle context(avcodec_alloc_context3(codec));
    if (!context) throw std::bad_alloc();
    context->sample_rate = format.sample_rate;
    context->sample_fmt = sample_format(format.codec);
    context->bit_rate = format.bit_rate;
    context->time_base = {1, format.sample_rate};
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av_channel_layout_default(&context->ch_layout, format.channels);
    if (format.codec == Codec::Opus) {
        av_opt_set(context->priv_data, "frame_duration", "20", 0);
        av_opt_set_int(context->priv_data, "compression_level", 5,
                       0);  // 10 costs twice the time for a gain nobody hears at these rates
    } else if (format.codec == Codec::Aac) {
        av_opt_set(context->priv_data, "aac_coder", "fast", 0);
    }
    if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) {
        return std::unexpected(
            to_error(code, fmt::format("set up the {} encoder", to_string(format.codec))));
    }
    return AudioEncoder(format, std::move(context));
}

void AudioEncoder::start_at(std::int64_t pts) {
    start_ = pts;
    taken_ = sent_ = 0;
}

base::Result<> AudioEncoder::put(std::span<const float* const> channels, int samples,
                                 std::vector<media::AccessUnit>& out) {
    std::array<void*, 2> planes{};
    for (std::size_t c = 0; c < channels.size() && c < planes.size(); ++c)
        planes[c] = const_cast<float*>(channels[c]);  // libav's write is not const
    if (const int code = av_audio_fifo_write(fifo_.get(), planes.data(), samples); code < 0)
        return std::unexpected(to_error(code, "keep samples"));
    taken_ += samples;
    return encode_whole_frames(out);
}

base::Result<> AudioEncoder::put_silence(int samples, std::vector<media::AccessUnit>& out) {
    static constexpr std::array<float, 1024> kSilence{};
    const std::array<const float*, 2> channels{kSilence.data(), kSilence.data()};
    while (samples > 0) {
        const int part = std::min(samples, static_cast<int>(kSilence.size()));
        CASEMENT_TRY(
            put(std::span(channels).first(static_cast<std::size_t>(format_.channels)), part, out));
        samples -= part;
    }
    return {};
}

base::Result<> AudioEncoder::encode_whole_frames(std::vector<media::AccessUnit>& out) {
    while (av_audio_fifo_size(fifo_.get()) >= frame_samples_) {
        CASEMENT_TRY(FrameHandle planar,
                     make_samples(AV_SAMPLE_FMT_FLTP, *context_, frame_samples_));
        av_audio_fifo_read(fifo_.get(), reinterpret_cast<void**>(planar->data), frame_samples_);
        FrameHandle frame = std::move(planar);
        if (context_->sample_fmt != AV_SAMPLE_FMT_FLTP) {
            CASEMENT_TRY(FrameHandle packed,
                         make_samples(context_->sample_fmt, *context_, frame_samples_));
            fill(*packed, *frame);
            frame = std::move(packed);
        }
        frame->pts = sent_;
        sent_ += frame_samples_;
        CASEMENT_TRY(send(frame.get(), out));
    }
    return {};
}

base::Result<> AudioEncoder::send(AVFrame* frame, std::vector<media::AccessUnit>& out) {
    int code = avcodec_send_frame(context_.get(), frame);
    while (code >= 0) {
        code = avcodec_receive_packet(context_.get(), packet_.get());
        if (code < 0) break;
        append(*packet_, out);
        av_packet_unref(packet_.get());
    }
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return {};
    return std::unexpected(to_error(code, fmt::format("encode {}", to_string(format_.codec))));
}

void AudioEncoder::append(const AVPacket& packet, std::vector<media::AccessUnit>& out) const {
    // libav's packet times already have the look-ahead taken off: the first one lies before 0. What
    // only warms the decoder up would reach back before the source began, perhaps below 0, and what
    // only empties the encoder, are left out.
    if (packet.pts < 0 || packet.pts >= taken_) return;
    media::AccessUnit unit;
    unit.key = true;
    unit.pts = unit.dts = start_ + packet.pts;
    unit.data = media::Bytes::copy_of({packet.data, static_cast<std::size_t>(packet.size)});
    out.push_back(std::move(unit));
}

base::Result<> AudioEncoder::finish(std::vector<media::AccessUnit>& out) {
    const int rest = static_cast<int>(taken_ % frame_samples_);
    if (rest != 0) {
        CASEMENT_TRY(put_silence(frame_samples_ - rest, out));
    }
    CASEMENT_TRY(send(nullptr, out));
    CASEMENT_TRY(AudioEncoder fresh, open(format_));
    *this = std::move(fresh);
    return {};
}

}  // namespace casement::ffmpeg
