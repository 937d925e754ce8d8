#pragma once
// From a Response to the bytes of its head: validators, ranges, lengths, security headers. No
// socket in here.

#include <optional>
#include <string>

#include "net/http_server.hpp"

namespace casement::net {

/// What the head of an answer depends on besides the response.
struct AnswerContext {
    bool is_head = false;
    bool keep_alive = true;
    unsigned version = 11;
    bool security_headers = true;
    std::chrono::sys_seconds now{};
    std::string_view if_none_match{};
    std::string_view range{};
    std::string_view if_range{};
};

/// An open file with what is to be sent of it.
struct FilePart {
    explicit FilePart(int fd) : descriptor(fd) {}
    ~FilePart();
    FilePart(const FilePart&) = delete;
    FilePart& operator=(const FilePart&) = delete;
    int descriptor;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct Answer {
    std::string head;        // up to and with the empty line
    bool sends_body = true;  // false for HEAD, 204, 304
    bool chunked = false;
    bool keep_alive = true;          // may have become false: a stream to an HTTP/1.0 client
    std::unique_ptr<FilePart> file;  // of a FileBody
};

/// Applies ETag, If-None-Match and Range (opening the file: blocking for a moment), then writes the
/// head. `response` may become a 304, 404 or 416.
Answer make_answer(Response& response, const AnswerContext& context);

/// RFC 9110 §14.1.2: one byte range of a representation of `size` bytes. nullopt = not one that we
/// serve (then the whole is sent).
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    bool satisfiable = true;
};
std::optional<ByteRange> parse_range(std::string_view field, std::uint64_t size);

bool etag_matches(std::string_view if_none_match, std::string_view etag);

}  // namespace casement::net
