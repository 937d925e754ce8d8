#include "media/bit_reader.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::media {
namespace {

using fakes::hex;

TEST(BitReader, ReadsBitsMostSignificantFirst) {
    const Bytes bytes = hex("a5 0f ff");
    BitReader bits(bytes);
    EXPECT_TRUE(bits.flag());
    EXPECT_EQ(bits.u(3), 2u);
    EXPECT_EQ(bits.u(12), 0x50Fu);
    EXPECT_EQ(bits.bits_left(), 8u);
    EXPECT_EQ(bits.u(8), 0xFFu);
    EXPECT_FALSE(bits.failed());
    EXPECT_EQ(bits.u(1), 0u);
    EXPECT_TRUE(bits.failed());
}

TEST(BitReader, ReadsExpGolombCodesOfTheStandardsTable) {
    // H.264 table 9-2: 1, 010, 011, 00100, 00101 are 0 to 4; table 9-3 maps them to 0, 1, -1, 2,
    // -2.
    const Bytes bytes = hex("a6 42 80");
    BitReader unsigned_codes(bytes), signed_codes(bytes);
    for (std::uint32_t expected = 0; expected <= 4; ++expected)
        EXPECT_EQ(unsigned_codes.ue(), expected);
    for (const std::int32_t expected : {0, 1, -1, 2, -2}) EXPECT_EQ(signed_codes.se(), expected);
}

TEST(BitReader, TakesTheLargestCodeAndRefusesALongerOne) {
    const Bytes largest = hex("00 00 00 01 ff ff ff fe"),
                longer = hex("00 00 00 00 80 00 00 00 00");
    BitReader bits(largest);
    EXPECT_EQ(bits.ue(), 0xFFFFFFFEu);
    EXPECT_FALSE(bits.failed());
    BitReader refused(longer);
    EXPECT_EQ(refused.ue(), 0u);
    EXPECT_TRUE(refused.failed());
}

TEST(BitReader, LeavesOutEmulationPreventionOnlyInsideNalUnits) {
    const Bytes bytes = hex("00 00 03 01 00 00 03 00 00 03");
    BitReader nal = BitReader::of_nal(bytes);
    EXPECT_EQ(nal.bits(56), 0x00000100000000u);
    EXPECT_FALSE(nal.failed());
    EXPECT_EQ(nal.u(8), 0u);
    EXPECT_TRUE(nal.failed());
    BitReader plain(bytes);
    EXPECT_EQ(plain.u(32), 0x00000301u);
}

TEST(BitReader, FailsAtTheEndOfEveryPrefix) {
    const Bytes bytes = hex("00 00 03 01 ff");
    fakes::for_each_prefix(bytes, [](ByteSpan prefix) {
        BitReader bits = BitReader::of_nal(prefix);
        bits.skip(prefix.size() * 8 + 1);
        EXPECT_TRUE(bits.failed());
        EXPECT_EQ(bits.bits_left(), 0u);
    });
}

}  // namespace
}  // namespace casement::media
