#include "protocols/rtsp/message.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/text.hpp"

namespace casement::protocols::rtsp {

namespace {

using base::ErrorKind;

constexpr std::size_t kMinBufferBytes = 4096;
constexpr std::size_t kInterleaveHeaderBytes = 4;
constexpr std::size_t kRtcpHeaderBytes = 4;
constexpr std::uint8_t kFirstRtcpType = 192, kLastRtcpType = 223;  // RFC 5761 §4
constexpr std::string_view kEndOfHeaders = "\r\n\r\n";
/// recv into less would be many calls for one message.
constexpr std::size_t kMinRoom = 1024;

struct Phrase {
    int status;
    std::string_view words;
};
/// RFC 2326 §7.1.1.
constexpr std::array kPhrases{Phrase{100, "Continue"},
                              Phrase{200, "OK"},
                              Phrase{301, "Moved Permanently"},
                              Phrase{302, "Found"},
                              Phrase{400, "Bad Request"},
                              Phrase{401, "Unauthorized"},
                              Phrase{403, "Forbidden"},
                              Phrase{404, "Not Found"},
                              Phrase{405, "Method Not Allowed"},
                              Phrase{413, "Request Entity Too Large"},
                              Phrase{415, "Unsupported Media Type"},
                              Phrase{451, "Parameter Not Understood"},
                              Phrase{453, "Not Enough Bandwidth"},
                              Phrase{454, "Session Not Found"},
                              Phrase{455, "Method Not Valid in This State"},
                              Phrase{457, "Invalid Range"},
                              Phrase{459, "Aggregate Operation Not Allowed"},
                              Phrase{460, "Only Aggregate Operation Allowed"},
                              Phrase{461, "Unsupported Transport"},
                              Phrase{462, "Destination Unreachable"},
                              Phrase{500, "Internal Server Error"},
                              Phrase{501, "Not Implemented"},
                              Phrase{503, "Service Unavailable"},
                              Phrase{504, "Gateway Time-out"},
                              Phrase{505, "RTSP Version Not Supported"},
                              Phrase{551, "Option not supported"}};

std::string with_body(std::string head, const Headers& headers, const std::string& body) {
    for (const auto& [name, value] : headers) {
        if (!base::iequals(name, "Content-Length")) head += fmt::format("{}: {}\r\n", name, value);
    }
    if (!body.empty()) head += fmt::format("Content-Length: {}\r\n", body.size());
    return head.append("\r\n").append(body);
}

std::optional<std::uint32_t> cseq_of(const Headers& headers) {
    const auto value = headers.find("CSeq");
    return value ? base::parse_number<std::uint32_t>(*value) : std::nullopt;
}

/// Lines end in CRLF; LF alone is taken too (RFC 2326 §4).
std::string_view take_line(std::string_view& rest) {
    std::string_view line = base::take_until(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

base::Result<Headers> parse_headers(std::string_view text) {
    Headers headers;
    while (!text.empty()) {
        std::string_view value = take_line(text);
        if (value.empty()) continue;
        const std::size_t colon = value.find(':');
        // A line without a colon is noise that some cameras send; a folded one (obsolete) would be
        // lost with it.
        if (colon == std::string_view::npos) continue;
        if (headers.size() == kMaxHeaders)
            return base::fail(ErrorKind::ResourceExhausted, "RTSP message with over {} headers",
                              kMaxHeaders);
        headers.add(base::trimmed(value.substr(0, colon)), base::trimmed(value.substr(colon + 1)));
    }
    return headers;
}

base::Result<Message> parse_head(std::string_view head) {
    std::string_view rest = head;
    std::string_view start = take_line(rest);
    CASEMENT_TRY(auto headers, parse_headers(rest));
    if (start.starts_with("RTSP/")) {
        // RTSP/1.0 200 OK
        (void)base::take_until(start, ' ');
        Response response;
        const auto status = base::parse_number<int>(base::trimmed(base::take_until(start, ' ')));
        if (!status || *status < 100 || *status > 999)
            return base::fail(ErrorKind::InvalidArgument, "RTSP response without a status");
        response.status = *status;
        response.reason = base::trimmed(start);
        response.headers = std::move(headers);
        return response;
    }
    // DESCRIBE rtsp://... RTSP/1.0
    Request request;
    request.method = base::take_until(start, ' ');
    const std::size_t version_at = start.rfind(' ');
    if (request.method.empty() || version_at == std::string_view::npos)
        return base::fail(ErrorKind::InvalidArgument, "not an RTSP request line");
    request.uri = base::trimmed(start.substr(0, version_at));
    request.version = base::trimmed(start.substr(version_at + 1));
    if (!request.version.starts_with("RTSP/"))
        return base::fail(ErrorKind::InvalidArgument, "not an RTSP request line");
    request.headers = std::move(headers);
    return request;
}

base::Result<std::size_t> body_length(const Headers& headers) {
    const auto value = headers.find("Content-Length");
    if (!value || value->empty()) return std::size_t{0};
    const auto length = base::parse_number<std::size_t>(*value);
    if (!length)
        return base::fail(ErrorKind::InvalidArgument,
                          "RTSP message with an unreadable Content-Length");
    if (*length > kMaxBodyBytes)
        return base::fail(ErrorKind::ResourceExhausted,
                          "RTSP message with a body of {} bytes; the limit is {}", *length,
                          kMaxBodyBytes);
    return *length;
}

}  // namespace

std::optional<std::string_view> Headers::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        fields_, [&](const auto& field) { return base::iequals(field.first, name); });
    if (found == fields_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string_view> Headers::find_all(std::string_view name) const {
    std::vector<std::string_view> out;
    for (const auto& [field, value] : fields_) {
        if (base::iequals(field, name)) out.push_back(value);
    }
    return out;
}

void Headers::add(std::string_view name, std::string_view value) {
    fields_.emplace_back(name, value);
}

void Headers::set(std::string_view name, std::string_view value) {
    std::erase_if(fields_, [&](const auto& field) { return base::iequals(field.first, name); });
    add(name, value);
}

std::optional<std::uint32_t> Request::cseq() const { return cseq_of(headers); }
std::optional<std::uint32_t> Response::cseq() const { return cseq_of(headers); }

std::string Request::to_bytes() const {
    return with_body(fmt::format("{} {} {}\r\n", method, uri, version), headers, body);
}

std::string Response::to_bytes() const {
    return with_body(fmt::format("RTSP/1.0 {} {}\r\n", status,
                                 reason.empty() ? reason_phrase(status) : std::string_view(reason)),
                     headers, body);
}

std::string_view reason_phrase(int status) {
    const auto* found = std::ranges::find(kPhrases, status, &Phrase::status);
    return found == kPhrases.end() ? std::string_view("Unknown") : found->words;
}

Parser::Parser(std::size_t buffer_bytes) : buffer_(std::max(buffer_bytes, kMinBufferBytes)) {}

std::span<std::uint8_t> Parser::room() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    const std::size_t needed = std::max({wanted_, end_ + kMinRoom, least_});
    if (needed > buffer_.size()) buffer_.resize(std::max(needed, buffer_.size() * 2));
    return std::span(buffer_).subspan(end_);
}

void Parser::feed(ByteSpan bytes) {
    while (!bytes.empty()) {
        const auto space = room();
        const std::size_t part = std::min(space.size(), bytes.size());
        std::memcpy(space.data(), bytes.data(), part);
        commit(part);
        bytes = bytes.subspan(part);
    }
}

base::Result<std::optional<Message>> Parser::next() {
    skip_noise();
    if (pending() == 0 || pending() < wanted_) return std::nullopt;
    return buffer_[begin_] == '$' ? next_frame() : next_text();
}

std::optional<Message> Parser::next_frame() {
    if (pending() < kInterleaveHeaderBytes) return std::nullopt;
    const std::uint8_t* frame = buffer_.data() + begin_;
    const std::size_t size = static_cast<std::size_t>(frame[2]) << 8 | frame[3];
    wanted_ = kInterleaveHeaderBytes + size;
    if (pending() < wanted_) return std::nullopt;
    consume(wanted_);
    return InterleavedFrame{.channel = frame[1], .payload = {frame + kInterleaveHeaderBytes, size}};
}

base::Result<std::optional<Message>> Parser::next_text() {
    const std::string_view text = base::as_text({buffer_.data() + begin_, end_ - begin_});
    // RTSP starts with a method or RTSP/: anything else is not worth waiting for its end.
    if (text[0] < 'A' || text[0] > 'Z')
        return base::fail(ErrorKind::InvalidArgument,
                          "not RTSP: a message begins with byte 0x{:02x}",
                          static_cast<unsigned char>(text[0]));

    const std::size_t from = searched_ > 3 ? searched_ - 3 : 0;
    std::size_t head_bytes = text.find(kEndOfHeaders, from);
    std::size_t mark = kEndOfHeaders.size();
    if (const std::size_t bare = text.find("\n\n", from); bare < head_bytes) {
        head_bytes = bare;
        mark = 2;
    }
    searched_ = text.size();
    if (std::min(head_bytes, text.size()) > kMaxHeaderBytes)
        return base::fail(ErrorKind::ResourceExhausted, "RTSP headers over {} bytes",
                          kMaxHeaderBytes);
    if (head_bytes == std::string_view::npos) return std::nullopt;

    CASEMENT_TRY(auto message, parse_head(text.substr(0, head_bytes)));
    const Headers& headers = std::holds_alternative<Request>(message)
                                 ? std::get<Request>(message).headers
                                 : std::get<Response>(message).headers;
    CASEMENT_TRY(const std::size_t length, body_length(headers));
    const std::size_t whole = head_bytes + mark + length;
    if (text.size() < whole) {
        wanted_ = whole;
        searched_ = head_bytes;
        return std::nullopt;
    }
    const std::string_view body = text.substr(head_bytes + mark, length);
    if (auto* request = std::get_if<Request>(&message)) request->body = body;
    if (auto* response = std::get_if<Response>(&message)) response->body = body;
    consume(whole);
    return message;
}

void Parser::consume(std::size_t bytes) {
    begin_ += bytes;
    searched_ = wanted_ = 0;
}

/// Empty lines between messages, and RTCP packets without the interleave header: cameras were seen
/// to send both.
void Parser::skip_noise() {
    while (pending() > 0) {
        const std::uint8_t* p = buffer_.data() + begin_;
        if (*p == '\r' || *p == '\n') {
            consume(1);
            continue;
        }
        if (*p >> 6 != 2) return;
        wanted_ = std::max(wanted_, kRtcpHeaderBytes);
        if (pending() < kRtcpHeaderBytes) return;
        if (p[1] < kFirstRtcpType || p[1] > kLastRtcpType) return;
        wanted_ = (1 + (static_cast<std::size_t>(p[2]) << 8 | p[3])) * 4;
        if (pending() < wanted_) return;
        consume(wanted_);
    }
}

void write_interleave_header(std::uint8_t* out, std::uint8_t channel, std::size_t payload_bytes) {
    out[0] = '$';
    out[1] = channel;
    out[2] = static_cast<std::uint8_t>(payload_bytes >> 8);
    out[3] = static_cast<std::uint8_t>(payload_bytes);
}

}  // namespace casement::protocols::rtsp
