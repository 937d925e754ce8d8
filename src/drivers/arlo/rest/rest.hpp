#pragma once
// The HTTP interface that arlo-cam-api has on port 5000, for programs that were written for it. It
// asks nobody who he is: that is its contract, and why it is bound to loopback unless told
// otherwise.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task_group.hpp"
#include "camera/desired.hpp"
#include "camera/router.hpp"
#include "drivers/arlo/driver.hpp"
#include "hub/stream_hub.hpp"
#include "net/http_server.hpp"

namespace casement::drivers::arlo {

/// What outlives the interface.
struct RestParts {
    Driver& driver;
    camera::CommandRouter& router;
    camera::DesiredState& desired;
    hub::StreamHub& hub;
    const base::Clock& clock;
    /// Where players find the hub's stream of a camera.
    std::function<std::string(const std::string& camera)> stream_url;
    /// Begins to write so much of the camera's stream into a file and answers where that will be.
    std::function<base::Result<std::string>(const std::string& camera, std::chrono::seconds)>
        record;
    /// Names that this machine is called by, for the Host of a request; addresses and "localhost"
    /// are always right.
    std::vector<std::string> host_names;
};

struct RestOptions {
    /// For one request to a device: clients of the field give up after 10 s.
    std::chrono::milliseconds patience{8'000};
    /// How long a sleeping device is tried to be woken behind a client that has its answer already.
    std::chrono::milliseconds wakes_for{70'000};
    /// Callers from other machines are turned away, whatever the listener is bound to.
    bool loopback_only = false;
};

/// Lives on the driver's executor; its routes may run anywhere and hop there.
class Rest {
public:
    Rest(RestParts parts, RestOptions options, base::Log log);
    ~Rest();

    /// Before the server serves. Uploads are upload_door.hpp's.
    void mount(net::HttpServer& server);
    /// Turns away what a web page in somebody's browser can send (an Origin, a Host that is a
    /// foreign name, Sec-Fetch-Site); lets the routes of devices pass.
    net::Guard guard() const;
    /// Before the driver stops, and after the server.
    async::Task<> stop();

    struct State;

private:
    std::shared_ptr<State> state_;
};

/// Why a request is turned away; empty = it is not. `host_names` in lower case.
std::string why_foreign(const net::Headers& headers, const std::vector<std::string>& host_names);

}  // namespace casement::drivers::arlo
