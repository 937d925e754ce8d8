#include "outputs/rtsp/udp_lane.hpp"

#include <array>
#include <utility>

namespace casement::outputs::rtsp {

UdpLane::UdpLane(async::Executor executor, boost::asio::ip::address address, base::Log log)
    : executor_(std::move(executor)),
      address_(std::move(address)),
      tasks_(executor_, std::move(log)) {}

base::Result<net::UdpSocket::Pair*> UdpLane::open() {
    if (!pair_.rtp) {
        CASEMENT_TRY(auto pair, net::UdpSocket::bind_pair(executor_, address_));
        pair_ = std::move(pair);
        tasks_.spawn("rtsp udp rtcp",
                     [self = shared_from_this()] { return self->receive(*self->pair_.rtcp); });
        // Some players punch holes towards the RTP port: read it empty.
        tasks_.spawn("rtsp udp rtp",
                     [self = shared_from_this()] { return self->receive(*self->pair_.rtp); });
    }
    return &pair_;
}

async::Task<> UdpLane::receive(net::UdpSocket& socket) {
    std::array<std::uint8_t, 2048> buffer{};
    for (;;) {
        const auto got = co_await socket.receive(buffer);
        if (!got && got.error().is(base::ErrorKind::Cancelled)) co_return;
        if (!got) continue;  // an ICMP error of an earlier datagram
        const auto found = listeners_.find(got->from);
        if (found != listeners_.end()) found->second();
    }
}

std::shared_ptr<void> UdpLane::listen_for(const boost::asio::ip::udp::endpoint& rtcp,
                                          std::function<void()> on_heard) {
    listeners_[rtcp] = std::move(on_heard);
    return std::shared_ptr<void>(nullptr, [weak = weak_from_this(), rtcp](void*) {
        if (const auto self = weak.lock()) self->listeners_.erase(rtcp);
    });
}

async::Task<> UdpLane::stop() { co_await tasks_.stop(); }

}  // namespace casement::outputs::rtsp
