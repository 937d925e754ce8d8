#include "net/udp.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/gather.hpp"

namespace casement::net {

namespace {

using async::as_value;
using base::ErrorKind;

constexpr std::size_t kMessagesPerCall = 256;  // of sendmmsg, which itself takes 1024
constexpr int kMaxRefusals = 8;                // of segmentation, before it is switched off
constexpr int kPairAttempts = 64;  // to find two free neighbours when the system chooses

std::unexpected<base::Error> system_failure(int error, std::string_view what) {
    return std::unexpected(async::to_error({error, boost::system::system_category()}, what));
}

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS;
}

struct SegmentControl {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> bytes{};
};

void attach_segment_size(msghdr& head, SegmentControl& control, std::uint16_t segment_bytes) {
    head.msg_control = control.bytes.data();
    head.msg_controllen = control.bytes.size();
    cmsghdr* entry = CMSG_FIRSTHDR(&head);
    entry->cmsg_level = SOL_UDP;
    entry->cmsg_type = UDP_SEGMENT;
    entry->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    std::memcpy(CMSG_DATA(entry), &segment_bytes, sizeof segment_bytes);
}

void address(msghdr& head, const UdpSocket::Message& message) {
    head.msg_name = const_cast<void*>(static_cast<const void*>(message.to->data()));
    head.msg_namelen = static_cast<socklen_t>(message.to->size());
    head.msg_iov = const_cast<iovec*>(message.parts.data());
    head.msg_iovlen = message.parts.size();
}

/// Sends a segmented message as the datagrams that the kernel would have cut. False = the buffer is
/// full before the first one.
bool send_cut(int fd, const UdpSocket::Message& message, std::uint64_t& failed) {
    Gather gather(message.parts);
    bool first = true;
    while (!gather.empty()) {
        std::array<iovec, 16> piece{};
        std::size_t count = 0;
        std::size_t bytes = 0;
        for (const iovec& part : gather.left()) {
            if (bytes == message.segment_bytes || count == piece.size()) break;
            piece[count] = part;
            piece[count].iov_len = std::min(part.iov_len, message.segment_bytes - bytes);
            bytes += piece[count++].iov_len;
        }
        msghdr head{};
        address(head, message);
        head.msg_iov = piece.data();
        head.msg_iovlen = count;
        if (::sendmsg(fd, &head, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (would_block(errno) && first) return false;
            ++failed;  // in the middle of a message: a lost datagram, as on the wire
        }
        first = false;
        gather.consume(bytes);
    }
    return true;
}

ip::udp::endpoint endpoint_from(const sockaddr_storage& from, socklen_t size) {
    ip::udp::endpoint out;
    std::memcpy(out.data(), &from, std::min<std::size_t>(size, out.capacity()));
    out.resize(std::min<std::size_t>(size, out.capacity()));
    return out;
}

}  // namespace

UdpSocket::UdpSocket(ip::udp::socket socket) : socket_(std::move(socket)) {
    boost::system::error_code ec;
    socket_.native_non_blocking(true, ec);
    local_ = socket_.local_endpoint(ec);
}

UdpSocket::~UdpSocket() = default;

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(const Executor& executor,
                                                   const ip::address& address, std::uint16_t port) {
    ip::udp::socket socket(executor);
    const ip::udp::endpoint at(address, port);
    boost::system::error_code ec;
    socket.open(at.protocol(), ec);
    if (!ec) socket.bind(at, ec);
    if (ec) return std::unexpected(async::to_error(ec, fmt::format("UDP on {}", to_text(at))));
    return std::make_unique<UdpSocket>(std::move(socket));
}

Result<UdpSocket::Pair> UdpSocket::bind_pair(const Executor& executor, const ip::address& address,
                                             std::uint16_t first, std::uint16_t last) {
    if (first == 0) {
        for (int attempt = 0; attempt < kPairAttempts; ++attempt) {
            CASEMENT_TRY(auto one, bind(executor, address, 0));
            const bool is_even = one->port() % 2 == 0;
            const auto other_port =
                static_cast<std::uint16_t>(is_even ? one->port() + 1 : one->port() - 1);
            auto other = bind(executor, address, other_port);
            if (!other) continue;
            return is_even ? Pair{std::move(one), std::move(*other)}
                           : Pair{std::move(*other), std::move(one)};
        }
        return base::fail(ErrorKind::ResourceExhausted,
                          "no two neighbouring UDP ports are free on {}", to_text(address));
    }
    for (unsigned port = first + (first % 2U); port + 1 <= last; port += 2) {
        auto rtp = bind(executor, address, static_cast<std::uint16_t>(port));
        if (!rtp) continue;
        auto rtcp = bind(executor, address, static_cast<std::uint16_t>(port + 1));
        if (rtcp) return Pair{std::move(*rtp), std::move(*rtcp)};
    }
    return base::fail_because("port-taken", ErrorKind::ResourceExhausted,
                              "no two neighbouring UDP ports are free from {} to {} on {}", first,
                              last, to_text(address));
}

Task<Result<>> UdpSocket::wait_readable() {
    const auto [ec] = co_await socket_.async_wait(ip::udp::socket::wait_read, as_value);
    if (ec) co_return std::unexpected(async::to_error(ec, "UDP receive"));
    co_return Result<>{};
}

Result<UdpSocket::Received> UdpSocket::try_receive(std::span<std::uint8_t> into) {
    sockaddr_storage from{};
    iovec part{into.data(), into.size()};
    msghdr head{};
    head.msg_name = &from;
    head.msg_namelen = sizeof from;
    head.msg_iov = &part;
    head.msg_iovlen = 1;
    const ssize_t n = ::recvmsg(native_handle(), &head, MSG_DONTWAIT);
    if (n < 0) {
        // An ICMP answer to something we sent is no news about what we receive.
        if (would_block(errno) || errno == ECONNREFUSED) return Received{};
        return system_failure(errno, "UDP receive");
    }
    return Received{static_cast<std::size_t>(n), endpoint_from(from, head.msg_namelen),
                    (head.msg_flags & MSG_TRUNC) != 0};
}

Task<Result<UdpSocket::Received>> UdpSocket::receive(std::span<std::uint8_t> into) {
    for (;;) {
        CASEMENT_CO_TRY(co_await wait_readable());
        CASEMENT_CO_TRY(const Received got, try_receive(into));
        if (got.from.port() != 0) co_return got;
    }
}

Result<std::size_t> UdpSocket::try_receive_batch(std::span<std::uint8_t> into,
                                                 std::size_t slot_bytes, std::span<Received> out) {
    const std::size_t slots = std::min({kReceiveBatch, out.size(), into.size() / slot_bytes});
    std::array<sockaddr_storage, kReceiveBatch> from;
    std::array<iovec, kReceiveBatch> parts;
    std::array<mmsghdr, kReceiveBatch> heads;
    for (std::size_t i = 0; i < slots; ++i) {
        parts[i] = {into.data() + i * slot_bytes, slot_bytes};
        heads[i] = {};
        heads[i].msg_hdr.msg_name = &from[i];
        heads[i].msg_hdr.msg_namelen = sizeof from[i];
        heads[i].msg_hdr.msg_iov = &parts[i];
        heads[i].msg_hdr.msg_iovlen = 1;
    }
    const int n = ::recvmmsg(native_handle(), heads.data(), static_cast<unsigned>(slots),
                             MSG_DONTWAIT, nullptr);
    if (n < 0) {
        if (would_block(errno) || errno == ECONNREFUSED) return 0;
        return system_failure(errno, "UDP receive");
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        out[i] = {heads[i].msg_len, endpoint_from(from[i], heads[i].msg_hdr.msg_namelen),
                  (heads[i].msg_hdr.msg_flags & MSG_TRUNC) != 0};
    }
    return static_cast<std::size_t>(n);
}

Result<bool> UdpSocket::try_send(const ip::udp::endpoint& to, ByteSpan bytes) {
    const iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    return try_send(to, std::span(&part, 1));
}

Result<bool> UdpSocket::try_send(const ip::udp::endpoint& to, std::span<const iovec> parts) {
    msghdr head{};
    address(head, {.to = &to, .parts = parts});
    if (::sendmsg(native_handle(), &head, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    if (would_block(errno)) return false;
    return system_failure(errno, "UDP send");
}

std::size_t UdpSocket::send_batch(std::span<const Message> messages) {
    std::array<mmsghdr, kMessagesPerCall> heads;
    std::array<SegmentControl, kMessagesPerCall> controls;
    const int fd = native_handle();
    std::size_t done = 0;
    while (done < messages.size()) {
        if (!gso_ && messages[done].segment_bytes != 0) {
            if (!send_cut(fd, messages[done], failed_sends_)) return done;
            ++done;
            continue;
        }
        std::size_t count = 0;
        for (; count < kMessagesPerCall && done + count < messages.size(); ++count) {
            const Message& message = messages[done + count];
            if (!gso_ && message.segment_bytes != 0) break;
            heads[count] = {};
            address(heads[count].msg_hdr, message);
            if (message.segment_bytes != 0)
                attach_segment_size(heads[count].msg_hdr, controls[count], message.segment_bytes);
        }
        const int sent =
            ::sendmmsg(fd, heads.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
        } else if (would_block(errno)) {
            return done;
        } else if (messages[done].segment_bytes != 0 &&
                   (errno == EIO || errno == EINVAL || errno == EOPNOTSUPP ||
                    errno == ENOPROTOOPT)) {
            // EIO: the route's device has no checksum offload (tun, some Wi-Fi). EINVAL: an old
            // kernel, or one receiver behind a smaller MTU, so it has to come a few times before
            // segmentation is given up for all.
            ++gso_refusals_;
            gso_ = errno == EINVAL && gso_refusals_ < kMaxRefusals;
            if (!send_cut(fd, messages[done], failed_sends_)) return done;
            ++done;
        } else {
            // An unreachable or refusing receiver (ICMP) is that receiver's trouble; the rest of
            // the batch goes on.
            ++failed_sends_;
            ++done;
        }
    }
    return done;
}

void UdpSocket::set_receive_buffer(int bytes) {
    boost::system::error_code ignored;
    socket_.set_option(ip::udp::socket::receive_buffer_size(bytes), ignored);
}

void UdpSocket::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

int UdpSocket::native_handle() const {
    return socket_.is_open() ? const_cast<ip::udp::socket&>(socket_).native_handle() : -1;
}

}  // namespace casement::net
