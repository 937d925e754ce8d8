#include "protocols/rtp/reorder_buffer.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace std::chrono_literals;

/// "1 2 !4": released packets by sequence number, "!" where something before is missing.
class Reorder {
public:
    explicit Reorder(std::size_t max_packets)
        : buffer_({.max_packets = max_packets, .max_wait = 100ms}) {}

    void operator()(const Packet& packet, bool lost) {
        // The payload must be the packet's own, also after it was held.
        EXPECT_EQ(packet.payload.size(), 2u);
        EXPECT_EQ(packet.payload[0] | packet.payload[1] << 8, packet.sequence);
        if (!released_.empty()) released_ += ' ';
        released_ += (lost ? "!" : "") + std::to_string(packet.sequence);
    }

    Reorder& push(std::uint16_t sequence, std::uint32_t ssrc = 1) {
        std::vector<std::uint8_t> payload{static_cast<std::uint8_t>(sequence),
                                          static_cast<std::uint8_t>(sequence >> 8)};
        Packet packet;
        packet.sequence = sequence;
        packet.ssrc = ssrc;
        packet.payload = payload;
        buffer_.push(packet, now_, *this);
        return *this;
    }
    Reorder& wait(std::chrono::milliseconds time) {
        now_ += time;
        buffer_.poll(now_, *this);
        return *this;
    }
    std::string released() { return std::exchange(released_, {}); }
    const ReorderBuffer& buffer() const { return buffer_; }
    base::SteadyTime now() const { return now_; }

private:
    ReorderBuffer buffer_;
    base::SteadyTime now_{1h};
    std::string released_;
};

TEST(RtpReorder, PassesOrderedPacketsAtOnce) {
    EXPECT_EQ(Reorder(8).push(65'534).push(65'535).push(0).push(1).released(), "65534 65535 0 1");
}

TEST(RtpReorder, ReleasesInOrderAfterAGapIsFilled) {
    Reorder r(8);
    EXPECT_EQ(r.push(10).push(12).push(13).released(), "10");
    EXPECT_EQ(r.push(11).released(), "11 12 13");
    EXPECT_EQ(r.buffer().counters().lost, 0u);
    EXPECT_EQ(r.buffer().counters().reordered, 2u);
}

TEST(RtpReorder, SortsAcrossTheWrap) {
    Reorder r(8);
    EXPECT_EQ(r.push(65'533).push(1).push(65'535).push(0).released(), "65533");
    EXPECT_EQ(r.push(65'534).released(), "65534 65535 0 1");
}

TEST(RtpReorder, GivesUpAfterTheTimeAllowed) {
    Reorder r(8);
    r.push(1).push(3);
    EXPECT_EQ(r.wait(99ms).released(), "1");
    ASSERT_TRUE(r.buffer().next_deadline());
    EXPECT_EQ(*r.buffer().next_deadline(), r.now() + 1ms);
    EXPECT_EQ(r.wait(1ms).released(), "!3");
    EXPECT_FALSE(r.buffer().next_deadline());
    EXPECT_EQ(r.buffer().counters().lost, 1u);
}

TEST(RtpReorder, GivesUpWhenItIsFull) {
    Reorder r(3);
    EXPECT_EQ(r.push(1).push(3).push(4).push(5).released(), "1");
    EXPECT_EQ(r.push(6).released(), "!3 4 5 6");
}

TEST(RtpReorder, ReleasesAcrossSeveralGapsOneWaitEach) {
    Reorder r(8);
    r.push(1).push(3);
    r.wait(50ms);
    r.push(5);
    EXPECT_EQ(r.released(), "1");
    EXPECT_EQ(r.wait(50ms).released(), "!3");
    EXPECT_EQ(r.wait(50ms).released(), "!5");
}

TEST(RtpReorder, DropsDuplicatesAndLateOnes) {
    Reorder r(8);
    r.push(1).push(2).push(2).push(4).push(4);
    r.wait(100ms);
    EXPECT_EQ(r.released(), "1 2 !4");
    EXPECT_EQ(r.push(3).released(), "");
    EXPECT_EQ(r.buffer().counters().late, 3u);
}

TEST(RtpReorder, HoldsNothingOverTcp) {
    Reorder r(0);
    EXPECT_EQ(r.push(1).push(4).push(5).released(), "1 !4 5");
    EXPECT_EQ(r.buffer().counters().lost, 2u);
    EXPECT_FALSE(r.buffer().next_deadline());
}

TEST(RtpReorder, StartsAnewWithAnotherSsrc) {
    Reorder r(8);
    EXPECT_EQ(r.push(100).push(102).push(7, 2).push(8, 2).released(), "100 !7 8");
    EXPECT_EQ(r.buffer().counters().restarts, 1u);
}

TEST(RtpReorder, BelievesAJumpOnlyWhenTwoInARowSaySo) {
    Reorder r(8);
    EXPECT_EQ(r.push(100).push(30'000).push(101).released(), "100 101");  // a stray one
    EXPECT_EQ(r.push(40'000).push(40'001).push(40'002).released(), "!40001 40002");
    EXPECT_EQ(r.buffer().counters().restarts, 1u);
}

TEST(RtpReorder, JumpsBackWhenTheSenderRestartsItsCount) {
    Reorder r(8);
    EXPECT_EQ(r.push(20'000).push(5).push(6).released(), "20000 !6");
}

TEST(RtpReorder, TakesTheEdgeOfItsDropoutAsLoss) {
    Reorder near(0), far(0);
    EXPECT_EQ(near.push(0).push(3000).released(), "0 !3000");  // 2999 missing
    EXPECT_EQ(far.push(0).push(3001).released(), "0");         // 3000 missing: a jump
}

}  // namespace
}  // namespace casement::protocols::rtp
