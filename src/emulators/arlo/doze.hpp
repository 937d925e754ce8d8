#pragma once
// A port that does not answer: the host is there, but asleep.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/error.hpp"

namespace casement::emulators::arlo {

/// Holds a TCP port on which nobody is let in and nobody is refused: whoever connects waits, as
/// with a camera whose radio sleeps. The one place in its queue is taken by itself, so the kernel
/// drops every further SYN, which its sender repeats after 1, 3, 7 s. IPv4 only. Lives on one
/// executor.
class DozingPort {
public:
    /// Errors as net::Listener::listen and net::connect.
    static async::Task<base::Result<std::unique_ptr<DozingPort>>> hold(async::Executor executor,
                                                                       std::string address,
                                                                       std::uint16_t port);
    ~DozingPort();

private:
    struct State;
    explicit DozingPort(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// True when the text of /proc/net/tcp shows somebody who waits for a connection to `address` on
/// one of `ports`. It sees who lives in the same network namespace.
bool somebody_knocks(std::string_view proc_net_tcp, const std::string& address,
                     const std::vector<std::uint16_t>& ports);
/// The same with the table as it is now.
bool somebody_knocks(const std::string& address, const std::vector<std::uint16_t>& ports);

}  // namespace casement::emulators::arlo
