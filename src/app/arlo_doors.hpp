#pragma once
// The HTTP listeners of the Arlo base station: pictures from devices, and the interface of
// arlo-cam-api for its clients. One listener where both have the same address.

#include <memory>
#include <string>
#include <vector>

#include "app/config/config.hpp"
#include "app/listening.hpp"
#include "async/task_group.hpp"
#include "drivers/arlo/rest/rest.hpp"
#include "net/listener.hpp"

namespace casement::app {

/// Lives on the driver's executor.
class ArloDoors {
public:
    ArloDoors(drivers::arlo::RestParts parts, config::Arlo config, Listening& listening,
              base::Log log, drivers::arlo::RestOptions options = {});

    /// Opens what the file asks for, before the driver runs, which then knows where pictures go.
    /// What cannot be opened is told by health, and the rest works without it.
    void open();
    void stop_accepting();
    /// Before the driver goes.
    async::Task<> close(std::chrono::milliseconds patience);

    // As they were bound; 0 = not open.
    std::uint16_t upload_port() const;
    std::uint16_t rest_port() const;

private:
    struct Door {
        std::unique_ptr<net::HttpServer> server;
        std::unique_ptr<net::Listener> listener;
    };
    using Mount = std::function<void(net::HttpServer&)>;
    base::Result<> open(Door& door, const std::string& name, const std::string& address,
                        const Mount& mount);
    void warn_of_reach() const;
    bool is_shared() const;
    drivers::arlo::RestOptions narrowed(drivers::arlo::RestOptions options) const;
    std::string upload_url(std::uint16_t port) const;

    const async::Executor executor_;
    const config::Arlo config_;
    const std::shared_ptr<drivers::arlo::Album> album_;
    Listening& listening_;
    const base::Log log_;
    drivers::arlo::Rest rest_;
    Door uploads_, rest_door_;
    async::TaskGroup tasks_;
};

}  // namespace casement::app
