#include "protocols/rtmp/chunk_writer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace casement::protocols::rtmp {

namespace {

constexpr std::uint32_t kExtended = 0xFFFFFF;
constexpr std::size_t kBasicHeaderBytes = 1;  // our chunk stream ids are below 64
constexpr std::size_t kMessageHeaderBytes = 11;
constexpr std::size_t kExtendedBytes = 4;
constexpr std::uint8_t kType3 = 0xC0;

std::uint8_t* put(std::uint8_t* at, std::uint32_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) *at++ = static_cast<std::uint8_t>(value >> (8 * i));
    return at;
}

std::size_t total(std::span<const media::ByteSpan> payload) {
    std::size_t size = 0;
    for (const media::ByteSpan piece : payload) size += piece.size();
    return size;
}

std::uint8_t* write_first_header(std::uint8_t* at, const MessageHeader& header,
                                 std::size_t payload_bytes) {
    const bool extended = header.timestamp_ms >= kExtended;
    at =
        put(at, static_cast<std::uint8_t>(header.chunk_stream), 1);  // type 0 in the upper two bits
    at = put(at, extended ? kExtended : header.timestamp_ms, 3);
    at = put(at, static_cast<std::uint32_t>(payload_bytes), 3);
    at = put(at, static_cast<std::uint8_t>(header.type), 1);
    at = put(at, __builtin_bswap32(header.stream_id), 4);  // little-endian (§5.3.1.2.1)
    return extended ? put(at, header.timestamp_ms, 4) : at;
}

std::uint8_t* write_next_header(std::uint8_t* at, const MessageHeader& header) {
    at = put(at, kType3 | static_cast<std::uint32_t>(header.chunk_stream), 1);
    return header.timestamp_ms >= kExtended ? put(at, header.timestamp_ms, 4) : at;
}

void append_control(OutBytes& out, MessageType type, media::ByteSpan payload) {
    append_message(out, {.chunk_stream = ChunkStreamId::Control, .type = type}, {payload},
                   kDefaultChunkBytes);
}

void append_number(OutBytes& out, MessageType type, std::uint32_t value) {
    std::array<std::uint8_t, 4> payload;
    put(payload.data(), value, 4);
    append_control(out, type, payload);
}

}  // namespace

std::size_t wire_bytes(const MessageHeader& header, std::size_t payload_bytes,
                       std::uint32_t chunk_bytes) {
    const std::size_t extended = header.timestamp_ms >= kExtended ? kExtendedBytes : 0;
    const std::size_t more_chunks = payload_bytes == 0 ? 0 : (payload_bytes - 1) / chunk_bytes;
    return kBasicHeaderBytes + kMessageHeaderBytes + extended + payload_bytes +
           more_chunks * (kBasicHeaderBytes + extended);
}

std::uint8_t* write_message(std::uint8_t* out, const MessageHeader& header,
                            std::span<const media::ByteSpan> payload, std::uint32_t chunk_bytes) {
    out = write_first_header(out, header, total(payload));
    std::size_t room = chunk_bytes;
    for (media::ByteSpan piece : payload) {
        while (!piece.empty()) {
            if (room == 0) {
                out = write_next_header(out, header);
                room = chunk_bytes;
            }
            const std::size_t count = std::min(room, piece.size());
            std::memcpy(out, piece.data(), count);
            out += count;
            room -= count;
            piece = piece.subspan(count);
        }
    }
    return out;
}

void append_message(OutBytes& out, const MessageHeader& header,
                    std::initializer_list<media::ByteSpan> payload, std::uint32_t chunk_bytes) {
    const std::span<const media::ByteSpan> pieces(payload.begin(), payload.size());
    const std::size_t before = out.size();
    out.resize(before + wire_bytes(header, total(pieces), chunk_bytes));
    write_message(out.data() + before, header, pieces, chunk_bytes);
}

void append_set_chunk_size(OutBytes& out, std::uint32_t bytes) {
    append_number(out, MessageType::SetChunkSize, bytes);
}
void append_acknowledgement(OutBytes& out, std::uint32_t sequence) {
    append_number(out, MessageType::Acknowledgement, sequence);
}
void append_window_ack_size(OutBytes& out, std::uint32_t bytes) {
    append_number(out, MessageType::WindowAckSize, bytes);
}

void append_set_peer_bandwidth(OutBytes& out, std::uint32_t bytes) {
    std::array<std::uint8_t, 5> payload;
    *put(payload.data(), bytes, 4) = 2;  // §5.4.5: dynamic
    append_control(out, MessageType::SetPeerBandwidth, payload);
}

void append_user_control(OutBytes& out, ControlEvent event, std::uint32_t value) {
    std::array<std::uint8_t, 6> payload;
    put(put(payload.data(), static_cast<std::uint16_t>(event), 2), value, 4);
    append_control(out, MessageType::UserControl, payload);
}

void append_set_buffer_length(OutBytes& out, std::uint32_t stream_id, std::uint32_t milliseconds) {
    std::array<std::uint8_t, 10> payload;
    put(put(put(payload.data(), static_cast<std::uint16_t>(ControlEvent::SetBufferLength), 2),
            stream_id, 4),
        milliseconds, 4);
    append_control(out, MessageType::UserControl, payload);
}

}  // namespace casement::protocols::rtmp
