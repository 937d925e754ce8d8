#pragma once
// A sound file that somebody sent, and the same sound for a camera's loudspeaker.

#include <chrono>
#include <vector>

#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

/// Decoded whole: 48 kHz, mono, 192 kB per second. A value; both calls block, some 10 ms per minute
/// of sound, so they belong on a BlockingPool.
class Sound {
public:
    /// The first sound in a file of any usual kind (WAV, MP3, M4A, Ogg, FLAC, AAC...), by its
    /// bytes; its name and what it refers to are not looked at. InvalidArgument: no sound, a broken
    /// file, or more than `longest`; Unsupported when libav is missing.
    static base::Result<Sound> read(media::ByteSpan file, std::chrono::milliseconds longest);

    std::chrono::milliseconds duration() const;
    /// As units of a codec with its rate and channels, timestamps from 0, padded with silence to
    /// whole units. Unsupported when libav lacks it.
    base::Result<std::vector<media::AccessUnit>> encode(const media::CodecParameters& as) const;

private:
    explicit Sound(std::vector<float> samples) : samples_(std::move(samples)) {}
    std::vector<float> samples_;
};

}  // namespace casement::ffmpeg
