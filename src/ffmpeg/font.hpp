#pragma once
// Letters of 5 by 9 dots (two of them below the line), for pictures that we draw ourselves.

#include <cstdint>
#include <string>
#include <string_view>

namespace casement::ffmpeg {

inline constexpr int kGlyphWidth = 5;    // dots
inline constexpr int kGlyphHeight = 9;   // dots, descenders included
inline constexpr int kGlyphAdvance = 6;  // dots from letter to letter

/// Is the dot of `letter` (ASCII 32 to 126; others are a box) at column x and row y set?
bool glyph_dot(char letter, int x, int y);

/// UTF-8 as letters of the font: Latin-1 letters lose their accents, anything else becomes '?'.
/// Broken UTF-8 is replaced, not refused.
std::string to_font_letters(std::string_view utf8);

}  // namespace casement::ffmpeg
