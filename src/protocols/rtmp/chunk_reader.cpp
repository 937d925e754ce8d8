#include "protocols/rtmp/chunk_reader.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace casement::protocols::rtmp {

using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

constexpr std::uint32_t kExtended = 0xFFFFFF;
/// §5.3.1.2: timestamp 3, length 3, type 1, stream id 4; each type leaves some out at the end.
constexpr std::size_t kMessageHeaderBytes[4] = {11, 7, 3, 0};
/// A type 3 chunk that begins a message repeats the delta, and after a type 0 its timestamp counts
/// as delta (§5.3.1.2.4). Some senders mean "the same time" there: a delta that no frame rate
/// explains is taken as 0.
constexpr std::uint32_t kMaxDeltaFromTimestamp = 10'000;

std::uint32_t big_endian(const std::uint8_t* bytes, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
    return value;
}

/// How many bytes of `bytes`, four at most, agree with `value` in big-endian order.
std::size_t agreeing(base::ByteSpan bytes, std::uint32_t value) {
    std::size_t n = 0;
    while (n < 4 && n < bytes.size() &&
           bytes[n] == static_cast<std::uint8_t>(value >> (24 - 8 * n)))
        ++n;
    return n;
}

}  // namespace

Result<std::optional<Message>> ChunkReader::read(base::ByteSpan& input) {
    for (;;) {
        if (current_ == kNone) {
            CASEMENT_TRY(const bool complete, read_header(input));
            if (!complete) return std::nullopt;
        }
        ChunkStream& stream = streams_[current_];
        const std::size_t count = std::min<std::size_t>(chunk_left_, input.size());
        if (count > 0) std::memcpy(stream.block.get() + stream.received, input.data(), count);
        stream.received += static_cast<std::uint32_t>(count);
        chunk_left_ -= static_cast<std::uint32_t>(count);
        input = input.subspan(count);
        if (chunk_left_ > 0) return std::nullopt;
        current_ = kNone;
        if (stream.received < stream.length) continue;
        CASEMENT_TRY(auto message, finish_message(stream));
        if (message) return message;
    }
}

/// Headers are parsed where they lie; only one that the input cuts off is gathered in `header_`.
Result<bool> ChunkReader::read_header(base::ByteSpan& input) {
    std::size_t used = 0;
    if (header_size_ == 0 && input.size() >= kMaxHeaderBytes) {
        CASEMENT_TRY(const bool complete, parse_header(input, used));
        input = input.subspan(used);
        return complete;
    }
    const std::size_t before = header_size_;
    const std::size_t added = std::min(kMaxHeaderBytes - before, input.size());
    if (added == 0) return false;
    std::memcpy(header_.data() + before, input.data(), added);
    header_size_ += added;
    CASEMENT_TRY(const bool complete, parse_header({header_.data(), header_size_}, used));
    if (!complete) {
        input = input.subspan(added);
        return false;
    }
    header_size_ = 0;
    if (used >= before) {
        input = input.subspan(used - before);
        return true;
    }
    // Bytes first held for an extended timestamp turned out to be payload.
    const std::size_t payload = before - used;
    if (payload > chunk_left_)
        return fail(ErrorKind::DataLoss, "RTMP: extended timestamps cannot be told from payload");
    ChunkStream& stream = streams_[current_];
    std::memcpy(stream.block.get() + stream.received, header_.data() + used, payload);
    stream.received += static_cast<std::uint32_t>(payload);
    chunk_left_ -= static_cast<std::uint32_t>(payload);
    return true;
}

/// True with `used` set and `current_` chosen, or false when `bytes` is too short.
Result<bool> ChunkReader::parse_header(base::ByteSpan bytes, std::size_t& used) {
    const std::size_t format = bytes[0] >> 6;
    std::uint32_t id = bytes[0] & 0x3F;
    const std::size_t basic = id == 0 ? 2 : id == 1 ? 3 : 1;  // §5.3.1.1
    const std::size_t fixed = basic + kMessageHeaderBytes[format];
    if (bytes.size() < fixed) return false;
    if (id == 0)
        id = 64u + bytes[1];
    else if (id == 1)
        id = 64u + bytes[1] + 256u * bytes[2];
    CASEMENT_TRY(const std::size_t index, stream_of(id, format));
    ChunkStream& stream = streams_[index];
    used = fixed;
    if (format == 3) {
        const Extended extended = extended_of_type_3(stream, bytes.subspan(fixed));
        if (extended == Extended::Undecided) return false;
        if (extended == Extended::Present) used += 4;
    } else {
        const std::uint8_t* field = bytes.data() + basic;
        const std::uint32_t short_time = big_endian(field, 3);
        if (short_time == kExtended) {
            if (bytes.size() < fixed + 4) return false;
            used += 4;
        }
        take_fields(stream, field, format,
                    short_time == kExtended ? big_endian(bytes.data() + fixed, 4) : short_time);
        stream.extended = short_time == kExtended;
    }
    if (!stream.open) {
        if (format == 3) stream.timestamp += stream.delta;
        CASEMENT_TRY(begin_message(stream));
    }
    current_ = last_ = index;
    chunk_left_ = std::min(chunk_bytes_, stream.length - stream.received);
    return true;
}

