#pragma once
// A Nanit camera: its door on the local network, its place behind the relay, what it pushes and
// publishes.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "async/blocking_pool.hpp"
#include "async/retry.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "emulators/nanit/camera_state.hpp"
#include "emulators/nanit/control_session.hpp"
#include "emulators/nanit/log_upload.hpp"
#include "emulators/nanit/streams.hpp"
#include "net/tls.hpp"

namespace casement::emulators::nanit {

struct CameraOptions {
    std::string uid = "N301EMU0000001";
    /// Of the door; real ones have port 442. Empty: no door, the relay alone.
    std::string listen = "127.0.0.1:0";
    /// Of the door; none: a new one, for a name that is not its own.
    std::optional<net::Certificate> certificate{};
    /// Of the cloud that it keeps a connection to: "wss://127.0.0.1:40123". Empty: it is attached
    /// to a relay by hand, or works at home alone.
    std::string cloud_url{};
    base::Secret credential{};  // Accounts::make_camera_credential
    /// Whether a token opens the door: Accounts::opens_camera.
    std::function<bool(std::string_view token)> lets_in{};
    Firmware firmware{};
    ffmpeg::TestPictureOptions picture{};
    StreamTimes stream_times{};
    std::chrono::milliseconds pushes_every = std::chrono::minutes(1);
    double push_jitter = 0.1;  // each wait is up to this part of it longer or shorter
    async::BackoffPolicy redials{.first = std::chrono::seconds(1), .cap = std::chrono::seconds(15)};
    /// A cloud that says nothing for three times this is taken for gone. Our choice.
    std::chrono::milliseconds pings_every = std::chrono::seconds(10);
    /// Between GET_LOGS and the upload; real ones were seen to take minutes.
    std::chrono::milliseconds uploads_after = std::chrono::seconds(10);
    /// A slot whose client vanished without a goodbye is taken for as long.
    std::chrono::milliseconds frees_slot_after = std::chrono::minutes(5);
    /// Every wait above is multiplied by this.
    double time_scale = 1;
};

/// Knobs; they may be turned at any time.
struct CameraFaults {
    std::set<int> silent_to{};       // request types that get no answer, and no effect
    bool p2p_blocked = false;        // PUT_STREAMING fails as behind some firewalls
    bool stops_with_session = true;  // streams end with the connection that asked for them
    int other_apps = 0;              // phones that hold a slot
    LogFault log = LogFault::None;   // of the next uploads
    bool chunks_logs = false;        // they come in chunks, without a length
    bool pushes_lazily = false;      // sensors once in one to ninety minutes, as one was seen to
};

/// Since the start.
struct CameraCounters {
    std::map<int, std::uint64_t> requests;  // by type
    std::uint64_t keepalives = 0;
    std::uint64_t malformed = 0;     // no message, or neither request nor keepalive
    std::uint64_t unauthorized = 0;  // at the door
    std::uint64_t out_of_slots = 0;  // at the door, and PUT_STREAMING
    std::uint64_t pushes = 0;        // each to everybody
    std::size_t local = 0;           // connections at the door, now
    std::size_t sessions = 0;        // and over the relay
    std::uint64_t uploads = 0;       // of logs, that were answered
    int uploading = 0;               // now, and soon
    int last_upload_status = 0;      // of HTTP
    std::uint64_t links = 0;         // connections to its cloud
    bool is_linked = false;          // now
    bool is_on = true;
};

/// Signed by itself, for a name that is not the camera's own: whoever cares looks at the key.
base::Result<net::Certificate> make_camera_certificate();

/// Lives on one executor; pool and clock outlive it.
class Camera {
public:
    /// The door takes two clients, and every URL of a client beyond its first one more of the two.
    static constexpr std::size_t kSlots = 2;

    /// Errors as net::Listener::listen.
    static base::Result<std::unique_ptr<Camera>> start(async::Executor executor,
                                                       async::BlockingPool& pool,
                                                       const base::Clock& clock,
                                                       CameraOptions options, base::Log log);
    ~Camera();
    /// Streams end, the door closes. Awaited before the destructor.
    async::Task<> stop();

    /// Until the next sensors are pushed; `unit` is a random number, 0 to 1.
    static std::chrono::milliseconds push_wait(const CameraOptions& options, bool lazily,
                                               double unit);

    /// For Relay::attach.
    std::shared_ptr<ControlPort> port() const;
    std::string door_url() const;      // "wss://127.0.0.1:40123/"
    std::string door_address() const;  // "127.0.0.1:40123"; empty without one

    CameraFaults& faults();
    CameraState& state();
    Streams& streams();
    CameraCounters counters() const;

    /// Measures something else; a change of `night` is pushed at once.
    void set_readings(Readings readings);
    /// A message that it sends to everybody, as it is.
    void push(pb::Request request);
    /// Connections at the door are cut.
    void drop_local();

    /// The power fails: every connection is cut, streams and what ran are forgotten.
    void power_off();
    /// And comes back, with an uptime of zero. Errors: somebody took its port meanwhile.
    base::Result<> power_on();
    /// Both, that long apart; an error is logged.
    void power_cut(std::chrono::milliseconds length);

    struct State;

private:
    explicit Camera(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::nanit
