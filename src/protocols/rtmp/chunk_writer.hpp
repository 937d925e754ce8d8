#pragma once
// The chunk stream from us (RTMP 1.0 §5.3). Every message starts with a type 0 header and an
// absolute timestamp, so that bytes do not depend on what was sent before: one block of an access
// unit serves every viewer, from any point of the stream.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "protocols/rtmp/message.hpp"

namespace casement::protocols::rtmp {

using OutBytes = std::vector<std::uint8_t>;

/// Chunk stream ids that we send on. 2 is protocol control (§5.4); one each for the rest lets
/// chunks of audio pass between video's.
enum class ChunkStreamId : std::uint8_t {
    Control = 2,
    Command = 3,
    Audio = 4,
    Data = 5,
    Video = 6
};

struct MessageHeader {
    ChunkStreamId chunk_stream = ChunkStreamId::Command;
    MessageType type = MessageType::CommandAmf0;
    std::uint32_t timestamp_ms = 0;
    std::uint32_t stream_id = 0;
};

/// Size of a whole message on the wire.
std::size_t wire_bytes(const MessageHeader& header, std::size_t payload_bytes,
                       std::uint32_t chunk_bytes = kOutChunkBytes);
/// Writes exactly `wire_bytes` to `out`, which has the room. The payload is the pieces one after
/// another, under 16 MiB in all.
std::uint8_t* write_message(std::uint8_t* out, const MessageHeader& header,
                            std::span<const media::ByteSpan> payload,
                            std::uint32_t chunk_bytes = kOutChunkBytes);
void append_message(OutBytes& out, const MessageHeader& header,
                    std::initializer_list<media::ByteSpan> payload,
                    std::uint32_t chunk_bytes = kOutChunkBytes);

/// §5.4, §7.1. They are short enough for the default chunk size, so they may come before Set Chunk
/// Size.
void append_set_chunk_size(OutBytes& out, std::uint32_t bytes);
void append_acknowledgement(OutBytes& out, std::uint32_t sequence);
void append_window_ack_size(OutBytes& out, std::uint32_t bytes);
/// Limit type 2, "dynamic".
void append_set_peer_bandwidth(OutBytes& out, std::uint32_t bytes);
void append_user_control(OutBytes& out, ControlEvent event, std::uint32_t value);
void append_set_buffer_length(OutBytes& out, std::uint32_t stream_id, std::uint32_t milliseconds);

}  // namespace casement::protocols::rtmp
