#pragma once
// How loud a track's sound is.

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

/// Not thread-safe: one thread at a time, any thread. A unit costs some 0.02 ms.
class LoudnessMeter {
public:
    /// What silence is called.
    static constexpr double kSilence = -120;

    /// InvalidArgument when `track` is no audio or has no parameters, Unsupported when libav lacks
    /// the codec.
    static base::Result<std::unique_ptr<LoudnessMeter>> open(const media::Track& track);
    ~LoudnessMeter();

    /// Root of the mean square of the unit's samples in dB below full scale (0 = the loudest,
    /// kSilence at least). Empty for a unit that gives no sound: broken, or the decoder's first.
    std::optional<double> measure(const media::AccessUnit& unit);

private:
    struct State;
    explicit LoudnessMeter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace casement::ffmpeg
