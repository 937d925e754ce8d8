#pragma once
// RTSP 1.0 messages (RFC 2326) and interleaved frames in one byte stream.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/error.hpp"

namespace casement::protocols::rtsp {

using base::ByteSpan;

inline constexpr std::size_t kMaxHeaderBytes = 16 * 1024;  // start line and headers
inline constexpr std::size_t kMaxHeaders = 64;
inline constexpr std::size_t kMaxBodyBytes = 256 * 1024;

/// Header fields in order; names compare without case.
class Headers {
public:
    /// First value of that name, trimmed; nothing when absent.
    std::optional<std::string_view> find(std::string_view name) const;
    /// Every value of that name: WWW-Authenticate comes several times.
    std::vector<std::string_view> find_all(std::string_view name) const;
    void add(std::string_view name, std::string_view value);
    /// Replaces the first of that name and removes the rest, or adds.
    void set(std::string_view name, std::string_view value);
    std::size_t size() const { return fields_.size(); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    bool operator==(const Headers&) const = default;

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
    std::string method;  // as written; RFC 2326 methods are upper case
    std::string uri;
    std::string version = "RTSP/1.0";
    Headers headers;
    std::string body;

    std::optional<std::uint32_t> cseq() const;
    /// Content-Length is set from the body.
    std::string to_bytes() const;
    bool operator==(const Request&) const = default;
};

struct Response {
    int status = 200;
    std::string reason;  // empty: the usual words of the status
    Headers headers;
    std::string body;

    std::optional<std::uint32_t> cseq() const;
    std::string to_bytes() const;
    bool operator==(const Response&) const = default;
};

/// The usual words of a status: 454 -> "Session Not Found".
std::string_view reason_phrase(int status);

/// A view into the parser's buffer.
struct InterleavedFrame {
    std::uint8_t channel = 0;
    ByteSpan payload;
};

using Message = std::variant<Request, Response, InterleavedFrame>;

/// Incremental parser that owns the receive buffer, so that interleaved payloads are never copied:
///
///   n = recv(parser.room());  parser.commit(n);
///   while (auto message = parser.next()) ...        // Result<optional<Message>>; a frame's
///   payload is valid until the next room()
///
/// Not thread-safe.
class Parser {
public:
    /// `buffer_bytes`: what one recv may bring; grows when a message is larger, within the limits
    /// above. Not below 4 KiB.
    explicit Parser(std::size_t buffer_bytes = 4096);

    /// Free space at the end of the buffer, never empty. Moves an unfinished message to the front,
    /// so views die here.
    std::span<std::uint8_t> room();
    void commit(std::size_t bytes) { end_ += bytes; }
    /// From the next room() on the buffer has at least so many bytes: media is about to come.
    void widen(std::size_t buffer_bytes) { least_ = std::max(least_, buffer_bytes); }
    /// room() and commit() with bytes from elsewhere.
    void feed(ByteSpan bytes);

    /// The next whole message, nothing when more bytes are needed. An error is final: the stream
    /// cannot be followed any further (InvalidArgument: not RTSP; ResourceExhausted: over a limit).
    base::Result<std::optional<Message>> next();

    /// Received but not yet parsed.
    std::size_t pending() const { return end_ - begin_; }

private:
    std::optional<Message> next_frame();
    base::Result<std::optional<Message>> next_text();
    void skip_noise();
    void consume(std::size_t bytes);

    std::vector<std::uint8_t> buffer_;
    std::size_t least_ = 0;     // bytes of buffer_, as widen() wants it
    std::size_t begin_ = 0;     // of the message being received
    std::size_t end_ = 0;       // of what was received
    std::size_t searched_ = 0;  // from begin_, without an end of headers
    std::size_t wanted_ = 0;    // bytes the current message needs in all; 0 = unknown
};

/// `$ channel length` for a payload of up to 65535 bytes.
void write_interleave_header(std::uint8_t* out, std::uint8_t channel, std::size_t payload_bytes);

}  // namespace casement::protocols::rtsp
