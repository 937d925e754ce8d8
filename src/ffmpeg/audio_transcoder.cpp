#include "ffmpeg/audio_transcoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "ffmpeg/audio_encoder.hpp"
#include "ffmpeg/decoder.hpp"
#include "ffmpeg/error.hpp"
#include "media/time.hpp"

namespace casement::ffmpeg {

namespace {

// All in seconds of media time.
// Below: whole milliseconds of RTMP, a little jitter. Above, and above the usual jitter of the
// source: units were lost.
constexpr double kShortestFill = 0.012;
constexpr double kUsualJitters = 4;
// RFC 3550 §6.4.1: the gain that it gives the mean of the jitter.
constexpr double kJitterWeight = 1.0 / 16;
// Above: the source paused or jumped. Filling more with silence would only delay what follows.
constexpr double kLongestFill = 0.1;
// Drift is corrected from here on, before anyone sees lips and voice apart (ITU-R BT.1359-1: 45 ms
// is noticed).
constexpr double kDriftNoticed = 0.002;
// Half of the drift is taken back per second (a loop that does not swing), at most one part in 200:
// a pitch change that is not heard.
constexpr double kDriftGain = 0.5;
constexpr double kDriftSpeed = 0.005;
// Weight of the newest unit in the mean of the difference: about a second of 20 ms units.
constexpr double kDriftWeight = 0.02;

// 8 kHz G.711 in a unit of this size is 8 s: more is an attack, not audio.
constexpr std::size_t kMaxUnitBytes = 64 * 1024;

}  // namespace

struct AudioTranscoder::State {
    State(media::Track source_track, AudioEncoder e, Decoder d)
        : source(std::move(source_track)), encoder(std::move(e)), decoder(std::move(d)) {}

    media::Track source;
    media::Track track;
    AudioEncoder encoder;
    Decoder decoder;

    SwrHandle swr;
    int swr_rate = 0, swr_channels = 0, swr_format = AV_SAMPLE_FMT_NONE;  // what it was opened for

    bool running = false;             // the encoder has a start
    bool mark_discontinuity = false;  // on the next unit that comes out
    double last_ahead =
        0;              // seconds that the source's pts ran ahead of its samples at the last unit
    double drift = 0;   // its mean
    double jitter = 0;  // mean of its change
    std::int64_t last_end = INT64_MIN;  // pts after the last unit that went out
    std::uint64_t skipped = 0;
    std::vector<media::AccessUnit> made;        // by the push that runs
    std::array<std::vector<float>, 2> samples;  // scratch of convert()

    int out_rate() const { return encoder.format().sample_rate; }
    std::int64_t to_out_ticks(std::int64_t source_ticks) const {
        return media::rescale(source_ticks, source.clock_rate,
                              static_cast<std::uint32_t>(out_rate()));
    }

