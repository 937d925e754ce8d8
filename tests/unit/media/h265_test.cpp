#include "media/h265.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::media::h265 {
namespace {

using base::ErrorKind;
using fakes::hex;

// x265, main profile, 128x72 at 10 pictures a second (tests/data/media/testsrc.h265).
const Bytes kVps = hex("40 01 0c 01 ff ff 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e 95 90 09");
const Bytes kSps =
    hex("42 01 01 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e a0 10 20 49 65 95 92 49 32 bc 05 a0 "
        "20 00 00 03 00 20 00 00 03 01 41");
const Bytes kPps = hex("44 01 c1 72 b4 22 40");

TEST(H265Sps, ReadsSizeLevelOrderAndTiming) {
    const auto sps = parse_sps(kSps);
    ASSERT_TRUE(sps) << sps.error().message();
    EXPECT_EQ(sps->width, 128);
    EXPECT_EQ(sps->height, 72);
    EXPECT_EQ(sps->ptl.profile, 1);
    EXPECT_FALSE(sps->ptl.high_tier);
    EXPECT_EQ(sps->ptl.level, 30);
    EXPECT_EQ(sps->ptl.compatibility, 0x60000000u);
    EXPECT_EQ(sps->ptl.constraints, 0x900000000000u);
    EXPECT_EQ(sps->max_sub_layers, 1);
    EXPECT_TRUE(sps->temporal_id_nested);
    EXPECT_EQ(sps->bit_depth_luma, 8);
    EXPECT_EQ(sps->chroma_format, 1);
    EXPECT_EQ(sps->max_reorder_frames, 2);
    EXPECT_DOUBLE_EQ(sps->fps, 10);
}

TEST(H265Sps, IsRefusedOrReadAtEveryTruncation) {
    int refused = 0;
    fakes::for_each_prefix(kSps, [&refused](ByteSpan prefix) {
        const auto sps = parse_sps(prefix);
        if (!sps) return void(++refused);
        EXPECT_EQ(sps->width, 128);
    });
    EXPECT_GE(refused, 20);
}

TEST(H265Sps, RefusesOtherUnits) {
    EXPECT_EQ(parse_sps(kPps).error().kind(), ErrorKind::DataLoss);
    EXPECT_EQ(parse_sps({}).error().kind(), ErrorKind::DataLoss);
}

TEST(H265Sets, TellTheirIdentifiers) {
    EXPECT_EQ(parse_vps_id(kVps), 0u);
    const auto pps = parse_pps(kPps);
    ASSERT_TRUE(pps);
    EXPECT_EQ(pps->id, 0u);
    EXPECT_EQ(pps->sps_id, 0u);
    EXPECT_FALSE(parse_pps(hex("44 01")));
    EXPECT_FALSE(parse_vps_id(hex("40 01")));
}

TEST(H265Nal, KnowsKindsOfUnits) {
    EXPECT_EQ(type_of(kVps), NalType::Vps);
    EXPECT_EQ(type_of(hex("26 01")), NalType::IdrWRadl);
    EXPECT_TRUE(is_key(NalType::Cra));
    EXPECT_TRUE(is_key(NalType::BlaWLp));
    EXPECT_FALSE(is_key(NalType::RaslR));
    EXPECT_TRUE(is_vcl(NalType::TrailR));
    EXPECT_TRUE(is_dropped(NalType::Vps));
    EXPECT_FALSE(is_dropped(NalType::PrefixSei));
    EXPECT_FALSE(is_dropped(NalType::SuffixSei));
}

TEST(H265AccessUnit, BeginsAtDelimitersSetsPrefixSeiAndFirstSegments) {
    EXPECT_TRUE(starts_access_unit(hex("46 01 10")));
    EXPECT_TRUE(starts_access_unit(kVps));
    EXPECT_TRUE(starts_access_unit(hex("4e 01 05")));
    EXPECT_TRUE(starts_access_unit(hex("28 01 af")));
    EXPECT_FALSE(starts_access_unit(hex("28 01 2f")));  // not the first segment
    EXPECT_FALSE(starts_access_unit(hex("50 01 84")));  // suffix SEI belongs to the picture before
    EXPECT_FALSE(starts_access_unit(hex("28 01")));
}

TEST(H265Key, IsAnyRandomAccessPicture) {
    EXPECT_TRUE(is_key(hex("00000003 2801af")));
    EXPECT_TRUE(is_key(hex("00000003 4e0105 00000003 2a01af")));
    EXPECT_FALSE(is_key(hex("00000003 0201d0")));
    EXPECT_FALSE(is_key({}));
}

TEST(H265Parameters, HaveSizeAndTheNameOfAnnexE) {
    const auto made = make_parameters({kVps}, {kSps}, {kPps});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->width, 128);
    EXPECT_EQ(made->rfc6381(), "hvc1.1.6.L30.90");
    EXPECT_EQ(make_parameters({}, {kSps}, {kPps}).error().kind(), ErrorKind::InvalidArgument);
}

TEST(H265Parameters, NameKeepsConstraintBytesUpToTheLastThatIsSet) {
    // The same SPS with level 93 and constraint bytes b0 00: "hvc1.1.6.L93.B0", the example of
    // every player.
    CodecParameters parameters;
    parameters.codec = Codec::H265;
    parameters.sps = {
        hex("42 01 01 01 60 00 00 03 00 b0 00 00 03 00 00 03 00 5d a0 10 20 49 65 95 92 49 32 bc "
            "05 a0 20 00 00 03 00 20 00 00 03 01 41")};
    EXPECT_EQ(parameters.rfc6381(), "hvc1.1.6.L93.B0");
    parameters.sps.clear();
    EXPECT_EQ(parameters.rfc6381(), "hvc1");
}

}  // namespace
}  // namespace casement::media::h265
