#pragma once
// The way from the home to one port of the vendor, which may be gone for a while.

#include <cstdint>
#include <memory>
#include <string>

#include "async/task.hpp"
#include "base/log.hpp"
#include "net/endpoint.hpp"

namespace casement::emulators::nanit {

enum class Outage {
    None,
    Refused,    // connections end at once, and new ones are refused: a router without its line
    Swallowed,  // nothing moves and nothing ends: a line that is up and leads nowhere
};

/// Listens in the place of a server and carries bytes to it and back. Lives on one executor.
class Internet {
public:
    /// `listen` is exactly bound, `server` is where the bytes go. Errors as net::Listener::listen.
    static base::Result<std::unique_ptr<Internet>> open(async::Executor executor,
                                                        std::string listen,
                                                        net::ip::tcp::endpoint server,
                                                        base::Log log);
    ~Internet();
    async::Task<> stop();

    const net::ip::tcp::endpoint& endpoint() const;
    /// What was swallowed meanwhile arrives when the outage is over. Errors: the port was taken by
    /// somebody else during a refusal.
    base::Result<> set(Outage outage);
    std::size_t connections() const;

private:
    struct State;
    explicit Internet(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::nanit
