#pragma once
// The vendor's cloud: accounts, babies and what happened to them, and a relay per camera. One port.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "emulators/nanit/accounts.hpp"
#include "emulators/nanit/authorization.hpp"
#include "emulators/nanit/nursery.hpp"
#include "emulators/nanit/relay.hpp"
#include "net/endpoint.hpp"
#include "net/tls.hpp"

namespace casement::emulators::nanit {

struct CloudOptions {
    std::string listen = "127.0.0.1:0";             // exactly this address
    std::optional<net::Certificate> certificate{};  // set: TLS alone
    /// {"uc_token":{"token":…}} instead of {"uc_token":…}: nobody has published the shape.
    bool nests_camera_tokens = false;
    /// A camera that says nothing for three times this is taken for gone. Our choice.
    std::chrono::milliseconds pings_cameras_every = std::chrono::seconds(20);
    /// Told of every request: the name of its route, and its form.
    std::function<void(std::string_view route, Form form)> told{};
    /// Every wait of the cloud's faults is multiplied by this.
    double time_scale = 1;
};

/// Routes by name: "login", "resend", "refresh", "user", "babies", "baby", "messages", "events",
/// "last_event", "event", "stats", "settings", "put_settings", "uc_token", "connection_status",
/// "bmm", "clip", "user_connect", "connect" (a camera's).
using RequestCounts = std::map<std::pair<std::string, Form>, std::uint64_t>;

enum class Fault {
    TooMany,     // 429
    BadGateway,  // 502
    Html,        // 200, and a page instead of JSON
    Hang,        // an hour without a word
    LostAnswer,  // it is done, and the connection cut before anybody learns of it
};

/// Lives on one executor, with the cameras that use its relays.
class Cloud {
public:
    /// Errors as net::Listener::listen. The clock outlives the cloud.
    static base::Result<std::unique_ptr<Cloud>> start(async::Executor executor,
                                                      const base::Clock& clock,
                                                      CloudOptions options, base::Log log);
    ~Cloud();
    /// Everybody is cut. Awaited before the destructor.
    async::Task<> stop();

    const net::ip::tcp::endpoint& endpoint() const;
    std::string url() const;            // "http://127.0.0.1:40123"
    std::string websocket_url() const;  // "ws://127.0.0.1:40123"

    Accounts& accounts();
    Nursery& nursery();
    /// Made when it is first asked for; clients find those of cameras that the nursery knows.
    Relay& relay(std::string_view camera_uid);

    /// The next `times` requests of `route` go wrong. "*" is every route.
    void fail_next(std::string_view route, Fault fault, int times = 1);
    /// A fault that was ordered and has not happened yet will not.
    void heal();

    std::uint64_t requests(std::string_view route) const;
    const RequestCounts& counts() const;

    struct State;

private:
    explicit Cloud(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::nanit
