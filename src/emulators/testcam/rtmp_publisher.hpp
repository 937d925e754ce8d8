#pragma once
// A camera that pushes RTMP to whoever it is told to.

#include <cstdint>
#include <memory>
#include <string>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "emulators/testcam/feed.hpp"
#include "net/connect.hpp"

namespace casement::emulators::testcam {

/// Lives on the executor of its feed. One publication at a time.
class RtmpPublisher {
public:
    /// `connect` says whom to trust and where to leave from; TLS is made from the scheme.
    RtmpPublisher(std::shared_ptr<Feed> feed, net::ConnectOptions connect, base::Log log);
    ~RtmpPublisher();

    /// Connects to rtmp://host[:port]/app/key (or rtmps), publishes H.264 and AAC, and goes on
    /// until it is cancelled, drop() is called, or the server ends it. Errors: those of
    /// net::connect, and what the server said. Cancelled after stop_politely().
    async::Task<base::Result<>> publish(std::string url, async::Deadline connected_by);

    /// FCUnpublish and deleteStream, then the end.
    void stop_politely();
    /// The connection is cut as if power had failed.
    void drop();

    bool is_publishing() const;
    std::uint64_t publications() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::testcam
