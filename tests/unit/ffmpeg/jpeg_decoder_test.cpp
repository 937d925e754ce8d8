#include "ffmpeg/jpeg_decoder.hpp"

#include <gtest/gtest.h>

#include "ffmpeg/jpeg_encoder.hpp"
#include "tests/unit/ffmpeg/pictures.hpp"

namespace casement::ffmpeg {
namespace {

using base::ErrorKind;

media::Bytes jpeg(int width, int height) {
    const auto picture =
        TestPicture::open(
            {.video = media::Codec::Mjpeg, .width = width, .height = height, .audio = std::nullopt})
            .value();
    return test::run(*picture, 8, {}).at(7).data;
}

std::vector<std::uint8_t> copy_of(const media::Bytes& bytes) {
    const media::ByteSpan span = bytes;
    return {span.begin(), span.end()};
}

TEST(JpegDecoder, GivesThePlanesOfTheFile) {
    JpegDecoder decoder;
    auto picture = decoder.decode(jpeg(640, 360), 1920);
    ASSERT_TRUE(picture) << picture.error().message();
    EXPECT_EQ((*picture)->format, AV_PIX_FMT_YUVJ420P);
    EXPECT_EQ((*picture)->width, 640);
    EXPECT_EQ((*picture)->height, 360);
    const Picture shown(std::shared_ptr<const AVFrame>(std::move(*picture)));
    EXPECT_EQ(read_test_picture(shown)->frame, 7);
}

TEST(JpegDecoder, HalvesWhatIsTooWide) {
    JpegDecoder decoder;
    const media::Bytes file = jpeg(1280, 720);
    for (const auto& [most, width, height] :
         {std::tuple{1280, 1280, 720}, {1279, 640, 360}, {320, 320, 180}, {1, 160, 90}}) {
        const auto picture = decoder.decode(file, most);
        ASSERT_TRUE(picture) << picture.error().message();
        EXPECT_EQ((*picture)->width, width);
        EXPECT_EQ((*picture)->height, height);
    }
}

TEST(JpegDecoder, UsesTheMemoryOfAPictureThatIsGivenBack) {
    JpegDecoder decoder;
    const media::Bytes file = jpeg(640, 360);
    auto first = decoder.decode(file, 1920).value();
    const auto* const memory = first->data[0];
    decoder.give_back(std::move(first));
    auto second = decoder.decode(file, 1920).value();
    EXPECT_EQ(second->data[0], memory);
    // Not where the next one has another size.
    decoder.give_back(std::move(second));
    EXPECT_EQ(decoder.decode(jpeg(320, 180), 1920).value()->width, 320);
}

TEST(JpegDecoder, TellsDamageWhereverItIs) {
    JpegDecoder decoder;
    const auto whole = copy_of(jpeg(640, 360));
    const auto refused = [&](const std::vector<std::uint8_t>& file) {
        const auto picture = decoder.decode(file, 1920);
        return !picture && picture.error().is(ErrorKind::DataLoss);
    };
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused({0xFF, 0xD8, 0xFF, 0xD9}));
    EXPECT_TRUE(refused({whole.begin(), whole.begin() + static_cast<int>(whole.size() / 2)}));
    // The end is there, and half of the picture is not.
    std::vector<std::uint8_t> cut(whole.begin(),
                                  whole.begin() + static_cast<int>(whole.size() / 2));
    cut.insert(cut.end(), {0xFF, 0xD9});
    EXPECT_TRUE(refused(cut));
    EXPECT_TRUE(decoder.decode(whole, 1920)) << "the next one is fine";
}

TEST(JpegDecoder, TakesBytesBetweenTwoSegments) {
    JpegDecoder decoder;
    auto file = copy_of(jpeg(320, 180));
    file.insert(file.end() - 2, {0x00, 0x00, 0x00});
    const auto picture = decoder.decode(file, 1920);
    EXPECT_TRUE(picture) << picture.error().message();
}

TEST(JpegDecoder, RefusesMoreThanItsLargestSide) {
    JpegDecoder decoder;
    auto file = copy_of(jpeg(320, 180));
    for (std::size_t i = 0; i + 9 < file.size(); ++i) {
        if (file[i] != 0xFF || file[i + 1] != 0xC0) continue;
        file[i + 7] = 0x21;  // of the width, in the frame header
        break;
    }
    const auto picture = decoder.decode(file, 1920);
    ASSERT_FALSE(picture);
    EXPECT_TRUE(picture.error().is(ErrorKind::ResourceExhausted)) << picture.error().message();
}

}  // namespace
}  // namespace casement::ffmpeg
