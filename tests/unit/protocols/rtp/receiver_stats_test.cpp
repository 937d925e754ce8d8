#include "protocols/rtp/receiver_stats.hpp"

#include <gtest/gtest.h>

namespace casement::protocols::rtp {
namespace {

using namespace std::chrono_literals;

constexpr base::SteadyTime kStart{100s};

Packet packet(std::uint16_t sequence, std::uint32_t timestamp = 0, std::uint32_t ssrc = 77) {
    Packet out;
    out.sequence = sequence;
    out.timestamp = timestamp;
    out.ssrc = ssrc;
    return out;
}

void receive(ReceiverStats& stats, std::initializer_list<std::uint16_t> sequences) {
    for (const std::uint16_t sequence : sequences) stats.on_packet(packet(sequence), kStart);
}

TEST(ReceiverStats, ReportsZeroesBeforeAnythingWasHeard) {
    ReceiverStats stats(90'000);
    EXPECT_FALSE(stats.heard());
    EXPECT_EQ(stats.next_report(kStart), rtcp::ReportBlock{});
}

TEST(ReceiverStats, CountsWrapsInTheExtendedSequence) {
    ReceiverStats stats(90'000);
    receive(stats, {65'534, 65'535, 0, 1});
    const auto report = stats.next_report(kStart);
    EXPECT_EQ(report.ssrc, 77u);
    EXPECT_EQ(report.highest_sequence, 65'537u);
    EXPECT_EQ(report.cumulative_lost, 0);
}

TEST(ReceiverStats, ReportsLossSinceTheLastReport) {
    ReceiverStats stats(90'000);
    receive(stats, {0, 1, 2, 4});  // 1 of 5
    auto report = stats.next_report(kStart);
    EXPECT_EQ(report.fraction_lost, 256 / 5);
    EXPECT_EQ(report.cumulative_lost, 1);
    receive(stats, {5, 6, 7, 8});
    report = stats.next_report(kStart);
    EXPECT_EQ(report.fraction_lost, 0);
    EXPECT_EQ(report.cumulative_lost, 1);
}

TEST(ReceiverStats, LetsDuplicatesMakeLossNegative) {
    ReceiverStats stats(90'000);
    receive(stats, {0, 1, 1, 1});
    const auto report = stats.next_report(kStart);
    EXPECT_EQ(report.cumulative_lost, -2);
    EXPECT_EQ(report.fraction_lost, 0);
}

TEST(ReceiverStats, MeasuresJitterAsTheRfcDoes) {
    ReceiverStats stats(8'000);
    // 20 ms apart by timestamp; every second one arrives 10 ms (80 ticks) late: |D| is 80 each
    // time.
    for (int i = 0; i < 400; ++i) {
        const auto late = i % 2 == 1 ? 10ms : 0ms;
        stats.on_packet(packet(static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(i * 160)),
                        kStart + i * 20ms + late);
    }
    EXPECT_NEAR(stats.jitter(), 80, 2);
}

TEST(ReceiverStats, EchoesTheLastSenderReport) {
    ReceiverStats stats(90'000);
    stats.on_packet(packet(1), kStart);
    // RFC 3550 §6.4.1, figure 2: NTP b44d:b705 in the middle, 5.25 s ago.
    stats.on_sender_report({.ssrc = 77,
                            .ntp = 0xB44DB70520000000,
                            .rtp_timestamp = 0,
                            .packets = 0,
                            .octets = 0,
                            .blocks = {}},
                           kStart);
    const auto report = stats.next_report(kStart + 5250ms);
    EXPECT_EQ(report.last_sr, 0xB7052000u);
    EXPECT_EQ(report.delay_since_last_sr, 0x00054000u);
}

TEST(ReceiverStats, StartsAnewWithAnotherSsrcAndAfterAConfirmedJump) {
    ReceiverStats stats(90'000);
    stats.on_packet(packet(10), kStart);
    stats.on_packet(packet(500, 0, 5), kStart);
    EXPECT_EQ(stats.next_report(kStart).ssrc, 5u);
    EXPECT_EQ(stats.lost(), 0);
    stats.on_packet(packet(20'000, 0, 5), kStart);  // not believed alone
    EXPECT_EQ(stats.next_report(kStart).highest_sequence, 500u);
    stats.on_packet(packet(20'001, 0, 5), kStart);
    EXPECT_EQ(stats.next_report(kStart).highest_sequence, 20'001u);
    EXPECT_EQ(stats.lost(), 0);
}

}  // namespace
}  // namespace casement::protocols::rtp
