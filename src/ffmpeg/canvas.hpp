#pragma once
// Boxes and letters in a picture of 4:2:0.

#include <cstdint>
#include <string_view>

struct AVFrame;

namespace casement::ffmpeg {

struct Colour {
    std::uint8_t y = 16, u = 128, v = 128;  // limited range: black is 16, white 235
};
inline constexpr Colour kBlack{16, 128, 128};
inline constexpr Colour kGrey{126, 128, 128};
inline constexpr Colour kWhite{235, 128, 128};

/// Full saturation at `hue` degrees, `light` from 0 to 1 (ITU-R BT.709).
Colour colour_of(double hue, double saturation, double light);

struct Rect {
    int x = 0, y = 0, width = 0, height = 0;  // pixels
};

/// Draws into a writable yuv420p or yuvj420p frame that its owner keeps alive. Everything is
/// clipped to the picture; chroma covers whole 2x2 blocks, so boxes with odd edges colour their
/// neighbours.
class Canvas {
public:
    explicit Canvas(AVFrame& frame) : frame_(frame) {}

    int width() const;
    int height() const;
    void fill(Rect area, Colour colour);
    /// From the same place of a picture of the same size and format.
    void restore(Rect area, const AVFrame& from);
    /// Letters of font.hpp, each dot `scale` pixels wide and high; brightness only. `text` as
    /// to_font_letters made it.
    void text(int x, int y, int scale, std::string_view text, std::uint8_t brightness = 235);

private:
    AVFrame& frame_;
};

/// Pixels that `letters` letters take at this scale.
constexpr int text_width(std::size_t letters, int scale) {
    return static_cast<int>(letters) * 6 * scale;
}

}  // namespace casement::ffmpeg
