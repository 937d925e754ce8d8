#pragma once
// The cloud's half of a camera's control channel: it carries, and takes no interest in what.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "emulators/nanit/control_session.hpp"
#include "net/websocket.hpp"

namespace casement::emulators::nanit {

/// Since the start.
struct RelayCounters {
    std::uint64_t connections = 0;
    std::uint64_t carried = 0;     // messages from clients to the camera
    std::uint64_t dropped = 0;     // of clients whose token has ended, or without a camera there
    std::uint64_t keepalives = 0;  // 08 00, carried nowhere
    std::size_t open = 0;          // now
};

/// Of one camera. Lives on one executor; what it was given outlives it.
class Relay : public std::enable_shared_from_this<Relay> {
public:
    explicit Relay(const base::Clock& clock) : clock_(clock) {}

    /// The camera comes online, or (empty) goes. Clients stay connected in both cases, and learn
    /// nothing of it: requests are then never answered.
    void attach(std::shared_ptr<ControlPort> camera);
    const std::shared_ptr<ControlPort>& camera() const { return camera_; }

    /// Serves one client until it leaves. From `token_ends` on the relay drops what the client
    /// says, and goes on showing it what the camera pushes: commands are dead while sensors live.
    static async::Task<> serve(std::shared_ptr<Relay> relay, std::shared_ptr<net::WebSocket> socket,
                               base::WallTime token_ends);

    // Knobs.
    /// Answers go to every client of the camera, not to the one that asked alone.
    bool shows_answers_to_all = true;
    /// More are refused.
    std::size_t max_clients = 16;
    /// Clients are cut.
    void drop_clients();
    /// What clients say is dropped from now on, whatever their tokens say.
    bool is_deaf = false;

    RelayCounters counters() const;

private:
    class Client;
    void take(Client& client, const std::vector<std::uint8_t>& message);

    const base::Clock& clock_;
    std::shared_ptr<ControlPort> camera_;
    std::vector<std::shared_ptr<Client>> clients_;
    RelayCounters counters_;
};

}  // namespace casement::emulators::nanit
