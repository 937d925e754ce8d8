#pragma once
// HTTP/1 messages out of bytes, both directions; Beast's parser behind a door.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_reader.hpp"
#include "base/error.hpp"
#include "net/http_message.hpp"

namespace casement::net {

struct HttpHead {
    std::string method;  // of a request
    std::string target;
    int status = 0;  // of a response
    unsigned version = 11;
    Headers headers;
    bool keep_alive = true;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

struct HttpLimits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t header_fields = 100;
};

/// One message. Feed it what came and keep what it did not take.
class HttpParser {
public:
    enum class Kind { Request, Response };
    HttpParser(Kind kind, HttpLimits limits);
    ~HttpParser();
    HttpParser(HttpParser&&) noexcept;
    HttpParser& operator=(HttpParser&&) noexcept;

    /// This response has no body whatever its head says: the answer to a HEAD.
    void expect_no_body();
    /// Returns how many bytes were taken. Stops behind the head once, so that limits can be set;
    /// call again for the body. InvalidArgument when it is not HTTP, ResourceExhausted when the
    /// head is over its limits.
    base::Result<std::size_t> feed(base::ByteSpan bytes);
    /// The other side closed: an error where that cuts a message, the end of a body that has no
    /// length.
    base::Result<> feed_end();

    bool head_done() const;
    bool done() const;
    HttpHead& head();
    const HttpHead& head() const;
    /// Body bytes since the last call.
    std::string take_body();
    std::size_t pending_body_bytes() const;

private:
    struct Engine;
    template <bool is_request>
    struct BeastEngine;
    std::unique_ptr<Engine> engine_;
};

}  // namespace casement::net
