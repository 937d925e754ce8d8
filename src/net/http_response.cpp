#include "net/http_response.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"

namespace casement::net {

namespace {

using base::take_until;
using base::trimmed;

// No inline script or style, no plug-ins, no other origin, no frames of others. Workers and media
// also from blob: URLs (MSE, canvas).
constexpr std::string_view kPagePolicy =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";
// Browsers show media and JSON in a document of their own, which a stricter policy would leave
// blank.
constexpr std::string_view kOtherPolicy = "frame-ancestors 'none'";

bool is_document(std::string_view content_type) {
    return content_type.starts_with("text/html") || content_type.starts_with("image/svg+xml");
}

void add_security_headers(Response& response) {
    const auto add = [&](const char* name, std::string_view value) {
        if (!response.headers.has(name)) response.headers.add(name, std::string(value));
    };
    add("Content-Security-Policy",
        is_document(response.headers.get("Content-Type")) ? kPagePolicy : kOtherPolicy);
    add("X-Content-Type-Options", "nosniff");
    add("Referrer-Policy", "same-origin");
}

bool is_clean(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool has_no_body(int status) {
    return status == 204 || status == 304 || (status >= 100 && status < 200);
}

void become_error(Response& response, int status, std::string_view text) {
    response = Response::text(status, std::string(text));
}

/// Opens the file of a FileBody and decides what of it is sent.
std::unique_ptr<FilePart> open_file(Response& response, const AnswerContext& context) {
    const FileBody body = std::get<FileBody>(response.body);
    auto part = std::make_unique<FilePart>(
        ::open(body.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat info{};
    if (part->descriptor < 0 || ::fstat(part->descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        become_error(response, 404, "There is nothing here.\n");
        return nullptr;
    }
    part->size = static_cast<std::uint64_t>(info.st_size);
    const std::string etag = !body.etag.empty()
                                 ? body.etag
                                 : fmt::format("\"{:x}-{:x}{:08x}\"", part->size,
                                               info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
    response.headers.set("ETag", etag);
    response.headers.set("Accept-Ranges", "bytes");
    const bool range_holds = context.if_range.empty() || context.if_range == etag;
    if (response.status != 200 || context.range.empty() || !range_holds) return part;
    const auto range = parse_range(context.range, part->size);
    if (!range) return part;
    if (!range->satisfiable) {
        const std::uint64_t whole = part->size;
        become_error(response, 416, "The file is shorter than that.\n");
        response.headers.set("Content-Range", fmt::format("bytes */{}", whole));
        return nullptr;
    }
    response.status = 206;
    response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                                      range->first + range->count - 1, part->size));
    part->offset = range->first;
    part->size = range->count;
    return part;
}

std::optional<std::uint64_t> length_of(const Response& response, const FilePart* file) {
    if (file != nullptr) return file->size;
    if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
    if (const auto* shared = std::get_if<SharedBody>(&response.body)) return shared->bytes.size();
    if (const auto* stream = std::get_if<StreamBody>(&response.body)) return stream->content_length;
    return 0;
}

}  // namespace

FilePart::~FilePart() {
    if (descriptor >= 0) ::close(descriptor);
}

std::optional<ByteRange> parse_range(std::string_view field, std::uint64_t size) {
    constexpr std::string_view kUnit = "bytes=";
    if (!field.starts_with(kUnit)) return std::nullopt;
    std::string_view last = trimmed(field.substr(kUnit.size()));
    if (last.find('-') == std::string_view::npos || last.find(',') != std::string_view::npos)
        return std::nullopt;
    const std::string_view first = trimmed(take_until(last, '-'));
    last = trimmed(last);
    const auto from = base::parse_number<std::uint64_t>(first);
    const auto to = base::parse_number<std::uint64_t>(last);
    if (first.empty()) {  // the last n bytes
        if (!to) return std::nullopt;
        const std::uint64_t count = std::min(*to, size);
        return ByteRange{size - count, count, count > 0};
    }
    if (!from || (!to && !last.empty()) || (to && *to < *from)) return std::nullopt;
    if (*from >= size) return ByteRange{0, 0, false};
    return ByteRange{*from, std::min(to.value_or(size - 1), size - 1) - *from + 1, true};
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
    const auto strong = [](std::string_view tag) {
        return tag.starts_with("W/") ? tag.substr(2) : tag;
    };
    if (trimmed(if_none_match) == "*") return true;
    while (!if_none_match.empty()) {
        if (strong(trimmed(take_until(if_none_match, ','))) == strong(etag)) return true;
    }
    return false;
}

Answer make_answer(Response& response, const AnswerContext& context) {
    Answer out;
    if (std::holds_alternative<FileBody>(response.body)) out.file = open_file(response, context);
    const bool is_success = response.status == 200 || response.status == 206;
    if (is_success && response.headers.has("ETag") &&
        etag_matches(context.if_none_match, response.headers.get("ETag"))) {
        response.status = 304;
        response.headers.remove("Content-Range");
    }
    if (context.security_headers) add_security_headers(response);
    const std::optional<std::uint64_t> length = length_of(response, out.file.get());
    out.sends_body = !context.is_head && !has_no_body(response.status);
    out.chunked = !length && context.version >= 11 && out.sends_body;
    out.keep_alive = context.keep_alive && (length.has_value() || context.version >= 11);

    out.head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                           status_phrase(response.status), http_date(context.now));
    for (const auto& [name, value] : response.headers) {
        if (is_clean(name) && is_clean(value)) out.head += fmt::format("{}: {}\r\n", name, value);
    }
    if (length && !has_no_body(response.status))
        out.head += fmt::format("Content-Length: {}\r\n", *length);
    if (!length && !has_no_body(response.status) && context.version >= 11)
        out.head += "Transfer-Encoding: chunked\r\n";
    if (!out.keep_alive) {
        out.head += "Connection: close\r\n";
    } else if (context.version < 11) {
        out.head += "Connection: keep-alive\r\n";
    }
    out.head += "\r\n";
    return out;
}

}  // namespace casement::net
