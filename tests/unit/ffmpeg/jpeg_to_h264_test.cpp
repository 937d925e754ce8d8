#include "ffmpeg/jpeg_to_h264.hpp"

#include <gtest/gtest.h>

#include "tests/unit/ffmpeg/pictures.hpp"

namespace casement::ffmpeg {
namespace {

using media::Codec;
using test::decode_all;
using test::run;

std::vector<media::AccessUnit> jpegs(int width, int height, int count, int fps = 10) {
    const auto picture = TestPicture::open({.video = Codec::Mjpeg,
                                            .width = width,
                                            .height = height,
                                            .fps = fps,
                                            .audio = std::nullopt})
                             .value();
    return run(*picture, count, base::WallTime{std::chrono::seconds{1'700'000'000}});
}

TEST(JpegToH264, MakesOneUnitPerPictureWithTheSameContent) {
    JpegToH264 encoder({.track_id = 3});
    EXPECT_EQ(encoder.track().parameters, nullptr);
    std::vector<media::AccessUnit> out;
    const auto in = jpegs(640, 360, 30);
    for (const auto& jpeg : in) {
        const std::size_t before = out.size();
        ASSERT_TRUE(encoder.push(jpeg, out));
        ASSERT_EQ(out.size(), before + 1);
        EXPECT_EQ(out.back().pts, jpeg.pts);
        EXPECT_EQ(out.back().track, 3);
        EXPECT_EQ(out.back().wall, jpeg.wall);
    }
    const auto pictures = decode_all(*encoder.track().parameters, out);
    ASSERT_EQ(pictures.size(), in.size());
    for (std::size_t i = 0; i < pictures.size(); ++i)
        EXPECT_EQ(read_test_picture(pictures[i])->frame, static_cast<std::int64_t>(i));
}

TEST(JpegToH264, SendsAKeyFrameEveryTwoSecondsOfMediaTime) {
    JpegToH264 encoder;
    std::vector<media::AccessUnit> out;
    for (const auto& jpeg : jpegs(320, 180, 12, 3)) ASSERT_TRUE(encoder.push(jpeg, out));
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i].key, i % 6 == 0) << i;
}

TEST(JpegToH264, SendsAKeyFrameAfterABreak) {
    JpegToH264 encoder;
    std::vector<media::AccessUnit> out;
    auto in = jpegs(320, 180, 6);
    in[4].discontinuity = true;
    for (const auto& jpeg : in) ASSERT_TRUE(encoder.push(jpeg, out));
    EXPECT_TRUE(out[4].key);
    EXPECT_TRUE(out[4].discontinuity);
    EXPECT_FALSE(out[5].key);
}

TEST(JpegToH264, TakesANewSizeWithNewParameters) {
    JpegToH264 encoder;
    std::vector<media::AccessUnit> out;
    for (const auto& jpeg : jpegs(320, 180, 2)) ASSERT_TRUE(encoder.push(jpeg, out));
    const auto before = encoder.track().parameters;
    auto larger = jpegs(640, 360, 4);
    out.clear();
    ASSERT_TRUE(encoder.push(larger[3], out));
    EXPECT_NE(encoder.track().parameters, before);
    EXPECT_EQ(encoder.track().parameters->width, 640);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_TRUE(out[0].key);
    EXPECT_EQ(decode_all(*encoder.track().parameters, out).at(0).width(), 640);
}

TEST(JpegToH264, MakesWidePicturesSmallerInWholeHalves) {
    JpegToH264 encoder({.max_width = 500});
    std::vector<media::AccessUnit> out;
    for (const auto& jpeg : jpegs(1280, 720, 1)) ASSERT_TRUE(encoder.push(jpeg, out));
    EXPECT_EQ(encoder.track().parameters->width, 320);
    EXPECT_EQ(encoder.track().parameters->height, 180);
}

TEST(JpegToH264, SkipsBrokenPicturesAndTimesThatGoBack) {
    JpegToH264 encoder;
    std::vector<media::AccessUnit> out;
    auto in = jpegs(320, 180, 5);
    in[1].data = media::Bytes::from(std::vector<std::uint8_t>{0xFF, 0xD8, 0xFF, 0xD9});
    in[2].data = {};
    in[3].pts = 0;
    for (const auto& jpeg : in) ASSERT_TRUE(encoder.push(jpeg, out));
    EXPECT_EQ(out.size(), 2U);
    EXPECT_EQ(encoder.skipped_pictures(), 3U);
}

}  // namespace
}  // namespace casement::ffmpeg
