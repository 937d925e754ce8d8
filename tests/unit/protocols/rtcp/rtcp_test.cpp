#include "protocols/rtcp/rtcp.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtcp {
namespace {

using rtp::testing::hex;
using rtp::testing::Octets;
using namespace rtp::testing;

const Octets kCompound =
    hex("81 c8 000c  11111111 b44db705 20000000 00015f90 0000000a 000003e8"
        "            22222222 40 fffffe 00010005 00000007 b7052000 00054000"
        "81 ca 0004  11111111 01 06 63616d406361 00 000000"
        "82 cb 0003  11111111 22222222 03 627965");

TEST(Rtcp, ReadsACompoundPacket) {
    const auto packets = parse(kCompound);
    ASSERT_TRUE(packets);
    ASSERT_EQ(packets->size(), 3u);
    const auto& report = std::get<SenderReport>((*packets)[0]);
    EXPECT_EQ(report.ssrc, 0x11111111u);
    EXPECT_EQ(report.ntp, 0xB44DB70520000000u);
    EXPECT_EQ(report.rtp_timestamp, 90'000u);
    EXPECT_EQ(report.packets, 10u);
    EXPECT_EQ(report.octets, 1000u);
    ASSERT_EQ(report.blocks.size(), 1u);
    EXPECT_EQ(report.blocks[0].fraction_lost, 64);
    EXPECT_EQ(report.blocks[0].cumulative_lost, -2);
    EXPECT_EQ(report.blocks[0].delay_since_last_sr, 0x54000u);
    EXPECT_EQ(std::get<SourceDescription>((*packets)[1]).cname, "cam@ca");
    const auto& bye = std::get<Bye>((*packets)[2]);
    EXPECT_EQ(bye.ssrcs, (std::vector<std::uint32_t>{0x11111111, 0x22222222}));
    EXPECT_EQ(bye.reason, "bye");
}

TEST(Rtcp, SurvivesTruncationAtEveryByte) {
    std::size_t most = 0;
    for (std::size_t n = 0; n < kCompound.size(); ++n) {
        const auto block = std::make_unique<std::uint8_t[]>(n);
        std::copy_n(kCompound.begin(), n, block.get());
        const auto packets = parse({block.get(), n});
        if (n < 4) EXPECT_FALSE(packets);
        if (packets) most = std::max(most, packets->size());
    }
    EXPECT_EQ(most, 2u);
}

TEST(Rtcp, SkipsWhatItDoesNotKnow) {
    const auto packets =
        parse(hex("80 cc 0002 00000001 74657374") + hex("80 c9 0001 00000009"));  // APP, then RR
    ASSERT_TRUE(packets);
    ASSERT_EQ(packets->size(), 1u);
    EXPECT_EQ(std::get<ReceiverReport>((*packets)[0]).ssrc, 9u);
}

TEST(Rtcp, TakesALoneBye) {
    const auto packets = parse(hex("81 cb 0001 00000007"));
    ASSERT_TRUE(packets);
    EXPECT_EQ(std::get<Bye>(packets->at(0)).ssrcs, std::vector<std::uint32_t>{7});
}

TEST(Rtcp, StopsAtItsLimitOfPackets) {
    Octets many;
    for (std::size_t i = 0; i <= kMaxPackets; ++i) many = many + hex("80 c9 0001 00000009");
    EXPECT_EQ(parse(many)->size(), kMaxPackets);
}

TEST(Rtcp, TellsItselfFromMedia) {
    EXPECT_TRUE(looks_like_rtcp(hex("80 c8 0006")));
    EXPECT_FALSE(looks_like_rtcp(hex("80 60 0001")));
    EXPECT_FALSE(looks_like_rtcp(hex("80 e0 0001")));  // payload type 96 with marker
    EXPECT_FALSE(looks_like_rtcp(hex("80 c8")));
    EXPECT_FALSE(parse(hex("80 60 0001 00000000")));
}

TEST(Rtcp, WritesReportsThatItReads) {
    SenderReport sent{
        .ssrc = 1, .ntp = 2, .rtp_timestamp = 3, .packets = 4, .octets = 5, .blocks = {}};
    sent.blocks.push_back({.ssrc = 6,
                           .fraction_lost = 7,
                           .cumulative_lost = -8,
                           .highest_sequence = 9,
                           .jitter = 10,
                           .last_sr = 11,
                           .delay_since_last_sr = 12});
    for (const std::string_view cname : {"", "a", "ab", "abc", "abcd"}) {  // every padding
        const auto bytes = write_sender_report(sent, cname);
        EXPECT_EQ(bytes.size() % 4, 0u);
        const auto packets = parse(bytes);
        ASSERT_TRUE(packets && packets->size() == 2);
        EXPECT_EQ(std::get<SenderReport>(packets->at(0)), sent);
        EXPECT_EQ(std::get<SourceDescription>(packets->at(1)),
                  (SourceDescription{1, std::string(cname)}));
    }
}

TEST(Rtcp, WritesAReceiverReportBeforeAnythingWasReceived) {
    const auto bytes = write_receiver_report({.ssrc = 0xABCD, .blocks = {}}, "hub");
    EXPECT_EQ(Octets(bytes.begin(), bytes.begin() + 8), hex("80 c9 0001 0000abcd"));
    EXPECT_EQ(parse(bytes)->size(), 2u);
}

TEST(Rtcp, SaysByeAfterAReport) {
    const auto packets = parse(write_bye(9, "hub", "done"));
    ASSERT_TRUE(packets && packets->size() == 3);
    EXPECT_EQ(std::get<Bye>(packets->at(2)), (Bye{{9}, "done"}));
    EXPECT_EQ(std::get<Bye>(parse(write_bye(9, "hub"))->at(2)), (Bye{{9}, ""}));
}

TEST(Rtcp, ConvertsNtpTimeBothWays) {
    using namespace std::chrono;
    EXPECT_EQ(to_ntp(base::WallTime{}), std::uint64_t{2'208'988'800} << 32);
    const base::WallTime time{microseconds{1'795'000'000'123'456}};
    EXPECT_EQ(from_ntp(to_ntp(time)), time);
    const base::WallTime era_one{sys_days{year{2040} / 1 / 1}};  // after February 2036
    EXPECT_EQ(from_ntp(to_ntp(era_one)), era_one);
}

}  // namespace
}  // namespace casement::protocols::rtcp
