#include "sources/http/multipart_pictures.hpp"

#include <algorithm>

#include "base/byte_reader.hpp"
#include "base/text.hpp"

namespace casement::sources::http {

using base::ErrorKind;

namespace {

// RFC 2046 §5.1.1 allows 70 characters; two dashes come before it. Cameras stay far below.
constexpr std::size_t kMaxDelimiter = 200;

// The announced boundary behind two dashes, unless it was announced with them.
std::string announced_delimiter(std::string_view content_type) {
    const std::string lower = base::lower_case(content_type);
    const std::size_t at = lower.find("boundary=");
    if (at == std::string::npos) return {};
    std::string_view value = content_type.substr(at + 9);
    value = base::trimmed(value.starts_with('"') ? value.substr(1, value.find('"', 1) - 1)
                                                 : value.substr(0, value.find(';')));
    if (value.empty() || value.size() > kMaxDelimiter) return {};
    return value.starts_with("--") ? std::string(value) : fmt::format("--{}", value);
}

bool could_be_delimiter(std::string_view line) {
    return line.size() > 2 && line.size() <= kMaxDelimiter && line.starts_with("--") &&
           std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_part_field(std::string_view line) {
    const std::string lower = base::lower_case(line.substr(0, line.find(':')));
    return lower == "content-type" || lower == "content-length";
}

}  // namespace

MultipartPictures::MultipartPictures(std::string_view content_type)
    : delimiter_(announced_delimiter(content_type)) {}

std::string_view MultipartPictures::rest() const {
    return base::as_text(media::ByteSpan(buffer_).subspan(begin_));
}

void MultipartPictures::push(media::ByteSpan bytes) {
    if (begin_ > 0 && begin_ * 2 >= buffer_.size()) {  // moves each byte twice at most
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
        begin_ = 0;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void MultipartPictures::consume(std::size_t bytes) {
    begin_ += bytes;
    scanned_ = 0;
}

// A line that begins with the delimiter starts a part. The first line with two dashes names it,
// whatever was announced; and where a part begins without any, its fields tell.
bool MultipartPictures::find_delimiter() {
    for (;;) {
        const std::string_view text = rest();
        const std::size_t end = text.find('\n', scanned_);
        if (end == std::string_view::npos) {
            scanned_ = text.size();
            return false;
        }
        const std::string_view line = base::trimmed(text.substr(0, end));
        if (is_part_field(line)) {
            state_ = State::Head;
            scanned_ = 0;
            return true;
        }
        const bool known = !delimiter_.empty() && line.starts_with(delimiter_);
        const bool learnt = !known && !confirmed_ && could_be_delimiter(line);
        if (learnt) delimiter_ = line;
        consume(end + 1);
        if (known || learnt) {
            state_ = State::Head;
            return true;
        }
    }
}

bool MultipartPictures::read_head() {
    const std::string_view text = rest();
    std::size_t at = 0;
    std::optional<std::size_t> length;
    for (;;) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string_view::npos) return false;
        const std::string_view line = base::trimmed(text.substr(at, end - at));
        at = end + 1;
        if (line.empty()) break;
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos &&
            base::iequals(line.substr(0, colon), "content-length")) {
            length = base::parse_number<std::size_t>(base::trimmed(line.substr(colon + 1)));
        }
    }
    consume(at);
    length_ = length.value_or(0);
    state_ = length_ > 0 ? State::Sized : State::Unsized;
    return true;
}

// Where the picture ends by the next delimiter, the line break before it included.
std::optional<std::size_t> MultipartPictures::unsized_end() {
    const std::string_view text = rest();
    const std::string_view mark = delimiter_.empty() ? "--" : std::string_view(delimiter_);
    for (std::size_t from = scanned_;;) {
        const std::size_t at = text.find(mark, from);
        if (at == std::string_view::npos) {
            scanned_ = text.size() > mark.size() ? text.size() - mark.size() : 0;
            return std::nullopt;
        }
        // Behind a line break, or behind the end mark of the picture where the camera forgot the
        // break.
        const bool after_break = at > 0 && text[at - 1] == '\n';
        const bool after_end = at > 1 && text[at - 2] == '\xFF' && text[at - 1] == '\xD9';
        if (after_break || after_end) return at;
        from = at + 1;
    }
}

std::optional<JpegPicture> MultipartPictures::take_body(std::size_t body_bytes) {
    std::string_view body = rest().substr(0, body_bytes);
    const std::size_t blank = std::min(body.find_first_not_of("\r\n"), body.size());
    body.remove_prefix(blank);
    const auto info = media::jpeg::parse(base::as_bytes(body));
    state_ = State::Delimiter;
    if (!info) {
        ++skipped_;
        consume(body_bytes);
        return std::nullopt;
    }
    confirmed_ = true;
    JpegPicture picture{media::Bytes::copy_of(base::as_bytes(body.substr(0, info->size_bytes))),
                        *info};
    consume(blank + info->size_bytes);  // a length that was too large may reach into the next part
    return picture;
}

// A picture without a length that has just ended: shown now, not when the next one begins.
std::optional<std::size_t> MultipartPictures::ended_body() const {
    std::string_view body = rest();
    while (body.ends_with('\n') || body.ends_with('\r')) body.remove_suffix(1);
    if (!body.ends_with("\xFF\xD9")) return std::nullopt;
    const std::size_t blank = std::min(body.find_first_not_of("\r\n"), body.size());
    const auto info = media::jpeg::parse(base::as_bytes(body.substr(blank)));
    return info && blank + info->size_bytes == body.size() ? std::optional(body.size())
                                                           : std::nullopt;
}

base::Result<std::optional<JpegPicture>> MultipartPictures::next() {
    for (;;) {
        std::optional<std::size_t> body;
        switch (state_) {
            case State::Delimiter:
                if (find_delimiter()) continue;
                // After a picture whose length was too small its tail lies here: it ends with the
                // next line.
                if (rest().size() > kMaxPictureBytes)
                    return base::fail(ErrorKind::DataLoss, "{} bytes without a part boundary",
                                      rest().size());
                return std::nullopt;
            case State::Head:
                if (read_head()) continue;
                if (rest().size() > kMaxHeadBytes)
                    return base::fail(ErrorKind::DataLoss, "the headers of a part do not end");
                return std::nullopt;
            case State::Sized:
                if (length_ > kMaxPictureBytes)
                    return base::fail(ErrorKind::ResourceExhausted, "a picture of {} bytes",
                                      length_);
                if (rest().size() < length_) return std::nullopt;
                body = length_;
                break;
            case State::Unsized:
                body = unsized_end();
                if (!body) body = ended_body();
                if (!body && rest().size() > kMaxPictureBytes)
                    return base::fail(ErrorKind::ResourceExhausted, "a picture without an end");
                if (!body) return std::nullopt;
                break;
        }
        if (auto picture = take_body(*body)) return picture;
    }
}

}  // namespace casement::sources::http
