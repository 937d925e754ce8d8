#include "ffmpeg/font.hpp"

#include <gtest/gtest.h>

#include <set>

#include "ffmpeg/canvas.hpp"
#include "ffmpeg/handles.hpp"

namespace casement::ffmpeg {
namespace {

std::string dots_of(char letter) {
    std::string dots;
    for (int y = 0; y < kGlyphHeight; ++y) {
        for (int x = 0; x < kGlyphWidth; ++x) dots += glyph_dot(letter, x, y) ? '#' : ' ';
    }
    return dots;
}

TEST(Font, DrawsEveryLetterDifferently) {
    std::set<std::string> shapes;
    for (char letter = 32; letter < 127; ++letter) shapes.insert(dots_of(letter));
    EXPECT_EQ(shapes.size(), 95U);
}

TEST(Font, DrawsABoxForWhatItDoesNotHave) {
    EXPECT_EQ(dots_of('\x01'), dots_of('\x7F'));
    EXPECT_EQ(dots_of('\xFC'), dots_of('\x7F'));
}

TEST(Font, WritesLatinLettersWithoutAccents) {
    EXPECT_EQ(to_font_letters("Küche, Straße, Ångström, façade"),
              "Kuche, Strasse, Angstrom, facade");
    EXPECT_EQ(to_font_letters("it\u2019s"), "it's");
    EXPECT_EQ(to_font_letters("庭 📷"), "? ?");
}

TEST(Font, ReplacesBrokenUtf8) {
    EXPECT_EQ(to_font_letters("a\xC3"), "a?");
    EXPECT_EQ(to_font_letters("\xC3"
                              "a"),
              "?a");
    EXPECT_EQ(to_font_letters("\xFF\x80z"), "?z");
    EXPECT_EQ(to_font_letters("\xF0\x9F\x93"), "?");
}

TEST(Canvas, ClipsWhatLiesOutside) {
    const FrameHandle picture = make_picture(64, 48, AV_PIX_FMT_YUV420P).value();
    Canvas canvas(*picture);
    canvas.fill({0, 0, 64, 48}, kBlack);
    canvas.fill({-10, -10, 20, 20}, kWhite);
    canvas.fill({60, 40, 100, 100}, kWhite);
    canvas.fill({100, 100, 10, 10}, kWhite);
    canvas.text(-3, 44, 4, "clipped at every side of a small picture");
    EXPECT_EQ(picture->data[0][9 * picture->linesize[0] + 9], 235);
    EXPECT_EQ(picture->data[0][10 * picture->linesize[0] + 10], 16);
    EXPECT_EQ(picture->data[0][47 * picture->linesize[0] + 63], 235);
}

TEST(Canvas, MixesColoursAsBt709Says) {
    EXPECT_EQ(colour_of(0, 0, 1).y, 235);
    EXPECT_EQ(colour_of(0, 0, 0).y, 16);
    // ITU-R BT.709-6: full red is Y 63, Cb 102, Cr 240 in 8 bits.
    const Colour red = colour_of(0, 1, 1);
    EXPECT_EQ(red.y, 63);
    EXPECT_EQ(red.u, 102);
    EXPECT_EQ(red.v, 240);
}

}  // namespace
}  // namespace casement::ffmpeg
