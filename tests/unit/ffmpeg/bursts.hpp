#pragma once
// A source of short tones at known times, and the ear that finds them again.

#include <cmath>
#include <numbers>
#include <vector>

#include "ffmpeg/audio_encoder.hpp"
#include "ffmpeg/decoder.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg::test {

inline constexpr double kBurstEvery = 0.5;  // seconds; the first starts at 0.25 s
inline constexpr double kBurstOffset = 0.25;
inline constexpr double kBurstLength = 0.05;

inline float burst_at(double seconds) {
    const double phase = std::fmod(seconds - kBurstOffset + kBurstEvery, kBurstEvery);
    return phase < kBurstLength
               ? static_cast<float>(0.6 * std::sin(2 * std::numbers::pi * 1000 * phase))
               : 0.0F;
}

struct Sound {
    media::Track track;
    std::vector<media::AccessUnit> units;
};

/// `first_pts` in ticks of the track; the bursts belong to the time since then.
inline Sound make_bursts(AudioFormat format, double seconds, std::int64_t first_pts = 0) {
    format =
        completed(format, format.sample_rate, format.channels == 0 ? 1 : format.channels).value();
    AudioEncoder encoder = AudioEncoder::open(format).value();
    Sound sound;
    encoder.start_at(first_pts);
    const int block = format.sample_rate / 100;
    std::vector<float> samples(static_cast<std::size_t>(block));
    const std::vector<const float*> channels(static_cast<std::size_t>(format.channels),
                                             samples.data());
    for (std::int64_t at = 0; at < static_cast<std::int64_t>(seconds * format.sample_rate);
         at += block) {
        for (int i = 0; i < block; ++i)
            samples[static_cast<std::size_t>(i)] =
                burst_at(static_cast<double>(at + i) / format.sample_rate);
        EXPECT_TRUE(encoder.put(channels, block, sound.units));
    }
    EXPECT_TRUE(encoder.finish(sound.units));
    sound.track = {.id = 1,
                   .clock_rate = static_cast<std::uint32_t>(format.sample_rate),
                   .parameters = encoder.parameters(),
                   .codec = format.codec};
    return sound;
}

/// Seconds at which a tone starts, by the pts of the units.
inline std::vector<double> onsets(const media::Track& track,
                                  const std::vector<media::AccessUnit>& units) {
    Decoder decoder = Decoder::open(*track.parameters).value();
    std::vector<double> found;
    double quiet_since = -1;
    double last_loud = -1;
    for (const media::AccessUnit& unit : units) {
        EXPECT_TRUE(decoder.send(unit.data));
        double at = static_cast<double>(unit.pts) / track.clock_rate;
        if (quiet_since < 0) quiet_since = last_loud = at;
        for (;;) {
            const FrameHandle frame = decoder.receive().value();
            if (!frame) break;
            for (int i = 0; i < frame->nb_samples; ++i, at += 1.0 / frame->sample_rate) {
                double sample = 0;
                if (frame->format == AV_SAMPLE_FMT_FLTP)
                    sample = reinterpret_cast<const float*>(frame->data[0])[i];
                else
                    sample = reinterpret_cast<const std::int16_t*>(
                                 frame->data[0])[i * frame->ch_layout.nb_channels] /
                             32768.0;
                if (std::abs(sample) < 0.15) continue;
                if (at - last_loud > 0.1) found.push_back(at);
                last_loud = at;
            }
        }
    }
    return found;
}

}  // namespace casement::ffmpeg::test
