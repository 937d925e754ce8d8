#pragma once
// How an Arlo camera answers RTSP: one path, one session, no password. No socket and no clock, and
// on purpose not the hub's own server.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/rtsp/message.hpp"
#include "protocols/rtsp/transport.hpp"

namespace casement::emulators::arlo {

namespace rtsp = protocols::rtsp;

/// What an answer needs from the camera. The session is the camera's, whichever connection asks.
class DeskHost {
public:
    virtual ~DeskHost() = default;
    /// Empty when there is none.
    virtual std::string session_id() const = 0;
    /// This connection set the session up.
    virtual bool owns_session() const = 0;
    virtual bool is_playing() const = 0;
    /// With `controls` in front of "track1".
    virtual std::string sdp(std::string_view controls) = 0;
    /// `track` counts from 0. Makes the session when there is none. The transport of the answer, or
    /// the status of a refusal.
    virtual std::expected<rtsp::Transport, int> set_up(std::size_t track,
                                                       const rtsp::Transport& asked) = 0;
    virtual void play() = 0;
    virtual void tear_down() = 0;
};

struct DeskRules {
    std::string path = "/live";
    bool udp = true;
    bool tcp = true;
    bool keep_alive_unknown = false;
    bool content_base = true;
    bool absolute_controls = false;
    bool zero_server_ports = false;  // SETUP over UDP says server_port=0-0
};

/// The answer, as bytes, to one request.
std::string answer_rtsp(const rtsp::Request& request, const DeskRules& rules, DeskHost& host);

}  // namespace casement::emulators::arlo
