#pragma once
// The streaming host of one region: nexustalk over TLS on one port and over WebSockets on another.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "emulators/nest/accounts.hpp"
#include "emulators/nest/home.hpp"
#include "emulators/nest/live_wire.hpp"
#include "emulators/testcam/feed.hpp"
#include "net/tls.hpp"
#include "protocols/nest/values.hpp"

namespace casement::emulators::nest {

struct LiveOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0, websocket_port = 0;    // 0 = any
    std::shared_ptr<net::TlsServerContext> tls{};  // none: plain TCP and ws
    std::string region = "us1";
    /// Of all cameras. The name and the hue are each camera's.
    ffmpeg::TestPictureOptions picture{.width = 960, .height = 540, .fps = 24};
    /// Waits are multiplied by it; never the life of a token.
    double time_scale = 1;
};

struct LiveFaults {
    int redirects = 0;            // so many HELLOs are sent elsewhere
    int redirects_at_start = 0;   // so many START_PLAYBACKs, too
    std::string redirect_to{};    // "host:port"; empty: here
    bool swaps_channels = false;  // sound is channel 1, and told first
    bool adds_unknown = false;    // packets and fields that nobody knows are strewn in
    bool is_down = false;         // connections are cut at once, those that are open too
    bool is_blocked = false;      // the same of TLS alone: a network that lets only the web out
    bool is_silent = false;       // packets stop, the connection stays
    bool is_stubborn = false;     // a session ends with its first token, whatever is shown later
    std::size_t key_bytes = 0;    // key frames are padded to so many bytes
    std::chrono::milliseconds clock_skew{0};  // of the start times
    Messages messages = Messages::Whole;
};

/// Since the start.
struct LiveCounters {
    std::uint64_t connections = 0;
    std::uint64_t hellos = 0;  // answered with OK
    std::uint64_t redirects = 0;
    std::uint64_t unauthorized = 0;  // ERROR 3, at once or when a token ended
    std::uint64_t illegal = 0;       // ERROR 2
    std::uint64_t renewals = 0;      // AUTHORIZE_REQUEST on an open connection, answered with OK
    std::uint64_t playbacks = 0;     // PLAYBACK_BEGIN
    std::uint64_t stops = 0;         // STOP_PLAYBACK
    std::uint64_t pings = 0;         // of clients
    std::uint64_t pictures = 0;      // sent
    std::size_t open = 0;            // now
    std::size_t playing = 0;         // now
    std::size_t most_playing = 0;    // at once
};

/// What somebody said through a camera's loudspeaker.
struct Spoken {
    std::string uuid;
    std::vector<std::vector<std::uint8_t>> packets;  // Speex
    bool ended = false;
};

/// Lives on one executor. Pool, clock, accounts and home outlive it.
class LiveHost {
public:
    /// Errors as net::Listener::listen.
    static base::Result<std::unique_ptr<LiveHost>> start(async::Executor executor,
                                                         async::BlockingPool& pool,
                                                         const base::Clock& clock,
                                                         const Accounts& accounts, Home& home,
                                                         LiveOptions options, base::Log log);
    ~LiveHost();
    /// Everybody is cut. Awaited before the destructor.
    async::Task<> stop();

    std::string address() const;            // "127.0.0.1:40123"
    std::string websocket_address() const;  // the same, of the other port

    LiveFaults faults{};
    LiveCounters counters() const;
    const std::vector<Spoken>& spoken() const;
    /// What a camera sees; its own faults are there. None until somebody has watched it.
    std::shared_ptr<testcam::Feed> feed(std::string_view uuid) const;

    /// Everybody who watches the camera is told that it ends.
    void end_playbacks(std::string_view uuid, protocols::nest::EndReason reason);
    /// Everybody is told this, and cut.
    void fail_all(protocols::nest::ErrorCode code);
    /// Every connection is reset, in the middle of a packet where one is being sent.
    void reset_all();

    struct State;

private:
    explicit LiveHost(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::nest
