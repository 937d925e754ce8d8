#include "formats/annexb.hpp"

#include <gtest/gtest.h>

#include "media/h264.hpp"
#include "media/h265.hpp"
#include "tests/fakes/media_data.hpp"

namespace casement::formats {
namespace {

using fakes::hex;
using media::Bytes;
using media::ByteSpan;
using media::Codec;

std::vector<AnnexBSplitter::Unit> split(Codec codec, ByteSpan stream, std::size_t piece) {
    AnnexBSplitter splitter(codec);
    std::vector<AnnexBSplitter::Unit> out;
    const auto drain = [&] {
        while (auto unit = splitter.next()) out.push_back(std::move(*unit));
    };
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        EXPECT_TRUE(splitter.push(stream.subspan(at, std::min(piece, stream.size() - at))));
        drain();
    }
    EXPECT_TRUE(splitter.finish());
    drain();
    return out;
}

TEST(AnnexB, SplitsAtBothStartCodesAndDropsPadding) {
    const Bytes stream =
        hex("ff ff 00 00 00 01 67 42 00 00 01 68 ce 00 00 00 00 00 01 65 88 00 00 03 00 00");
    const auto nals = split_annexb(stream);
    ASSERT_EQ(nals.size(), 3u);
    EXPECT_EQ(Bytes::copy_of(nals[0]), hex("67 42"));
    EXPECT_EQ(Bytes::copy_of(nals[1]), hex("68 ce"));
    EXPECT_EQ(Bytes::copy_of(nals[2]), hex("65 88 00 00 03"));
    EXPECT_TRUE(split_annexb(hex("00 00 02 01")).empty());
    EXPECT_TRUE(split_annexb(hex("00 00 01")).empty());
    EXPECT_TRUE(split_annexb({}).empty());
}

TEST(AnnexB, ReadsEveryTruncation) {
    const Bytes stream = hex("00 00 00 01 67 42 00 00 01 68 ce 00 00 01 65 88");
    fakes::for_each_prefix(stream,
                           [](ByteSpan prefix) { EXPECT_LE(split_annexb(prefix).size(), 3u); });
}

TEST(AnnexB, IsWrittenWithParameterSetsFirst) {
    media::CodecParameters parameters;
    parameters.sps = {hex("67 42")};
    parameters.pps = {hex("68 ce")};
    const Bytes unit = hex("00000002 6588 00000003 064401");
    EXPECT_EQ(to_annexb(unit), hex("00000001 6588 00000001 064401"));
    EXPECT_EQ(to_annexb(unit, &parameters),
              hex("00000001 6742 00000001 68ce 00000001 6588 00000001 064401"));
}

TEST(AnnexB, SplitsAnEncodersStreamIntoPicturesWhateverThePieces) {
    const Bytes stream = fakes::data_file("media/testsrc_bframes.h264");
    const auto whole = split(Codec::H264, stream, stream.size());
    ASSERT_EQ(whole.size(), 12u);
    for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(whole[i].key, i % 5 == 0) << i;
    ASSERT_NE(whole[0].parameters, nullptr);
    EXPECT_EQ(whole[0].parameters->width, 128);
    EXPECT_EQ(whole[0].parameters, whole[11].parameters);
    for (const std::size_t piece : {1u, 3u, 7u, 1000u}) {
        const auto pieces = split(Codec::H264, stream, piece);
        ASSERT_EQ(pieces.size(), whole.size()) << piece;
        for (std::size_t i = 0; i < whole.size(); ++i)
            EXPECT_EQ(pieces[i].data, whole[i].data) << piece;
    }
}

TEST(AnnexB, KeepsTheSlicesOfAPictureTogether) {
    const auto units = split(Codec::H264, fakes::data_file("media/baseline_2slices_aud.h264"), 100);
    ASSERT_EQ(units.size(), 12u);
    for (const auto& unit : units) {
        int slices = 0;
        for (const ByteSpan nal : media::NalUnits(unit.data)) {
            EXPECT_TRUE(media::h264::is_vcl(media::h264::type_of(nal)));
            ++slices;
        }
        EXPECT_EQ(slices, 2);
    }
}

TEST(AnnexB, SplitsH265WithOpenGops) {
    const auto units = split(Codec::H265, fakes::data_file("media/testsrc.h265"), 64);
    ASSERT_EQ(units.size(), 12u);
    EXPECT_TRUE(units[0].key);
    EXPECT_EQ(std::ranges::count_if(units, &AnnexBSplitter::Unit::key), 3);
    EXPECT_EQ(units[0].parameters->height, 72);
    EXPECT_TRUE(media::h265::is_key(units[0].data));
}

TEST(AnnexB, GoesOnBehindAUnitThatIsTooLarge) {
    AnnexBSplitter splitter(Codec::H264);
    ASSERT_TRUE(splitter.push(hex("00 00 01 65 88 84")));
    const std::vector<std::uint8_t> mebibyte(std::size_t{1} << 20, 0x55);
    bool refused = false;
    for (int i = 0; i < 17; ++i) refused |= !splitter.push(mebibyte);
    EXPECT_TRUE(refused);
    ASSERT_TRUE(splitter.push(hex("00 00 01 65 88 85 00 00 01 09 10")));
    ASSERT_TRUE(splitter.finish());
    const auto unit = splitter.next();
    ASSERT_TRUE(unit);
    EXPECT_EQ(unit->data, hex("00000003 658885"));
    EXPECT_FALSE(splitter.next());
}

TEST(ToAccessUnit, SharesWhatIsRightAlready) {
    const Bytes sample = hex("00000002 6588");
    const auto same = to_access_unit(sample, Codec::H264, 4);
    ASSERT_TRUE(same);
    EXPECT_EQ(same->data(), sample.data());
}

TEST(ToAccessUnit, WidensLengthsAndTakesOutParameterSets) {
    media::ParameterSets sets(Codec::H264);
    const auto unit = to_access_unit(hex("0009 6742000a9653058988 0004 68c96388 0002 6588 0000"),
                                     Codec::H264, 2, &sets);
    ASSERT_TRUE(unit) << unit.error().message();
    EXPECT_EQ(*unit, hex("00000002 6588"));
    ASSERT_NE(sets.parameters(), nullptr);
    EXPECT_EQ(sets.parameters()->width, 176);
    EXPECT_EQ(*to_access_unit(hex("02 6588"), Codec::H264, 1), hex("00000002 6588"));
    EXPECT_EQ(*to_access_unit(hex("00000000 00000002 6588"), Codec::H264, 4), hex("00000002 6588"));
}

TEST(ToAccessUnit, RefusesEveryTruncation) {
    const Bytes sample = hex("00000003 658884 00000002 0102");
    fakes::for_each_prefix(sample, [](ByteSpan prefix) {
        EXPECT_EQ(to_access_unit(Bytes::copy_of(prefix), Codec::H264, 4).has_value(),
                  prefix.size() == 0 || prefix.size() == 7)
            << prefix.size();
    });
}

}  // namespace
}  // namespace casement::formats
