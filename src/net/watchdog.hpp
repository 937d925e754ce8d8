#pragma once
// Closes a stream that made no progress in time. One lazily armed timer instead of a timer per
// read.

#include <chrono>
#include <memory>

#include "net/stream.hpp"

namespace casement::net {

/// Lives on the stream's executor and must not outlive the stream.
class Watchdog {
public:
    using Clock = std::chrono::steady_clock;

    /// Starts barking `patience` from now: the stream is closed, and `barked()` says why its
    /// operations ended with Cancelled.
    Watchdog(Stream& stream, Clock::duration patience);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// Progress was made: the full patience counts again. Costs one clock read.
    void feed();
    /// The same with another patience from now on.
    void feed(Clock::duration patience);
    /// No limit until the next feed().
    void pause();
    bool barked() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace casement::net
