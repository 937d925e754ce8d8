// Sound towards a device: packets, their pace, and the end.

#include "drivers/arlo/talk.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/coroutine.hpp"

namespace casement::drivers::arlo {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using protocols::rtp::Packet;

const std::vector<std::uint8_t> kSound = [] {
    std::vector<std::uint8_t> out(400);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(i);
    return out;
}();

TEST(TalkPackets, AreTwentyMillisecondsOfPcmuEach) {
    TalkPackets packets(0x11223344, 0xFFFF, 0xFFFFFFFF);
    packets.put(std::span(kSound).first(159));
    EXPECT_FALSE(packets.has_packet());
    packets.put(std::span(kSound).subspan(159));
    ASSERT_TRUE(packets.has_packet());
    const auto first = packets.take();
    const auto second = packets.take();
    EXPECT_FALSE(packets.has_packet());
    const Packet a = Packet::parse(first).value(), b = Packet::parse(second).value();
    EXPECT_EQ(a.payload_type, 0);
    EXPECT_TRUE(a.marker);
    EXPECT_FALSE(b.marker);
    EXPECT_EQ(a.ssrc, 0x11223344u);
    EXPECT_EQ(a.sequence, 0xFFFF);
    EXPECT_EQ(b.sequence, 0);
    EXPECT_EQ(b.timestamp, 159u) << "it wraps";
    ASSERT_EQ(a.payload.size(), 160u);
    EXPECT_TRUE(std::ranges::equal(a.payload, std::span(kSound).first(160)));
    EXPECT_TRUE(std::ranges::equal(b.payload, std::span(kSound).subspan(160, 160)));
    packets.finish();
    const auto third = packets.take();
    const Packet c = Packet::parse(third).value();
    EXPECT_EQ(c.payload[79], kSound[399]);
    EXPECT_EQ(c.payload[80], 0xFF) << "silence";
    packets.finish();
    EXPECT_FALSE(packets.has_packet()) << "nothing is made of nothing";
}

TEST(TalkPackets, LeaveAtThePaceOfTheSoundAndNeverInABurst) {
    TalkPackets packets(1, 1, 1);
    packets.put(kSound);
    packets.put(kSound);
    packets.put(kSound);
    const base::SteadyTime t{1h};
    EXPECT_EQ(packets.due(t), t);
    (void)packets.take();
    EXPECT_EQ(packets.due(t + 1ms), t + 20ms);
    (void)packets.take();
    // A little late is made up for.
    EXPECT_EQ(packets.due(t + 100ms), t + 40ms);
    (void)packets.take();
    EXPECT_EQ(packets.due(t + 100ms), t + 60ms);
    // Later than that and the rest is moved.
    EXPECT_EQ(packets.due(t + 121ms), t + 121ms);
    (void)packets.take();
    EXPECT_EQ(packets.due(t + 122ms), t + 141ms);
}

struct TalkTest : testing::Test {
    asio::io_context io{1};
    std::unique_ptr<net::UdpSocket> device =
        net::UdpSocket::bind(io.get_executor(), net::ip::make_address("127.0.0.1"), 0).value();
    std::shared_ptr<void> token = std::make_shared<int>();
    std::weak_ptr<void> held = token;
    Talk talk{"127.0.0.1", device->port(), "127.0.0.2", std::move(token)};

    base::Result<> write(std::size_t bytes, std::size_t format = 0) {
        media::AccessUnit unit;
        unit.data = media::Bytes::from(std::vector<std::uint8_t>(bytes, 0x2A));
        auto shared = std::make_shared<const media::AccessUnit>(std::move(unit));
        return fakes::run(io, talk.write(std::move(shared), format));
    }
    std::vector<Packet> arrived() {
        std::vector<Packet> out;
        for (;;) {
            std::array<std::uint8_t, 512> bytes{};
            const auto got = device->try_receive(bytes);
            if (!got || got->size == 0) return out;
            EXPECT_EQ(got->from.address(), net::ip::make_address("127.0.0.2"));
            out.push_back(Packet::parse(base::ByteSpan(bytes).first(got->size)).value());
        }
    }
};

TEST_F(TalkTest, IsHeardAtItsPaceFromTheAddressOfTheBase) {
    const auto before = std::chrono::steady_clock::now();
    ASSERT_TRUE(write(500));
    ASSERT_TRUE(write(500));
    EXPECT_EQ(arrived().size(), 6u);
    // real time: the sixth packet is due 100 ms after the first
    EXPECT_GE(std::chrono::steady_clock::now() - before, 100ms);
    ASSERT_TRUE(fakes::run(io, talk.close()));
    EXPECT_GE(std::chrono::steady_clock::now() - before, 140ms) << "the last word is played out";
    EXPECT_EQ(arrived().size(), 1u);
}

TEST_F(TalkTest, EndsOnceAndLetsTheNextOneTalk) {
    ASSERT_TRUE(write(160));
    EXPECT_FALSE(held.expired());
    ASSERT_TRUE(fakes::run(io, talk.close()));
    EXPECT_TRUE(held.expired());
    EXPECT_TRUE(fakes::run(io, talk.close()));
    EXPECT_EQ(write(160).error().kind(), ErrorKind::FailedPrecondition);
}

TEST_F(TalkTest, TakesOneFormatAndSaysWhich) {
    const auto accepted = talk.accepted();
    ASSERT_EQ(accepted.size(), 1u);
    EXPECT_EQ(accepted[0]->codec, media::Codec::Pcmu);
    EXPECT_EQ(accepted[0]->sample_rate, 8000);
    EXPECT_EQ(accepted[0]->channels, 1);
    EXPECT_EQ(write(160, 1).error().kind(), ErrorKind::InvalidArgument);
}

}  // namespace
}  // namespace casement::drivers::arlo
