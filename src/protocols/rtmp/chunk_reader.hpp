#pragma once
// The chunk stream towards us (RTMP 1.0 §5.3): chunks in, whole messages out.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "protocols/rtmp/message.hpp"

namespace casement::protocols::rtmp {

/// Reads in place: only a cut-off chunk header is kept between calls, payload goes straight into
/// the message's own block, which is the one allocation of a message. Set Chunk Size and Abort are
/// obeyed here and not handed out.
class ChunkReader {
public:
    /// Takes bytes from the front of `input` until a message is complete, or until `input` is empty
    /// (nullopt). DataLoss for a broken stream, ResourceExhausted past a limit below. After an
    /// error the connection is of no more use.
    base::Result<std::optional<Message>> read(base::ByteSpan& input);

    /// Longest message accepted from now on. Sessions keep it small until the peer may publish.
    void set_message_limit(std::size_t bytes) { message_limit_ = bytes; }
    std::uint32_t chunk_bytes() const { return chunk_bytes_; }

    /// A 4K key frame at 50 Mbit/s is under 2 MB.
    static constexpr std::size_t kMaxMessageBytes = std::size_t{8} << 20;
    /// All half-read messages of a connection together: two large ones, interleaved.
    static constexpr std::size_t kMaxPendingBytes = std::size_t{16} << 20;
    /// Real clients use at most seven.
    static constexpr std::size_t kMaxChunkStreams = 64;
    /// Commands before authentication: a connect with long tokens is under 4 KiB.
    static constexpr std::size_t kMaxCommandBytes = std::size_t{64} << 10;

private:
    struct ChunkStream {
        std::uint32_t id = 0;
        std::uint32_t timestamp = 0;
        std::uint32_t delta = 0;  // what a type 3 chunk that begins a message adds
        std::uint32_t length = 0;
        std::uint32_t stream_id = 0;
        std::uint32_t received = 0;        // bytes of the message under way
        std::uint32_t extended_value = 0;  // as last sent
        std::uint8_t type = 0;
        bool extended = false;  // the last header had an extended timestamp
        bool open = false;      // a message is under way
        std::shared_ptr<std::uint8_t[]> block;
    };

    /// Whether type 3 chunks repeat the extended timestamp.
    enum class Extended : std::uint8_t { Undecided, Present, Absent };

    base::Result<bool> read_header(base::ByteSpan& input);
    base::Result<bool> parse_header(base::ByteSpan bytes, std::size_t& used);
    void take_fields(ChunkStream& stream, const std::uint8_t* field, std::size_t format,
                     std::uint32_t time);
    Extended extended_of_type_3(const ChunkStream& stream, base::ByteSpan rest);
    base::Result<std::size_t> stream_of(std::uint32_t id, std::size_t format);
    base::Result<> begin_message(ChunkStream& stream);
    base::Result<std::optional<Message>> finish_message(ChunkStream& stream);
    base::Result<> set_chunk_bytes(base::ByteSpan payload);
    void abort(base::ByteSpan payload);
    void drop(ChunkStream& stream);

    /// Basic header 3, message header 11, extended timestamp 4.
    static constexpr std::size_t kMaxHeaderBytes = 18;

    std::vector<ChunkStream> streams_;
    std::size_t current_ = kNone;   // the chunk stream whose chunk is under way
    std::uint32_t chunk_left_ = 0;  // payload bytes left in it
    std::size_t last_ = 0;          // most chunks follow one of the same stream
    std::uint32_t chunk_bytes_ = kDefaultChunkBytes;
    std::size_t message_limit_ = kMaxMessageBytes;
    std::size_t pending_bytes_ = 0;
    std::array<std::uint8_t, kMaxHeaderBytes> header_{};
    std::size_t header_size_ = 0;
    Extended repeats_extended_ = Extended::Undecided;

    static constexpr std::size_t kNone = ~std::size_t{0};
};

}  // namespace casement::protocols::rtmp
