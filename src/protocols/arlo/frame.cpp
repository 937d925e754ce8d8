#include "protocols/arlo/frame.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "protocols/arlo/shown.hpp"

namespace casement::protocols::arlo {

namespace {

using base::ErrorKind;

constexpr std::string_view kMark = "L:";

struct Header {
    std::size_t header_bytes = 0;
    std::size_t json_bytes = 0;
};

/// Nothing while it may still become a header. Zeros in front of the length are taken: they can
/// mean only one thing.
base::Result<std::optional<Header>> parse_header(std::string_view bytes) {
    const std::string_view head = bytes.substr(0, kMaxHeaderBytes);
    const std::size_t marked = std::min(head.size(), kMark.size());
    if (head.substr(0, marked) != kMark.substr(0, marked))
        return base::fail(ErrorKind::InvalidArgument,
                          "not an Arlo message: it begins with {} in place of \"L:\"", shown(head));
    const std::string_view rest = head.substr(marked);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == rest.size() && head.size() < kMaxHeaderBytes) return std::nullopt;
    const auto length = base::parse_number<std::size_t>(rest.substr(0, digits));
    if (digits == rest.size() || rest[digits] != ' ' || !length)
        return base::fail(ErrorKind::InvalidArgument,
                          "an Arlo message begins with {}: no length and blank behind \"L:\"",
                          shown(head));
    if (*length == 0)
        return base::fail(ErrorKind::InvalidArgument, "an Arlo message announces a length of 0");
    if (*length > kMaxJsonBytes)
        return base::fail(ErrorKind::ResourceExhausted,
                          "an Arlo message announces {} bytes; the limit is {}", *length,
                          kMaxJsonBytes);
    return Header{.header_bytes = kMark.size() + digits + 1, .json_bytes = *length};
}

}  // namespace

base::Result<std::string> write_frame(std::string_view json) {
    if (json.empty())
        return base::fail(ErrorKind::InvalidArgument, "an Arlo message cannot be empty");
    if (json.size() > kMaxJsonBytes)
        return base::fail(ErrorKind::ResourceExhausted,
                          "an Arlo message of {} bytes is too long; the limit is {}", json.size(),
                          kMaxJsonBytes);
    return fmt::format("{}{} {}", kMark, json.size(), json);
}

void FrameReader::feed(base::ByteSpan bytes) {
    if (begin_ > 0) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    buffer_.append(base::as_text(bytes));
}

base::Result<std::optional<std::string>> FrameReader::next() {
    CASEMENT_TRY(const auto header, parse_header(pending()));
    if (!header) return std::nullopt;
    const std::size_t whole = header->header_bytes + header->json_bytes;
    if (pending().size() < whole) return std::nullopt;
    std::string json(pending().substr(header->header_bytes, header->json_bytes));
    begin_ += whole;
    return json;
}

base::Result<> FrameReader::end() const {
    if (pending().empty()) return {};
    CASEMENT_TRY(const auto header, parse_header(pending()));
    if (!header)
        return base::fail(ErrorKind::DataLoss, "the connection ended inside of {}",
                          shown(pending()));
    return base::fail(ErrorKind::DataLoss,
                      "the connection ended after {} of the {} bytes of an Arlo message",
                      pending().size() - header->header_bytes, header->json_bytes);
}

}  // namespace casement::protocols::arlo
