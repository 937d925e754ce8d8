#pragma once
// From a wish to the camera: the only way in for the API, MQTT and rules.

#include <memory>
#include <string>

#include "camera/registry.hpp"

namespace casement::camera {

/// Callable from any executor; each call hops to the registry and the driver and resumes on its
/// caller's. Permissions are the caller's business. Errors: NotFound (no such camera or setting),
/// Unsupported (the camera cannot), InvalidArgument (a sentence what it takes), Unavailable or
/// DeadlineExceeded (not now).
class CommandRouter {
public:
    explicit CommandRouter(DriverRegistry& registry) : registry_(registry) {}

    /// Checks the value, stores the wish (on the disk when it returns), asks the camera when it is
    /// reachable. The answer is the setting as it is then: reached, still pending ("will be set
    /// when it wakes"), or refused with the camera's sentence.
    async::Task<base::Result<Setting>> set(std::string camera, std::string setting, Value value,
                                           std::string caller, async::Deadline deadline);
    async::Task<base::Result<CommandOutcome>> execute(Command command);
    async::Task<base::Result<StreamEndpoint>> endpoint(std::string camera, Quality quality,
                                                       async::Deadline deadline);
    async::Task<base::Result<std::unique_ptr<TalkSink>>> talk(std::string camera,
                                                              std::string caller,
                                                              async::Deadline deadline);

private:
    DriverRegistry& registry_;
};

}  // namespace casement::camera
