#pragma once
// What the cloud's routes share.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/task_group.hpp"
#include "emulators/nest/site.hpp"
#include "emulators/testcam/rtsp_camera.hpp"

namespace casement::emulators::nest {

// Shared with the tasks and, weakly, with the handlers of connections that may end later.
struct Cloud::State : std::enable_shared_from_this<Cloud::State> {
    State(async::Executor e, async::BlockingPool& p, const base::Clock& c, CloudOptions o,
          const base::Log& l);

    const async::Executor executor;
    async::BlockingPool& pool;
    const base::Clock& clock;
    const CloudOptions options;
    const base::Log log;
    std::shared_ptr<net::TlsServerContext> tls;
    std::uint16_t next_port;
    std::vector<std::unique_ptr<Site>> sites;
    Accounts accounts{clock};
    Home house{clock};
    Pictures pictures;
    DeviceAccess devices{clock, options.device_access};
    struct LentCamera {
        std::shared_ptr<testcam::Feed> feed;
        std::unique_ptr<testcam::RtspCamera> camera;
    };
    std::map<std::string, LentCamera, std::less<>> lent;                 // by device
    std::map<std::string, std::unique_ptr<LiveHost>, std::less<>> live;  // by region
    std::chrono::milliseconds picture_delay{0};
    struct Ordered {
        std::string route;
        Fault fault;
        int times;
        std::chrono::seconds retry_after;
    };
    std::deque<Ordered> faults;
    std::deque<Seen> seen;
    std::size_t forgotten = 0;
    std::map<std::string, std::uint64_t, std::less<>> counts;  // by route
    struct Crowd {
        std::uint64_t now = 0, most = 0;
    };
    std::map<std::pair<std::string, std::string>, Crowd> crowds;  // by route and uuid
    async::TaskGroup tasks;

    base::Result<Site*> open_site(std::string name);
    base::Result<> open_live(const std::string& region);
    Site& site(std::string_view name);

    using Answer = std::function<net::Response(State&, const Asked&)>;
    using SlowAnswer = std::function<async::Task<net::Response>(std::shared_ptr<State>, Asked)>;
    void route(Site& site, std::string method, std::string pattern, std::string name, Access access,
               Answer answer);
    void slow_route(Site& site, std::string method, std::string pattern, std::string name,
                    Access access, SlowAnswer answer);
    void add_home_routes(Site& site);
    void add_transport_routes(Site& site);
    void add_google_routes(Site& site);
    void add_web_api_routes(Site& site);
    void add_nexus_routes(Site& site);
    void add_device_routes(Site& site);
    void add_pubsub_routes(Site& site);

    std::chrono::milliseconds scaled(std::chrono::milliseconds wait) const;
    std::optional<Ordered> take_fault(const Site& site, std::string_view route);
    std::size_t note(Site& site, const std::string& route, std::string uuid);
    void answered(std::size_t place, int status);
    /// The userid; empty where it shows no good token.
    std::string user_of(Access access, const net::Request& request) const;
    /// What is wrong with it, or who it is.
    std::expected<Grant, net::Response> let_in(Access access, const net::Request& request) const;
};

/// The camera that a request is about: in its path, its query or its form.
std::string uuid_of(const net::Request& request);

}  // namespace casement::emulators::nest
