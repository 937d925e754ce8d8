#include "ffmpeg/sound.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "ffmpeg/audio_encoder.hpp"
#include "ffmpeg/error.hpp"
#include "ffmpeg/handles.hpp"

namespace casement::ffmpeg {

namespace {

using base::ErrorKind;
using base::Result;

constexpr int kRate = 48'000;
// Only containers that hold their sound themselves, and what they usually hold: every reader more
// is one more that a stranger's bytes could break.
constexpr const char* kFormats =
    "wav,w64,aiff,caf,au,mp3,aac,flac,ogg,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,amr";
constexpr const char* kCodecs =
    "mp3float,mp3,aac,libopus,opus,vorbis,flac,alac,amrnb,amrwb,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,"
    "pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_alaw,pcm_mulaw,"
    "adpcm_ms,adpcm_ima_wav";
constexpr int kBufferBytes = 16 * 1024;
constexpr std::int64_t kProbeBytes = 512 * 1024;
constexpr std::int64_t kProbeTime = 2 * AV_TIME_BASE;
constexpr int kMaxStreams = 16;
constexpr int kMaxChannels = 8;
constexpr int kMaxRate = 192'000;
constexpr std::size_t kShortest = kRate / 100;  // 10 ms, less than one unit of any codec

/// Bytes that libavformat reads, and where it is in them.
struct Bytes {
    media::ByteSpan all;
    std::size_t at = 0;
};

int read_bytes(void* opaque, std::uint8_t* into, int size) {
    auto& bytes = *static_cast<Bytes*>(opaque);
    const std::size_t count = std::min(static_cast<std::size_t>(size), bytes.all.size() - bytes.at);
    if (count == 0) return AVERROR_EOF;
    std::memcpy(into, bytes.all.data() + bytes.at, count);
    bytes.at += count;
    return static_cast<int>(count);
}

std::int64_t seek_bytes(void* opaque, std::int64_t offset, int whence) {
    auto& bytes = *static_cast<Bytes*>(opaque);
    const auto size = static_cast<std::int64_t>(bytes.all.size());
    if ((whence & AVSEEK_SIZE) != 0) return size;
    switch (whence & ~AVSEEK_FORCE) {
        case SEEK_SET:
            break;
        case SEEK_CUR:
            offset += static_cast<std::int64_t>(bytes.at);
            break;
        case SEEK_END:
            offset += size;
            break;
        default:
            return AVERROR(EINVAL);
    }
    if (offset < 0 || offset > size) return AVERROR(EINVAL);
    bytes.at = static_cast<std::size_t>(offset);
    return offset;
}

// Whatever a file refers to stays closed.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
    return AVERROR(EACCES);
}

struct FreeInput {
    void operator()(AVFormatContext* c) const { avformat_close_input(&c); }
    void operator()(AVIOContext* io) const {
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
};

/// What is wrong is the sender's file, whatever libav calls it.
base::Error unreadable(int code) {
    return {ErrorKind::InvalidArgument,
            fmt::format("The file cannot be read as sound: {}", to_error(code, "libav").message())};
}

/// Null when libav cannot.
SwrHandle make_resampler(int channels, AVSampleFormat format, int rate, int to_channels,
                         int to_rate) {
    // What a file says of its loudspeakers may be nothing, or nonsense: the usual ones then.
    AVChannelLayout from, to;
    av_channel_layout_default(&from, channels);
    av_channel_layout_default(&to, to_channels);
    SwrContext* context = nullptr;
    const int code = swr_alloc_set_opts2(&context, &to, AV_SAMPLE_FMT_FLTP, to_rate, &from, format,
                                         rate, 0, nullptr);
    SwrHandle out(context);
    if (code < 0 || swr_init(out.get()) < 0) out.reset();
    return out;
}

/// Appends what `in` becomes; null: what was held back.
Result<> resample(SwrContext& swr, const std::uint8_t** in, int count,
                  std::array<std::vector<float>*, 2> out, int channels) {
    const int room = swr_get_out_samples(&swr, count);
    if (room < 0) return std::unexpected(to_error(room, "resample"));
    std::array<std::uint8_t*, 2> into{};
    const std::size_t before = out[0]->size();
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
        out[c]->resize(before + static_cast<std::size_t>(room));
        into[c] = reinterpret_cast<std::uint8_t*>(out[c]->data() + before);
    }
    const int made = swr_convert(&swr, into.data(), room, in, count);
    if (made < 0) return std::unexpected(to_error(made, "resample"));
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c)
        out[c]->resize(before + static_cast<std::size_t>(made));
    return {};
}

