#pragma once
// What both ends of an RTMP connection do alike: handshake, chunks, acknowledgements, pings,
// aggregates.

#include <cstdint>
#include <optional>

#include "base/error.hpp"
#include "protocols/rtmp/chunk_reader.hpp"
#include "protocols/rtmp/chunk_writer.hpp"
#include "protocols/rtmp/handshake.hpp"

namespace casement::protocols::rtmp {

/// Bytes in, commands, data, audio and video out; what has to be answered on the way is appended to
/// `output()`.
class Connection {
public:
    explicit Connection(Handshake::Role role) : handshake_(role) {}

    /// The client's first words.
    void start() { handshake_.start(out_); }
    /// Takes bytes from the front of `input` until there is a message of type Command, Data, Audio
    /// or Video, or until `input` is empty (nullopt). An error ends the connection.
    base::Result<std::optional<Message>> next(base::ByteSpan& input);

    bool ready() const { return ready_; }  // the handshake is done
    OutBytes& output() { return out_; }
    void set_message_limit(std::size_t bytes) { reader_.set_message_limit(bytes); }
    std::uint64_t bytes_received() const { return bytes_received_; }
    std::optional<std::uint32_t> last_pong() const { return last_pong_; }

    /// A window so small that every packet would be acknowledged is taken as this.
    static constexpr std::uint32_t kMinAckBytes = 1024;

private:
    base::Result<std::optional<Message>> read_chunks(base::ByteSpan& input);
    /// True when the message was for the connection itself.
    bool take(const Message& message);
    void take_user_control(base::ByteSpan payload);
    void acknowledge();
    void begin_aggregate(const Message& message);
    std::optional<Message> next_of_aggregate();

    Handshake handshake_;
    ChunkReader reader_;
    OutBytes out_;
    bool ready_ = false;
    std::uint64_t bytes_received_ = 0;
    std::uint64_t bytes_acknowledged_ = 0;
    std::uint32_t ack_window_ = kWindowAckBytes;
    std::optional<std::uint32_t> last_pong_;
    Message aggregate_;                               // payload: the part not handed out yet
    std::optional<std::uint32_t> aggregate_base_ms_;  // timestamp of its first part
};

/// The data message without "@setDataFrame" (and the zero byte of type 15) when it is onMetaData,
/// else empty. Shares the payload.
media::Bytes metadata_of(const Message& message);

}  // namespace casement::protocols::rtmp
