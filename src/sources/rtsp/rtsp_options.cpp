#include "sources/rtsp/rtsp_options.hpp"

#include <tuple>

namespace casement::sources::rtsp {

namespace {

KeepAlive keep_alive_of(camera::PullRtsp::KeepAlive keep_alive) {
    switch (keep_alive) {
        case camera::PullRtsp::KeepAlive::Options:
            return KeepAlive::Options;
        case camera::PullRtsp::KeepAlive::GetParameter:
            return KeepAlive::GetParameter;
        case camera::PullRtsp::KeepAlive::None:
            return KeepAlive::None;
        case camera::PullRtsp::KeepAlive::Auto:
            break;
    }
    return KeepAlive::Auto;
}

}  // namespace

RtspOptions options_of(const camera::PullRtsp& way, std::string camera) {
    using Transport = camera::PullRtsp::Transport;
    RtspOptions out;
    out.camera = std::move(camera);
    out.url = way.url;
    out.connect.bind_address = way.connection.bind_address;
    out.connect.resolve = way.connection.resolve;
    std::tie(out.udp_first_port, out.udp_last_port) = way.connection.udp_ports;
    if (way.url.scheme == "rtsps") {
        out.connect.tls.emplace();
        out.connect.tls->ca_file = way.connection.ca_file;
    }
    if (way.transport == Transport::Tcp) out.transports = {Lower::Tcp};
    if (way.transport == Transport::Udp) out.transports = {Lower::Udp};
    if (way.transport == Transport::UdpFirst) out.transports = {Lower::Udp, Lower::Tcp};
    out.when_refused = way.when_refused;
    out.receiver_report_every = way.receiver_report_every;
    out.reports_before_first_sender_report = way.reports_before_first_sender_report;
    out.keep_alive = keep_alive_of(way.keep_alive);
    return out;
}

}  // namespace casement::sources::rtsp
