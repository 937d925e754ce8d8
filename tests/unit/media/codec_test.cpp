#include "media/codec.hpp"

#include <gtest/gtest.h>

#include "media/time.hpp"
#include "media/track.hpp"

namespace casement::media {
namespace {

TEST(Codec, HasOneNameEachWay) {
    for (const Codec codec : {Codec::H264, Codec::H265, Codec::Mjpeg, Codec::Aac, Codec::Opus,
                              Codec::Pcma, Codec::Pcmu}) {
        EXPECT_EQ(parse_codec(to_string(codec)), codec);
    }
    EXPECT_EQ(parse_codec("vp8"), std::nullopt);
    EXPECT_EQ(kind_of(Codec::Mjpeg), Kind::Video);
    EXPECT_EQ(kind_of(Codec::Pcmu), Kind::Audio);
}

TEST(CodecParameters, WithoutSetsStillHaveAName) {
    CodecParameters parameters;
    EXPECT_EQ(parameters.rfc6381(), "avc1");
    parameters.codec = Codec::Pcma;
    EXPECT_EQ(parameters.rfc6381(), "pcma");
    parameters.codec = Codec::Mjpeg;
    EXPECT_EQ(parameters.rfc6381(), "mjpeg");
}

TEST(Rescale, RoundsToNearestAndKeepsTheSign) {
    EXPECT_EQ(rescale(90'000, 90'000, 48'000), 48'000);
    EXPECT_EQ(rescale(1, 3, 2), 1);
    EXPECT_EQ(rescale(-1, 3, 2), -1);
    EXPECT_EQ(rescale(INT64_MAX / 2, 90'000, 90'000), INT64_MAX / 2);
    EXPECT_EQ(us_to_ticks(std::chrono::microseconds{20'000}, 48'000), 960);
    EXPECT_EQ(ticks_to_us(8000, 8000), std::chrono::seconds{1});
}

}  // namespace
}  // namespace casement::media
