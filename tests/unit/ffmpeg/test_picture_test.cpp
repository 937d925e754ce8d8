#include "ffmpeg/test_picture.hpp"

#include <gtest/gtest.h>

#include "ffmpeg/snapshot.hpp"
#include "media/time.hpp"
#include "tests/unit/ffmpeg/bursts.hpp"
#include "tests/unit/ffmpeg/pictures.hpp"

namespace casement::ffmpeg {
namespace {

using media::Codec;
using test::decode_all;
using test::run;
using test::units_of;

constexpr base::WallTime kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} +
                               std::chrono::hours{12}};

class EveryVideoCodec : public testing::TestWithParam<Codec> {};

TEST_P(EveryVideoCodec, ShowsItsFrameNumberAndClock) {
    const auto picture =
        TestPicture::open(
            {.video = GetParam(), .width = 640, .height = 360, .fps = 15, .audio = std::nullopt})
            .value();
    const auto units = run(*picture, 40, kNoon);
    const auto pictures = decode_all(*picture->tracks()[0].parameters, units);
    ASSERT_EQ(pictures.size(), 40U);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const auto reading = read_test_picture(pictures[i]);
        ASSERT_TRUE(reading) << "frame " << i;
        EXPECT_EQ(reading->frame, static_cast<std::int64_t>(i));
        const auto expected = kNoon + picture->frame_time(static_cast<std::int64_t>(i));
        EXPECT_EQ(reading->wall, std::chrono::floor<std::chrono::milliseconds>(expected));
        EXPECT_EQ(reading->flash, i % 15 < 2) << "frame " << i;
    }
}

TEST_P(EveryVideoCodec, SendsOneUnitPerFrameAndAKeyFrameEveryTwoSeconds) {
    const auto picture =
        TestPicture::open(
            {.video = GetParam(), .width = 320, .height = 180, .fps = 10, .audio = std::nullopt})
            .value();
    const auto units = run(*picture, 45, kNoon);
    ASSERT_EQ(units.size(), 45U);
    for (std::size_t i = 0; i < units.size(); ++i) {
        EXPECT_EQ(units[i].pts, static_cast<std::int64_t>(i) * 9000);
        EXPECT_EQ(units[i].dts, units[i].pts);
        EXPECT_EQ(units[i].key, GetParam() == Codec::Mjpeg || i % 20 == 0) << i;
    }
}

TEST_P(EveryVideoCodec, ChangesItsSizeInTheMiddle) {
    const auto picture =
        TestPicture::open({.video = GetParam(), .width = 640, .height = 360, .audio = std::nullopt})
            .value();
    run(*picture, 3, kNoon);
    const auto before = picture->tracks()[0].parameters;
    ASSERT_TRUE(picture->resize(480, 272));
    const auto units = run(*picture, 2, kNoon);
    const auto& after = picture->tracks()[0].parameters;
    EXPECT_NE(*before, *after);
    EXPECT_EQ(after->width, 480);
    EXPECT_TRUE(units[0].key);
    EXPECT_EQ(units[0].pts, 3 * 90'000 / 15);
    const auto pictures = decode_all(*after, units);
    ASSERT_EQ(pictures.size(), 2U);
    EXPECT_EQ(pictures[0].height(), 272);
    EXPECT_EQ(read_test_picture(pictures[1])->frame, 4);
}

INSTANTIATE_TEST_SUITE_P(TestPicture, EveryVideoCodec,
                         testing::Values(Codec::H264, Codec::H265, Codec::Mjpeg),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(TestPicture, GivesAKeyFrameWhenAskedTo) {
    const auto picture =
        TestPicture::open({.width = 320, .height = 180, .audio = std::nullopt}).value();
    run(*picture, 5, kNoon);
    picture->want_key_frame();
    const auto units = run(*picture, 2, kNoon);
    EXPECT_TRUE(units[0].key);
    EXPECT_FALSE(units[1].key);
}

TEST(TestPicture, KeepsParameterSetsOutOfItsUnits) {
    for (const Codec codec : {Codec::H264, Codec::H265}) {
        const auto picture =
            TestPicture::open({.video = codec, .width = 320, .height = 180, .audio = std::nullopt})
                .value();
        const auto& parameters = *picture->tracks()[0].parameters;
        EXPECT_EQ(parameters.sps.size(), 1U);
        EXPECT_EQ(parameters.pps.size(), 1U);
        EXPECT_EQ(parameters.vps.size(), codec == Codec::H265 ? 1U : 0U);
        for (const auto& unit : run(*picture, 32, kNoon)) {
            std::size_t bytes = 0;
            for (const media::ByteSpan nal : media::NalUnits(unit.data)) {
                const int type = codec == Codec::H264 ? nal[0] & 0x1F : nal[0] >> 1 & 0x3F;
                EXPECT_TRUE(codec == Codec::H264 ? type < 7 : type < 32 || type >= 39) << type;
                bytes += nal.size() + media::kNalLengthBytes;
            }
            EXPECT_EQ(bytes, unit.data.size());
        }
    }
}

class EveryAudioCodec : public testing::TestWithParam<Codec> {};

TEST_P(EveryAudioCodec, BeepsWhenTheBoxFlashes) {
    const auto picture =
        TestPicture::open(
            {.width = 320, .height = 180, .fps = 15, .audio = AudioFormat{.codec = GetParam()}})
            .value();
    ASSERT_EQ(picture->tracks().size(), 2U);
    const auto units = run(*picture, 75, kNoon);
    const std::vector<double> beeps = test::onsets(picture->tracks()[1], units_of(units, 1));
    // The very first beep starts within what the encoder only warms up with.
    ASSERT_GE(beeps.size(), 4U);
    for (const double at : beeps) {
        if (at > 0.5) EXPECT_NEAR(at, std::round(at), 0.002);
    }
    const auto audio = units_of(units, 1);
    for (std::size_t i = 1; i < audio.size(); ++i) EXPECT_GT(audio[i].pts, audio[i - 1].pts);
}

INSTANTIATE_TEST_SUITE_P(TestPicture, EveryAudioCodec,
                         testing::Values(Codec::Aac, Codec::Opus, Codec::Pcma, Codec::Pcmu),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(TestPicture, RefusesImpossibleSizes) {
    EXPECT_TRUE(TestPicture::open({.width = 320, .height = 180, .audio = std::nullopt}));
    EXPECT_FALSE(TestPicture::open({.width = 318, .height = 180}));
    EXPECT_FALSE(TestPicture::open({.width = 641, .height = 360}));
    EXPECT_FALSE(TestPicture::open({.width = 3842, .height = 2160}));
    EXPECT_FALSE(TestPicture::open({.fps = 0}));
    EXPECT_FALSE(TestPicture::open({.video = Codec::Aac}));
}

TEST(TestPicture, IsToldApartFromOtherPictures) {
    const FrameHandle gray = make_picture(640, 360, AV_PIX_FMT_YUV420P).value();
    Canvas(*gray).fill({0, 0, 640, 360}, kGrey);
    EXPECT_FALSE(read_test_picture(
        Picture(std::shared_ptr<const AVFrame>(av_frame_clone(gray.get()), Free{}))));
}

}  // namespace
}  // namespace casement::ffmpeg
