#pragma once
// Incoming connections: binds exactly the given address, counts, caps, and deals sockets out to the
// io threads.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/log.hpp"
#include "net/endpoint.hpp"
#include "net/stream.hpp"

namespace casement::net {

struct ListenOptions {
    /// What it is for, as a person says it: "RTSP". Goes into errors and logs.
    std::string name{};
    /// "a.b.c.d:port" or "[v6]:port".
    std::string address{};
    /// More are closed at once. 2048: twice what one hub is measured to serve.
    std::size_t max_connections = 2048;
    /// Of one remote address. Browsers open 6 per host and hub pages several; a wall of 64 players
    /// behind one address still fits.
    std::size_t max_per_address = 256;
    /// False: max_per_address does not count for loopback, where a reverse proxy shows everybody as
    /// one address.
    bool cap_loopback = false;
    int backlog = 512;
};

/// Thread-safe counters, since the start.
struct ListenerStats {
    std::uint64_t accepted = 0;
    std::uint64_t refused_total = 0;        // over max_connections
    std::uint64_t refused_per_address = 0;  // over max_per_address
    std::uint64_t failed = 0;               // out of descriptors or memory, or gone before accept
    std::size_t open = 0;                   // now
};

/// Lives on the executor it was made with. Connections may outlive it.
class Listener {
public:
    /// Called on the thread of the executor that the stream lives on.
    using Handler = std::function<void(std::unique_ptr<PlainStream>)>;

    /// Binds and listens. FailedPrecondition with reason `port-taken` when somebody has the port
    /// (the sentence names the process where /proc tells it), InvalidArgument for an address that
    /// is not one or not ours, PermissionDenied for privileged ports.
    static Result<std::unique_ptr<Listener>> listen(const Executor& executor,
                                                    ListenOptions options);
    ~Listener();

    /// Accepts until cancelled or close()d. `executors` take turns.
    Task<> run(std::vector<Executor> executors, Handler handler);
    /// Stops accepting at once; open connections stay.
    void close();

    /// With the real port where 0 was asked for.
    const ip::tcp::endpoint& endpoint() const;
    std::uint16_t port() const { return endpoint().port(); }
    ListenerStats stats() const;

private:
    struct State;
    explicit Listener(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

/// Who listens on `port` (TCP) on this machine, as "nginx (pid 812)"; empty when /proc does not
/// tell. Best effort, blocking for some ms.
std::string port_owner(std::uint16_t port);

}  // namespace casement::net
