#pragma once
// How a message travels: "L:", the number of bytes of JSON in decimal, one blank, the JSON. Both
// directions alike, on TCP.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_reader.hpp"
#include "base/error.hpp"

namespace casement::protocols::arlo {

/// Of the JSON alone. The longest captured message (status of an Essential camera) has 1755 bytes.
inline constexpr std::size_t kMaxJsonBytes = std::size_t{256} * 1024;
/// "L:", up to nine digits, a blank.
inline constexpr std::size_t kMaxHeaderBytes = 12;

/// The frame around one JSON text. InvalidArgument when it is empty, ResourceExhausted when it is
/// over kMaxJsonBytes.
base::Result<std::string> write_frame(std::string_view json);

/// Frames out of the bytes of one connection, however they were cut. A device sends one message per
/// connection, and so do we; what follows the first frame is kept and readable, so that the caller
/// may go on or log it. Not thread-safe.
class FrameReader {
public:
    void feed(base::ByteSpan bytes);

    /// The JSON text of the next whole frame, unread; nothing when more bytes are needed. An error
    /// is final, for nothing says where another frame would begin. InvalidArgument: not the
    /// framing, or a length of 0; ResourceExhausted: a length over kMaxJsonBytes.
    base::Result<std::optional<std::string>> next();

    /// What the end of the connection means: fine between frames (devices open and close
    /// connections without a word), DataLoss inside of one.
    base::Result<> end() const;

    /// Received and not handed out: after a frame what came behind it, after an error the bytes
    /// that caused it. Valid until the next feed() or next().
    std::string_view pending() const { return std::string_view(buffer_).substr(begin_); }

private:
    std::string buffer_;
    std::size_t begin_ = 0;  // of pending()
};

}  // namespace casement::protocols::arlo
