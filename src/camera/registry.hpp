#pragma once
// All cameras of the hub, whoever drives them: their drivers are run and run again, their reports
// kept, their wishes stored and re-applied.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadline.hpp"
#include "async/retry.hpp"
#include "camera/desired.hpp"
#include "camera/driver.hpp"
#include "events/event_log.hpp"
#include "events/feed.hpp"

namespace casement::camera {

/// A camera at one moment. Immutable, shared between threads.
struct Camera {
    Description description;  // settings and sensors with their present values
    CameraState state;
    std::vector<Awake> awake;  // of late, oldest first
    bool present =
        true;  // false: gone from its account; kept while the hub runs, for its recordings
    const Setting* setting(std::string_view id) const;
    const Sensor* sensor(std::string_view id) const;
};
using CameraPtr = std::shared_ptr<const Camera>;

/// One line of the live feed: what changed, with the camera after the change. For what is worth
/// keeping there is an Event too.
struct Change {
    enum class What : std::uint8_t { Found, Gone, State, Setting, Sensor, Account };
    What what = What::State;
    CameraPtr camera;  // null for Account
    std::string item;  // id of the setting or sensor; "vendor/name" of the account
};
using ChangePtr = std::shared_ptr<const Change>;
using ChangeFeed = events::Feed<ChangePtr>;

struct Account {
    std::string vendor, name;
    AccountState state;
};

struct RegistryOptions {
    async::BackoffPolicy restart;  // of a driver whose run() failed
    /// After a wish was given to the camera, reports of another value are echoes of before, not
    /// changes made elsewhere (Nanit pushes old values for some seconds after a change).
    std::chrono::seconds echo{15};
    /// A driver's answer to a wish.
    std::chrono::seconds apply_within{10};
    /// After a refused sign-in, unless restart() is called: quicker tries would get the account
    /// locked.
    std::chrono::minutes sign_in_retry{15};
};

/// Lives on `executor`. cameras(), camera(), accounts(), changes() and stream_changed() are
/// thread-safe; the rest is called on the executor. Owned by app/; clock, log and desired outlive
/// it. Drivers may live on other executors.
class DriverRegistry {
public:
    DriverRegistry(async::Executor executor, const base::Clock& clock, events::EventLog& log,
                   DesiredState& desired, RegistryOptions options = {});
    ~DriverRegistry();

    /// Takes it over and starts it. FailedPrecondition when this (vendor, name) is there already.
    base::Result<> add(std::unique_ptr<CameraDriver> driver);
    /// Ends the wait of a driver that failed: somebody signed in, or pressed "Try now". NotFound.
    base::Result<> restart(std::string_view vendor, std::string_view name);
    /// Cancels every driver and awaits their ends; they are destroyed on their own executors. Call
    /// it before destruction.
    async::Task<> stop();

    /// What the camera's stream says (live, connecting, snapshot, offline with a reason; nothing
    /// while nobody wants it). It is the camera's word unless the driver knows better: asleep,
    /// privacy, sign-in, offline. Thread-safe.
    void stream_changed(std::string camera, std::optional<CameraState> state);

    std::vector<CameraPtr> cameras() const;       // by id
    CameraPtr camera(std::string_view id) const;  // null when unknown
    std::vector<Account> accounts() const;
    ChangeFeed& changes();
    async::Executor executor() const;

    struct State;

private:
    friend class CommandRouter;
    std::shared_ptr<State> state_;
};

}  // namespace casement::camera
