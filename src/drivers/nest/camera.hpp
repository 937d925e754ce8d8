#pragma once
// One camera of the account: what the hub is told of it, and what it is asked.

#include <memory>
#include <optional>
#include <string>

#include "async/task_group.hpp"
#include "drivers/nest/camera_record.hpp"
#include "drivers/nest/events.hpp"

namespace casement::drivers::nest {

/// How pictures travel; Auto is the best that works.
enum class Way : std::uint8_t { Auto, Nexustalk, Snapshots };

/// One entry of the file that names a camera of this account.
struct CameraConfig {
    std::string uuid;  // or its first eight digits and more
    std::string id;    // empty: made of the uuid
    std::string name;  // for a person; empty: the vendor's
    Way way = Way::Auto;
    std::chrono::milliseconds interval{1000};  // of single pictures
    int width = 1280;
};

/// What all cameras of an account have in common. All of it outlives them.
struct Household {
    async::Executor executor;
    Api& api;
    Keeper& keeper;
    async::BlockingPool& disk;
    const base::Clock& clock;
    Timing timing;
    std::string folder;  // of the hub's data
};

/// Lives on one executor, shared by the driver and by what it answered; run() once.
class Camera : public std::enable_shared_from_this<Camera> {
public:
    Camera(const Household& household, CameraConfig config, CameraRecord record);
    ~Camera();

    /// Tells the host of it and follows its events until cancelled.
    async::Task<> run(camera::DriverHost& host);

    const std::string& id() const { return config_.id; }
    const std::string& uuid() const { return record_.uuid; }
    const CameraRecord& record() const { return record_; }
    /// What the vendor says of it now. Told to the host where it is news.
    void take(CameraRecord record);
    /// The vendor has something new of it, and does not say what.
    void ring() { events_.ring(); }
    void account_changed();

    async::Task<base::Result<camera::StreamEndpoint>> endpoint(async::Deadline deadline);
    async::Task<base::Result<>> set(std::string setting, camera::Value value,
                                    async::Deadline deadline);
    async::Task<base::Result<camera::CommandOutcome>> execute(camera::Arguments arguments,
                                                              async::Deadline deadline);

private:
    camera::Description description() const;
    camera::CameraState state_now() const;
    std::vector<camera::Sensor> sensors() const;
    void announce();
    void update_state();

    const Household household_;
    const CameraConfig config_;
    const base::Log log_;
    CameraRecord record_;
    EventPoll events_;
    camera::DriverHost* host_ = nullptr;  // while run() runs
    std::optional<camera::Description> announced_;
    std::optional<camera::CameraState> state_;
};
using CameraPtr = std::shared_ptr<Camera>;

}  // namespace casement::drivers::nest
