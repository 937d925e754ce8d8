#include "protocols/rtp/packet.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocols/rtp/packets.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace testing;

TEST(RtpPacket, ReadsTheFixedHeader) {
    const Octets bytes = hex("80 e0 1234 00015f90 deadbeef 01 02 03");
    const auto packet = Packet::parse(bytes);
    ASSERT_TRUE(packet);
    EXPECT_TRUE(packet->marker);
    EXPECT_EQ(packet->payload_type, 96);
    EXPECT_EQ(packet->sequence, 0x1234);
    EXPECT_EQ(packet->timestamp, 90'000u);
    EXPECT_EQ(packet->ssrc, 0xDEADBEEFu);
    EXPECT_EQ(Octets(packet->payload.begin(), packet->payload.end()), hex("010203"));
}

TEST(RtpPacket, SkipsCsrcListExtensionAndPadding) {
    // Two CSRC, an extension 0xBEDE of one word, three bytes of padding.
    const Octets bytes =
        hex("b2 60 0001 00000002 00000003  aaaaaaaa bbbbbbbb  bede 0001 11223344  99 98  000003");
    const auto packet = Packet::parse(bytes);
    ASSERT_TRUE(packet);
    EXPECT_FALSE(packet->marker);
    EXPECT_EQ(packet->extension_profile, 0xBEDE);
    EXPECT_EQ(Octets(packet->extension.begin(), packet->extension.end()), hex("11223344"));
    EXPECT_EQ(Octets(packet->payload.begin(), packet->payload.end()), hex("9998"));
}

TEST(RtpPacket, RefusesEveryTruncationOfItsHeaders) {
    const Octets whole =
        hex("b2 60 0001 00000002 00000003 aaaaaaaa bbbbbbbb bede 0001 11223344 01");
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const auto block = std::make_unique<std::uint8_t[]>(n);
        std::copy_n(whole.begin(), n, block.get());
        EXPECT_FALSE(Packet::parse({block.get(), n})) << n;
    }
    EXPECT_TRUE(Packet::parse(whole));  // one byte of padding and no payload
}

TEST(RtpPacket, RefusesOtherVersionsAndImpossiblePadding) {
    EXPECT_FALSE(Packet::parse(hex("40 60 0001 00000002 00000003 01")));
    EXPECT_FALSE(Packet::parse(hex("a0 60 0001 00000002 00000003 00")));  // padding of zero
    EXPECT_FALSE(
        Packet::parse(hex("a0 60 0001 00000002 00000003 01 03")));  // longer than what is there
}

TEST(RtpPacket, WritesWhatItReads) {
    Packet header;
    header.marker = true;
    header.payload_type = 97;
    header.sequence = 0xFFFE;
    header.timestamp = 0x89ABCDEF;
    header.ssrc = 0x01020304;
    std::uint8_t out[kHeaderBytes];
    write_header(out, header);
    EXPECT_EQ(Octets(out, out + kHeaderBytes), hex("80 e1 fffe 89abcdef 01020304"));
}

TEST(RtpPacket, ComparesSequenceNumbersOnTheCircle) {
    EXPECT_TRUE(is_newer(1, 0));
    EXPECT_TRUE(is_newer(0, 65'535));
    EXPECT_FALSE(is_newer(65'535, 0));
    EXPECT_FALSE(is_newer(7, 7));
}

}  // namespace
}  // namespace casement::protocols::rtp
