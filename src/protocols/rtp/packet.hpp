#pragma once
// One RTP packet on the wire (RFC 3550 §5.1). It lives only inside protocols/ and its users.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/byte_reader.hpp"

namespace casement::protocols::rtp {

using base::ByteSpan;

inline constexpr std::size_t kHeaderBytes = 12;
/// `$`, channel, 16-bit length: how RTSP carries a packet inside its own TCP connection (RFC 2326
/// §10.12).
inline constexpr std::size_t kInterleaveHeaderBytes = 4;

/// A view: it shares the bytes it was parsed from.
struct Packet {
    std::uint8_t payload_type = 0;  // 7 bits
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    ByteSpan payload;                     // without CSRC list, header extension and padding
    std::uint16_t extension_profile = 0;  // meaningful when `extension` is not empty
    ByteSpan extension;

    /// Nothing when the bytes are no RTP packet of version 2, or its lengths point outside. O(1),
    /// no allocation.
    static std::optional<Packet> parse(ByteSpan bytes);
};

/// Writes the 12 bytes of a header without CSRC list and extension; the payload is the caller's.
void write_header(std::uint8_t* out, const Packet& header);

/// True when `a` comes after `b` on the circle of 16-bit numbers.
constexpr bool is_newer(std::uint16_t a, std::uint16_t b) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(a - b)) > 0;
}

}  // namespace casement::protocols::rtp
