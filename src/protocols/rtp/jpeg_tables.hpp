#pragma once
// The tables that RFC 2435 leaves out of its packets: both ends know them (ITU-T T.81 Annex K, RFC
// 2435 Appendix A and B).

#include <array>
#include <cstdint>
#include <span>

namespace casement::protocols::rtp::jpeg {

/// Quantisation tables for 1 <= q <= 99: luminance, then chrominance, 64 bytes each in zigzag
/// order.
std::array<std::uint8_t, 128> quantisation_tables(int q);

/// One Huffman table as DHT writes it: class and destination, 16 counts, values.
struct HuffmanTable {
    std::uint8_t class_and_id;
    std::array<std::uint8_t, 16> counts;
    std::span<const std::uint8_t> values;
};
/// The four tables of T.81 Annex K.3 in the order luminance DC, AC, chrominance DC, AC.
std::span<const HuffmanTable, 4> huffman_tables();

}  // namespace casement::protocols::rtp::jpeg