class Reading {
public:
    Reading(media::ByteSpan file, std::chrono::milliseconds longest)
        : bytes_{file, 0},
          longest_(longest),
          most_(static_cast<std::size_t>(longest.count()) * (kRate / 1000)) {}

    Result<std::vector<float>> run() {
        CASEMENT_TRY(open());
        CASEMENT_TRY(open_decoder());
        for (;;) {
            const int code = av_read_frame(input_.get(), packet_.get());
            if (code == AVERROR_EOF) break;
            if (code < 0) return std::unexpected(unreadable(code));
            const bool is_ours = packet_->stream_index == stream_;
            // A broken frame costs itself: players skip it too.
            const bool is_taken =
                is_ours && avcodec_send_packet(decoder_.get(), packet_.get()) >= 0;
            av_packet_unref(packet_.get());
            if (is_taken) {
                CASEMENT_TRY(receive());
            }
        }
        if (avcodec_send_packet(decoder_.get(), nullptr) >= 0) {
            CASEMENT_TRY(receive());
        }
        if (swr_) {
            CASEMENT_TRY(resample(*swr_, nullptr, 0, {&samples_, nullptr}, 1));
        }
        if (samples_.empty())
            return base::fail(ErrorKind::InvalidArgument, "There is no sound in the file.");
        if (samples_.size() > most_) samples_.resize(most_);  // what the resampler held back
        return std::move(samples_);
    }

private:
    Result<> open() {
        auto* const buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
        io_.reset(
            avio_alloc_context(buffer, kBufferBytes, 0, &bytes_, read_bytes, nullptr, seek_bytes));
        AVFormatContext* context = avformat_alloc_context();
        if (!io_ || context == nullptr) throw std::bad_alloc();
        context->pb = io_.get();
        context->flags |= AVFMT_FLAG_CUSTOM_IO;
        context->io_open = refuse_to_open;
        context->format_whitelist = av_strdup(kFormats);
        context->codec_whitelist = av_strdup(kCodecs);
        context->protocol_whitelist = av_strdup("");
        context->probesize = kProbeBytes;
        context->max_analyze_duration = kProbeTime;
        context->max_streams = kMaxStreams;
        // Frees the context when it fails.
        int code = avformat_open_input(&context, "", nullptr, nullptr);
        if (code < 0) return std::unexpected(unreadable(code));
        input_.reset(context);
        code = avformat_find_stream_info(context, nullptr);
        if (code < 0) return std::unexpected(unreadable(code));
        return {};
    }

