#pragma once
// nexustalk's packets in a stream of bytes: TCP's, or the payloads of a WebSocket's messages, which
// may hold several packets, part of one, or nothing.
//
//   every type but 205:  u8 type | u16 length | payload
//   205:                 u8 type | u32 length | payload

#include <cstdint>
#include <optional>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/error.hpp"
#include "protocols/nest/values.hpp"

namespace casement::protocols::nest {

/// What clients that work with the real service allow. Big key frames are some 300 kB.
inline constexpr std::size_t kMaxPacketBytes = std::size_t{5} << 20;
inline constexpr std::size_t kMaxBufferedBytes = std::size_t{10} << 20;
inline constexpr std::size_t kMaxShortPacketBytes = 0xFFFF;

struct Packet {
    PacketType type = PacketType::Ping;  // or a number that has no name
    std::vector<std::uint8_t> payload{};
    bool operator==(const Packet&) const = default;
};

/// The bytes of a packet. A PlaybackPacket that is too long for its header becomes a long one; any
/// other that is, is a bug of the caller's (std::length_error).
std::vector<std::uint8_t> to_bytes(PacketType type, base::ByteSpan payload = {});

/// Bytes in, in any portions; whole packets out.
class PacketReader {
public:
    /// ResourceExhausted when more than kMaxBufferedBytes would wait for next().
    base::Result<> push(base::ByteSpan bytes);
    /// The next whole packet, or nothing yet. InvalidArgument for a length past kMaxPacketBytes, as
    /// soon as it is read; nothing can be read behind that, and every later call says it again.
    base::Result<std::optional<Packet>> next();

    std::size_t buffered() const { return buffer_.size() - at_; }

private:
    std::vector<std::uint8_t> buffer_;
    std::size_t at_ = 0;  // what is before has been read
};

}  // namespace casement::protocols::nest
