#pragma once
// What the cloud's routes share.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task_group.hpp"
#include "emulators/nanit/cloud.hpp"
#include "net/http_server.hpp"

namespace casement::emulators::nanit {

// Shared with the tasks and, weakly, with the handlers of connections that may end later.
struct Cloud::State : std::enable_shared_from_this<Cloud::State> {
    State(async::Executor e, const base::Clock& c, CloudOptions o, std::unique_ptr<net::Listener> l,
          std::shared_ptr<net::TlsServerContext> tls, const base::Log& log);

    const async::Executor executor;
    const base::Clock& clock;
    const CloudOptions options;
    const std::unique_ptr<net::Listener> listener;
    net::HttpServer server;
    Accounts accounts{clock};
    Nursery nursery{clock};
    std::map<std::string, std::shared_ptr<Relay>, std::less<>> relays;
    struct Ordered {
        std::string route;
        Fault fault;
        int times;
    };
    std::deque<Ordered> faults;
    RequestCounts counts;
    std::string film;  // of every event; made when one is first asked for
    async::TaskGroup tasks;

    using Answer = std::function<net::Response(State&, const net::Request&)>;
    void route(std::string method, std::string pattern, std::string name, Family family,
               Answer answer, std::size_t max_body_bytes = 64 * 1024);
    /// Of the baby that the path names as {baby}; 404 where there is none.
    using BabyAnswer = net::Response (*)(State&, Baby&, const net::Request&);
    void baby_route(std::string method, std::string pattern, std::string name, Family family,
                    BabyAnswer answer, std::size_t max_body_bytes = 64 * 1024);
    void add_account_routes();
    void add_baby_routes();
    void add_film_route();
    void add_focus_routes();
    void add_socket_routes();
    void set_guard();

    std::optional<Fault> take_fault(std::string_view route);
    std::shared_ptr<Relay> relay_of(std::string_view camera_uid);
};

/// The word of a route's access: its family and its name, "2 stats".
std::string access_of(Family family, std::string_view name);

/// An answer that is cut before its first byte of body: what was asked for is done, and nobody
/// learns of it.
net::Response lost_answer();

}  // namespace casement::emulators::nanit