    Result<> open_decoder() {
        for (unsigned i = 0; i < input_->nb_streams && stream_ < 0; ++i) {
            if (input_->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
                stream_ = static_cast<int>(i);
        }
        if (stream_ < 0)
            return base::fail(ErrorKind::InvalidArgument, "There is no sound in the file.");
        const AVCodecParameters& from = *input_->streams[stream_]->codecpar;
        const AVCodec* const codec = avcodec_find_decoder(from.codec_id);
        if (codec == nullptr) return std::unexpected(unreadable(AVERROR_DECODER_NOT_FOUND));
        decoder_.reset(avcodec_alloc_context3(codec));
        if (!decoder_) throw std::bad_alloc();
        decoder_->thread_count = 1;
        decoder_->codec_whitelist = av_strdup(kCodecs);
        int code = avcodec_parameters_to_context(decoder_.get(), &from);
        if (code >= 0) code = avcodec_open2(decoder_.get(), codec, nullptr);
        if (code < 0) return std::unexpected(unreadable(code));
        return {};
    }

    Result<> receive() {
        for (;;) {
            const FrameHandle frame = make_frame();
            if (avcodec_receive_frame(decoder_.get(), frame.get()) < 0) return {};
            CASEMENT_TRY(take(*frame));
        }
    }

    Result<> take(AVFrame& frame) {
        const int channels = frame.ch_layout.nb_channels;
        if (channels < 1 || channels > kMaxChannels || frame.sample_rate < 1 ||
            frame.sample_rate > kMaxRate)
            return base::fail(ErrorKind::InvalidArgument,
                              "Sound of {} channels and {} Hz cannot be played.", channels,
                              frame.sample_rate);
        const bool is_as_before =
            swr_ && rate_ == frame.sample_rate && channels_ == channels && format_ == frame.format;
        if (!is_as_before) {
            rate_ = frame.sample_rate;
            channels_ = channels;
            format_ = frame.format;
            swr_ = make_resampler(channels, static_cast<AVSampleFormat>(format_), rate_, 1, kRate);
            if (!swr_)
                return base::fail(ErrorKind::InvalidArgument,
                                  "Sound of {} channels and {} Hz cannot be played.", channels,
                                  rate_);
        }
        // Looked at before there is memory for it: 8 kB of samples at 1 Hz are hours.
        if (std::int64_t{frame.nb_samples} * kRate / rate_ > static_cast<std::int64_t>(most_))
            return is_too_long();
        CASEMENT_TRY(resample(*swr_, const_cast<const std::uint8_t**>(frame.extended_data),
                              frame.nb_samples, {&samples_, nullptr}, 1));
        return samples_.size() > most_ ? is_too_long() : Result<>{};
    }

    Result<> is_too_long() const {
        return base::fail(ErrorKind::InvalidArgument,
                          "The sound is longer than {} s; send a shorter one.",
                          longest_.count() / 1000);
    }

    Bytes bytes_;
    const std::chrono::milliseconds longest_;
    const std::size_t most_;  // samples
    std::unique_ptr<AVIOContext, FreeInput> io_;
    std::unique_ptr<AVFormatContext, FreeInput> input_;  // goes before io_
    int stream_ = -1;
    CodecContextHandle decoder_;
    PacketHandle packet_ = make_packet();
    SwrHandle swr_;
    int rate_ = 0, channels_ = 0, format_ = AV_SAMPLE_FMT_NONE;  // what it was opened for
    std::vector<float> samples_;
};

}  // namespace

Result<Sound> Sound::read(media::ByteSpan file, std::chrono::milliseconds longest) {
    CASEMENT_TRY(load_libav());
    Reading reading(file, longest);
    CASEMENT_TRY(std::vector<float> samples, reading.run());
    return Sound(std::move(samples));
}

std::chrono::milliseconds Sound::duration() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(samples_.size()) * 1000 / kRate);
}

Result<std::vector<media::AccessUnit>> Sound::encode(const media::CodecParameters& as) const {
    CASEMENT_TRY(
        const AudioFormat format,
        completed({.codec = as.codec, .sample_rate = as.sample_rate, .channels = as.channels},
                  kRate, 1));
    CASEMENT_TRY(AudioEncoder encoder, AudioEncoder::open(format));
    const SwrHandle swr =
        make_resampler(1, AV_SAMPLE_FMT_FLTP, kRate, format.channels, format.sample_rate);
    if (!swr)
        return base::fail(ErrorKind::Unsupported, "sound of {} Hz cannot be made",
                          format.sample_rate);
    std::array<std::vector<float>, 2> out;
    // Of less than its filter is long the resampler makes nothing.
    std::vector<float> click;
    if (samples_.size() < kShortest) {
        click = samples_;
        click.resize(kShortest);
    }
    const std::vector<float>& samples = click.empty() ? samples_ : click;
    const auto* in = reinterpret_cast<const std::uint8_t*>(samples.data());
    CASEMENT_TRY(
        resample(*swr, &in, static_cast<int>(samples.size()), {&out[0], &out[1]}, format.channels));
    CASEMENT_TRY(resample(*swr, nullptr, 0, {&out[0], &out[1]}, format.channels));
    std::vector<media::AccessUnit> units;
    const std::array<const float*, 2> channels{out[0].data(), out[1].data()};
    encoder.start_at(0);
    CASEMENT_TRY(encoder.put(std::span(channels).first(static_cast<std::size_t>(format.channels)),
                             static_cast<int>(out[0].size()), units));
    CASEMENT_TRY(encoder.finish(units));
    for (media::AccessUnit& unit : units) unit.key = true;
    return units;
}

}  // namespace casement::ffmpeg
