#pragma once
// One camera: what it is, has said and is asked.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "async/bell.hpp"
#include "camera/driver.hpp"
#include "drivers/nanit/channel.hpp"
#include "drivers/nanit/held.hpp"
#include "drivers/nanit/logs.hpp"
#include "drivers/nanit/media.hpp"
#include "drivers/nanit/sensors.hpp"
#include "drivers/nanit/settings.hpp"

namespace casement::drivers::nanit {

/// What the file says about a camera, by its baby.
struct CameraConfig {
    std::string baby;  // uid
    std::string id;
    std::string name;  // for a person; empty = the baby's
};

/// What all cameras of an account share. Private to this folder.
struct Household {
    const async::Executor executor;
    Account& account;
    Memory& memory;
    const base::Clock& clock;
    const Timing timing;
    const RelayOptions relay;
    const bool breathing;      // its sensors are shown
    const bool sleep;          // those of the cloud's analysis as well
    const MediaOptions media;  // without what is each camera's own
    const LogOptions logs;
    async::BlockingPool& disk;
};

/// Lives on the account's executor. Made for one run of the driver.
class Camera {
public:
    /// `application`: kept_application() of the baby.
    Camera(const Household& household, CameraConfig config, Baby baby, std::string local_address,
           base::Secret application);
    ~Camera();

    /// Until cancelled; the host outlives it. Await end_streams() before.
    async::Task<> run(camera::DriverHost& host);
    /// The camera is told to stop what it was asked to publish, over the connection that run()
    /// keeps.
    async::Task<> end_streams();

    const std::string& id() const { return config_.id; }
    const std::string& serial() const { return baby_.camera_uid; }
    const Baby& baby() const { return baby_; }
    /// As the cloud sees it now.
    void seen(Baby baby);
    /// The account's state became another.
    void account_changed() { bell_.ring(); }

    /// CameraDriver::set() and execute().
    async::Task<base::Result<>> set(std::string setting, camera::Value value,
                                    async::Deadline deadline);
    async::Task<base::Result<camera::CommandOutcome>> execute(camera::Arguments arguments,
                                                              async::Deadline deadline);

    /// Logs::begin() and Logs::state().
    base::Result<> ask_for_logs() { return logs_.begin(config_.id, channel_.camera_host()); }
    LogState logs() const { return logs_.state(); }

    camera::StreamEndpoint endpoint() { return media_->endpoint(); }
    bool is_in_standby() const { return held_.settings.sleep_mode(); }

    camera::Description description() const;

private:
    using Steady = std::chrono::steady_clock;
    /// What somebody asked for: other values are echoes of before for a while.
    struct Asked {
        camera::Value value;
        Steady::time_point until;
        bool is_contradicted = false;
    };

    async::Task<> poll();
    async::Task<> look();
    async::Task<bool> introduce();
    async::Task<bool> question(pb::Request request);
    async::Task<bool> question(protocols::nanit::RequestType type);
    async::Task<> look_at_settings();
    Steady::time_point next_look() const;
    std::shared_ptr<Media> make_media(base::Secret application);
    void end_what_is_over();

    // What it says (camera_hearing.cpp).
    void heard(const pb::Message& message);
    void take(const pb::SensorData& data);
    void take(const pb::StingStatus& status);
    void measure(std::string_view sensor, camera::SensorValue value, base::WallTime at);
    void report();
    void announce();
    void road_changed(Road road);
    void update_state();
    bool is_up() const;
    camera::CameraState state_now() const;

    // What it is asked (camera_asking.cpp).
    async::Task<base::Result<>> ask_all(std::vector<pb::Request> requests,
                                        async::Deadline deadline);
    void hold_against_echoes(const std::string& setting, const camera::Value& value);
    void played(const pb::Request& request);

    const Household& household_;
    const CameraConfig config_;
    Baby baby_;
    const base::Log log_;
    async::Bell bell_;
    Channel channel_;
    const std::shared_ptr<const Control::RoadListener> road_listener_;
    const std::shared_ptr<Media> media_;
    Logs logs_;
    camera::DriverHost* host_ = nullptr;  // while run() runs

    Held held_;
    std::map<std::string, camera::Value, std::less<>> reported_;  // to the host
    std::map<std::string, Asked, std::less<>> asked_;             // by setting
    std::map<std::string, std::pair<camera::SensorValue, base::WallTime>, std::less<>> measured_;
    std::map<std::string, Steady::time_point, std::less<>> alerts_;  // until then
    std::set<std::string> alert_sensors_;                            // that it was seen to have
    std::optional<camera::Description> announced_;
    std::optional<camera::CameraState> state_;
    Steady::time_point heard_at_{}, down_since_{};
    Steady::time_point sensors_at_{}, playback_at_{}, status_at_{};
    Steady::time_point settings_at_ = Steady::time_point::max();
    Steady::time_point breathing_until_ = Steady::time_point::max();
    Steady::time_point play_again_at_ = Steady::time_point::max();
    Steady::time_point introduce_at_{};  // max: it is known
    bool was_away_ = true;
    async::TaskGroup tasks_;
};

using CameraPtr = std::shared_ptr<Camera>;

}  // namespace casement::drivers::nanit
