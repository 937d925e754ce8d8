#include "sources/rtsp/udp_lane.hpp"

#include <array>

#include "protocols/rtp/packet.hpp"

namespace casement::sources::rtsp {

using net::ip::udp;

namespace {

/// Two key frames of a 4K camera that come while the thread is busy elsewhere.
constexpr int kReceiveBufferBytes = 4 * 1024 * 1024;

}  // namespace

UdpLane::UdpLane(net::UdpSocket::Pair sockets, net::ip::address camera)
    : sockets_(std::move(sockets)), camera_(std::move(camera)) {
    sockets_.rtp->set_receive_buffer(kReceiveBufferBytes);
}

void UdpLane::announce(std::optional<protocols::rtsp::PortPair> server_port) {
    announced_ = server_port;
    // RFC 2326 §12.39: one port names RTP, RTCP is the next.
    if (announced_ && announced_->rtcp == 0 && announced_->rtp != 0)
        announced_->rtcp = static_cast<std::uint16_t>(announced_->rtp + 1);
}

bool UdpLane::accept(const udp::endpoint& from, bool rtcp) {
    if (from.address() != camera_) return false;
    (rtcp ? heard_rtcp_ : heard_rtp_) = from.port();
    return true;
}

void UdpLane::knock() {
    if (!announced_ || announced_->rtp == 0) return;
    // A header without payload: whoever takes it for RTP finds nothing in it.
    std::array<std::uint8_t, protocols::rtp::kHeaderBytes> empty{};
    protocols::rtp::write_header(empty.data(), {});
    (void)sockets_.rtp->try_send(udp::endpoint(camera_, announced_->rtp), empty);
    const std::array<std::uint8_t, 1> one{};
    (void)sockets_.rtcp->try_send(udp::endpoint(camera_, announced_->rtcp), one);
}

std::optional<udp::endpoint> UdpLane::report_to() const {
    if (announced_ && announced_->rtcp != 0) return udp::endpoint(camera_, announced_->rtcp);
    if (heard_rtcp_ != 0) return udp::endpoint(camera_, heard_rtcp_);
    if (heard_rtp_ != 0) return udp::endpoint(camera_, static_cast<std::uint16_t>(heard_rtp_ + 1));
    return std::nullopt;
}

void UdpLane::send_report(base::ByteSpan report) {
    // A report that cannot be sent is like one that was lost.
    if (const auto to = report_to()) (void)sockets_.rtcp->try_send(*to, report);
}

void UdpLane::close() {
    sockets_.rtp->close();
    sockets_.rtcp->close();
}

}  // namespace casement::sources::rtsp
