#pragma once
// HTTP/1.1 server: routes by method and pattern, files, streams, WebSockets; every wait and every
// size has a limit.

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "async/blocking_pool.hpp"
#include "base/log.hpp"
#include "net/http_message.hpp"
#include "net/listener.hpp"
#include "net/tls.hpp"
#include "net/websocket.hpp"

namespace casement::net {

/// Takes the body of a request in pieces, where it is too long to be kept in memory. Lives until
/// the request ends: one that goes without its handler was cut short.
class BodySink {
public:
    virtual ~BodySink() = default;
    /// The client waits meanwhile. An error ends the request: ResourceExhausted with 413,
    /// InvalidArgument with 400, any other without an answer.
    virtual Task<Result<>> write(std::string piece) = 0;
};

/// What a handler gets. A value; nothing in it points to the connection.
struct Request {
    std::string method;
    std::string
        path;  // percent-decoded, begins with '/', no "." or ".." segments, no doubled slashes
    std::string query;  // as sent, without the question mark
    Headers headers;
    std::string body;                // empty where there is
    std::shared_ptr<BodySink> sink;  // of the route's
    std::string remote_address;      // without port
    bool is_tls = false;
    Executor executor;  // of the connection: handlers run and resume here
    std::vector<std::pair<std::string, std::string>> captures;  // {name} of the pattern, decoded
    /// Set by the guard: who asks. Empty = nobody in particular.
    std::string user;
    std::string session;

    std::string_view capture(std::string_view name) const;
    std::optional<std::string> query_value(std::string_view name) const {
        return net::query_value(query, name);
    }
    std::optional<std::string> cookie(std::string_view name) const {
        return net::cookie_value(headers.get("Cookie"), name);
    }
};

/// Where a streaming handler writes. Valid only inside the body coroutine.
class BodyWriter {
public:
    virtual ~BodyWriter() = default;
    /// Returns when the kernel has taken it (back-pressure). Unavailable when the client is gone,
    /// or took nothing for the send patience.
    virtual Task<Result<>> write(ByteSpan bytes) = 0;
    virtual Task<Result<>> write(std::span<const iovec> parts) = 0;
    virtual Stream& stream() = 0;
};

/// Bytes that somebody owns.
struct SharedBody {
    std::shared_ptr<const void> owner;
    ByteSpan bytes;
};
/// A file, or a part of it when the request has a Range (RFC 9110 §14; one range, else the whole).
/// ETag and If-None-Match are handled.
struct FileBody {
    std::filesystem::path path;
    /// Strong validator with its quotes; empty = made of size and time of change.
    std::string etag;
};
/// The coroutine writes until it returns; it is cancelled when the client goes. Sent chunked unless
/// content_length is set.
struct StreamBody {
    std::function<Task<>(BodyWriter&)> run;
    std::optional<std::uint64_t> content_length;
};

struct Response {
    int status = 200;
    Headers headers{};
    std::variant<std::monostate, std::string, SharedBody, FileBody, StreamBody> body{};

    static Response text(int status, std::string body,
                         std::string content_type = "text/plain; charset=utf-8");
    static Response json(int status, std::string body) {
        return text(status, std::move(body), "application/json");
    }
    static Response empty(int status) { return {.status = status, .headers = {}, .body = {}}; }
    static Response file(std::filesystem::path path, std::string content_type);
    static Response stream(std::string content_type, std::function<Task<>(BodyWriter&)> run);
    /// Anything that has data() and size() and does not change: media::Bytes,
    /// std::vector<std::uint8_t>.
    template <typename Buffer>
    static Response bytes(std::string content_type, Buffer buffer) {
        auto owner = std::make_shared<const Buffer>(std::move(buffer));
        const ByteSpan view(reinterpret_cast<const std::uint8_t*>(owner->data()), owner->size());
        Response out;
        out.headers.add("Content-Type", std::move(content_type));
        out.body = SharedBody{std::move(owner), view};
        return out;
    }
    Response&& with(std::string name, std::string value) && {
        headers.set(std::move(name), std::move(value));
        return std::move(*this);
    }
};

/// Where the body of a request goes, or the answer that refuses it. Asked on the connection's io
/// thread after the guard, before "100 Continue" and the first byte of the body.
using BodySinks = std::function<std::expected<std::shared_ptr<BodySink>, Response>(const Request&)>;

struct RouteOptions {
    std::size_t max_body_bytes = 1024 * 1024;
    /// A word that the guard understands ("open", "claim", "user"…). Not looked at in here.
    std::string access{};
    WebSocketOptions websocket{};
    BodySinks sinks{};
};

using Handler = std::function<Task<Response>(Request)>;
using WebSocketHandler = std::function<Task<>(Request, std::shared_ptr<WebSocket>)>;
/// Runs before every handler, and before a 404 or 405 (with default options): answers by itself, or
/// lets the request pass.
using Guard = std::function<Task<std::optional<Response>>(Request&, const RouteOptions&)>;

struct HttpServerOptions {
    /// What the listener is called in logs.
    std::string name = "HTTP";
    /// Set: TLS only; plain HTTP gets a 400 that says so.
    std::shared_ptr<TlsServerContext> tls{};
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_header_fields = 100;
    std::chrono::steady_clock::duration header_patience =
        std::chrono::seconds(10);  // first byte to end of the head; TLS handshake too
    std::chrono::steady_clock::duration body_patience =
        std::chrono::seconds(30);  // without a byte of the request's body
    std::chrono::steady_clock::duration idle_patience =
        std::chrono::seconds(30);  // between requests
    std::chrono::steady_clock::duration send_patience =
        std::chrono::seconds(20);     // without the client taking a byte
    std::size_t max_requests = 1000;  // of one connection, then Connection: close
    /// Added to every answer that does not set them: CSP without unsafe-inline, nosniff,
    /// Referrer-Policy, frame-ancestors.
    bool security_headers = true;
    /// Where FileBody reads; without it files are read on the io thread (fine for a handful of
    /// small ones in the page cache). Must outlive the server.
    async::BlockingPool* file_pool = nullptr;
};

/// Routes are added before serve() and never change afterwards. Handlers run on the connection's io
/// thread: what they touch must be immutable, thread-safe, or reached by a hop to its own executor.
class HttpServer {
public:
    explicit HttpServer(HttpServerOptions options, base::Log log = {});
    ~HttpServer();

    /// `pattern`: "/api/v1/cameras/{id}/snapshot.jpg"; {name} is one segment, {name...} at the end
    /// is the rest (may hold slashes, may be empty). A literal segment wins over a capture. GET
    /// answers HEAD as well; OPTIONS and 405 with Allow are made.
    void route(std::string method, std::string pattern, Handler handler, RouteOptions options = {});
    /// GET with upgrade. `Origin`, when sent, must name this host (host compared without port, as
    /// browsers' players do).
    void websocket(std::string pattern, WebSocketHandler handler, RouteOptions options = {});
    void set_guard(Guard guard);

    /// The handler for Listener::run(): serves the connection on its executor until it ends or
    /// stop(). What handlers touch must live until stop() has returned.
    Listener::Handler acceptor();

    /// No further requests: idle connections close, WebSockets are told 1001, requests end with
    /// their answer; after `patience` the rest is cut. Awaits all of that. Called on any executor,
    /// once.
    Task<> stop(std::chrono::steady_clock::duration patience);
    std::size_t connections() const;

    struct State;

private:
    std::shared_ptr<State> state_;
};

/// True when Origin is absent or names the Host that the request was sent to (scheme and port are
/// not compared: proxies change them).
bool origin_is_own(const Headers& headers);

}  // namespace casement::net
