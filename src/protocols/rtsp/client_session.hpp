#pragma once
// One RTSP dialogue seen from the client, for playing and for recording (publishing): bytes in,
// actions out. It may span several connections: a redirect, or a server that hangs up after its
// 401.

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
#include "base/url.hpp"
#include "media/track.hpp"
#include "protocols/rtsp/auth.hpp"
#include "protocols/rtsp/message.hpp"
#include "protocols/rtsp/transport.hpp"
#include "protocols/sdp/tracks.hpp"

namespace casement::protocols::rtsp {

enum class KeepAlive : std::uint8_t {
    Auto,  // GET_PARAMETER when the server's Public header names it, else OPTIONS
    Options,
    GetParameter,
    None,  // for cameras that fall over any request while they play
};

struct ClientOptions {
    base::Url url;  // credentials are answered to a challenge only, never sent in the request line
    std::string user_agent = "Casement";
    /// Tried in this order for the first track; the next one after 461 (or 400, 405, 501 to SETUP).
    std::vector<Transport::Lower> transports{Transport::Lower::Tcp, Transport::Lower::Udp};
    KeepAlive keep_alive = KeepAlive::Auto;
    std::optional<std::chrono::seconds>
        keep_alive_every;  // 1 s at least; default: half of the Session timeout
    std::chrono::seconds answer_timeout{10};
    /// Publishing when not empty: ANNOUNCE these, SETUP with mode=record, RECORD.
    media::Tracks publish;
    std::size_t receive_buffer_bytes = 64 * 1024;
};

inline constexpr int kMaxRedirects = 5;
/// RFC 2326 §12.37.
inline constexpr std::chrono::seconds kDefaultSessionTimeout{60};

/// One track as it was agreed.
struct ActiveTrack {
    std::size_t offer =
        0;  // index in Described::offers.tracks (playing) or ClientOptions::publish (recording)
    Transport::Lower lower = Transport::Lower::Tcp;
    ChannelPair channels;                          // TCP
    std::optional<PortPair> server_port;           // UDP; 0 or absent: learn from the first packets
    std::optional<std::uint32_t> ssrc;             // as the server said; a hint only
    std::optional<std::uint16_t> first_sequence;   // RTP-Info
    std::optional<std::uint32_t> first_timestamp;  // RTP-Info
};

namespace client {

struct Send {
    std::string bytes;
};
/// Answer with choose().
struct Described {
    sdp::Offers offers;
};
/// Bind an even RTP port and the RTCP port after it, then answer with ports().
struct NeedPorts {
    std::size_t offer = 0;
};
/// PLAY or RECORD was answered with 200.
struct Started {
    std::vector<ActiveTrack> tracks;
    std::string session_id;
};
/// RTP or RTCP inside the connection. Valid until the next room(). `track`: index in
/// Started::tracks.
struct Incoming {
    std::size_t track = 0;
    bool rtcp = false;
    ByteSpan payload;
};
/// Close this connection, open one to `url` and call connected().
struct Reconnect {
    base::Url url;
};
/// Over, with the reason. Close the connection (after TEARDOWN, when a session was open: see
/// has_session).
struct Failed {
    base::Error error;
};
/// TEARDOWN was answered, or was not needed.
struct Ended {};

using Action =
    std::variant<Send, Described, NeedPorts, Started, Incoming, Reconnect, Failed, Ended>;

}  // namespace client

/// Host's loop: connected(now) once per connection, then
///   n = recv(session.room()); session.commit(n);
///   while (auto action = session.next_action(now)) handle it;     // also after every other call,
///   and at deadline()
/// Not thread-safe. No clock, no socket.
class ClientSession {
public:
    explicit ClientSession(ClientOptions options);

    void connected(base::SteadyTime now);
    /// The peer closed, or the socket failed.
    void disconnected(base::SteadyTime now);
    std::span<std::uint8_t> room() { return parser_.room(); }
    void commit(std::size_t bytes) { parser_.commit(bytes); }
    std::optional<client::Action> next_action(base::SteadyTime now);
    /// When next_action() has something to do by itself (keep-alive, no answer in time).
    std::optional<base::SteadyTime> deadline() const;

