#include "media/h264.hpp"

#include <gtest/gtest.h>

#include "media/nal.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::media::h264 {
namespace {

using base::ErrorKind;
using fakes::hex;

// RFC 6184 §8.3: sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==
const Bytes kRfcSps = hex("67 42 00 0a 96 53 05 89 88"), kRfcPps = hex("68 c9 63 88");
// x264, high profile, 128x72 at 10 pictures a second, 2 B-frames
// (tests/data/media/testsrc_bframes.h264).
const Bytes kHighSps =
    hex("67 64 00 0a ac d9 82 0b f9 70 11 00 00 03 00 01 00 00 03 00 14 0f 12 25 9a");

std::string ue(std::uint32_t value) {
    std::string digits;
    for (std::uint64_t v = std::uint64_t{value} + 1; v > 0; v >>= 1)
        digits.insert(digits.begin(), static_cast<char>('0' + (v & 1)));
    return std::string(digits.size() - 1, '0') + digits;
}

std::vector<std::uint8_t> nal_of_bits(std::vector<std::uint8_t> head, const std::string& bits) {
    for (std::size_t i = 0; i < bits.size(); i += 8) {
        const std::string byte = (bits.substr(i, 8) + "0000000").substr(0, 8);
        head.push_back(static_cast<std::uint8_t>(std::stoul(byte, nullptr, 2)));
    }
    return head;
}

TEST(H264Sps, ReadsTheSetOfRfc6184) {
    const auto sps = parse_sps(kRfcSps);
    ASSERT_TRUE(sps) << sps.error().message();
    EXPECT_EQ(sps->profile, 66);
    EXPECT_EQ(sps->level, 10);
    EXPECT_EQ(sps->id, 0u);
    EXPECT_EQ(sps->width, 176);
    EXPECT_EQ(sps->height, 144);
    EXPECT_FALSE(sps->may_reorder());
    EXPECT_EQ(sps->fps, 0);
}

TEST(H264Sps, ReadsCroppingTimingAndReorderingOfHighProfile) {
    const auto sps = parse_sps(kHighSps);
    ASSERT_TRUE(sps) << sps.error().message();
    EXPECT_EQ(sps->profile, 100);
    EXPECT_EQ(sps->width, 128);
    EXPECT_EQ(sps->height, 72);
    EXPECT_DOUBLE_EQ(sps->fps, 10);
    EXPECT_EQ(sps->max_reorder_frames, 2);
    EXPECT_TRUE(sps->may_reorder());
    EXPECT_FALSE(sps->interlaced);
}

TEST(H264Sps, Crops1080LinesOutOf1088) {
    // x264, high profile, level 4: 120 x 68 macroblocks, four lines of chroma cropped.
    const auto sps = parse_sps(
        hex("67 64 00 28 ac d9 40 78 02 27 e5 c0 44 00 00 03 00 04 00 00 03 00 c8 3c 60 c6 58"));
    ASSERT_TRUE(sps) << sps.error().message();
    EXPECT_EQ(sps->width, 1920);
    EXPECT_EQ(sps->height, 1080);
    EXPECT_DOUBLE_EQ(sps->fps, 25);
}

TEST(H264Sps, IsRefusedOrReadAtEveryTruncation) {
    for (const Bytes& whole : {kRfcSps, kHighSps}) {
        int refused = 0;
        fakes::for_each_prefix(whole, [&refused](ByteSpan prefix) {
            const auto sps = parse_sps(prefix);
            if (!sps) return void(++refused);
            EXPECT_GT(sps->width, 0);  // only the VUI may be missing
        });
        EXPECT_GE(refused, 6);
    }
}

TEST(H264Sps, RefusesOtherNalUnitsAndHugePictures) {
    EXPECT_EQ(parse_sps(kRfcPps).error().kind(), ErrorKind::DataLoss);
    EXPECT_EQ(parse_sps({}).error().kind(), ErrorKind::DataLoss);
    // Baseline; pic_width_in_mbs_minus1 = 1023 is 16384 pixels, the most; one more is refused.
    const auto sps_of_width = [](std::uint32_t width_mbs_minus1) {
        // sps_id, log2 frame num, order count type 2, reference frames, gaps | height 1, frames
        // only, 8x8 inference, no cropping, no VUI, stop
        return nal_of_bits({0x67, 66, 0, 10},
                           "1"
                           "1"
                           "011"
                           "1"
                           "0" +
                               ue(width_mbs_minus1) +
                               "1"
                               "1"
                               "1"
                               "0"
                               "0"
                               "1");
    };
    const auto widest = parse_sps(sps_of_width(1023));
    ASSERT_TRUE(widest) << widest.error().message();
    EXPECT_EQ(widest->width, 16384);
    EXPECT_EQ(parse_sps(sps_of_width(1024)).error().kind(), ErrorKind::Unsupported);
}

TEST(H264Sps, SurvivesAHostileScalingList) {
    // High profile: sps_id 0, 4:2:0, 8 bits, no bypass, scaling matrix present, first list present,
    // delta_scale of almost 2^31. Found by fuzzing.
    const auto sps = nal_of_bits({0x67, 100, 0, 10},
                                 "1"
                                 "010"
                                 "1"
                                 "1"
                                 "0"
                                 "1"
                                 "1" +
                                     ue(0xFFFF'FFFC) + ue(0xFFFF'FFFC));
    EXPECT_EQ(parse_sps(sps).error().kind(), ErrorKind::DataLoss);
}

TEST(H264Pps, ReadsItsIdentifiersAndRefusesTruncation) {
    const auto pps = parse_pps(kRfcPps);
    ASSERT_TRUE(pps);
    EXPECT_EQ(pps->id, 0u);
    EXPECT_EQ(pps->sps_id, 0u);
    EXPECT_FALSE(parse_pps(hex("68")));
    EXPECT_FALSE(parse_pps(kRfcSps));
}

TEST(H264Nal, KnowsKindsOfUnits) {
    EXPECT_TRUE(is_vcl(NalType::Idr));
    EXPECT_TRUE(is_vcl(NalType::Slice));
    EXPECT_FALSE(is_vcl(NalType::Sei));
    EXPECT_TRUE(is_parameter_set(type_of(kRfcSps)));
    EXPECT_TRUE(is_dropped(NalType::AccessUnitDelimiter));
    EXPECT_TRUE(is_dropped(NalType::Filler));
    EXPECT_FALSE(is_dropped(NalType::Sei));
    EXPECT_FALSE(is_dropped(NalType::Idr));
}

TEST(H264AccessUnit, BeginsAtDelimitersSetsSeiAndFirstSlices) {
    EXPECT_TRUE(starts_access_unit(hex("09 10")));
    EXPECT_TRUE(starts_access_unit(kRfcSps));
    EXPECT_TRUE(starts_access_unit(hex("06 05 04")));
    EXPECT_TRUE(starts_access_unit(hex("65 88 84")));   // first_mb_in_slice 0
    EXPECT_FALSE(starts_access_unit(hex("65 42 84")));  // first_mb_in_slice 1
    EXPECT_FALSE(starts_access_unit(hex("65")));
    EXPECT_FALSE(starts_access_unit({}));
}

TEST(H264Slice, ReadsItsStart) {
    const auto idr =
        parse_slice_start(hex("65 88 84 00"));  // 1 0001000 1...: first_mb 0, slice_type 7
    ASSERT_TRUE(idr);
    EXPECT_EQ(idr->first_mb, 0u);
    EXPECT_EQ(idr->slice_type, 7u);
    EXPECT_TRUE(idr->is_intra());
    EXPECT_FALSE(parse_slice_start(hex("65")));
    EXPECT_FALSE(parse_slice_start(kRfcSps));
}

TEST(H264Key, IsAnIdrPicture) {
    EXPECT_TRUE(is_key(hex("00000002 6588")));
    EXPECT_FALSE(is_key(hex("00000003 419a22")));
    EXPECT_FALSE(is_key({}));
}

TEST(H264Key, IsAnIntraPictureWithAnImmediateRecoveryPoint) {
    const std::string recovery = "00000005 06 06 01 c4 80",
                      later = "00000005 06 06 01 44 80";  // recovery_frame_cnt 0; 1 or more
    const std::string intra = "00000003 418884", inter = "00000003 419a22";
    EXPECT_TRUE(is_key(hex(recovery + intra)));
    EXPECT_FALSE(is_key(hex(recovery + inter)));
    EXPECT_FALSE(is_key(hex(recovery + intra + inter)));
    EXPECT_FALSE(is_key(hex(later + intra)));
    EXPECT_FALSE(is_key(hex(recovery)));
}

TEST(H264Sei, SurvivesLengthsThatPointOutside) {
    EXPECT_FALSE(is_recovery_point(hex("06 ff ff ff ff ff")));
    EXPECT_FALSE(is_recovery_point(hex("06 05 ff ff ff 80")));
    EXPECT_FALSE(is_recovery_point(hex("06")));
    EXPECT_TRUE(is_recovery_point(hex("06 05 01 aa 06 01 c4 80")));  // behind another message
}

TEST(H264Parameters, HaveTheSizeAndTheNameOfTheFirstSps) {
    const auto made = make_parameters({kHighSps}, {kRfcPps});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->width, 128);
    EXPECT_EQ(made->height, 72);
    EXPECT_EQ(made->rfc6381(), "avc1.64000a");
    EXPECT_EQ(make_parameters({kRfcSps}, {}).error().kind(), ErrorKind::InvalidArgument);
    EXPECT_EQ(make_parameters({}, {kRfcPps}).error().kind(), ErrorKind::InvalidArgument);
}

}  // namespace
}  // namespace casement::media::h264
