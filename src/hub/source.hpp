#pragma once
// Where frames come from. A source runs once and ends; it never retries: Supervisor does.

#include <chrono>
#include <optional>
#include <string>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "hub/stream_writer.hpp"

namespace casement::hub {

/// One session with one camera. Lives on the executor of its stream: run() and close() are called
/// there.
class Source {
public:
    virtual ~Source() = default;

    /// Opens the camera and publishes until it fails or is cancelled (which may come as an
    /// exception from any co_await inside). Never returns success while the camera still sends: an
    /// end without a fault is Unavailable ("the camera ended the stream"). Errors carry a reason
    /// code of the copy deck where a person can do something about them.
    virtual async::Task<base::Result<>> run(StreamWriter& writer) = 0;

    /// The polite end (TEARDOWN, STOP): called exactly once after run() ended in any way, also by
    /// cancellation, and before anything else opens the same camera. Must return by the deadline;
    /// it is not cancelled itself.
    virtual async::Task<> close(async::Deadline deadline) = 0;

    /// True while it waits to be called (a camera that pushes): then silence is no stall, and
    /// viewers see the slate.
    virtual bool waits_for_peer() const { return false; }
    /// While it waits: why, where it knows more than that nobody has come yet.
    virtual std::optional<base::Error> waits_because() const { return std::nullopt; }

    /// The longest silence that is none yet, where pictures are rare by nature; 0 = as any other.
    virtual std::chrono::milliseconds stall() const { return std::chrono::milliseconds{0}; }

    /// What it reads, without credentials: "rtsp://10.0.0.9/stream1".
    virtual std::string description() const = 0;
};

}  // namespace casement::hub
