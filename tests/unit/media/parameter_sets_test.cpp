#include "media/parameter_sets.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::media {
namespace {

using fakes::hex;

const Bytes kSps = hex("67 42 00 0a 96 53 05 89 88");
const Bytes kPps = hex("68 c9 63 88");
const Bytes kOtherSps =
    hex("67 64 00 0a ac d9 82 0b f9 70 11 00 00 03 00 01 00 00 03 00 14 0f 12 25 9a");
const Bytes kOtherPps = hex("68 e9 78 31 2c 8b");
const Bytes kPpsOne = hex("68 5c 96 38 80");  // pic_parameter_set_id 1

TEST(ParameterSets, AreMissingUntilAllHaveCome) {
    ParameterSets sets(Codec::H264);
    EXPECT_EQ(sets.parameters(), nullptr);
    EXPECT_TRUE(sets.add(kSps));
    EXPECT_EQ(sets.parameters(), nullptr);
    EXPECT_TRUE(sets.add(kPps));
    ASSERT_NE(sets.parameters(), nullptr);
    EXPECT_EQ(sets.parameters()->width, 176);
}

TEST(ParameterSets, KeepOnePointerWhileTheyAreRepeated) {
    ParameterSets sets(Codec::H264);
    sets.add(kSps);
    sets.add(kPps);
    const auto first = sets.parameters();
    sets.add(kSps);
    sets.add(kPps);
    EXPECT_EQ(sets.parameters(), first);
}

TEST(ParameterSets, AChangeReplacesTheWholeSetUp) {
    ParameterSets sets(Codec::H264);
    sets.add(kSps);
    sets.add(kPps);
    sets.add(kPpsOne);
    const auto first = sets.parameters();
    ASSERT_EQ(first->pps.size(), 2u);
    sets.add(kOtherSps);
    sets.add(kOtherPps);
    const auto second = sets.parameters();
    ASSERT_NE(second, first);
    EXPECT_EQ(second->width, 128);
    ASSERT_EQ(second->pps.size(), 1u);
    EXPECT_EQ(second->pps[0], kOtherPps);
    EXPECT_EQ(first->width, 176);
}

TEST(ParameterSets, AnSpsThatChangesAloneKeepsThePictureSets) {
    ParameterSets sets(Codec::H264);
    sets.add(kSps);
    sets.add(kPps);
    (void)sets.parameters();
    sets.add(kOtherSps);
    ASSERT_NE(sets.parameters(), nullptr);
    EXPECT_EQ(sets.parameters()->width, 128);
    EXPECT_EQ(sets.parameters()->pps, std::vector{kPps});
}

TEST(ParameterSets, SwallowBrokenSetsAndLeaveOtherUnitsAlone) {
    ParameterSets sets(Codec::H264);
    EXPECT_TRUE(sets.add(hex("67 42")));
    std::vector<std::uint8_t> huge(5000, 0xFF);
    huge[0] = 0x68;
    EXPECT_TRUE(sets.add(huge));
    EXPECT_FALSE(sets.add(hex("65 88 84")));
    EXPECT_FALSE(sets.add({}));
    EXPECT_EQ(sets.parameters(), nullptr);
}

TEST(ParameterSets, ContinueFromKnownParameters) {
    CodecParameters known;
    known.codec = Codec::H264;
    known.sps = {kSps};
    known.pps = {kPps};
    ParameterSets sets(known);
    ASSERT_NE(sets.parameters(), nullptr);
    EXPECT_EQ(sets.parameters()->height, 144);
}

TEST(NalJoiner, LeavesOutSetsDelimitersAndFillerAndKeepsSei) {
    NalJoiner joiner(Codec::H264);
    for (const char* nal : {"09 10", "67 42 00 0a 96 53 05 89 88", "68 c9 63 88", "06 05 01 aa 80",
                            "65 88 84", "0c ff 80"})
        EXPECT_TRUE(joiner.add(hex(nal)));
    EXPECT_TRUE(joiner.has_picture());
    EXPECT_TRUE(joiner.key());
    EXPECT_EQ(joiner.take(), hex("00000005 06 05 01 aa 80 00000003 65 88 84"));
    EXPECT_TRUE(joiner.empty());
    EXPECT_FALSE(joiner.key());
    EXPECT_FALSE(joiner.has_picture());
}

TEST(NalJoiner, RefusesWhatWouldPassItsLimit) {
    NalJoiner joiner(Codec::H265);
    std::vector<std::uint8_t> nal(NalJoiner::kMaxBytes - kNalLengthBytes, 1);
    nal[0] = 0x28;
    EXPECT_TRUE(joiner.add(nal));
    EXPECT_EQ(joiner.size(), NalJoiner::kMaxBytes);
    EXPECT_FALSE(joiner.add(hex("28 01 00")));
    EXPECT_EQ(joiner.size(), NalJoiner::kMaxBytes);
    joiner.clear();
    nal.push_back(0);
    EXPECT_FALSE(joiner.add(nal));
    EXPECT_TRUE(joiner.empty());
}

}  // namespace
}  // namespace casement::media
