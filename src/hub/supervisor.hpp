#pragma once
// Keeps one stream alive: starts its source when it is wanted, stops it when it is not, retries
// with back-off, says why it is black, and shows a slate meanwhile. The only place that opens a
// camera, one session at a time.

#include <chrono>
#include <functional>
#include <memory>

#include "async/bell.hpp"
#include "async/retry.hpp"
#include "async/task.hpp"
#include "async/task_group.hpp"
#include "hub/source.hpp"
#include "hub/stream.hpp"

namespace casement::hub {

/// Makes a fresh source for one run. May have to ask a vendor first, hence a task. Lives on the
/// stream's executor.
using SourceFactory = std::function<async::Task<base::Result<std::unique_ptr<Source>>>()>;

struct SupervisorOptions {
    bool always = true;                        // false: only while a reader wants it
    std::chrono::milliseconds linger{10'000};  // after the last reader of an on-demand stream
    std::chrono::milliseconds stall{15'000};  // no unit for so long (or for Source::stall()) ends a
                                              // run with reason "stalled" or "no-keyframe"
    std::chrono::milliseconds farewell{2'000};  // allowed for Source::close
    async::BackoffPolicy backoff;
    bool slate =
        true;  // repeat the last picture, with silence, while readers wait through an outage
};

/// Lives on `executor`. start() once; stop() ends the run politely and must be awaited before
/// destruction.
class Supervisor {
public:
    Supervisor(async::Executor executor, std::shared_ptr<Stream> stream, SourceFactory factory,
               SupervisorOptions options);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    void start();
    /// Ends the session with the camera (Source::close included). Callable from any executor.
    async::Task<> stop();
    /// Skips the wait before the next try ("Try now"). Callable from any thread.
    void retry_now();

    /// Ends the present run politely and starts the next at once: the camera's address has changed.
    /// Readers stay. From any thread.
    void restart();

    /// Takes over how long and when the camera is to be connected (SupervisorOptions); a run that
    /// goes on is not disturbed. From any thread.
    void set_demand(bool always, std::chrono::milliseconds linger);

    const std::shared_ptr<Stream>& stream() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace casement::hub
