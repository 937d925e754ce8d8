#include "ffmpeg/slate.hpp"

#include <gtest/gtest.h>

#include "tests/unit/ffmpeg/pictures.hpp"

namespace casement::ffmpeg {
namespace {

using media::Codec;
using test::KeyFrame;
using test::make_key_frame;

constexpr auto kSentence = "Front door cannot be reached since 21:04";

int mean_luma(const Picture& picture, int from_row, int to_row) {
    std::int64_t sum = 0;
    for (int y = from_row; y < to_row; ++y) {
        for (int x = 0; x < picture.width(); ++x) sum += picture.luma(x, y);
    }
    return static_cast<int>(sum / (static_cast<std::int64_t>(to_row - from_row) * picture.width()));
}

class EverySlate : public testing::TestWithParam<Codec> {};

TEST_P(EverySlate, KeepsCodecSizeAndTime) {
    KeyFrame frame = make_key_frame(GetParam(), 640, 360);
    frame.unit.pts = frame.unit.dts = 123'456;
    frame.unit.track = 0;
    const SlateFrame slate = make_slate(*frame.parameters, frame.unit, kSentence).value();
    EXPECT_EQ(slate.parameters->codec, GetParam());
    EXPECT_EQ(slate.parameters->width, 640);
    EXPECT_EQ(slate.parameters->height, 360);
    EXPECT_EQ(slate.unit.pts, 123'456);
    EXPECT_TRUE(slate.unit.key);
    const Picture picture = decode_key_frame(*slate.parameters, slate.unit).value();
    EXPECT_EQ(picture.width(), 640);
    EXPECT_EQ(picture.height(), 360);
}

TEST_P(EverySlate, IsDarkerAndHasWhiteLettersInTheMiddle) {
    const KeyFrame frame = make_key_frame(GetParam(), 640, 360);
    const Picture before = decode_key_frame(*frame.parameters, frame.unit).value();
    const SlateFrame slate = make_slate(*frame.parameters, frame.unit, kSentence).value();
    const Picture after = decode_key_frame(*slate.parameters, slate.unit).value();
    EXPECT_LT(mean_luma(after, 0, 120), mean_luma(before, 0, 120) * 7 / 10);
    int bright = 0;
    for (int y = 160; y < 200; ++y) {
        for (int x = 0; x < 640; ++x) bright += after.luma(x, y) > 190 ? 1 : 0;
    }
    EXPECT_GT(bright, 500);
    EXPECT_LT(bright, 640 * 40 / 3);
}

INSTANTIATE_TEST_SUITE_P(Slate, EverySlate, testing::Values(Codec::H264, Codec::H265, Codec::Mjpeg),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(Slate, KeepsTheProfileOfTheCamera) {
    const KeyFrame frame = make_key_frame(Codec::H264, 320, 180);
    for (const int profile : {66, 77, 100}) {
        media::CodecParameters parameters = *frame.parameters;
        std::vector<std::uint8_t> sps(parameters.sps[0].begin(), parameters.sps[0].end());
        // Baseline's syntax is Main's; only the label differs (ITU-T H.264 §7.3.2.1.1), and High
        // would read more fields.
        if (profile != 100) {
            sps[1] = static_cast<std::uint8_t>(profile);
            parameters.sps[0] = media::Bytes::from(sps);
            const SlateFrame slate = make_slate(parameters, frame.unit, kSentence).value();
            EXPECT_EQ(slate.parameters->sps[0][1], profile);
        }
    }
}

TEST(Slate, WrapsLongSentencesAndTakesAnyText) {
    const KeyFrame frame = make_key_frame(Codec::H264, 320, 180);
    EXPECT_TRUE(make_slate(*frame.parameters, frame.unit, ""));
    EXPECT_TRUE(make_slate(*frame.parameters, frame.unit, std::string(5000, 'w')));
    EXPECT_TRUE(make_slate(*frame.parameters, frame.unit,
                           "K\xC3\xBC"
                           "che \xF0\x9F\x93\xB7 \xFF\xC3"));
}

TEST(Slate, FailsWhenThereIsNothingToShow) {
    KeyFrame frame = make_key_frame(Codec::H264, 320, 180);
    frame.unit.data = {};
    EXPECT_FALSE(make_slate(*frame.parameters, frame.unit, kSentence));
}

}  // namespace
}  // namespace casement::ffmpeg
