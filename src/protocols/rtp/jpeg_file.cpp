#include "protocols/rtp/jpeg_file.hpp"

#include <algorithm>

#include "protocols/rtp/jpeg_tables.hpp"

namespace casement::protocols::rtp::jpeg {

namespace {

using base::ByteReader;
using base::ByteSpan;

constexpr int kMaxPixels = 255 * 8;  // RFC 2435 §3.1.5: eight bits of 8 pixels
constexpr int kMaxSegments = 64;

enum Marker : std::uint8_t {
    kSof0 = 0xC0,
    kDht = 0xC4,
    kSoi = 0xD8,
    kEoi = 0xD9,
    kSos = 0xDA,
    kDqt = 0xDB,
    kDri = 0xDD
};

struct Header {
    struct Table {
        ByteSpan values;
        bool wide = false;
    };
    std::array<Table, 4> quantisation;
    std::uint8_t luminance = 0, chrominance = 0;  // which of them
    bool has_frame = false;
    Parts parts;
};

bool read_quantisation(ByteReader in, Header& header) {
    while (!in.at_end()) {
        const std::uint8_t id = in.u8();
        const bool wide = id >> 4 == 1;
        if (id >> 4 > 1 || (id & 0x0F) > 3) return false;
        header.quantisation[id & 0x0F] = {in.take(wide ? 128 : 64), wide};
        if (in.failed()) return false;
    }
    return true;
}

/// Only the tables of Annex K: the receiver has no others.
bool has_known_huffman(ByteReader in) {
    while (!in.at_end()) {
        const std::uint8_t id = in.u8();
        const ByteSpan counts = in.take(16);
        std::size_t total = 0;
        for (const std::uint8_t count : counts) total += count;
        const ByteSpan values = in.take(total);
        if (in.failed()) return false;
        const auto tables = huffman_tables();
        const auto known = std::ranges::find(tables, id, &HuffmanTable::class_and_id);
        if (known == tables.end() || !std::ranges::equal(counts, known->counts) ||
            !std::ranges::equal(values, known->values))
            return false;
    }
    return true;
}

bool read_frame(ByteReader in, Header& header) {
    if (in.u8() != 8) return false;
    const int height = in.u16();
    const int width = in.u16();
    if (in.u8() != 3 || width == 0 || height == 0 || width > kMaxPixels || height > kMaxPixels)
        return false;
    std::array<std::uint8_t, 3> sampling{}, table{};
    for (std::size_t i = 0; i < 3; ++i) {
        in.skip(1);
        sampling[i] = in.u8();
        table[i] = in.u8();
    }
    if (in.failed() || sampling[1] != 0x11 || sampling[2] != 0x11 || table[1] != table[2])
        return false;
    if (sampling[0] != 0x21 && sampling[0] != 0x22) return false;
    if (table[0] > 3 || table[1] > 3) return false;
    header.parts.type = sampling[0] == 0x22 ? 1 : 0;
    header.parts.width_blocks = static_cast<std::uint8_t>((width + 7) / 8);
    header.parts.height_blocks = static_cast<std::uint8_t>((height + 7) / 8);
    header.luminance = table[0];
    header.chrominance = table[1];
    header.has_frame = true;
    return true;
}

bool read_segment(std::uint8_t marker, ByteReader in, Header& header) {
    switch (marker) {
        case kSof0:
            return read_frame(in, header);
        case kDqt:
            return read_quantisation(in, header);
        case kDht:
            return has_known_huffman(in);
        case kDri:
            header.parts.restart_interval = in.u16();
            return !in.failed();
        default:
            break;
    }
    const bool other_frame =
        marker > kSof0 && marker <= 0xCF && marker != 0xC8;  // progressive, lossless, arithmetic
    return !other_frame;
}

std::optional<Parts> with_scan(Header header, ByteSpan scan) {
    if (!header.has_frame) return std::nullopt;
    // Trailing bytes after EOI are cut off; inside a scan FF D9 cannot occur (T.81 §B.1.1.5).
    constexpr std::array<std::uint8_t, 2> kEnd{0xFF, kEoi};
    const auto end = std::ranges::search(scan, kEnd);
    header.parts.scan = scan.first(static_cast<std::size_t>(end.begin() - scan.begin()));
    const std::array ids{header.luminance, header.chrominance};
    for (std::size_t i = 0; i < 2; ++i) {
        const Header::Table& table = header.quantisation[ids[i]];
        if (table.values.empty()) return std::nullopt;
        header.parts.tables[i] = table.values;
        if (table.wide) header.parts.precision |= static_cast<std::uint8_t>(1 << i);
    }
    if (header.parts.restart_interval != 0) header.parts.type |= 64;
    if (header.parts.scan.empty()) return std::nullopt;
    return header.parts;
}

}  // namespace

std::optional<Parts> take_apart(ByteSpan file) {
    ByteReader in(file);
    if (in.u8() != 0xFF || in.u8() != kSoi) return std::nullopt;
    Header header;
    for (int n = 0; n < kMaxSegments; ++n) {
        if (in.u8() != 0xFF) return std::nullopt;
        std::uint8_t marker = in.u8();
        while (marker == 0xFF && !in.failed()) marker = in.u8();  // fill bytes
        const std::uint16_t length = in.u16();
        if (in.failed() || length < 2) return std::nullopt;
        const ByteSpan body = in.take(length - 2u);
        if (in.failed()) return std::nullopt;
        if (marker == kSos) return with_scan(header, in.rest());
        if (!read_segment(marker, ByteReader(body), header)) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace casement::protocols::rtp::jpeg
