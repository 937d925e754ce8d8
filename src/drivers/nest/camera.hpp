#pragma once
// One camera of the account: what the hub is told of it, and what it is asked.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/task_group.hpp"
#include "camera/back_channel.hpp"
#include "drivers/nest/camera_record.hpp"
#include "drivers/nest/events.hpp"
#include "drivers/nest/ways.hpp"

namespace casement::drivers::nest {

/// One entry of the file that names a camera of this account.
struct CameraConfig {
    std::string uuid;  // or its first eight digits and more
    std::string id;    // empty: made of the uuid
    std::string name;  // for a person; empty: the vendor's
    WishedWay way = WishedWay::Auto;
    std::chrono::milliseconds interval{1000};  // of single pictures
    int width = 1280;
    std::optional<camera::Films> films{};
    /// Answers the stream that Device Access lends of this camera; empty where it does not. As
    /// WayParts::device_access.
    std::function<async::Task<base::Result<camera::StreamEndpoint>>(async::Deadline)>
        device_access{};
};

/// What all cameras of an account have in common. All of it outlives them.
struct Household {
    async::Executor executor;
    Api& api;
    Keeper& keeper;
    async::BlockingPool& disk;
    const base::Clock& clock;
    Timing timing;
    double time_scale = 1;  // of the streams' waits
    std::string folder;     // of the hub's data
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

    /// The best way that works, one for another as they fail and come back; the answer may outlive
    /// the camera.
    base::Result<camera::StreamEndpoint> endpoint();
    async::Task<base::Result<>> set(std::string setting, camera::Value value,
                                    async::Deadline deadline);
    async::Task<base::Result<std::unique_ptr<camera::TalkSink>>> talk();
    async::Task<base::Result<camera::CommandOutcome>> execute(camera::Arguments arguments,
                                                              async::Deadline deadline);

private:
    camera::Description description() const;
    camera::CameraState state_now() const;
    bool can_talk() const;
    std::vector<camera::Sensor> sensors() const;
    void announce();
    void update_state();
    async::Task<base::Result<WayParts::Pass>> pass(std::optional<WayParts::Pass> refused,
                                                   async::Deadline deadline);
    /// The stream goes by this way now, and why by no better one.
    void goes_by(std::string way, std::optional<base::Error> why);
    bool is_reached() const;

    const Household household_;
    const CameraConfig config_;
    const base::Log log_;
    const std::shared_ptr<camera::BackChannel> back_channel_;
    CameraRecord record_;
    EventPoll events_;
    camera::DriverHost* host_ = nullptr;  // while run() runs
    std::optional<camera::Description> announced_;
    std::optional<camera::CameraState> state_;
    std::string way_;                 // by which pictures come; empty: nobody has asked for them
    int asking_ = 0;                  // streams that wait for a credential
    async::Bell idle_;                // one of them has it
    std::optional<base::Error> why_;  // of no better road
    base::SteadyTime not_reached_until_{};
    const std::shared_ptr<std::atomic<std::uint32_t>> news_ =
        std::make_shared<std::atomic<std::uint32_t>>(0);
};
using CameraPtr = std::shared_ptr<Camera>;

}  // namespace casement::drivers::nest
