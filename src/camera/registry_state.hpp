#pragma once
// What registry and router share; private to this folder.

#include <functional>
#include <map>
#include <optional>

#include <boost/asio/steady_timer.hpp>

#include "async/bell.hpp"
#include "async/hop.hpp"
#include "async/task_group.hpp"
#include "base/mutex.hpp"
#include "camera/registry.hpp"

namespace casement::camera {

/// One driver and the hub's ear for it.
struct Driven {
    async::Executor executor;
    std::string vendor, name;
    std::unique_ptr<DriverHost> host;
    std::shared_ptr<CameraDriver> driver;  // its deleter goes to the driver's executor
    async::Bell wake;                      // on the registry's executor
    std::string label() const { return vendor + "/" + name; }
};
using DrivenPtr = std::shared_ptr<Driven>;

/// The way of one setting's wish to its camera.
struct Asking {
    bool running = false;  // a task is giving wishes to the driver
    bool again = false;    // a newer wish came meanwhile
    bool reached = false;  // the camera has reported the wish since it was found or woke: what
                           // differs later was changed elsewhere
    std::optional<base::SteadyTime> asked_at;
    std::optional<Wish>
        before;  // what was agreed before the wish that the camera has not answered yet
};

/// Lives on `executor`; other threads read `cameras` and `accounts` under the mutex. Tasks hold it
/// until they end.
struct DriverRegistry::State : std::enable_shared_from_this<State> {
    State(async::Executor e, const base::Clock& c, events::EventLog& l, DesiredState& d,
          RegistryOptions o);

    struct Entry {
        CameraPtr camera;
        DrivenPtr driven;
        std::map<std::string, Asking, std::less<>> asking;  // by setting
        CameraState by_driver;
        std::optional<CameraState> by_stream;
    };

    // What drivers report (registry_state.cpp).
    void found(const DrivenPtr& driven, Description description);
    void gone(const DrivenPtr& driven, const std::string& camera);
    void state_changed(const DrivenPtr& driven, const std::string& camera, CameraState state);
    void stream_changed(const std::string& camera, std::optional<CameraState> state);
    void combine_states(Entry& entry);
    void sensor_measured(const DrivenPtr& driven, const std::string& camera,
                         const std::string& sensor, SensorValue value, base::WallTime at);
    void account_changed(const DrivenPtr& driven, AccountState state);
    void awake_changed(const DrivenPtr& driven, const std::string& camera, std::vector<Awake> list);
    Entry* entry(const DrivenPtr& driven, const std::string& camera);
    /// Replaces the camera by a changed copy and tells the feed.
    void change(Entry& entry, Change::What what, std::string item,
                const std::function<void(Camera&)>& edit);
    void change_setting(Entry& entry, const std::string& setting,
                        const std::function<void(Setting&)>& edit);
    /// Stores an event; nobody waits for it.
    void record(std::string camera, std::string_view kind, std::string text,
                std::string data = "{}");

    // Wishes (wishes.cpp).
    void setting_reported(const DrivenPtr& driven, const std::string& camera,
                          const std::string& setting, Value value);
    void settle(const std::string& camera, const std::string& setting);
    async::Task<base::Result<Setting>> wish(std::string camera, std::string setting, Value value,
                                            std::string caller, async::Deadline deadline);
    async::Task<base::Result<Setting>> wish_once(std::string camera, Setting setting, Value value,
                                                 std::string caller, async::Deadline deadline);
    async::Task<base::Result<>> answered(std::string camera, std::string setting);
    void ask(const std::string& camera, const std::string& setting);
    async::Task<> give(std::string camera, std::string setting);
    async::Task<> fall_back(std::string camera, std::string setting, Value refused,
                            std::string sentence);
    void apply_wishes(const std::string& camera);

    async::Task<> supervise(DrivenPtr driven);  // registry.cpp
    /// The driver of a camera that is there and can do what is needed.
    base::Result<DrivenPtr> driver_of(std::string_view camera,
                                      std::optional<Capability> needs) const;

    const async::Executor executor;
    const base::Clock& clock;
    events::EventLog& log;
    DesiredState& desired;
    const RegistryOptions options;
    const base::Log lines;

    ChangeFeed changes;
    std::vector<DrivenPtr> drivers;
    std::map<std::string, Entry, std::less<>>
        entries;  // none is ever removed: whoever waits may look again
    bool stopped = false;
    asio::steady_timer asked;  // its waiters wake whenever a wish was answered

    mutable base::Mutex mutex;
    std::map<std::string, CameraPtr, std::less<>> cameras CASEMENT_GUARDED_BY(mutex);
    std::map<std::string, Account, std::less<>> accounts CASEMENT_GUARDED_BY(mutex);

    async::TaskGroup tasks;  // last
};

}  // namespace casement::camera
