#include "ffmpeg/font.hpp"

#include <array>

namespace casement::ffmpeg {

namespace {

constexpr int kPerBlock = 16;  // letters side by side in the drawing below
constexpr int kBlocks = 6;
constexpr int kLineLength = kPerBlock * kGlyphAdvance;

// One block of nine lines per 16 letters, from the blank on. What you see is what is drawn.
constexpr std::string_view kDrawing =
    "        #    # #   # #    #   ##  #  ##     #      #   #                                      "
    "# "
    "        #    # #   # #   #### ##  # #  #    #     #     #     #     #                         "
    "# "
    "        #    # #  ##### # #      #  # #     #    #       #  # # #   #                        "
    "#  "
    "        #          # #   ###    #    #           #       #   ###  #####       #####         # "
    "  "
    "        #         #####   # #  #    # # #        #       #  # # #   #                      #  "
    "  "
    "                   # #  ####  #  ## #  #          #     #     #     #     ##          ##  #   "
    "  "
    "        #          # #    #   #  ##  ## #          #   #                   #          ##  #   "
    "  "
    "                                                                          #                   "
    "  "
    "                                                                                              "
    "  "
    " ###    #    ###   ###     #  #####   ##  #####  ###   ###                 #         #     "
    "###  "
    "#   #  ##   #   # #   #   ##  #      #        # #   # #   #   ##    ##    #           #   #   "
    "# "
    "#  ##   #       #     #  # #  ####  #        #  #   # #   #   ##    ##   #    #####    #      "
    "# "
    "# # #   #     ##    ##  #  #      # ####    #    ###   ####             #               #    "
    "#  "
    "##  #   #    #        # #####     # #   #   #   #   #     #   ##    ##   #    #####    #    # "
    "  "
    "#   #   #   #     #   #    #  #   # #   #  #    #   #    #    ##     #    #           #       "
    "  "
    " ###   ###  #####  ###     #   ###   ###   #     ###   ##           #      #         #      # "
    "  "
    "                                                                                              "
    "  "
    "                                                                                              "
    "  "
    " ###    #   ####   ###  ###   ##### #####  ###  #   #  ###    ### #   # #     #   # #   #  "
    "###  "
    "#   #  # #  #   # #   # #  #  #     #     #   # #   #   #      #  #  #  #     ## ## ##  # #   "
    "# "
    "# ### #   # #   # #     #   # #     #     #     #   #   #      #  # #   #     # # # ##  # #   "
    "# "
    "# # # #   # ####  #     #   # ####  ####  # ### #####   #      #  ##    #     # # # # # # #   "
    "# "
    "# ##  ##### #   # #     #   # #     #     #   # #   #   #      #  # #   #     #   # #  ## #   "
    "# "
    "#     #   # #   # #   # #  #  #     #     #   # #   #   #   #  #  #  #  #     #   # #  ## #   "
    "# "
    " ###  #   # ####   ###  ###   ##### #      #### #   #  ###   ##   #   # ##### #   # #   #  "
    "###  "
    "                                                                                              "
    "  "
    "                                                                                              "
    "  "
    "####   ###  ####   #### ##### #   # #   # #   # #   # #   # #####  ###  #      ###    #       "
    "  "
    "#   # #   # #   # #       #   #   # #   # #   # #   # #   #     #  #    #        #   # #      "
    "  "
    "#   # #   # #   # #       #   #   # #   # #   #  # #   # #     #   #     #       #  #   #     "
    "  "
    "####  #   # ####   ###    #   #   # #   # # # #   #     #     #    #      #      #            "
    "  "
    "#     # # # # #       #   #   #   #  # #  # # #  # #    #    #     #       #     #            "
    "  "
    "#     #  #  #  #      #   #   #   #  # #  ## ## #   #   #   #      #        #    #            "
    "  "
    "#      ## # #   # ####    #    ###    #   #   # #   #   #   #####  ###      #  ###        "
    "##### "
    "                                                                                              "
    "  "
    "                                                                                              "
    "  "
    " #          #               #         ##        #       #      #  #      ##                   "
    "  "
    "  #         #               #        #  #       #                 #       #                   "
    "  "
    "       ###  # ##   ###   ## #  ###   #     #### # ##   ##     ##  #  #    #   ## #  # ##   "
    "###  "
    "          # ##  # #     #  ## #   # ###   #   # ##  #   #      #  # #     #   # # # ##  # #   "
    "# "
    "       #### #   # #     #   # #####  #    #   # #   #   #      #  ##      #   # # # #   # #   "
    "# "
    "      #   # #   # #   # #   # #      #    #   # #   #   #      #  # #     #   # # # #   # #   "
    "# "
    "       #### ####   ###   ####  ###   #     #### #   #  ###     #  #  #   ###  #   # #   #  "
    "###  "
    "                                              #             #  #                              "
    "  "
    "                                           ###               ##                               "
    "  "
    "                         #                                           #    #    #          "
    "##### "
    "                         #                                          #     #     #         #   "
    "# "
    "####   #### # ##   #### ###   #   # #   # #   # #   # #   # #####   #     #     #    #    #   "
    "# "
    "#   # #   # ##  # #      #    #   # #   # #   #  # #  #   #    #   #      #      #  # # # #   "
    "# "
    "#   # #   # #      ###   #    #   # #   # # # #   #   #   #   #     #     #     #      #  #   "
    "# "
    "#   # #   # #         #  #  # #  ##  # #  # # #  # #  #   #  #      #     #     #         #   "
    "# "
    "####   #### #     ####    ##   ## #   #    # #  #   #  #### #####    #    #    #          "
    "##### "
    "#         #                                               #                                   "
    "  "
    "#         #                                            ###                                    "
    "  ";
static_assert(kDrawing.size() == static_cast<std::size_t>(kBlocks * kGlyphHeight * kLineLength));

// U+00C0 to U+00FF without their accents.
constexpr std::string_view kLatin1 =
    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPsaaaaaaaceeeeiiiidnooooo/ouuuuypy";
static_assert(kLatin1.size() == 64);

struct Decoded {
    char32_t letter;
    std::size_t bytes;
};

Decoded decode_utf8(std::string_view rest) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(rest[i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    std::size_t used = 1;
    char32_t letter = first & (0x7FU >> length);  // RFC 3629 §3: the bits after the length mark
    while (used < length && used < rest.size() && (byte(used) & 0xC0) == 0x80) {
        letter = letter << 6 | (byte(used) & 0x3FU);
        ++used;
    }
    return {used == length && length > 1 ? letter : U'?', used};
}

}  // namespace

bool glyph_dot(char letter, int x, int y) {
    const int code = letter >= 32 && letter < 127 ? letter - 32 : 95;
    const int line = code / kPerBlock * kGlyphHeight + y;
    return kDrawing[static_cast<std::size_t>(line * kLineLength + code % kPerBlock * kGlyphAdvance +
                                             x)] == '#';
}

std::string to_font_letters(std::string_view utf8) {
    std::string out;
    for (std::string_view rest = utf8; !rest.empty();) {
        const auto [letter, bytes] = decode_utf8(rest);
        rest.remove_prefix(bytes);
        if (letter == U'\u00DF') {
            out += "ss";
        } else if (letter == U'\u2019') {
            out += '\'';
        } else if (letter >= 0xC0 && letter <= 0xFF) {
            out += kLatin1[letter - 0xC0];
        } else {
            out += letter >= 32 && letter < 127 ? static_cast<char>(letter) : '?';
        }
    }
    return out;
}

}  // namespace casement::ffmpeg
