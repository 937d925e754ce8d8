#pragma once
// The listener of page and API: opens where the configuration says, and moves to another address or
// certificate while the hub runs.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config/config.hpp"
#include "async/task_group.hpp"
#include "net/http_server.hpp"
#include "net/listener.hpp"
#include "net/tls.hpp"

namespace casement::app {

/// Lives on one executor; its connections on all of `connections`.
class HttpDoor {
public:
    struct Parts {
        std::vector<async::Executor> connections;
        std::filesystem::path data;  // where a certificate that the hub makes is kept
        /// Adds the routes to a server that is about to open. What they touch outlives close().
        std::function<void(net::HttpServer&)> mount;
    };

    HttpDoor(async::Executor executor, Parts parts, base::Log log);

    /// Opens, or moves: what is new comes through the new address at once, what is open on the old
    /// one ends politely. On an error (a taken port, an unreadable certificate) everything that was
    /// open stays so.
    base::Result<> open(const config::Http& http);
    /// Nothing new comes in; connections stay.
    void stop_accepting();
    /// Ends every connection, politely for `patience`.
    async::Task<> close(std::chrono::milliseconds patience);

    bool is_open() const { return now_ != nullptr; }
    // Of what is open now.
    std::string name() const;     // "HTTPS" or "HTTP"
    std::string address() const;  // as asked for: "0.0.0.0:8790"
    std::string url() const;      // for this machine
    std::string fingerprint() const;

private:
    /// One address with everything behind it.
    struct Opened {
        config::ListenAddress asked;
        std::shared_ptr<net::TlsServerContext> tls;
        std::shared_ptr<net::HttpServer> server;
        std::shared_ptr<net::Listener> listener;
    };

    base::Result<std::shared_ptr<net::TlsServerContext>> tls_of(const config::Tls& tls) const;
    base::Result<> listen(Opened& opened, const std::string& address) const;
    base::Result<> listen_in_place_of_now(Opened& next);
    void accept(const Opened& opened);
    void retire(std::shared_ptr<const Opened> old);

    const async::Executor executor_;
    const Parts parts_;
    const base::Log log_;
    std::shared_ptr<Opened> now_;
    async::TaskGroup tasks_;
};

}  // namespace casement::app
