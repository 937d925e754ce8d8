#pragma once
// The two UDP sockets of one track, and where its sender really is.

#include <memory>
#include <optional>

#include "net/udp.hpp"
#include "protocols/rtsp/client_session.hpp"

namespace casement::sources::rtsp {

/// Lives on one executor.
class UdpLane {
public:
    /// `camera`: the address of the RTSP connection; datagrams from elsewhere are dropped, from
    /// whatever port they come.
    UdpLane(net::UdpSocket::Pair sockets, net::ip::address camera);

    protocols::rtsp::PortPair local_ports() const {
        return {sockets_.rtp->port(), sockets_.rtcp->port()};
    }
    net::UdpSocket& rtp() { return *sockets_.rtp; }
    net::UdpSocket& rtcp() { return *sockets_.rtcp; }

    /// What SETUP said; 0 or nothing: learnt from the first datagrams.
    void announce(std::optional<protocols::rtsp::PortPair> server_port);
    /// True when the datagram comes from the camera. Learns its port.
    bool accept(const net::ip::udp::endpoint& from, bool rtcp);

    /// Opens the way through firewalls and NAT between here and the camera, where its ports are
    /// known.
    void knock();
    /// Reports go to the port that SETUP said, else to where the sender's reports come from, else
    /// beside its media.
    void send_report(base::ByteSpan report);
    void close();

private:
    std::optional<net::ip::udp::endpoint> report_to() const;

    net::UdpSocket::Pair sockets_;
    const net::ip::address camera_;
    std::optional<protocols::rtsp::PortPair> announced_;
    std::uint16_t heard_rtp_ = 0, heard_rtcp_ = 0;  // the camera's ports; 0 = nothing heard
};

}  // namespace casement::sources::rtsp
