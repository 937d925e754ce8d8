#pragma once
// The pictures inside a multipart/x-mixed-replace answer, as cameras really send it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "media/bytes.hpp"
#include "media/jpeg.hpp"

namespace casement::sources::http {

struct JpegPicture {
    media::Bytes data;  // up to and with EOI
    media::jpeg::Info info;
};

/// Bytes in, pictures out. Tolerates a missing or wrong Content-Length, a boundary that differs
/// from the one announced (with or without its dashes, or another altogether), blank lines before
/// the picture and rubbish between parts. Not thread-safe.
class MultipartPictures {
public:
    /// 8 MiB: three times a 4K JPEG of the finest quality.
    static constexpr std::size_t kMaxPictureBytes = std::size_t{8} << 20;
    /// Between pictures: the headers of one part.
    static constexpr std::size_t kMaxHeadBytes = 16 * 1024;

    /// `content_type` is the whole field: multipart/x-mixed-replace; boundary=...
    explicit MultipartPictures(std::string_view content_type);

    void push(media::ByteSpan bytes);
    /// The next whole picture; nothing until more bytes come. Errors: ResourceExhausted past a
    /// limit, DataLoss when nothing in kMaxHeadBytes looks like a part; the connection is of no
    /// more use then.
    base::Result<std::optional<JpegPicture>> next();

    /// Parts that held no readable JPEG.
    std::uint64_t skipped() const { return skipped_; }

private:
    enum class State : std::uint8_t { Delimiter, Head, Sized, Unsized };

    std::string_view rest() const;
    bool find_delimiter();
    bool read_head();
    std::optional<JpegPicture> take_body(std::size_t body_bytes);
    std::optional<std::size_t> unsized_end();
    std::optional<std::size_t> ended_body() const;
    void consume(std::size_t bytes);

    std::string delimiter_;   // with its dashes; empty until known
    bool confirmed_ = false;  // a picture came behind it
    State state_ = State::Delimiter;
    std::vector<std::uint8_t> buffer_;
    std::size_t begin_ = 0;    // of what is not used yet
    std::size_t scanned_ = 0;  // of the rest, without result
    std::size_t length_ = 0;   // Content-Length of the part
    std::uint64_t skipped_ = 0;
};

}  // namespace casement::sources::http
