#include "net/udp.hpp"

#include <gtest/gtest.h>

#include "tests/unit/net/loop.hpp"

namespace casement::net::tests {
namespace {

const ip::address kLoopback = ip::address_v4::loopback();

std::unique_ptr<UdpSocket> bound(Loop& loop) {
    return UdpSocket::bind(loop.executor(), kLoopback, 0).value();
}

TEST(UdpSocket, CarriesDatagrams) {
    Loop loop;
    const auto one = bound(loop), other = bound(loop);
    ASSERT_TRUE(one->try_send(other->local(), base::as_bytes("hello")).value());
    std::array<std::uint8_t, 3> small;
    const auto got = loop.run(
        [&]() -> Task<UdpSocket::Received> { co_return (co_await other->receive(small)).value(); });
    EXPECT_EQ(got.size, 3U);
    EXPECT_TRUE(got.truncated);
    EXPECT_EQ(got.from, one->local());
    EXPECT_EQ(other->try_receive(small).value().from.port(), 0);
}

TEST(UdpSocket, BindsNeighboursWithTheFirstEven) {
    Loop loop;
    const auto pair = UdpSocket::bind_pair(loop.executor(), kLoopback).value();
    EXPECT_EQ(pair.rtp->port() % 2, 0);
    EXPECT_EQ(pair.rtcp->port(), pair.rtp->port() + 1);
    // A range of exactly one pair that is taken.
    const auto none =
        UdpSocket::bind_pair(loop.executor(), kLoopback, pair.rtp->port(), pair.rtcp->port());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().reason(), "port-taken");
}

TEST(UdpSocket, ReceivesInBatches) {
    Loop loop;
    const auto one = bound(loop), other = bound(loop);
    for (std::uint8_t i = 0; i < 5; ++i)
        ASSERT_TRUE(one->try_send(other->local(), std::array<std::uint8_t, 2>{i, i}).value());
    std::vector<std::uint8_t> slots(8 * 100);
    std::array<UdpSocket::Received, 8> got;
    EXPECT_EQ(other->try_receive_batch(slots, 100, got).value(), 5U);
    EXPECT_EQ(slots[300], 3);
    EXPECT_EQ(got[4].size, 2U);
    EXPECT_EQ(got[4].from, one->local());
    EXPECT_EQ(other->try_receive_batch(slots, 100, got).value(), 0U);
}

/// Every datagram that waits.
std::vector<std::string> drain(UdpSocket& socket) {
    std::vector<std::string> out;
    std::array<std::uint8_t, 2000> buffer;
    for (;;) {
        const auto got = socket.try_receive(buffer).value();
        if (got.from.port() == 0) return out;
        out.emplace_back(base::as_text(std::span(buffer).first(got.size)));
    }
}

TEST(UdpSocket, SendsABatchToSeveralReceivers) {
    Loop loop;
    const auto sender = bound(loop), one = bound(loop), other = bound(loop);
    std::string head = "head ", body = "body", run = "aaabbbc";
    const std::array plain{iovec{head.data(), head.size()}, iovec{body.data(), body.size()}};
    const std::array cut{iovec{run.data(), 2}, iovec{run.data() + 2, 5}};
    const ip::udp::endpoint to_one = one->local(), to_other = other->local();
    const std::array messages{UdpSocket::Message{&to_one, plain, 0},
                              UdpSocket::Message{&to_other, cut, 3},
                              UdpSocket::Message{&to_other, plain, 0}};
    EXPECT_EQ(sender->send_batch(messages), 3U);
    EXPECT_EQ(drain(*one), (std::vector<std::string>{"head body"}));
    EXPECT_EQ(drain(*other), (std::vector<std::string>{"aaa", "bbb", "c", "head body"}));
    EXPECT_EQ(sender->failed_sends(), 0U);
}

TEST(UdpSocket, CutsByItselfWhereTheKernelRefuses) {
    Loop loop;
    const auto sender = bound(loop), receiver = bound(loop);
    std::vector<std::uint8_t> bytes(
        200 * 20, 'x');  // 200 segments: kernels take 64 or 128 at most and answer EINVAL
    const std::array parts{iovec{bytes.data(), bytes.size()}};
    const ip::udp::endpoint to = receiver->local();
    const std::array messages{UdpSocket::Message{&to, parts, 20}};
    EXPECT_EQ(sender->send_batch(messages), 1U);
    EXPECT_TRUE(sender->segments());
    EXPECT_EQ(drain(*receiver).size(), 200U);
    // Refused again and again, it is given up for good; nothing is lost by that.
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(sender->send_batch(messages), 1U);
        EXPECT_EQ(drain(*receiver).size(), 200U);
    }
    EXPECT_FALSE(sender->segments());
    EXPECT_EQ(sender->failed_sends(), 0U);
}

TEST(UdpSocket, SkipsAReceiverThatIsGone) {
    Loop loop;
    const auto sender = bound(loop), receiver = bound(loop);
    ip::udp::endpoint gone;
    {
        gone = bound(loop)->local();
    }
    std::string text = "x";
    const std::array parts{iovec{text.data(), text.size()}};
    const ip::udp::endpoint to = receiver->local();
    for (int i = 0; i < 3; ++i) {
        const std::array messages{UdpSocket::Message{&gone, parts, 0},
                                  UdpSocket::Message{&to, parts, 0}};
        EXPECT_EQ(sender->send_batch(messages), 2U);
    }
    // An unconnected socket hears ICMP errors only on some kernels: whatever comes, the living
    // receiver misses at most what was counted.
    EXPECT_GE(drain(*receiver).size() + sender->failed_sends(), 3U);
}

}  // namespace
}  // namespace casement::net::tests
