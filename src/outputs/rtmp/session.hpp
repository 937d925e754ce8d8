#pragma once
// One RTMP connection. Lives on the io thread of its connection.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/coalescing.hpp"
#include "net/watchdog.hpp"
#include "outputs/fanout/byte_shard.hpp"
#include "outputs/rtmp/publisher.hpp"
#include "outputs/session_server.hpp"
#include "protocols/rtmp/server_session.hpp"

namespace casement::outputs::rtmp {

/// Where the connections of one io thread read into, one after another: what a session does not use
/// up at once it takes with it. A key frame of a 4 Mbit/s camera in one read.
using Scratch = std::array<std::uint8_t, std::size_t{256} << 10>;

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(std::unique_ptr<net::PlainStream> connection, Services services,
            std::chrono::milliseconds start_time, std::shared_ptr<Scratch> scratch, base::Log log);
    ~Session();

    /// Serves until either side ends it.
    async::Task<> run();
    /// Closes the connection; run() ends soon after. Safe from posted handlers on the session's
    /// thread.
    void close(const base::Error& why);

private:
    using Protocol = protocols::rtmp::ServerSession;
    using Event = std::optional<protocols::rtmp::ServerEvent>;

    async::Task<base::Result<>> serve();
    async::Task<base::Result<>> take_slowly(base::ByteSpan input);
    base::Result<Event> take(base::ByteSpan& input);
    async::Task<base::Result<>> handle(protocols::rtmp::ServerEvent event);
    async::Task<base::Result<>> on_publish(protocols::rtmp::PublishRequest request);
    async::Task<base::Result<>> on_play(protocols::rtmp::PlayRequest request);
    async::Task<base::Result<std::string>> admit(std::string query);
    async::Task<base::Result<>> refuse(protocols::rtmp::Refusal refusal, base::Error why);
    async::Task<base::Result<>> flush();
    void start_viewer(const media::Tracks& tracks);
    async::Task<base::Result<>> on_ended();

    const std::shared_ptr<net::PlainStream> connection_;
    const Services services_;
    const std::chrono::milliseconds start_time_;
    const std::shared_ptr<Scratch> scratch_;
    const base::Log log_;
    Protocol protocol_;
    std::optional<net::Watchdog> watchdog_;
    std::optional<base::Error> closed_because_;
    formats::flv::Arrival arrival_;  // of the bytes being read

    std::shared_ptr<hub::Stream> stream_;
    std::optional<fanout::ByteViewer> viewer_;
    std::optional<Publisher> publisher_;
    std::optional<net::Coalescing> coalescing_;  // of what the publisher sends
};

}  // namespace casement::outputs::rtmp
