#pragma once
// RTMP messages (Adobe RTMP 1.0 §5.3, §6, §7.1).

#include <cstdint>

#include "media/bytes.hpp"

namespace casement::protocols::rtmp {

enum class MessageType : std::uint8_t {
    SetChunkSize = 1,
    Abort = 2,
    Acknowledgement = 3,
    UserControl = 4,
    WindowAckSize = 5,
    SetPeerBandwidth = 6,
    Audio = 8,
    Video = 9,
    DataAmf3 = 15,
    SharedObjectAmf3 = 16,
    CommandAmf3 = 17,
    DataAmf0 = 18,
    SharedObjectAmf0 = 19,
    CommandAmf0 = 20,
    Aggregate = 22,
};

/// §7.1.7
enum class ControlEvent : std::uint16_t {
    StreamBegin = 0,
    StreamEof = 1,
    StreamDry = 2,
    SetBufferLength = 3,
    StreamIsRecorded = 4,
    PingRequest = 6,
    PingResponse = 7,
};

struct Message {
    MessageType type = MessageType::CommandAmf0;
    std::uint32_t timestamp_ms = 0;  // of the sender's clock, modulo 2^32
    std::uint32_t stream_id = 0;     // message stream id
    media::Bytes payload;            // its own block: may be kept and sliced
};

/// Chunk size before Set Chunk Size (§5.4).
inline constexpr std::uint32_t kDefaultChunkBytes = 128;
/// What we announce and use for everything we send: most access units then are one chunk, so a
/// block is the same for every viewer. Below 65536, which is the most that Flash-era clients take.
inline constexpr std::uint32_t kOutChunkBytes = 60'000;
/// The window after which the peer acknowledges: 2.5 MB, what encoders use themselves.
inline constexpr std::uint32_t kWindowAckBytes = 2'500'000;
/// The message stream id that our createStream answers: always the same, so that media blocks are
/// the same for every viewer.
inline constexpr std::uint32_t kMediaStreamId = 1;

}  // namespace casement::protocols::rtmp
