#include "formats/avcc.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::formats {
namespace {

using fakes::hex;

const media::Bytes kSps =
    hex("67 64 00 0a ac d9 82 0b f9 70 11 00 00 03 00 01 00 00 03 00 14 0f 12 25 9a");
const media::Bytes kPps = hex("68 e9 78 31 2c 8b");
// From a file of FFmpeg: high profile, so chroma format and bit depths follow the sets.
const media::Bytes kRecord =
    hex("01 64 00 0a ff e1 0019 67 64 00 0a ac d9 82 0b f9 70 11 00 00 03 00 01 00 00 03 00 14 0f "
        "12 25 9a 01 0006 68 e9 78 31 2c 8b fd f8 f8 00");

media::CodecParameters parameters() {
    media::CodecParameters p;
    p.codec = media::Codec::H264;
    p.sps = {kSps};
    p.pps = {kPps};
    p.width = 128;
    p.height = 72;
    return p;
}

TEST(Avcc, IsWrittenAsOthersWriteIt) { EXPECT_EQ(*write_avcc(parameters()), kRecord); }

TEST(Avcc, BaselineHasNoExtension) {
    media::CodecParameters p = parameters();
    p.sps = {hex("67 42 00 0a 96 53 05 89 88")};
    EXPECT_EQ(*write_avcc(p),
              hex("01 42 00 0a ff e1 0009 67 42 00 0a 96 53 05 89 88 01 0006 68 e9 78 31 2c 8b"));
}

TEST(Avcc, RoundTrips) {
    const auto read = parse_avcc(kRecord);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->parameters, parameters());
    EXPECT_EQ(read->nal_length_bytes, 4);
}

TEST(Avcc, RefusesTruncationUpToTheExtension) {
    fakes::for_each_prefix(kRecord, [](media::ByteSpan prefix) {
        EXPECT_EQ(parse_avcc(prefix).has_value(), prefix.size() >= kRecord.size() - 4)
            << prefix.size();
    });
}

TEST(Avcc, RefusesNonsense) {
    EXPECT_FALSE(parse_avcc(hex("02 64 00 0a ff e0 00")));             // version
    EXPECT_FALSE(parse_avcc(hex("01 64 00 0a fe e0 00")));             // lengths of 3 bytes
    EXPECT_FALSE(parse_avcc(hex("01 64 00 0a ff e1 0002 67 64 00")));  // a broken SPS
    EXPECT_FALSE(write_avcc({}));
    const auto empty = parse_avcc(hex("01 64 00 0a fd e0 00"));  // sets come in-band
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->nal_length_bytes, 2);
    EXPECT_TRUE(empty->parameters.sps.empty());
}

}  // namespace
}  // namespace casement::formats
