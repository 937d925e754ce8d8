#pragma once
// A JPEG file taken apart for RFC 2435, which sends neither headers nor Huffman tables.

#include <array>
#include <cstdint>
#include <optional>

#include "base/byte_reader.hpp"

namespace casement::protocols::rtp::jpeg {

/// Spans into the file.
struct Parts {
    std::uint8_t type = 0;          // 0: 4:2:2, 1: 4:2:0; +64 with restart markers
    std::uint8_t width_blocks = 0;  // of 8 pixels, rounded up
    std::uint8_t height_blocks = 0;
    std::uint16_t restart_interval = 0;
    std::uint8_t precision = 0;            // bit n: table n has 16-bit values
    std::array<base::ByteSpan, 2> tables;  // luminance, chrominance
    base::ByteSpan scan;                   // entropy-coded data without EOI
};

/// Nothing when RFC 2435 has no words for the picture: not baseline, other sampling, over 2040
/// pixels, own Huffman tables.
std::optional<Parts> take_apart(base::ByteSpan file);

}  // namespace casement::protocols::rtp::jpeg
