#pragma once
// Listens to a stream's sound and makes events of it: a second opinion that needs no cloud.

#include <functional>
#include <memory>
#include <string>

#include "analysis/sound_watch.hpp"
#include "async/blocking_pool.hpp"
#include "base/log.hpp"
#include "events/event_log.hpp"
#include "hub/stream.hpp"

namespace casement::analysis {

struct EarParts {
    events::EventLog& events;
    async::BlockingPool& codecs;  // sound is decoded there
    base::Log log;
};

/// How often it listens: an event comes this much later at most.
inline constexpr std::chrono::milliseconds kListenEvery{200};

/// Events of kind "sound" with their beginning and end, `data` {"heard_by": "hub", "level_dbfs"},
/// for as long as the stream runs; it starts none. Lives until cancelled or the stream is removed.
/// Everything given outlives it.
async::Task<> listen(std::shared_ptr<hub::Stream> stream, EarParts parts,
                     SoundWatchOptions options = {});

}  // namespace casement::analysis
