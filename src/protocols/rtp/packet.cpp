#include "protocols/rtp/packet.hpp"

namespace casement::protocols::rtp {

namespace {

std::uint16_t u16(const std::uint8_t* p) { return static_cast<std::uint16_t>(p[0] << 8 | p[1]); }
std::uint32_t u32(const std::uint8_t* p) {
    return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 |
           static_cast<std::uint32_t>(p[2]) << 8 | p[3];
}

}  // namespace

std::optional<Packet> Packet::parse(ByteSpan bytes) {
    if (bytes.size() < kHeaderBytes || bytes[0] >> 6 != 2) return std::nullopt;
    const std::uint8_t* p = bytes.data();
    Packet packet;
    packet.marker = (p[1] & 0x80) != 0;
    packet.payload_type = p[1] & 0x7F;
    packet.sequence = u16(p + 2);
    packet.timestamp = u32(p + 4);
    packet.ssrc = u32(p + 8);

    std::size_t begin = kHeaderBytes + 4u * (p[0] & 0x0F);  // CSRC list
    if (p[0] & 0x10) {
        // RFC 3550 §5.3.1: profile, length in 32-bit words, then the extension.
        if (bytes.size() < begin + 4) return std::nullopt;
        const std::size_t extension_bytes = 4u * u16(p + begin + 2);
        if (bytes.size() < begin + 4 + extension_bytes) return std::nullopt;
        packet.extension_profile = u16(p + begin);
        packet.extension = bytes.subspan(begin + 4, extension_bytes);
        begin += 4 + extension_bytes;
    }
    if (bytes.size() < begin) return std::nullopt;
    std::size_t end = bytes.size();
    if (p[0] & 0x20) {
        // RFC 3550 §5.1: the last byte counts the padding, itself included.
        const std::size_t padding = bytes.back();
        if (padding == 0 || padding > end - begin) return std::nullopt;
        end -= padding;
    }
    packet.payload = bytes.subspan(begin, end - begin);
    return packet;
}

void write_header(std::uint8_t* out, const Packet& header) {
    out[0] = 0x80;
    out[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.payload_type);
    out[2] = static_cast<std::uint8_t>(header.sequence >> 8);
    out[3] = static_cast<std::uint8_t>(header.sequence);
    for (int i = 0; i < 4; ++i) {
        out[4 + i] = static_cast<std::uint8_t>(header.timestamp >> (24 - 8 * i));
        out[8 + i] = static_cast<std::uint8_t>(header.ssrc >> (24 - 8 * i));
    }
}

}  // namespace casement::protocols::rtp
