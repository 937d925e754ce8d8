#include "ffmpeg/snapshot.hpp"

#include <gtest/gtest.h>

#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "ffmpeg/jpeg_encoder.hpp"
#include "tests/unit/ffmpeg/pictures.hpp"

namespace casement::ffmpeg {
namespace {

using base::ErrorKind;
using media::Codec;
using test::KeyFrame;
using test::make_key_frame;

Picture decode_jpeg(const media::Bytes& jpeg) {
    media::CodecParameters parameters;
    parameters.codec = Codec::Mjpeg;
    media::AccessUnit unit;
    unit.key = true;
    unit.data = jpeg;
    return decode_key_frame(parameters, unit).value();
}

class EverySource : public testing::TestWithParam<Codec> {};

TEST_P(EverySource, BecomesAJpegWithTheSamePicture) {
    const KeyFrame frame = make_key_frame(GetParam(), 640, 360);
    const media::Bytes jpeg = jpeg_of(*frame.parameters, frame.unit).value();
    EXPECT_EQ(jpeg[0], 0xFF);  // ITU-T T.81 §B.2.1: SOI
    EXPECT_EQ(jpeg[1], 0xD8);
    const Picture picture = decode_jpeg(jpeg);
    EXPECT_EQ(picture.width(), 640);
    EXPECT_EQ(picture.height(), 360);
    EXPECT_TRUE(read_test_picture(picture));
}

TEST_P(EverySource, IsMadeSmallerWithItsAspectKept) {
    const KeyFrame frame = make_key_frame(GetParam(), 640, 360);
    const Picture picture =
        decode_jpeg(jpeg_of(*frame.parameters, frame.unit, {.width = 320}).value());
    EXPECT_EQ(picture.width(), 320);
    EXPECT_EQ(picture.height(), 180);
}

TEST_P(EverySource, IsNeverEnlarged) {
    const KeyFrame frame = make_key_frame(GetParam(), 320, 180);
    EXPECT_EQ(decode_jpeg(jpeg_of(*frame.parameters, frame.unit, {.width = 1280}).value()).width(),
              320);
}

TEST_P(EverySource, SurvivesTruncationAtEveryPlaceAndRandomDamage) {
    const KeyFrame frame = make_key_frame(GetParam(), 320, 180);
    media::AccessUnit unit = frame.unit;
    const std::size_t step = std::max<std::size_t>(1, frame.unit.data.size() / 200);
    for (std::size_t size = 0; size < frame.unit.data.size(); size += step) {
        unit.data = frame.unit.data.slice(0, size);
        (void)decode_key_frame(*frame.parameters, unit);
    }
    std::mt19937 random(3);
    for (int i = 0; i < 100; ++i) {
        std::vector<std::uint8_t> damaged(frame.unit.data.begin(), frame.unit.data.end());
        for (int flips = 0; flips < 10; ++flips)
            damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
        unit.data = media::Bytes::from(std::move(damaged));
        (void)decode_key_frame(*frame.parameters, unit);
    }
    unit.data = {};
    EXPECT_FALSE(decode_key_frame(*frame.parameters, unit));
}

INSTANTIATE_TEST_SUITE_P(Snapshot, EverySource,
                         testing::Values(Codec::H264, Codec::H265, Codec::Mjpeg),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(Snapshot, PassesAJpegOfTheRightSizeOnUntouched) {
    const KeyFrame frame = make_key_frame(Codec::Mjpeg, 640, 360);
    EXPECT_EQ(jpeg_of(*frame.parameters, frame.unit).value().data(), frame.unit.data.data());
    EXPECT_EQ(jpeg_of(*frame.parameters, frame.unit, {.width = 640}).value().data(),
              frame.unit.data.data());
    EXPECT_NE(jpeg_of(*frame.parameters, frame.unit, {.width = 320}).value().data(),
              frame.unit.data.data());
}

TEST(Snapshot, SpendsMoreBytesOnMoreQuality) {
    const KeyFrame frame = make_key_frame(Codec::H264, 640, 360);
    const auto size_at = [&](int quality) {
        return jpeg_of(*frame.parameters, frame.unit, {.quality = quality}).value().size();
    };
    EXPECT_LT(size_at(20), size_at(60));
    EXPECT_LT(size_at(60), size_at(95));
    EXPECT_EQ(size_at(100), size_at(1000));
    EXPECT_EQ(size_at(1), size_at(-5));
}

TEST(Snapshot, RefusesWhatIsNoKeyFrame) {
    KeyFrame frame = make_key_frame(Codec::H264, 320, 180);
    frame.unit.key = false;
    EXPECT_EQ(decode_key_frame(*frame.parameters, frame.unit).error().kind(),
              ErrorKind::InvalidArgument);
    media::CodecParameters audio;
    audio.codec = Codec::Aac;
    EXPECT_EQ(decode_key_frame(audio, frame.unit).error().kind(), ErrorKind::InvalidArgument);
    media::CodecParameters bare;
    frame.unit.key = true;
    EXPECT_EQ(decode_key_frame(bare, frame.unit).error().kind(), ErrorKind::InvalidArgument);
}

TEST(Snapshot, RefusesPicturesBeyondTheLimit) {
    const auto jpeg_of_width = [](int width) {
        const FrameHandle wide = make_picture(width, 16, AV_PIX_FMT_YUV420P).value();
        Canvas(*wide).fill({0, 0, width, 16}, kGrey);
        media::AccessUnit unit;
        unit.key = true;
        unit.data = JpegEncoder::open(width, 16, 80).value().encode(*wide).value();
        return unit;
    };
    media::CodecParameters parameters;
    parameters.codec = Codec::Mjpeg;
    EXPECT_TRUE(decode_key_frame(parameters, jpeg_of_width(kMaxPictureSide)));
    const auto result = decode_key_frame(parameters, jpeg_of_width(kMaxPictureSide + 1));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind(), ErrorKind::ResourceExhausted);
}

TEST(Snapshot, RunsOnAPoolForCoroutines) {
    const KeyFrame frame = make_key_frame(Codec::H264, 320, 180);
    boost::asio::io_context io;
    async::BlockingPool pool("pictures", 1);  // ends first: it posts to io
    std::size_t size = 0;
    const auto unit = std::make_shared<const media::AccessUnit>(frame.unit);
    boost::asio::co_spawn(io, jpeg_of(pool, frame.parameters, unit, {.width = 160}),
                          [&](const std::exception_ptr& error, base::Result<media::Bytes> jpeg) {
                              size = error || !jpeg ? 0 : jpeg->size();
                          });
    io.run();
    EXPECT_GT(size, 500U);
}

}  // namespace
}  // namespace casement::ffmpeg
