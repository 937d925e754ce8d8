#include "protocols/rtmp/connection.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace casement::protocols::rtmp {

using base::Result;

namespace {

std::uint32_t number_of(base::ByteSpan payload) { return base::ByteReader(payload).u32(); }

}  // namespace

Result<std::optional<Message>> Connection::next(base::ByteSpan& input) {
    for (;;) {
        if (auto message = next_of_aggregate()) return message;
        const std::size_t before = input.size();
        auto message = read_chunks(input);
        bytes_received_ += before - input.size();
        acknowledge();
        if (!message || !*message) return message;
        if (!take(**message)) return message;
    }
}

Result<std::optional<Message>> Connection::read_chunks(base::ByteSpan& input) {
    if (!ready_) {
        CASEMENT_TRY(ready_, handshake_.read(input, out_));
        if (!ready_) return std::nullopt;
    }
    return reader_.read(input);
}

bool Connection::take(const Message& message) {
    switch (message.type) {
        case MessageType::Audio:
        case MessageType::Video:
        case MessageType::DataAmf0:
        case MessageType::DataAmf3:
        case MessageType::CommandAmf0:
        case MessageType::CommandAmf3:
            return false;
        case MessageType::Aggregate:
            begin_aggregate(message);
            break;
        case MessageType::UserControl:
            take_user_control(message.payload);
            break;
        case MessageType::WindowAckSize:
            if (message.payload.size() >= 4) ack_window_ = number_of(message.payload);
            break;
        // The peer's acknowledgements and bandwidth wishes: TCP paces us.
        case MessageType::Acknowledgement:
        case MessageType::SetPeerBandwidth:
        // Obeyed by the chunk reader.
        case MessageType::SetChunkSize:
        case MessageType::Abort:
        case MessageType::SharedObjectAmf0:
        case MessageType::SharedObjectAmf3:
            break;
    }
    return true;  // unknown types too
}

void Connection::take_user_control(base::ByteSpan payload) {
    base::ByteReader in(payload);
    const auto event = static_cast<ControlEvent>(in.u16());
    const std::uint32_t value = in.u32();
    if (in.failed()) return;
    if (event == ControlEvent::PingRequest)
        append_user_control(out_, ControlEvent::PingResponse, value);
    if (event == ControlEvent::PingResponse) last_pong_ = value;
}

/// §5.4.3: within every window. Half of it is what encoders do: the peer is never left waiting at
/// the edge.
void Connection::acknowledge() {
    if (!ready_ || bytes_received_ - bytes_acknowledged_ < std::max(ack_window_ / 2, kMinAckBytes))
        return;
    bytes_acknowledged_ = bytes_received_;
    append_acknowledgement(out_, static_cast<std::uint32_t>(bytes_received_));  // wraps
}

void Connection::begin_aggregate(const Message& message) {
    aggregate_ = message;
    aggregate_base_ms_.reset();
}

/// §7.1.6: FLV tags one after another; their times keep their distances and move to the
/// aggregate's.
std::optional<Message> Connection::next_of_aggregate() {
    while (!aggregate_.payload.empty()) {
        base::ByteReader in(aggregate_.payload);
        const auto type = static_cast<MessageType>(in.u8());
        const std::uint32_t size = in.u24();
        const std::uint32_t low = in.u24();
        const std::uint32_t timestamp = static_cast<std::uint32_t>(in.u8()) << 24 | low;
        in.skip(3);
        const std::size_t at = in.position();
        in.skip(size);
        if (in.failed()) {
            aggregate_.payload = {};
            break;
        }
        media::Bytes body = aggregate_.payload.slice(at, size);
        in.skip(std::min<std::size_t>(4, in.left()));  // back pointer; some leave out the last
        aggregate_.payload = aggregate_.payload.slice(in.position());
        if (!aggregate_base_ms_) aggregate_base_ms_ = timestamp;
        if (type != MessageType::Audio && type != MessageType::Video &&
            type != MessageType::DataAmf0)
            continue;
        return Message{type, aggregate_.timestamp_ms + (timestamp - *aggregate_base_ms_),
                       aggregate_.stream_id, std::move(body)};
    }
    return std::nullopt;
}

media::Bytes metadata_of(const Message& message) {
    // AMF0 strings: type 2, 16-bit length, text.
    static constexpr std::string_view kSetDataFrame("\x02\x00\x0D@setDataFrame", 16);
    static constexpr std::string_view kOnMetaData("\x02\x00\x0AonMetaData", 13);
    media::Bytes body = message.payload;
    if (message.type == MessageType::DataAmf3 && !body.empty() && body[0] == 0)
        body = body.slice(1);
    if (base::as_text(body).starts_with(kSetDataFrame)) body = body.slice(kSetDataFrame.size());
    return base::as_text(body).starts_with(kOnMetaData) ? body : media::Bytes();
}

}  // namespace casement::protocols::rtmp
