#include "ffmpeg/loudness.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ffmpeg/decoder.hpp"

namespace casement::ffmpeg {

namespace {

struct Sum {
    double squares = 0;
    std::uint64_t samples = 0;
};

template <typename Sample>
void add(Sum& sum, const std::uint8_t* plane, int count, double full_scale) {
    for (int i = 0; i < count; ++i) {
        Sample sample;
        std::memcpy(&sample, plane + static_cast<std::size_t>(i) * sizeof(Sample), sizeof(Sample));
        const double value = static_cast<double>(sample) / full_scale;
        if (std::isfinite(value)) sum.squares += value * value;
    }
    sum.samples += static_cast<std::uint64_t>(count);
}

/// False for a format that no decoder of ours makes.
bool add(Sum& sum, const AVFrame& frame) {
    const int channels = frame.ch_layout.nb_channels;
    const bool is_planar = frame.format == AV_SAMPLE_FMT_FLTP || frame.format == AV_SAMPLE_FMT_S16P;
    const int planes = is_planar ? channels : 1;
    const int count = is_planar ? frame.nb_samples : frame.nb_samples * channels;
    for (int i = 0; i < planes; ++i) {
        const std::uint8_t* const plane = frame.extended_data[i];
        if (frame.format == AV_SAMPLE_FMT_FLTP || frame.format == AV_SAMPLE_FMT_FLT)
            add<float>(sum, plane, count, 1.0);
        else if (frame.format == AV_SAMPLE_FMT_S16P || frame.format == AV_SAMPLE_FMT_S16)
            add<std::int16_t>(sum, plane, count, 32768.0);
        else
            return false;
    }
    return true;
}

}  // namespace

struct LoudnessMeter::State {
    Decoder decoder;
};

LoudnessMeter::LoudnessMeter(std::unique_ptr<State> state) : state_(std::move(state)) {}
LoudnessMeter::~LoudnessMeter() = default;

base::Result<std::unique_ptr<LoudnessMeter>> LoudnessMeter::open(const media::Track& track) {
    if (track.kind() != media::Kind::Audio || !track.parameters)
        return base::fail(base::ErrorKind::InvalidArgument, "not a track of sound");
    CASEMENT_TRY(auto decoder, Decoder::open(*track.parameters));
    return std::unique_ptr<LoudnessMeter>(
        new LoudnessMeter(std::make_unique<State>(State{std::move(decoder)})));
}

std::optional<double> LoudnessMeter::measure(const media::AccessUnit& unit) {
    if (unit.data.empty() || !state_->decoder.send(unit.data)) return std::nullopt;
    Sum sum;
    for (;;) {
        const base::Result<FrameHandle> frame = state_->decoder.receive();
        if (!frame || !*frame) break;
        if (!add(sum, **frame)) return std::nullopt;
    }
    if (sum.samples == 0) return std::nullopt;
    const double mean = sum.squares / static_cast<double>(sum.samples);
    return std::max(kSilence, mean > 0 ? 10 * std::log10(mean) : kSilence);
}

}  // namespace casement::ffmpeg
