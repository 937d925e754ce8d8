#pragma once
// The RTSP streams that Device Access lends: at most one of a camera, kept for as long as somebody
// looks, found again after a lost connection, given back at the end.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "async/task_group.hpp"
#include "base/log.hpp"
#include "camera/endpoint.hpp"
#include "drivers/nest/device_access/api.hpp"
#include "drivers/nest/hosts.hpp"

namespace casement::drivers::nest::device_access {

struct StreamRules {
    /// More time is asked for so long before the end, give or take a tenth: half a minute is left
    /// for it after the minute of silence that a refusal for quota means.
    std::chrono::milliseconds margin{100'000};
    std::chrono::milliseconds again{5'000};  // is asked after a refusal
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

    /// What the list of devices says of one: `why` it has no RTSP stream, nothing where it has.
    void know(const std::string& device, std::optional<base::Error> why);
    /// `mismatch`: called where the vendor says that a device is not what the list said of it.
    /// Empty: nobody is called any more.
    void on_mismatch(std::function<void()> mismatch) { mismatch_ = std::move(mismatch); }

    /// The stream that was lost and lives still, else a new one: one address is for one client.
    /// PermissionDenied where the vendor names a host that is not its own; Unavailable "busy"
    /// before the vendor wants to be asked again; without a question what `know` said.
    async::Task<base::Result<camera::StreamEndpoint>> open(std::string device,
                                                           async::Deadline deadline);
    /// The same for callers that may outlive the account, with all it needs held.
    static async::Task<base::Result<camera::StreamEndpoint>> open_of(
        std::shared_ptr<Streams> streams, std::string device, async::Deadline deadline);
    /// The same of the device that `know` has heard of by this id, or by one that ends with it.
    static async::Task<base::Result<camera::StreamEndpoint>> open_named(
        std::shared_ptr<Streams> streams, std::string name, async::Deadline deadline);
    /// Gives all of them back, and none from then on.
    async::Task<> end(async::Deadline deadline);

private:
    /// One stream of the vendor's.
    struct Lent {
        std::string device;
        RtspStream stream;
        bool ends = false;  // the vendor gives no more time
        bool was_extended = false;
        int users = 0;
        std::atomic<bool> has_begun = false, was_lost = false;  // told on any thread
    };
    using LentPtr = std::shared_ptr<Lent>;
    struct Door {
        LentPtr lent;
        bool never_extends = false;      // a battery camera: it was taken at its word
        int busy = 0;                    // refusals in a row
        base::SteadyTime not_before{};   // the vendor is not asked for a stream
        std::optional<base::Error> why;  // it has none
    };

    bool is_worth_coming_back(const Lent& lent) const;
    async::Task<> wait_for_goodbye(LentPtr lent);
    void refused(Door& door, const base::Error& error);
    base::Result<camera::StreamEndpoint> endpoint_of(const LentPtr& lent);
    camera::Lease lease_of(const LentPtr& lent);
    async::Task<base::Result<camera::Lease>> extend(LentPtr lent, async::Deadline deadline);
    async::Task<base::Result<>> release(LentPtr lent, async::Deadline deadline);
    void extends_no_more(Lent& lent);
    async::Task<> give_back(LentPtr lent, Limits::Rank rank, async::Deadline deadline);

    const async::Executor executor_;
    const std::shared_ptr<Api> api_;
    const base::Clock& clock_;
    const Hosts hosts_;
    const camera::Connection connection_;
    const StreamRules rules_;
    const base::Log log_;
    bool has_ended_ = false;
    std::function<void()> mismatch_;
    std::map<std::string, Door, std::less<>> doors_;  // by device
    std::set<LentPtr> lent_;                          // all that were not given back
    async::TaskGroup tasks_;
};

}  // namespace casement::drivers::nest::device_access
