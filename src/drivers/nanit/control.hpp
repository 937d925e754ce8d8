#pragma once
// The control channel of one camera, as those see it who ask the camera for something.

#include <functional>
#include <memory>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/error.hpp"
#include "protocols/nanit/message.hpp"

namespace casement::drivers::nanit {

namespace pb = protocols::nanit::pb;

/// The way to the camera: its own port in the house, or the vendor's relay.
enum class Road : std::uint8_t { None, Local, Cloud };
std::string_view to_string(Road road);  // "none", "local", "cloud"

/// Who waits for the answer. There is one connection per camera, so the more urgent goes first.
enum class Urgency : std::uint8_t {
    Media,       // a stream begins or ends
    Person,      // somebody turned a switch
    Background,  // polls and renewals; a late answer does not make the connection suspect
};

/// Lives on the executor of its camera.
class Control {
public:
    virtual ~Control() = default;

    /// Sends a request, whose id it fills in, and answers what the camera says with status 200 or
    /// none. A camera that refuses is an error: FailedPrecondition "slots-full", "sleeping" or
    /// "p2p-blocked", InvalidArgument for another 4xx, Unavailable for 5xx. Unavailable while there
    /// is no connection, DeadlineExceeded without an answer.
    virtual async::Task<base::Result<pb::Response>> ask(pb::Request request, Urgency urgency,
                                                        async::Deadline deadline) = 0;

    virtual Road road() const = 0;

    /// Called with each new connection (a stream that was asked for on the one before may have
    /// ended with it) and with None when there is none; for as long as the answer lives.
    using RoadListener = std::function<void(Road road)>;
    [[nodiscard]] virtual std::shared_ptr<const RoadListener> listen(RoadListener listener) = 0;
};

}  // namespace casement::drivers::nanit
