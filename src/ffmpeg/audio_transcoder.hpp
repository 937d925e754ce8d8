#pragma once
// AAC, Opus and G.711 into each other, access unit by access unit, with the timestamps of the
// source kept.

#include <memory>
#include <vector>

#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

/// What to encode. Zeros choose what suits the codec.
struct AudioFormat {
    media::Codec codec = media::Codec::Aac;
    /// Hz. 0: Opus 48000, G.711 8000, AAC the source's rate from 32 kHz up and 48000 below (1024
    /// samples of 8 kHz would be 128 ms late).
    int sample_rate = 0;
    int channels = 0;  // 1 or 2. 0: as the source, at most 2. G.711 is always 1
    int bit_rate = 0;  // bit/s. 0: 64k for AAC, 32k for Opus, per channel. Ignored by G.711
    bool operator==(const AudioFormat&) const = default;
};

/// Not thread-safe: one thread at a time, any thread. A unit costs 0.05 to 0.3 ms.
///
/// Time: the first sample that a decoder makes of an output unit is the sample that the source
/// showed at that pts; the look-ahead of the encoder (Opus 312 samples, AAC 1024) is already taken
/// off. Small losses are filled with silence, slow drift between the source's clock and its samples
/// is followed by resampling, and a gap of more than 100 ms starts anew at the right pts.
class AudioTranscoder {
public:
    /// `track_id` is the id of the new track; its clock rate is its sample rate.
    /// InvalidArgument when `source` is no audio or has no parameters, Unsupported when libav lacks
    /// the codec or the format.
    static base::Result<std::unique_ptr<AudioTranscoder>> open(const media::Track& source,
                                                               AudioFormat target, int track_id);
    ~AudioTranscoder();

    /// Known from the start, parameters included.
    const media::Track& track() const;

    /// Appends what became complete to `out`. A unit that cannot be decoded, or whose pts goes
    /// back, is counted and skipped; an error means that the transcoder is of no more use.
    base::Result<> push(const media::AccessUnit& unit, std::vector<media::AccessUnit>& out);
    /// The rest, padded with silence to a whole unit. The next push starts anew.
    base::Result<> flush(std::vector<media::AccessUnit>& out);

    std::uint64_t skipped_units() const;

private:
    struct State;
    explicit AudioTranscoder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace casement::ffmpeg
