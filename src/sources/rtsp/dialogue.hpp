#pragma once
// A connection and the RTSP dialogue on it, up to PLAY and from TEARDOWN to the end.

#include <map>
#include <memory>
#include <vector>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "net/stream.hpp"
#include "protocols/rtsp/client_session.hpp"
#include "sources/rtsp/rtsp_options.hpp"
#include "sources/rtsp/udp_lane.hpp"

namespace casement::sources::rtsp {

/// Lives on one executor. May be cancelled while it opens; goodbye() works all the same.
class Dialogue {
public:
    Dialogue(const RtspOptions& options, std::vector<Lower> transports, const base::Clock& clock);

    /// Connects and talks until PLAY is answered. Errors: those of net::connect and of the camera's
    /// refusals.
    async::Task<base::Result<protocols::rtsp::client::Started>> open();

    net::Stream& connection() { return *connection_; }
    protocols::rtsp::ClientSession& session() { return session_; }
    const protocols::sdp::Offers& offers() const { return offers_; }
    /// The sockets of an offer that is received over UDP; null for TCP.
    UdpLane* lane(std::size_t offer);
    /// `bytes` in one piece, never two writers at once.
    async::Task<base::Result<>> write(std::string bytes);

    /// Says TEARDOWN where a session is open and waits for its answer: on this connection, or on a
    /// new one where this one is broken. True when the camera answered or nothing had to be said.
    /// Closes everything.
    async::Task<bool> goodbye(async::Deadline deadline);

private:
    async::Task<base::Result<>> dial(base::Url url);
    async::Task<base::Result<>> read();
    async::Task<base::Result<std::optional<protocols::rtsp::client::Started>>> act();
    async::Task<base::Result<>> say_goodbye_here();
    base::Result<> choose(const protocols::sdp::Offers& offers);
    void bind_ports(std::size_t offer);
    void close();

    const RtspOptions& options_;
    const base::Clock& clock_;
    base::Url url_;  // as redirected
    protocols::rtsp::ClientSession session_;
    std::unique_ptr<net::Stream> connection_;
    net::ip::address camera_;
    protocols::sdp::Offers offers_;
    std::map<std::size_t, UdpLane> lanes_;
    bool writing_ =
        false;  // still true after a write that was cancelled: half a message may be out
};

}  // namespace casement::sources::rtsp
