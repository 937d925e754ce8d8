#pragma once
// The UDP ports of one io thread: every viewer of the thread gets its packets from them, and its
// RTCP arrives there.

#include <functional>
#include <map>
#include <memory>

#include "async/task_group.hpp"
#include "net/udp.hpp"

namespace casement::outputs::rtsp {

/// Lives on its io thread.
class UdpLane : public std::enable_shared_from_this<UdpLane> {
public:
    UdpLane(async::Executor executor, boost::asio::ip::address address, base::Log log);

    /// Binds the pair at the first call. The ports are the system's choice and are told to each
    /// client in its SETUP answer.
    base::Result<net::UdpSocket::Pair*> open();
    /// Calls `on_heard` for every datagram from this RTCP endpoint until the handle is dropped.
    std::shared_ptr<void> listen_for(const boost::asio::ip::udp::endpoint& rtcp,
                                     std::function<void()> on_heard);
    async::Task<> stop();

private:
    async::Task<> receive(net::UdpSocket& socket);

    const async::Executor executor_;
    const boost::asio::ip::address address_;
    net::UdpSocket::Pair pair_;
    std::map<boost::asio::ip::udp::endpoint, std::function<void()>> listeners_;
    async::TaskGroup tasks_;
};

}  // namespace casement::outputs::rtsp