void ChunkReader::take_fields(ChunkStream& stream, const std::uint8_t* field, std::size_t format,
                              std::uint32_t time) {
    if (stream.open) drop(stream);  // the message under way was given up by its sender
    stream.extended_value = time;
    if (format <= 1) {
        stream.length = big_endian(field + 3, 3);
        stream.type = field[6];
    }
    if (format == 0) {
        // The only little-endian field (§5.3.1.2.1).
        stream.stream_id = big_endian(field + 7, 4);
        stream.stream_id = __builtin_bswap32(stream.stream_id);
        stream.timestamp = time;
        stream.delta = time <= kMaxDeltaFromTimestamp ? time : 0;
    } else {
        stream.timestamp += time;
        stream.delta = time;
    }
}

/// A type 3 chunk repeats the extended timestamp of the header before it (§5.3.1.3). Older senders
/// leave it out: the first one of a connection shows which kind its sender is.
ChunkReader::Extended ChunkReader::extended_of_type_3(const ChunkStream& stream,
                                                      base::ByteSpan rest) {
    if (!stream.extended || repeats_extended_ == Extended::Absent) return Extended::Absent;
    if (repeats_extended_ == Extended::Present)
        return rest.size() < 4 ? Extended::Undecided : Extended::Present;
    const std::size_t agreed =
        std::max(agreeing(rest, stream.extended_value), agreeing(rest, stream.timestamp));
    if (agreed == 4) return repeats_extended_ = Extended::Present;
    if (agreed == rest.size()) return Extended::Undecided;
    return repeats_extended_ = Extended::Absent;
}

Result<std::size_t> ChunkReader::stream_of(std::uint32_t id, std::size_t format) {
    if (last_ < streams_.size() && streams_[last_].id == id) return last_;
    const auto found = std::ranges::find(streams_, id, &ChunkStream::id);
    if (found != streams_.end()) return static_cast<std::size_t>(found - streams_.begin());
    // §5.3.1.2.1 wants type 0 first; librtmp has been seen to begin with type 1, which still says
    // all but the stream id.
    if (format > 1)
        return fail(ErrorKind::DataLoss, "RTMP: chunk stream {} begins without a message header",
                    id);
    if (streams_.size() >= kMaxChunkStreams)
        return fail(ErrorKind::ResourceExhausted, "RTMP: more than {} chunk streams",
                    kMaxChunkStreams);
    streams_.emplace_back().id = id;
    return streams_.size() - 1;
}

Result<> ChunkReader::begin_message(ChunkStream& stream) {
    if (stream.length > message_limit_) {
        return fail(ErrorKind::ResourceExhausted,
                    "RTMP: a message of {} bytes; {} are allowed here", stream.length,
                    message_limit_);
    }
    if (pending_bytes_ + stream.length > kMaxPendingBytes) {
        return fail(ErrorKind::ResourceExhausted, "RTMP: more than {} bytes of unfinished messages",
                    kMaxPendingBytes);
    }
    stream.block = std::make_shared_for_overwrite<std::uint8_t[]>(stream.length);
    stream.received = 0;
    stream.open = true;
    pending_bytes_ += stream.length;
    return {};
}

void ChunkReader::drop(ChunkStream& stream) {
    if (!stream.open) return;
    pending_bytes_ -= stream.length;
    stream.open = false;
    stream.received = 0;
    stream.block.reset();
}

/// nullopt for what was obeyed here.
Result<std::optional<Message>> ChunkReader::finish_message(ChunkStream& stream) {
    Message message{.type = static_cast<MessageType>(stream.type),
                    .timestamp_ms = stream.timestamp,
                    .stream_id = stream.stream_id,
                    .payload = media::Bytes(std::move(stream.block), stream.length)};
    drop(stream);
    if (message.type == MessageType::SetChunkSize) {
        CASEMENT_TRY(set_chunk_bytes(message.payload));
        return std::nullopt;
    }
    if (message.type == MessageType::Abort) {
        abort(message.payload);
        return std::nullopt;
    }
    return message;
}

/// §5.4.1: 31 bits, at least 1; more than the longest message makes no difference.
Result<> ChunkReader::set_chunk_bytes(base::ByteSpan payload) {
    const std::uint32_t size = payload.size() < 4 ? 0 : big_endian(payload.data(), 4);
    if (size == 0 || size > 0x7FFFFFFF)
        return fail(ErrorKind::DataLoss, "RTMP: chunk size {} is not allowed", size);
    chunk_bytes_ = size;
    return {};
}

/// §5.4.2: the rest of the message under way on that chunk stream will not come.
void ChunkReader::abort(base::ByteSpan payload) {
    if (payload.size() < 4) return;
    const auto found = std::ranges::find(streams_, big_endian(payload.data(), 4), &ChunkStream::id);
    if (found != streams_.end()) drop(*found);
}

}  // namespace casement::protocols::rtmp
