#pragma once
// What the routes of the old interface share. Private to this folder.

#include <map>
#include <string>

#include "drivers/arlo/rest/body.hpp"
#include "drivers/arlo/rest/rest.hpp"
#include "hub/reader.hpp"

namespace casement::drivers::arlo {

/// Lives on the driver's executor.
struct Rest::State : std::enable_shared_from_this<Rest::State> {
    State(RestParts p, RestOptions o, base::Log l);

    /// Somebody wants the hub's stream of a device to stay open.
    struct Lease {
        std::string owner, serial;
        base::SteadyTime until{};
        std::optional<hub::Reader> reader;  // keeps the stream wanted
    };

    const RestParts parts;
    const RestOptions options;
    const base::Log log;
    std::map<std::string, Lease, std::less<>> leases;  // by id
    async::TaskGroup tasks;

    async::Deadline soon() const { return async::Deadline::in(options.patience); }
    base::WallTime now() const { return parts.clock.wall_now(); }
    /// Registers that a client named become wishes and are sent, together with `others`, which are
    /// sent only. Success: the device took every one that was named. What it refuses is no wish any
    /// more; what could not be sent stays one and is sent when the device calls.
    async::Task<base::Result<>> write(DevicePtr device, protocols::arlo::Fields named,
                                      protocols::arlo::Fields others = {});
    void end_lease(const std::string& id);
    void forget_old_leases();

private:
    async::Task<> take_back(DevicePtr device, const protocols::arlo::Fields& registers,
                            const camera::Wishes& before, std::string sentence);
};

namespace rest {

using StatePtr = std::shared_ptr<Rest::State>;
/// Runs on the driver's executor; `device` is the one that {serial} names.
using DeviceHandler =
    std::function<async::Task<net::Response>(StatePtr, DevicePtr, const net::Request&)>;

/// Under /device/{serial} and /camera/{serial}.
class DeviceRoutes {
public:
    DeviceRoutes(net::HttpServer& server, StatePtr state)
        : server_(server), state_(std::move(state)) {}
    /// `path`: "/arm", or "" for the device itself.
    void add(std::string_view method, std::string_view path, DeviceHandler handler) const;

private:
    net::HttpServer& server_;
    const StatePtr state_;
};

// Each adds its routes.
void add_setting_routes(const DeviceRoutes& routes);
void add_command_routes(const DeviceRoutes& routes);
void add_stream_routes(const DeviceRoutes& routes);
void add_house_routes(net::HttpServer& server, const StatePtr& state);

}  // namespace rest

}  // namespace casement::drivers::arlo
