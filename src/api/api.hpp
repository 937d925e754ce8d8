#pragma once
// The reception desk: HTTP routes to calls on the halls (docs/ref/api.md). Holds no state of its
// own but the live feed.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/auth_store.hpp"
#include "api/footage.hpp"
#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "camera/registry.hpp"
#include "camera/router.hpp"
#include "camera/sign_in.hpp"
#include "events/event_log.hpp"
#include "hub/stream_hub.hpp"
#include "net/http_server.hpp"
#include "outputs/fanout/wire_stream.hpp"
#include "outputs/mjpeg/pictures.hpp"

namespace casement::api {

/// How a camera is being recorded.
struct RecordingState {
    std::string mode = "off";  // "always", "events", "off"
    bool active = false;       // bytes are being written now
    std::optional<base::WallTime> since;
    std::optional<camera::Reason> reason;  // why it should record and does not
};

struct HealthReport {
    struct Disk {
        std::string name;
        std::uint64_t total_bytes = 0, free_bytes = 0;
        std::string text;
    };
    struct Listening {
        std::string name, address;
        bool open = true;
        std::string text;
    };
    struct Problem {
        std::string code, text;
    };
    std::vector<Disk> disks;
    std::vector<Listening> listeners;
    std::vector<Problem> problems;
};

/// How far a camera's logs came since somebody asked for them.
struct DeviceLogs {
    std::string state;  // "none", "waiting", "receiving", "stored", "failed"
    std::uint64_t received_bytes = 0;
    std::filesystem::path archive{};     // "stored"
    std::optional<base::Error> error{};  // "failed"
};

/// Both Unsupported for a camera that cannot be asked.
struct LogDesk {
    std::function<async::Task<base::Result<>>(std::string camera)> ask{};
    std::function<async::Task<base::Result<DeviceLogs>>(std::string camera)> now{};
};

/// How a person lets the hub into an account, by vendor ("nest") and name. NotFound for an account
/// that is not in the file; enter() also InvalidArgument for a way that is none, FailedPrecondition
/// "busy", and what the vendor says.
struct SignInDesk {
    std::function<bool(const std::string& vendor, const std::string& name)> knows{};
    std::function<async::Task<base::Result<std::vector<camera::SignInWay>>>(std::string vendor,
                                                                            std::string name)>
        ways{};
    std::function<async::Task<base::Result<camera::SignInOutcome>>(
        std::string vendor, std::string name, std::string way, camera::SignInAnswers answers)>
        enter{};
};

/// What the API talks to. References and functions are called from every io thread: all of it is
/// thread-safe and outlives Api::stop().
struct Parts {
    AuthStore& auth;
    const base::Clock& clock;
    camera::DriverRegistry& registry;
    camera::CommandRouter& router;
    events::EventLog& events;
    hub::StreamHub& hub;
    outputs::fanout::FanOut& fan_out;
    outputs::mjpeg::Pictures& pictures;

    async::BlockingPool* codecs = nullptr;  // for libav; none: no sound is converted
    FootageStore* footage = nullptr;        // none: nothing is recorded
    std::function<RecordingState(const std::string& camera)> recording{};
    /// The state word that people see; empty: the driver's.
    std::function<camera::CameraState(const camera::Camera&, const hub::Stream*)> state{};
    std::function<HealthReport()> health{};
    LogDesk logs{};
    SignInDesk sign_in{};          // none: commands alone
    net::WebSocketHandler live{};  // GET /api/ws

    std::filesystem::path web{};   // the page; empty: none
    std::filesystem::path data{};  // where event pictures lie; empty: none
    std::string version = "0";
    std::string time_zone = "UTC";               // IANA name of the hub
    std::function<std::string()> rtsp_listen{};  // "0.0.0.0:8554"; asked on any thread
};

/// Lives on `executor` for its feed; routes run on the io threads of their connections.
class Api {
public:
    Api(async::Executor executor, Parts parts, base::Log log = {});
    ~Api();

    /// Adds every route, and the guard that asks who is there. Before the server serves.
    void mount(net::HttpServer& server);
    /// Follows registry, events and streams for the live feed; returns at once.
    void start();
    /// Ends the feed. Stop the HttpServer first.
    async::Task<> stop();

    /// Something about this camera's stream or recording changed. From any thread; the feed tells
    /// it at most twice a second.
    void camera_changed(const std::string& camera);

    struct Context;

private:
    std::shared_ptr<Context> context_;
    async::TaskGroup tasks_;
};

}  // namespace casement::api
