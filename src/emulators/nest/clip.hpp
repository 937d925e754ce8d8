#pragma once
// A film of a few seconds, of what happened.

#include <chrono>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "media/bytes.hpp"

namespace casement::emulators::nest {

/// MP4 with H.264 and AAC, which begins at `start`. Blocks for some ms per second of film: for a
/// pool.
base::Result<media::Bytes> make_clip(const std::string& name, base::WallTime start,
                                     std::chrono::seconds length);

}  // namespace casement::emulators::nest
