#pragma once
// A camera that serves RTSP on loopback, with the bad habits of real ones on request.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/task_group.hpp"
#include "base/secret.hpp"
#include "emulators/testcam/feed.hpp"
#include "net/listener.hpp"
#include "net/tls.hpp"

namespace casement::emulators::testcam {

struct RtspCameraOptions {
    std::string listen = "127.0.0.1:0";  // exactly this address; port 0 is any
    std::string path = "live";           // rtsp://address/live
    std::string user = {};               // empty: open to everybody
    base::Secret password = {};          // Digest (MD5 and SHA-256) and Basic
    bool allow_tcp = true;
    bool allow_udp = true;
    std::size_t max_sessions = 16;  // more get 453. 1: the camera with room for one client
    /// Arlo: a session that sends no receiver report for this long is dropped.
    std::optional<std::chrono::milliseconds> dies_without_reports = {};
    /// Arlo: after a session that ended without TEARDOWN the port is closed for this long.
    std::optional<std::chrono::milliseconds> sulks_without_teardown = {};
    std::chrono::milliseconds sender_report_every{5000};
    std::shared_ptr<net::TlsServerContext> tls = {};  // set: rtsps alone
    /// Set: who may describe and set up is asked here, and not by path and password. 0, or the
    /// status to refuse with.
    std::function<int(std::string_view path, std::string_view query)> gate = {};
    /// Set: asked again and again of who plays what the gate has let in; false ends it.
    std::function<bool(std::string_view path)> keeps = {};
};

/// Since the start.
struct RtspCameraCounters {
    std::uint64_t connections = 0;
    std::uint64_t describes = 0;
    std::uint64_t unauthorized =
        0;                       // requests answered with 401 because their credentials were wrong
    std::uint64_t sessions = 0;  // PLAY answered with 200
    std::uint64_t teardowns = 0;
    std::uint64_t lost_sessions = 0;     // ended without TEARDOWN
    std::uint64_t refused_sessions = 0;  // over max_sessions
    std::uint64_t reports = 0;           // RTCP compounds received
    std::size_t playing = 0;             // now
    std::size_t most_playing = 0;
};

/// Lives on the executor of its feed. Several cameras (main and small stream) may share a feed or
/// have one each.
class RtspCamera {
public:
    /// Errors as net::Listener::listen.
    static base::Result<std::unique_ptr<RtspCamera>> listen(std::shared_ptr<Feed> feed,
                                                            RtspCameraOptions options,
                                                            base::Log log);
    ~RtspCamera();

    /// "rtsp://127.0.0.1:40123/live" or rtsps, without credentials.
    std::string url() const;
    std::uint16_t port() const;
    RtspCameraCounters counters() const;

    // Faults.
    /// Every connection is cut, as if power had failed; new ones are welcome.
    void drop_connections();
    /// Connections that were let in go on; new ones need the new one.
    void set_password(base::Secret password);
    void set_max_sessions(std::size_t count);

    /// Stops listening and cuts everything. The destructor does it too, without waiting.
    async::Task<> stop();

    struct State;  // shared with its connections

private:
    explicit RtspCamera(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::testcam
