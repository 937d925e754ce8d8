#pragma once
// One frame and its answer on one connection, either side of it.

#include <chrono>
#include <optional>
#include <string>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "drivers/arlo/family.hpp"
#include "net/stream.hpp"
#include "protocols/arlo/frame.hpp"
#include "protocols/arlo/message.hpp"

namespace casement::drivers::arlo {

/// The next frame's JSON; nothing when the other side closes without a word. Errors: those of
/// FrameReader (the bytes are in its pending()), those of the stream, DeadlineExceeded.
async::Task<base::Result<std::optional<std::string>>> read_frame(
    net::Stream& stream, protocols::arlo::FrameReader& frames, async::Deadline deadline);

/// The way to a device. Tests put a scripted device here.
class Link {
public:
    virtual ~Link() = default;
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Says one thing on a connection of its own and answers what came back. Unavailable (refused,
    /// no way, closed without an answer, an answer that makes no sense or belongs to another
    /// request), DeadlineExceeded, Cancelled.
    virtual async::Task<base::Result<protocols::arlo::Response>> exchange(
        std::string address, Port port, protocols::arlo::Message message) = 0;
};

struct TcpLinkOptions {
    std::string bind_address;  // that connections leave from; empty = the system's choice
    std::uint16_t camera_port = protocols::arlo::kCameraPort;
    std::uint16_t doorbell_port = protocols::arlo::kDoorbellPort;
    std::chrono::milliseconds connect_within{5000}, answer_within{5000};
};

/// Runs on its caller's executor.
class TcpLink final : public Link {
public:
    explicit TcpLink(TcpLinkOptions options) : options_(std::move(options)) {}
    async::Task<base::Result<protocols::arlo::Response>> exchange(
        std::string address, Port port, protocols::arlo::Message message) override;

private:
    const TcpLinkOptions options_;
};

}  // namespace casement::drivers::arlo