    /// The offers to play, by index, in order; must not be empty.
    void choose(std::vector<std::size_t> offers, base::SteadyTime now);
    /// Local ports for the offer asked; nothing when none could be had (then TCP is tried, if
    /// allowed).
    void ports(std::optional<PortPair> local, base::SteadyTime now);
    /// Says goodbye: TEARDOWN when a session is open; Ended follows in any case.
    void teardown(base::SteadyTime now);

    /// A session exists at the server: TEARDOWN is due on every way out.
    bool has_session() const { return !session_id_.empty(); }
    const std::string& session_id() const { return session_id_; }
    bool is_started() const { return state_ == State::Started; }
    /// What Server or User-Agent of the peer said.
    const std::string& server_name() const { return server_name_; }

    /// TEARDOWN for a session of an earlier life, to be sent on a fresh connection; the answer does
    /// not matter.
    static std::string orphan_teardown(const base::Url& url, std::string_view session_id,
                                       std::string_view user_agent);

private:
    enum class State : std::uint8_t {
        Idle,
        Options,
        Describe,
        Choosing,
        Announce,
        Ports,
        Setup,
        Play,
        Started,
        Teardown,
        Over
    };
    /// A request that waits for its answer.
    struct Pending {
        std::uint32_t cseq = 0;
        Request request;
        base::SteadyTime sent{};
        int challenges = 0;  // 401 answered so far
    };

    Request request(std::string_view method, std::string uri) const;
    std::uint32_t send(Request request, base::SteadyTime now);
    void ask(Request request, base::SteadyTime now);
    void ask_options(base::SteadyTime now);
    void ask_describe(base::SteadyTime now);
    void ask_announce(base::SteadyTime now);
    void begin_setup(base::SteadyTime now);
    void ask_setup(base::SteadyTime now);
    void ask_play(base::SteadyTime now);
    void send_keep_alive(base::SteadyTime now);
    std::chrono::seconds keep_alive_interval() const;

    void on_timers(base::SteadyTime now);
    std::optional<client::Incoming> on_frame(const InterleavedFrame& frame, base::SteadyTime now);
    void on_request(const Request& request);
    void on_response(const Response& response, base::SteadyTime now);
    void on_answer(const Response& response, base::SteadyTime now);
    void on_keep_alive_answer(const Response& response, base::SteadyTime now);
    bool on_challenge(const Response& response, base::SteadyTime now);
    bool on_redirect(const Response& response);
    void on_options(const Response& response, base::SteadyTime now);
    void on_describe(const Response& response);
    void on_setup(const Response& response, base::SteadyTime now);
    void on_play(const Response& response, base::SteadyTime now);
    void start(base::SteadyTime now);
    void take_session(const Response& response);
    void take_rtp_info(std::string_view header);
    bool next_transport(base::SteadyTime now);
    Transport::Lower transport() const { return transports_[transport_]; }
    bool publishing() const { return !options_.publish.empty(); }
    std::string control_of(std::size_t offer) const;
    void end();
    void fail(base::Error error);

    const ClientOptions options_;
    base::Url url_;  // as redirected
    auth::Client auth_;
    Parser parser_;
    std::deque<client::Action> queued_;
    State state_ = State::Idle;
    std::uint32_t next_cseq_ = 1;
    std::optional<Pending> pending_;
    std::optional<Pending> keep_alive_pending_;
    bool connected_ = false;
    bool reconnected_ = false;  // after a challenge, once
    int redirects_ = 0;
    KeepAlive keep_alive_;
    std::vector<Transport::Lower> transports_;
    bool knows_get_parameter_ = false;
    std::optional<base::SteadyTime> next_keep_alive_;
    std::string server_name_;
    std::string session_id_;
    std::chrono::seconds session_timeout_{kDefaultSessionTimeout};
    sdp::Offers offers_;
    std::vector<std::size_t> chosen_;
    std::size_t next_setup_ = 0;  // index in chosen_
    std::size_t transport_ = 0;   // index in transports_
    std::optional<PortPair> local_ports_;
    std::vector<ActiveTrack> active_;
};

}  // namespace casement::protocols::rtsp
