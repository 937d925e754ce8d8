#pragma once
// Datagrams: RTP and RTCP pairs, batched sends with segmentation offload.

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <boost/asio/ip/udp.hpp>

#include "async/task.hpp"
#include "base/byte_reader.hpp"
#include "net/endpoint.hpp"

namespace casement::net {

using async::Executor;
using async::Task;
using base::ByteSpan;
using base::Result;

/// Lives on one executor.
class UdpSocket {
public:
    /// Port 0 lets the system choose. Errors as Listener::listen().
    static Result<std::unique_ptr<UdpSocket>> bind(const Executor& executor,
                                                   const ip::address& address, std::uint16_t port);

    struct Pair;
    /// Two neighbouring ports, the first even (RFC 3550 §11). `first`..`last` bound the search; 0,
    /// 0 lets the system choose.
    static Result<Pair> bind_pair(const Executor& executor, const ip::address& address,
                                  std::uint16_t first = 0, std::uint16_t last = 0);

    struct Received {
        std::size_t size = 0;
        ip::udp::endpoint from;
        bool truncated = false;  // the datagram was longer than the buffer
    };
    Task<Result<Received>> receive(std::span<std::uint8_t> into);

    /// Waits until a receive would not block.
    Task<Result<>> wait_readable();
    /// One datagram now; size 0 and port 0 = nothing there.
    Result<Received> try_receive(std::span<std::uint8_t> into);
    /// Up to kReceiveBatch datagrams with one recvmmsg: datagram i lands in `into` at i *
    /// slot_bytes. Returns how many; 0 = nothing there.
    static constexpr std::size_t kReceiveBatch = 32;
    Result<std::size_t> try_receive_batch(std::span<std::uint8_t> into, std::size_t slot_bytes,
                                          std::span<Received> out);

    /// True = sent, false = the socket buffer is full. An ICMP error of an earlier datagram
    /// (refused) is an error of this call.
    Result<bool> try_send(const ip::udp::endpoint& to, ByteSpan bytes);
    Result<bool> try_send(const ip::udp::endpoint& to, std::span<const iovec> parts);

    /// One entry of a batch. Nothing is copied: all must stay valid during the call.
    struct Message {
        const ip::udp::endpoint* to = nullptr;
        std::span<const iovec> parts;
        /// 0: the parts are one datagram. Else they are cut into datagrams of this size, the last
        /// may be shorter (UDP_SEGMENT, Linux 4.18); at most 64 datagrams and 65,000 bytes in one
        /// message.
        std::uint16_t segment_bytes = 0;
    };
    /// One sendmmsg (or a few). Returns how many messages were handed to the kernel completely;
    /// fewer than given = the buffer is full, or the next message failed alone: it is counted in
    /// failed_sends() and skipped. Falls back to plain datagrams where segmentation is refused.
    std::size_t send_batch(std::span<const Message> messages);
    std::uint64_t failed_sends() const { return failed_sends_; }
    bool segments() const { return gso_; }

    /// Asks the kernel for a receive buffer of this size (it may give less).
    void set_receive_buffer(int bytes);
    void close();
    ip::udp::endpoint local() const { return local_; }
    std::uint16_t port() const { return local_.port(); }
    int native_handle() const;

    explicit UdpSocket(ip::udp::socket socket);
    ~UdpSocket();

private:
    ip::udp::socket socket_;
    ip::udp::endpoint local_;
    std::uint64_t failed_sends_ = 0;
    bool gso_ = true;
    int gso_refusals_ = 0;
};

struct UdpSocket::Pair {
    std::unique_ptr<UdpSocket> rtp;
    std::unique_ptr<UdpSocket> rtcp;
};

}  // namespace casement::net
