#pragma once
// What a Reader and its Stream share. Internal to hub/.

#include <atomic>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>

#include "async/bell.hpp"
#include "base/clock.hpp"
#include "hub/reader.hpp"
#include "hub/stream.hpp"

namespace casement::hub {

struct Reader::State : std::enable_shared_from_this<Reader::State> {
    State(std::shared_ptr<Stream> s, async::Executor ex, ReaderOptions o)
        : stream(std::move(s)), executor(std::move(ex)), options(std::move(o)), bell(executor) {}

    /// Wakes the reader from any thread; at most one wake-up is on its way.
    void ring() {
        if (armed.exchange(false))
            asio::post(executor, [self = shared_from_this()] { self->bell.ring(); });
    }

    // Constant after construction.
    const std::shared_ptr<Stream> stream;
    const async::Executor executor;
    const ReaderOptions options;
    base::WallTime since{};

    std::atomic<bool> armed{false};  // the reader sleeps and wants one ring
    std::atomic<bool> ended{false};  // the stream was removed

    // Guarded by the stream's mutex.
    std::uint64_t cursor = 0;
    bool needs_key = false;
    TracksPtr tracks;

    async::Bell bell;  // touched on `executor` only
};

}  // namespace casement::hub
