#include "formats/hvcc.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/media_data.hpp"

namespace casement::formats {
namespace {

using fakes::hex;

const media::Bytes kVps =
    hex("40 01 0c 01 ff ff 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e 95 90 09");
const media::Bytes kSps =
    hex("42 01 01 01 60 00 00 03 00 90 00 00 03 00 00 03 00 1e a0 10 20 49 65 95 92 49 32 bc 05 a0 "
        "20 00 00 03 00 20 00 00 03 01 41");
const media::Bytes kPps = hex("44 01 c1 72 b4 22 40");

media::CodecParameters parameters() {
    media::CodecParameters p;
    p.codec = media::Codec::H265;
    p.vps = {kVps};
    p.sps = {kSps};
    p.pps = {kPps};
    p.width = 128;
    p.height = 72;
    return p;
}

TEST(Hvcc, SaysProfileLevelAndSets) {
    const auto record = write_hvcc(parameters());
    ASSERT_TRUE(record);
    EXPECT_EQ(record->slice(0, 23),
              hex("01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 0f 03"));
    EXPECT_EQ(record->slice(23, 5), hex("a0 0001 0018"));
    EXPECT_EQ(record->slice(28, kVps.size()), kVps);
}

TEST(Hvcc, RoundTrips) {
    const auto read = parse_hvcc(*write_hvcc(parameters()));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->parameters, parameters());
    EXPECT_EQ(read->nal_length_bytes, 4);
}

TEST(Hvcc, RefusesEveryTruncation) {
    fakes::for_each_prefix(*write_hvcc(parameters()), [](media::ByteSpan prefix) {
        EXPECT_FALSE(parse_hvcc(prefix)) << prefix.size();
    });
}

TEST(Hvcc, BoundsTheNumberOfSets) {
    std::vector<std::uint8_t> record(23, 0);
    record[0] = 1;
    record[21] = 3;
    record[22] = 1;
    record.insert(record.end(), {0x22, 0, 96});
    record.resize(record.size() + 96 * 2);  // empty sets
    EXPECT_TRUE(parse_hvcc(record));
    record[25] = 97;
    record.resize(record.size() + 2);
    EXPECT_FALSE(parse_hvcc(record));
}

TEST(Hvcc, NeedsAnSps) { EXPECT_FALSE(write_hvcc({})); }

}  // namespace
}  // namespace casement::formats
