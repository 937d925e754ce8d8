#pragma once
// A listener whose connections are long conversations: what the RTSP and the RTMP server have in
// common.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "hub/stream_hub.hpp"
#include "net/gatekeeper.hpp"
#include "net/stream.hpp"
#include "outputs/fanout/wire_stream.hpp"

namespace casement::outputs {

struct ServerOptions {
    std::string listen;  // "0.0.0.0:8554"
    /// How long a viewer waits for an on-demand camera.
    std::chrono::milliseconds start_time{10'000};
    std::size_t max_connections = 4096;
};

/// Everything a session needs from the house. Owned by the application; outlives every session.
struct Services {
    hub::StreamHub& hub;
    fanout::FanOut& fan_out;
    net::Gatekeeper& gatekeeper;
    const base::Clock& clock;
};

/// What the sessions of one io thread share. Lives there.
class SessionLane {
public:
    virtual ~SessionLane() = default;
    /// The body of a task that serves this connection until either side ends it.
    virtual std::function<async::Task<>()> session(
        std::unique_ptr<net::PlainStream> connection) = 0;
    /// Called when every session has ended.
    virtual async::Task<> stop() { co_return; }
};

struct LaneParts {
    async::Executor executor;
    Services services;
    std::chrono::milliseconds start_time;
    boost::asio::ip::address address;  // that the server listens at
    base::Log log;
};

struct SessionProtocol {
    std::string name;  // "RTSP"
    std::unique_ptr<SessionLane> (*make_lane)(const LaneParts& parts);
};

/// Sessions live on the io threads of their connections; open() and stop() are called on the
/// executor given.
class SessionServer {
public:
    SessionServer(SessionProtocol protocol, async::Executor executor, Services services,
                  base::Log log);
    ~SessionServer();

    /// Binds and starts accepting. Errors as net::Listener::listen (reason `port-taken`).
    base::Result<> open(ServerOptions options);
    /// Stops accepting and ends every session.
    async::Task<> stop();
    /// 0 before open().
    std::uint16_t port() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace casement::outputs
