#pragma once
// Where devices call: listeners, frames, acknowledgements, limits.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "drivers/arlo/conversation.hpp"
#include "net/listener.hpp"

namespace casement::drivers::arlo {

/// A message that came in.
struct Call {
    std::string address;  // of the peer, without port
    Port port = Port::Camera;
    protocols::arlo::Message message;
    std::string json;  // as it came
};

struct DoorOptions {
    std::string address;  // exactly this one is bound
    /// The first is for cameras, the second, where there is one, for doorbells. 0 = any free port.
    std::vector<std::uint16_t> ports{protocols::arlo::kCameraPort, protocols::arlo::kDoorbellPort};
    /// From accept to the last byte of a message, however slowly it drips.
    std::chrono::milliseconds message_within{10'000};
    /// A device has one connection at a time, and some open more without a word.
    std::size_t max_per_address = 8;
    std::size_t max_connections = 512;
};

/// Counters since the start.
struct DoorStats {
    std::uint64_t messages = 0;  // taken
    std::uint64_t silent = 0;    // opened and closed without a byte: a habit of video doorbells
    std::uint64_t refused = 0;   // not our framing, no JSON, too long, too slow, of no device
};

/// Lives on one executor. An open connection that says nothing costs a socket and some 3 KiB for
/// at most `message_within`; one that says something at most kMaxJsonBytes more.
class Door {
public:
    /// Success acknowledges the message. An error closes the connection without an answer and
    /// becomes a line in the log; the device will say it again. Several calls may run at a time.
    using Handler = std::function<async::Task<base::Result<>>(Call)>;

    /// Listens; nothing is accepted before run(). Errors as net::Listener::listen().
    static base::Result<std::unique_ptr<Door>> open(async::Executor executor, DoorOptions options,
                                                    const base::Clock& clock, base::Log log);

    /// Serves until it is cancelled, and awaits the end of what it began.
    async::Task<> run(Handler handler);

    /// With the real number where 0 was asked for; 0 when there is no such listener.
    std::uint16_t port(Port which) const;
    const DoorStats& stats() const { return stats_; }

private:
    struct Entrance {
        Port port;
        std::unique_ptr<net::Listener> listener;
    };
    Door(async::Executor executor, DoorOptions options, const base::Clock& clock, base::Log log);
    async::Task<> serve(std::shared_ptr<net::PlainStream> stream, Port port, Handler handler);
    async::Task<base::Result<>> talk(net::PlainStream& stream, Port port, const Handler& handler,
                                     protocols::arlo::FrameReader& frames);
    void complain(const std::string& address, Port port, const base::Error& error,
                  std::string_view bytes);

    const async::Executor executor_;
    const DoorOptions options_;
    const base::Clock& clock_;
    const base::Log log_;
    std::vector<Entrance> entrances_;
    DoorStats stats_;
    base::SteadyTime complained_{};
    std::uint64_t unsaid_ = 0;  // complaints since then
};

}  // namespace casement::drivers::arlo
