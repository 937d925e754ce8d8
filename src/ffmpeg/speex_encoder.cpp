#include "ffmpeg/speex_encoder.hpp"

#include <algorithm>
#include <new>

#include "ffmpeg/error.hpp"
#include "ffmpeg/handles.hpp"
#include "ffmpeg/libav.hpp"

namespace casement::ffmpeg {

using base::Result;

namespace {

// What clients of such cameras send; speech needs no more.
constexpr int kBitRate = 16'000;

}  // namespace

struct SpeexEncoder::State {
    CodecContextHandle context;
    PacketHandle packet = make_packet();
    std::vector<std::int16_t> waiting{};
    std::size_t taken = 0;  // samples since the last whole packet
};

SpeexEncoder::SpeexEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
SpeexEncoder::SpeexEncoder(SpeexEncoder&& other) noexcept = default;
SpeexEncoder::~SpeexEncoder() = default;

Result<SpeexEncoder> SpeexEncoder::open() {
    CASEMENT_TRY(load_libav());
    const AVCodec* const codec = avcodec_find_encoder_by_name("libspeex");
    if (codec == nullptr)
        return base::fail_because("codec", base::ErrorKind::Unsupported,
                                  "this libavcodec has no libspeex, which talking needs");
    CodecContextHandle context(avcodec_alloc_context3(codec));
    if (!context) throw std::bad_alloc();
    context->sample_rate = kSampleRate;
    context->sample_fmt = AV_SAMPLE_FMT_S16;
    context->bit_rate = kBitRate;
    context->time_base = {1, kSampleRate};
    av_channel_layout_default(&context->ch_layout, 1);
    av_opt_set_int(context->priv_data, "frames_per_packet", kFramesPerPacket, 0);
    if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0)
        return std::unexpected(to_error(code, "set up the Speex encoder"));
    return SpeexEncoder(std::make_unique<State>(State{.context = std::move(context)}));
}

Result<> SpeexEncoder::put(std::span<const std::int16_t> samples,
                           std::vector<std::vector<std::uint8_t>>& packets) {
    State& s = *state_;
    s.waiting.insert(s.waiting.end(), samples.begin(), samples.end());
    s.taken = (s.taken + samples.size()) % kPacketSamples;
    const auto frame = static_cast<std::size_t>(s.context->frame_size);
    std::size_t used = 0;
    for (; s.waiting.size() - used >= frame; used += frame) {
        CASEMENT_TRY(encode(std::span(s.waiting).subspan(used, frame), packets));
    }
    s.waiting.erase(s.waiting.begin(), s.waiting.begin() + static_cast<std::ptrdiff_t>(used));
    return {};
}

Result<> SpeexEncoder::encode(std::span<const std::int16_t> samples,
                              std::vector<std::vector<std::uint8_t>>& packets) {
    AVCodecContext* const context = state_->context.get();
    AVPacket* const packet = state_->packet.get();
    FrameHandle frame = make_frame();
    frame->format = AV_SAMPLE_FMT_S16;
    frame->nb_samples = context->frame_size;
    frame->sample_rate = kSampleRate;
    av_channel_layout_copy(&frame->ch_layout, &context->ch_layout);
    if (const int code = av_frame_get_buffer(frame.get(), 0); code < 0)
        return std::unexpected(to_error(code, "a frame of samples"));
    std::ranges::copy(samples, reinterpret_cast<std::int16_t*>(frame->data[0]));
    int code = avcodec_send_frame(context, frame.get());
    while (code >= 0) {
        code = avcodec_receive_packet(context, packet);
        if (code < 0) break;
        packets.emplace_back(packet->data, packet->data + packet->size);
        av_packet_unref(packet);
    }
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return {};
    return std::unexpected(to_error(code, "encode Speex"));
}

Result<> SpeexEncoder::finish(std::vector<std::vector<std::uint8_t>>& packets) {
    if (state_->taken == 0) return {};
    const std::vector<std::int16_t> silence(kPacketSamples - state_->taken);
    return put(silence, packets);
}

}  // namespace casement::ffmpeg
