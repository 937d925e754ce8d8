#include "ffmpeg/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ffmpeg/font.hpp"
#include "ffmpeg/handles.hpp"

namespace casement::ffmpeg {

namespace {

Rect clipped(Rect r, int width, int height) {
    const int left = std::clamp(r.x, 0, width), top = std::clamp(r.y, 0, height);
    const int right = std::clamp(r.x + r.width, left, width),
              bottom = std::clamp(r.y + r.height, top, height);
    return {left, top, right - left, bottom - top};
}

// The 2x2 blocks that the area touches, in chroma samples.
Rect chroma_of(Rect r) {
    if (r.width == 0 || r.height == 0) return {};
    const int left = r.x / 2, top = r.y / 2;
    return {left, top, (r.x + r.width + 1) / 2 - left, (r.y + r.height + 1) / 2 - top};
}

void fill_plane(AVFrame& frame, int plane, Rect r, std::uint8_t value) {
    for (int y = r.y; y < r.y + r.height; ++y) {
        std::memset(
            frame.data[plane] + static_cast<std::ptrdiff_t>(y) * frame.linesize[plane] + r.x, value,
            static_cast<std::size_t>(r.width));
    }
}

void copy_plane(AVFrame& frame, const AVFrame& from, int plane, Rect r) {
    for (int y = r.y; y < r.y + r.height; ++y) {
        std::memcpy(
            frame.data[plane] + static_cast<std::ptrdiff_t>(y) * frame.linesize[plane] + r.x,
            from.data[plane] + static_cast<std::ptrdiff_t>(y) * from.linesize[plane] + r.x,
            static_cast<std::size_t>(r.width));
    }
}

}  // namespace

Colour colour_of(double hue, double saturation, double light) {
    // HSV to R'G'B', then ITU-R BT.709-6 §3: luma and colour differences in limited range.
    const auto channel = [&](double offset) {
        const double k = std::fmod(offset + hue / 60.0 + 600.0, 6.0);
        return light - light * saturation * std::clamp(std::min(k, 4.0 - k), 0.0, 1.0);
    };
    const double r = channel(5), g = channel(3), b = channel(1);
    const double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    const auto level = [](double v) { return static_cast<std::uint8_t>(std::lround(v)); };
    return {level(16 + 219 * y), level(128 + 224 * (b - y) / 1.8556),
            level(128 + 224 * (r - y) / 1.5748)};
}

int Canvas::width() const { return frame_.width; }
int Canvas::height() const { return frame_.height; }

void Canvas::fill(Rect area, Colour colour) {
    const Rect r = clipped(area, frame_.width, frame_.height);
    fill_plane(frame_, 0, r, colour.y);
    fill_plane(frame_, 1, chroma_of(r), colour.u);
    fill_plane(frame_, 2, chroma_of(r), colour.v);
}

void Canvas::restore(Rect area, const AVFrame& from) {
    const Rect r = clipped(area, frame_.width, frame_.height);
    copy_plane(frame_, from, 0, r);
    copy_plane(frame_, from, 1, chroma_of(r));
    copy_plane(frame_, from, 2, chroma_of(r));
}

void Canvas::text(int x, int y, int scale, std::string_view text, std::uint8_t brightness) {
    for (const char letter : text) {
        for (int row = 0; row < kGlyphHeight; ++row) {
            for (int column = 0; column < kGlyphWidth; ++column) {
                if (!glyph_dot(letter, column, row)) continue;
                fill_plane(frame_, 0,
                           clipped({x + column * scale, y + row * scale, scale, scale},
                                   frame_.width, frame_.height),
                           brightness);
            }
        }
        x += kGlyphAdvance * scale;
    }
}

}  // namespace casement::ffmpeg
