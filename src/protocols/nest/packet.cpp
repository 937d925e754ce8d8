#include "protocols/nest/packet.hpp"

#include <stdexcept>

#include "base/byte_writer.hpp"

namespace casement::protocols::nest {

using base::ErrorKind;
using base::Result;

std::vector<std::uint8_t> to_bytes(PacketType type, base::ByteSpan payload) {
    if (type == PacketType::PlaybackPacket && payload.size() > kMaxShortPacketBytes)
        type = PacketType::LongPlaybackPacket;
    const bool is_long = type == PacketType::LongPlaybackPacket;
    if (payload.size() > (is_long ? kMaxPacketBytes : kMaxShortPacketBytes))
        throw std::length_error("a packet that is longer than its header can say");
    base::ByteWriter out(5 + payload.size());
    out.u8(static_cast<std::uint8_t>(type));
    is_long ? out.u32(payload.size()) : out.u16(payload.size());
    return out.bytes(payload).take();
}

Result<> PacketReader::push(base::ByteSpan bytes) {
    if (buffered() + bytes.size() > kMaxBufferedBytes) {
        return base::fail(ErrorKind::ResourceExhausted,
                          "more than {} bytes that nobody has read yet", kMaxBufferedBytes);
    }
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return {};
}

Result<std::optional<Packet>> PacketReader::next() {
    base::ByteReader in(base::ByteSpan(buffer_).subspan(at_));
    const std::uint8_t number = in.u8();
    const bool is_long = number == static_cast<std::uint8_t>(PacketType::LongPlaybackPacket);
    const std::size_t length = is_long ? in.u32() : in.u16();
    if (in.failed()) return std::nullopt;
    if (length > kMaxPacketBytes) {
        return base::fail(ErrorKind::InvalidArgument, "a packet of {} bytes, where {} are the most",
                          length, kMaxPacketBytes);
    }
    const auto payload = in.take(length);
    if (in.failed()) return std::nullopt;
    at_ += in.position();
    return Packet{.type = static_cast<PacketType>(number),
                  .payload = {payload.begin(), payload.end()}};
}

}  // namespace casement::protocols::nest
