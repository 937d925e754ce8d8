#pragma once
// How a camera is pulled over RTSP.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/url.hpp"
#include "camera/endpoint.hpp"
#include "net/connect.hpp"
#include "protocols/rtsp/client_session.hpp"

namespace casement::sources::rtsp {

using protocols::rtsp::KeepAlive;
using Lower = protocols::rtsp::Transport::Lower;

struct RtspOptions {
    std::string camera;           // for the journal; a camera's stable name
    base::Url url;                // rtsp or rtsps, credentials inside
    net::ConnectOptions connect;  // `tls` is chosen by the scheme when it is empty
    /// In this order; the next after a refusal, or when nothing arrives.
    std::vector<Lower> transports{Lower::Tcp, Lower::Udp};
    /// Local ports for UDP; 0, 0: the system chooses. A fixed range can be forwarded by a gateway.
    std::uint16_t udp_first_port = 0, udp_last_port = 0;

    /// Arlo cameras stop after 6 s without one.
    std::chrono::milliseconds receiver_report_every{5000};
    /// From the start; else from the first sender report on: a camera that has never seen RTCP may
    /// never miss it.
    bool reports_before_first_sender_report = false;
    KeepAlive keep_alive = KeepAlive::Auto;
    std::optional<std::chrono::seconds> keep_alive_every;

    /// As camera::StreamEndpoint and camera::PullRtsp say.
    std::optional<camera::Allowance> allowance;
    std::function<void(camera::StreamNews)> tell;
    std::optional<base::Error> when_refused;

    /// False: the camera is not even asked for its sound.
    bool audio = true;
    /// From the first packet of the connection to the answer to PLAY; a camera may have to start
    /// its encoder.
    std::chrono::milliseconds open_within{15'000};
    std::chrono::seconds answer_within{10};
    /// After PLAY, until the transport counts as one that does not work here.
    std::chrono::milliseconds first_media_within{8'000};
    /// Silence after which the stream counts as dead.
    std::chrono::milliseconds stall{10'000};
};

RtspOptions options_of(const camera::PullRtsp& way, std::string camera);

}  // namespace casement::sources::rtsp
