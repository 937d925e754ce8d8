#pragma once
// Where two-way audio goes.

#include <cstdint>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::camera {

enum class Duplex : std::uint8_t {
    Full,  // the camera plays while it listens
    Half,  // it is deaf while it plays
};

/// "full", "half".
std::string_view to_string(Duplex duplex);

/// One conversation. Lives on the executor of whoever asked for it; it crosses to the driver's by
/// itself. Destruction ends the talk.
class TalkSink {
public:
    virtual ~TalkSink() = default;
    TalkSink() = default;
    TalkSink(const TalkSink&) = delete;
    TalkSink& operator=(const TalkSink&) = delete;

    /// What it takes, best first. The caller converts.
    virtual std::vector<media::CodecParametersPtr> accepted() const = 0;
    virtual Duplex duplex() const = 0;

    /// Plays a unit of the codec that `accepted()` lists at `format`; waits while the camera is
    /// behind (at most the deadline of the talk). Unavailable when the camera hung up.
    virtual async::Task<base::Result<>> write(media::AccessUnitPtr unit, std::size_t format) = 0;
    /// Plays out what was written and ends politely. Idempotent.
    virtual async::Task<base::Result<>> close() = 0;
};

}  // namespace casement::camera
