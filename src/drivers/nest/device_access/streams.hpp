#pragma once
// The RTSP streams that Device Access lends: at most one of a camera, kept for as long as somebody
// looks, found again after a lost connection, given back at the end.

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "async/task_group.hpp"
#include "base/log.hpp"
#include "camera/endpoint.hpp"
#include "drivers/nest/device_access/api.hpp"
#include "drivers/nest/hosts.hpp"

namespace casement::drivers::nest::device_access {

struct StreamRules {
    std::chrono::milliseconds margin{60'000};  // more time is asked for so long before the end
    /// A stream that was lost is worth coming back to while it lives so much longer.
    std::chrono::milliseconds worth{15'000};
    std::chrono::milliseconds lost_for{30'000};  // nobody came back: it is given back
    std::chrono::milliseconds busy_first{30'000}, busy_then{60'000};  // after "busy"
    StreamRules scaled(double time_scale) const;
};

/// Lives on one executor; the clock outlives it. What it answers may outlive it.
class Streams : public std::enable_shared_from_this<Streams> {
public:
    Streams(async::Executor executor, std::shared_ptr<Api> api, const base::Clock& clock,
            Hosts hosts, camera::Connection connection, StreamRules rules);

    /// The stream that is lent already, else a new one. PermissionDenied where the vendor names a
    /// host that is not its own; Unavailable "busy" before the vendor wants to be asked again.
    async::Task<base::Result<camera::StreamEndpoint>> open(std::string device,
                                                           async::Deadline deadline);
    /// The same for callers that may outlive the account, with all it needs held.
    static async::Task<base::Result<camera::StreamEndpoint>> open_of(
        std::shared_ptr<Streams> streams, std::string device, async::Deadline deadline);
    /// Gives all of them back, and none from then on.
    async::Task<> end(async::Deadline deadline);

private:
    /// One stream of the vendor's.
    struct Lent {
        std::string device;
        RtspStream stream;
        bool ends = false;  // the vendor gives no more time
        int users = 0;
        std::atomic<bool> has_begun = false, was_lost = false;  // told on any thread
    };
    using LentPtr = std::shared_ptr<Lent>;
    struct Door {
        LentPtr lent;
        int busy = 0;                   // refusals in a row
        base::SteadyTime not_before{};  // the vendor is not asked for a stream
    };

    bool is_worth_coming_back(const Lent& lent) const;
    base::Result<camera::StreamEndpoint> endpoint_of(const LentPtr& lent);
    camera::Lease lease_of(const LentPtr& lent);
    async::Task<base::Result<camera::Lease>> extend(LentPtr lent, async::Deadline deadline);
    async::Task<base::Result<>> release(LentPtr lent, async::Deadline deadline);
    async::Task<> give_back(LentPtr lent, async::Deadline deadline);

    const async::Executor executor_;
    const std::shared_ptr<Api> api_;
    const base::Clock& clock_;
    const Hosts hosts_;
    const camera::Connection connection_;
    const StreamRules rules_;
    const base::Log log_;
    bool has_ended_ = false;
    std::map<std::string, Door, std::less<>> doors_;  // by device
    async::TaskGroup tasks_;
};

}  // namespace casement::drivers::nest::device_access