    base::Result<> decode(const media::AccessUnit& unit);
    base::Result<> convert(AVFrame& frame);
    base::Result<> open_resampler(AVFrame& frame);
    base::Result<bool> follow_clock(std::int64_t pts);
    base::Result<> correct(double ahead);
    base::Result<> restart();
    base::Result<> finish();
    void hand_over(const media::AccessUnit& cause, std::vector<media::AccessUnit>& out);
};

base::Result<> AudioTranscoder::State::open_resampler(AVFrame& frame) {
    if (swr && swr_rate == frame.sample_rate && swr_channels == frame.ch_layout.nb_channels &&
        swr_format == frame.format)
        return {};
    AVChannelLayout target;
    av_channel_layout_default(&target, encoder.format().channels);
    SwrContext* context = nullptr;
    const int code = swr_alloc_set_opts2(
        &context, &target, AV_SAMPLE_FMT_FLTP, out_rate(), &frame.ch_layout,
        static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
    swr.reset(context);
    const int opened = code < 0 ? code : swr_init(swr.get());
    if (opened < 0)
        return std::unexpected(to_error(opened, fmt::format("resample {} Hz", frame.sample_rate)));
    swr_rate = frame.sample_rate;
    swr_channels = frame.ch_layout.nb_channels;
    swr_format = frame.format;
    return {};
}

base::Result<> AudioTranscoder::State::convert(AVFrame& frame) {
    CASEMENT_TRY(open_resampler(frame));
    const int capacity = swr_get_out_samples(swr.get(), frame.nb_samples);
    if (capacity < 0) return std::unexpected(to_error(capacity, "resample"));
    std::array<std::uint8_t*, 2> to{};
    std::array<const float*, 2> from{};
    const auto channels = static_cast<std::size_t>(encoder.format().channels);
    for (std::size_t c = 0; c < channels; ++c) {
        samples[c].resize(static_cast<std::size_t>(capacity));
        to[c] = reinterpret_cast<std::uint8_t*>(samples[c].data());
        from[c] = samples[c].data();
    }
    const int made_samples =
        swr_convert(swr.get(), to.data(), capacity,
                    const_cast<const std::uint8_t**>(frame.extended_data), frame.nb_samples);
    if (made_samples < 0) return std::unexpected(to_error(made_samples, "resample"));
    return encoder.put(std::span(from).first(channels), made_samples, made);
}

base::Result<> AudioTranscoder::State::finish() {
    if (running) {
        CASEMENT_TRY(encoder.finish(made));
    }
    running = false;
    swr.reset();
    drift = jitter = last_ahead = 0;
    if (!made.empty()) last_end = made.back().pts + encoder.samples_per_unit();
    return {};
}

base::Result<> AudioTranscoder::State::restart() {
    CASEMENT_TRY(finish());
    CASEMENT_TRY(decoder, Decoder::open(*source.parameters));
    return {};
}

// Compares where the source says its next sample belongs with where our count of samples has come
// to. False: leave this unit out.
base::Result<bool> AudioTranscoder::State::follow_clock(std::int64_t pts) {
    if (running) {
        const double held = swr ? static_cast<double>(swr_get_delay(swr.get(), out_rate())) : 0;
        const double ahead =
            (static_cast<double>(to_out_ticks(pts) - encoder.position()) - held) / out_rate();
        // pts never decrease by contract; a source that breaks it is not followed back, or the
        // output would break it too.
        if (ahead < -kLongestFill) return false;
        if (ahead > kLongestFill) {
            CASEMENT_TRY(restart());
        } else {
            CASEMENT_TRY(correct(ahead));
        }
    }
    if (!running) {
        encoder.start_at(std::max(to_out_ticks(pts), last_end));
        running = true;
    }
    return true;
}

base::Result<> AudioTranscoder::State::correct(double ahead) {
    const double change = std::abs(ahead - std::exchange(last_ahead, ahead));
    const bool lost = ahead > std::max(kShortestFill, kUsualJitters * jitter);
    jitter += kJitterWeight * (change - jitter);
    if (lost) {
        drift = last_ahead = 0;
        return encoder.put_silence(static_cast<int>(std::lrint(ahead * out_rate())), made);
    }
    drift += kDriftWeight * (ahead - drift);
    if (swr && std::abs(drift) > kDriftNoticed) {
        // Over one second of output. More samples than the source gave make up for a clock that
        // runs ahead of them.
        const double correction = std::clamp(kDriftGain * drift, -kDriftSpeed, kDriftSpeed);
        swr_set_compensation(swr.get(), static_cast<int>(std::lrint(correction * out_rate())),
                             out_rate());
    }
    return {};
}

base::Result<> AudioTranscoder::State::decode(const media::AccessUnit& unit) {
    if (unit.data.empty() || unit.data.size() > kMaxUnitBytes || !decoder.send(unit.data)) {
        ++skipped;
        return {};
    }
    for (;;) {
        const base::Result<FrameHandle> frame = decoder.receive();
        if (!frame) {
            ++skipped;
            return {};
        }
        if (!*frame) return {};
        CASEMENT_TRY(convert(**frame));
    }
}

void AudioTranscoder::State::hand_over(const media::AccessUnit& cause,
                                       std::vector<media::AccessUnit>& out) {
    const std::int64_t cause_pts = to_out_ticks(cause.pts);
    for (media::AccessUnit& unit : made) {
        unit.track = track.id;
        unit.discontinuity = std::exchange(mark_discontinuity, false);
        unit.received_at = cause.received_at;
        unit.wall = cause.wall + media::ticks_to_us(unit.pts - cause_pts, track.clock_rate);
        last_end = unit.pts + encoder.samples_per_unit();
        out.push_back(std::move(unit));
    }
    made.clear();
}

AudioTranscoder::AudioTranscoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
AudioTranscoder::~AudioTranscoder() = default;

base::Result<std::unique_ptr<AudioTranscoder>> AudioTranscoder::open(const media::Track& source,
                                                                     AudioFormat target,
                                                                     int track_id) {
    if (source.kind() != media::Kind::Audio || !source.parameters || source.clock_rate == 0) {
        return base::fail(base::ErrorKind::InvalidArgument,
                          "no audio track with known parameters to transcode");
    }
    CASEMENT_TRY(const AudioFormat format,
                 completed(target, source.parameters->sample_rate, source.parameters->channels));
    CASEMENT_TRY(Decoder decoder, Decoder::open(*source.parameters));
    CASEMENT_TRY(AudioEncoder encoder, AudioEncoder::open(format));
    auto state = std::make_unique<State>(source, std::move(encoder), std::move(decoder));
    state->track.id = track_id;
    state->track.codec = format.codec;
    state->track.clock_rate = static_cast<std::uint32_t>(format.sample_rate);
    state->track.parameters = state->encoder.parameters();
    return std::unique_ptr<AudioTranscoder>(new AudioTranscoder(std::move(state)));
}

const media::Track& AudioTranscoder::track() const { return state_->track; }
std::uint64_t AudioTranscoder::skipped_units() const { return state_->skipped; }

base::Result<> AudioTranscoder::push(const media::AccessUnit& unit,
                                     std::vector<media::AccessUnit>& out) {
    State& s = *state_;
    s.mark_discontinuity |= unit.discontinuity;
    CASEMENT_TRY(const bool follows, s.follow_clock(unit.pts));
    if (!follows) {
        ++s.skipped;
        return {};
    }
    CASEMENT_TRY(s.decode(unit));
    s.hand_over(unit, out);
    return {};
}

base::Result<> AudioTranscoder::flush(std::vector<media::AccessUnit>& out) {
    State& s = *state_;
    media::AccessUnit end;
    end.pts = media::rescale(s.encoder.position(), s.track.clock_rate, s.source.clock_rate);
    CASEMENT_TRY(s.restart());
    s.hand_over(end, out);
    return {};
}

}  // namespace casement::ffmpeg
