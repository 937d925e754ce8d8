#pragma once
// One RTSP connection seen from the server: bytes in, actions out. The host owns socket, streams
// and users; it may take its time with every answer (a stream that has to be started first, a
// password that takes long to check).

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "protocols/rtsp/auth.hpp"
#include "protocols/rtsp/message.hpp"
#include "protocols/rtsp/target.hpp"
#include "protocols/rtsp/transport.hpp"
#include "protocols/sdp/tracks.hpp"

namespace casement::protocols::rtsp {

struct ServerOptions {
    std::string server_name = "Casement";
    auth::ServerPolicy auth;
    std::chrono::seconds session_timeout{
        60};  // told in the Session header; a UDP session without any sign of life ends after it
    bool allow_tcp = true;
    bool allow_udp = true;
    bool allow_record = true;
    std::size_t receive_buffer_bytes = 4096;
    /// From RECORD on: a key frame of a 4 Mbit/s camera comes in one or two reads.
    std::size_t publisher_buffer_bytes = 64 * 1024;
};

/// Who asks. A connection that was let in for a path and access stays so; `authorised` then holds
/// the name given in respond_*.
struct Caller {
    std::optional<std::string> authorised;
    std::optional<auth::Credentials>
        credentials;  // to be proven; null when none (or stale ones) were sent
};

using RequestId = std::uint64_t;

// ---- what the session asks of its host; one Need... is open at a time ----
struct Send {
    std::string bytes;
};
struct NeedDescribe {
    RequestId id;
    Target target;
    Caller caller;
};
struct NeedAnnounce {
    RequestId id;
    Target target;
    Caller caller;
    sdp::Offers offers;  // may hold no readable track: refuse with 415
};
struct NeedSetup {
    RequestId id;
    Target target;
    Caller caller;
    bool record = false;
    std::optional<int> track;  // Track::id when playing, index in the announced offers when
                               // recording; nothing: URL named none
    Transport transport;       // the first alternative that the options allow
};
struct NeedPlay {
    RequestId id;
    Target target;
};
struct NeedRecord {
    RequestId id;
    Target target;
};
/// RTP or RTCP from the peer inside the connection. Valid until the next room().
struct Incoming {
    int track = 0;
    bool rtcp = false;
    ByteSpan payload;
};
/// The peer is done: stop sending and free its ports. The connection stays.
struct TornDown {};
/// Send what is queued, then close. Cancelled when the peer closed politely.
struct Close {
    base::Error reason;
};

using ServerAction = std::variant<Send, NeedDescribe, NeedAnnounce, NeedSetup, NeedPlay, NeedRecord,
                                  Incoming, TornDown, Close>;

struct SetupAnswer {
    int track = 0;  // the track meant; decides the canonical channels 2*track and 2*track+1
    std::optional<PortPair> server_port;  // UDP only
    std::optional<std::uint32_t> ssrc;
};

/// For RTP-Info: the first unit that will be sent (RFC 2326 §12.33).
struct TrackStart {
    int track = 0;
    std::uint16_t sequence = 0;
    std::uint32_t rtp_timestamp = 0;
};

/// Host's loop:
///   n = recv(session.room()); session.commit(n, now);
///   while (auto action = session.next_action(now)) handle it;   // and again after every respond_*
///   or refuse
/// Not thread-safe; lives with its connection. No clock, no socket.
class ServerSession {
public:
    /// A connection holds one session at most.
    explicit ServerSession(ServerOptions options);

    std::span<std::uint8_t> room() { return parser_.room(); }
    void commit(std::size_t bytes) { parser_.commit(bytes); }
    /// False while an answer is open and much has been pipelined behind it: do not read now.
    bool wants_input() const;

    std::optional<ServerAction> next_action(base::SteadyTime now);

    // Answers. An id that is not open is ignored, so late answers after a Close do no harm.
    /// 401: credentials are missing or wrong. The third refusal of sent credentials closes the
    /// connection.
    void respond_unauthorized(RequestId id);
    /// `user` is remembered for the path; empty when no authentication is needed.
    void respond_describe(RequestId id, std::string_view user, std::string_view sdp);
    void respond_announce(RequestId id, std::string_view user);
    void respond_setup(RequestId id, std::string_view user, const SetupAnswer& answer);
    /// The 200 is queued as Send; media may follow once that is sent.
    void respond_play(RequestId id, const std::vector<TrackStart>& starts);
    void respond_record(RequestId id);
    /// Any failure: 403, 404, 415, 453, 454, 459, 461, 500, 503... `detail` is for the log of the
    /// client, without secrets.
    void refuse(RequestId id, int status, std::string_view detail = {});

    /// RTCP or media of this session came in over UDP: it lives.
    void heard(base::SteadyTime now) { last_heard_ = now; }
    /// When next_action() may yield a time-out; nothing when none runs.
    std::optional<base::SteadyTime> deadline() const;

    enum class State : std::uint8_t { Idle, Ready, Playing, Recording, Closed };
    State state() const { return state_; }
    const std::string& session_id() const { return session_id_; }
    /// Tracks that were set up, with the transport as answered.
    struct Setup {
        int track = 0;
        Transport transport;
        std::string uri;                   // as the client wrote it
        std::optional<ChannelPair> asked;  // channels the client proposed; some keep using them
    };
    const std::vector<Setup>& setups() const { return setups_; }
    const std::string& user_agent() const { return user_agent_; }

private:
    enum class Access : std::uint8_t { Read, Publish };
    /// The request whose answer the host owes.
    struct Open {
        RequestId id = 0;
        Request request;
        Target target;
        Access access = Access::Read;
        Transport transport;  // SETUP
        bool had_credentials = false;
    };
    struct Announced {
        Target target;
        sdp::Offers offers;
    };
    struct Grant {
        std::string path;
        Access access = Access::Read;
        std::string user;
    };

    void on_request(Request request);
    std::optional<Incoming> on_frame(const InterleavedFrame& frame) const;
    void on_options(const Request& request);
    void on_describe(Request request);
    void on_announce(Request request);
    void on_setup(Request request);
    void on_play(Request request);
    void on_pause(const Request& request);
    void on_record(Request request);
    void on_teardown(const Request& request);
    void on_parameter(const Request& request);
    bool check_basics(const Request& request);
    bool check_session(const Request& request);

    std::optional<Caller> identify(const Request& request, const Target& target, Access access);
    std::optional<int> announced_track(std::string_view uri) const;
    std::optional<Transport> acceptable_transport(const Request& request) const;
    void reply(const Request& request, int status, Headers headers = {}, std::string body = {});
    void challenge(const Request& request, bool stale);
    RequestId open(Request request, Target target, Access access, bool had_credentials);
    /// The open request, which is closed by this; nothing when the id is not open.
    std::optional<Open> take_open(RequestId id);
    void allow(const Open& open, std::string_view user);
    void close(base::Error reason);
    void end_session();
    std::string session_header() const;
    std::string public_methods() const;

    const ServerOptions options_;
    auth::Server auth_;
    Parser parser_;
    std::deque<ServerAction> queued_;
    State state_ = State::Idle;
    RequestId next_id_ = 1;
    std::optional<Open> open_;
    std::optional<Grant> grant_;
    std::optional<Announced> announced_;
    Target session_target_;
    std::string session_id_;
    std::vector<Setup> setups_;
    std::string user_agent_;
    int refusals_ = 0;
    std::optional<base::SteadyTime> last_heard_;
};

}  // namespace casement::protocols::rtsp
