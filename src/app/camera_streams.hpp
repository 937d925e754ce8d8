#pragma once
// One hub stream for every camera of the registry, for as long as the camera is there; and how a
// camera is, seen from both sides.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "async/task_group.hpp"
#include "camera/registry.hpp"
#include "camera/router.hpp"
#include "hub/stream_hub.hpp"

namespace casement::app {

/// What the configuration says of one camera's stream.
struct StreamPlan {
    bool on_demand = false;
    std::chrono::milliseconds linger{10'000};
    std::chrono::milliseconds pre_roll{0};
    double time_scale = 1.0;  // of its waits and its pace; `linger` is scaled already
};

/// Lives on one executor. Everything given outlives it.
class CameraStreams {
public:
    struct Parts {
        camera::DriverRegistry& registry;
        camera::CommandRouter& router;
        hub::StreamHub& hub;
        /// Opens an endpoint of this camera. Called on any io thread.
        std::function<base::Result<std::unique_ptr<hub::Source>>(const std::string& camera,
                                                                 const camera::StreamEndpoint&)>
            open;
        std::function<StreamPlan(const std::string& camera)> plan;
        /// A stream was made or is about to go; both on this executor.
        std::function<void(const std::shared_ptr<hub::Stream>&)> on_added;
        /// A camera with a stream is described anew: it may run on another kind of power now.
        std::function<void(const std::string& camera)> on_changed;
        std::function<async::Task<>(const std::string& camera)> on_removing;
        const base::Clock& clock;
    };

    CameraStreams(async::Executor executor, Parts parts, base::Log log);

    /// Follows the registry until cancelled.
    async::Task<> run();
    /// The plans have changed: how long and when cameras are connected. Runs that go on are not
    /// disturbed.
    void replan();

private:
    async::Task<> watch_lost();
    async::Task<> catch_up();
    void add(const camera::Camera& camera);
    void replan(const std::string& camera);
    async::Task<> remove(std::string id);

    const async::Executor executor_;
    const Parts parts_;
    const base::Log log_;
    std::set<std::string, std::less<>> known_;
    async::TaskGroup tasks_;
};

/// The camera's state as its stream tells it; nothing while nobody wants the stream. A lost stream
/// is "connecting" for 30 s before it is "offline".
std::optional<camera::CameraState> state_of(const hub::StreamStatus& status, base::WallTime now);

}  // namespace casement::app
