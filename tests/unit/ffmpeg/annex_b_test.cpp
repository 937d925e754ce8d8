#include "ffmpeg/annex_b.hpp"

#include <gtest/gtest.h>

#include "media/nal.hpp"

namespace casement::ffmpeg {
namespace {

using Stream = std::vector<std::uint8_t>;

std::vector<Stream> split(const Stream& stream) {
    std::vector<Stream> nals;
    for (const media::ByteSpan nal : split_annex_b(stream))
        nals.emplace_back(nal.begin(), nal.end());
    return nals;
}

TEST(AnnexB, SplitsAtShortAndLongStartCodes) {
    const std::vector<Stream> expected{{0x67, 1}, {0x68, 2}, {0x65, 3}};
    EXPECT_EQ(split({0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 3}), expected);
    EXPECT_EQ(split({0, 0, 1, 0x67, 1, 0, 0, 0, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 3, 0, 0}),
              expected);
}

TEST(AnnexB, GivesNothingForStreamsWithoutUnits) {
    EXPECT_TRUE(split({}).empty());
    EXPECT_TRUE(split({1, 2, 3, 4}).empty());
    EXPECT_TRUE(split({0, 0, 1}).empty());
    EXPECT_TRUE(split({0, 0, 0, 0, 1, 0, 0, 1}).empty());
}

TEST(AnnexB, ComesBackFromUnits) {
    media::CodecParameters parameters;
    parameters.sps = {media::Bytes::from({0x67, 1})};
    parameters.pps = {media::Bytes::from({0x68, 2})};
    const Stream unit{0, 0, 0, 2, 0x65, 3, 0, 0, 0, 1, 6};
    EXPECT_EQ(to_annex_b(parameters, unit), (Stream{0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2,
                                                    0, 0, 0, 1, 0x65, 3, 0, 0, 0, 1, 6}));
}

}  // namespace
}  // namespace casement::ffmpeg
