#include "net/http_connection.hpp"

#include <unistd.h>

#include <array>
#include <cctype>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include "base/text.hpp"

namespace casement::net {

namespace asio = boost::asio;
using base::ErrorKind;

namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kMaxPipelined = 64 * 1024;  // unread input while an answer is being made
constexpr std::size_t kSliceBytes =
    64 * 1024;  // a client has the send patience for each: 3 KiB/s at least
constexpr std::size_t kFileSliceBytes = 256 * 1024;  // one read of a disk
constexpr std::size_t kMaxLingerBytes = 256 * 1024;  // of a request that was refused half way
constexpr auto kLingerPatience = std::chrono::seconds(1);
constexpr std::uint64_t kSlowestUploadBytesPerSecond = 16 * 1024;
constexpr std::uint8_t kTlsHandshake = 0x16;  // RFC 8446 §5.1: the first byte of any TLS client

std::chrono::sys_seconds wall_seconds() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string host_of_endpoint(const std::string& endpoint) {
    std::string host = endpoint.substr(0, endpoint.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host;
}

/// A Host field that can be shown in a sentence; it came from anybody.
std::string printable_host(std::string_view host) {
    std::string out;
    for (const char c : host.substr(0, 255)) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == ':' ||
            c == '[' || c == ']')
            out += c;
    }
    return out.empty() ? "this-hub" : out;
}

Response refusal(int status, std::string_view sentence) {
    return Response::text(status, std::string(sentence) + "\n");
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

}  // namespace

/// What a StreamBody writes through: chunk framing, slices, patience.
class Connection::Writer final : public BodyWriter {
public:
    Writer(Connection& connection, bool chunked) : connection_(connection), chunked_(chunked) {}

    using BodyWriter::write;
    Task<Result<>> write(ByteSpan bytes) override {
        while (!bytes.empty()) {
            const ByteSpan slice = bytes.first(std::min(bytes.size(), kSliceBytes));
            const std::array parts{iovec{const_cast<std::uint8_t*>(slice.data()), slice.size()}};
            CASEMENT_CO_TRY(co_await write(std::span<const iovec>(parts)));
            bytes = bytes.subspan(slice.size());
        }
        co_return Result<>{};
    }

    Task<Result<>> write(std::span<const iovec> parts) override {
        std::size_t total = 0;
        for (const iovec& part : parts) total += part.iov_len;
        if (total == 0) co_return Result<>{};  // an empty chunk would end the body
        written_ += total;
        std::string head = fmt::format("{:x}\r\n", total);
        std::string tail = "\r\n";
        std::vector<iovec> framed;
        if (chunked_) framed.push_back({head.data(), head.size()});
        framed.insert(framed.end(), parts.begin(), parts.end());
        if (chunked_) framed.push_back({tail.data(), tail.size()});
        connection_.watchdog_->feed(connection_.server_->options.send_patience);
        auto written = co_await connection_.stream_->write_all(framed);
        connection_.watchdog_->pause();
        co_return written;
    }

    Stream& stream() override { return *connection_.stream_; }
    std::uint64_t written() const { return written_; }

private:
    Connection& connection_;
    bool chunked_;
    std::uint64_t written_ = 0;
};

Connection::Connection(std::shared_ptr<HttpServer::State> server,
                       std::unique_ptr<PlainStream> stream)
    : server_(std::move(server)), executor_(stream->executor()), stream_(std::move(stream)) {}

void Connection::start() {
    asio::co_spawn(
        executor_, run(),
        asio::bind_cancellation_slot(
            cancel_.slot(), [self = shared_from_this()](const std::exception_ptr& error) {
                {
                    const base::MutexLock lock(self->server_->mutex);
                    self->server_->live.erase(self.get());
                }
                try {
                    if (error) std::rethrow_exception(error);
                } catch (const boost::system::system_error& e) {
                    if (e.code() != asio::error::operation_aborted)
                        self->server_->log.error("A connection ended with an error: {}", e.what());
                } catch (const std::exception& e) {
                    self->server_->log.error("A connection ended with an error: {}", e.what());
                }
            }));
}

void Connection::drain() {
    draining_ = true;
    if (const auto websocket = websocket_.lock()) {
        const auto say_goodbye = [](std::shared_ptr<WebSocket> socket) -> Task<> {
            co_await socket->close(ws_close::kGoingAway, "the hub stops");
        };
        asio::co_spawn(executor_, say_goodbye(websocket), asio::detached);
    } else if (idle_ && stream_) {
        stream_->close();
    }
}

void Connection::cut() {
    draining_ = true;
    if (const auto websocket = websocket_.lock()) websocket->abort();
    if (stream_) stream_->close();
    cancel_.emit(asio::cancellation_type::terminal);
}

Task<> Connection::run() {
    const auto self = shared_from_this();
    watchdog_.emplace(*stream_, server_->options.header_patience);
    if (server_->options.tls && !co_await secure()) co_return;
    for (std::size_t count = 1; !draining_; ++count) {
        if (!co_await serve_one(count >= server_->options.max_requests)) break;
    }
    watchdog_.reset();
    if (stream_) stream_->close();
}

Task<bool> Connection::secure() {
    auto& plain = static_cast<PlainStream&>(*stream_);
    std::array<std::uint8_t, 1> first{};
    for (std::size_t n = 0; n == 0;) {
        if (!co_await plain.wait_readable()) co_return false;
        const auto peeked = plain.try_peek(first);
        if (!peeked) co_return false;
        n = *peeked;
    }
    if (first[0] != kTlsHandshake) {
        if (std::isupper(first[0]) != 0) co_await explain_tls();
        co_return false;
    }
    watchdog_.reset();
    const Deadline deadline = Deadline::in(server_->options.header_patience);
    std::unique_ptr<PlainStream> taken(static_cast<PlainStream*>(stream_.release()));
    auto secured = co_await tls_accept(std::move(taken), server_->options.tls, deadline);
    if (!secured) {
        server_->log.debug("TLS handshake failed: {}", secured.error().message());
        co_return false;
    }
    stream_ = std::move(*secured);
    is_tls_ = true;
    watchdog_.emplace(*stream_, server_->options.header_patience);
    co_return true;
}

Task<> Connection::explain_tls() {
    HttpParser parser(HttpParser::Kind::Request,
                      {server_->options.max_header_bytes, server_->options.max_header_fields});
    if (!co_await read_head(parser)) co_return;
    const std::string host = printable_host(parser.head().headers.get("Host"));
    (void)co_await answer(
        refusal(400, fmt::format("This port speaks HTTPS: use https://{}/", host)),
        {.keep_alive = false, .now = wall_seconds()});
    co_await linger();
}

Task<Result<>> Connection::read_more() {
    const std::size_t before = in_.size();
    in_.resize(before + kReadBytes);
    auto n = co_await stream_->read_some(std::span(in_).subspan(before));
    in_.resize(before + n.value_or(0));
    if (!n) co_return std::unexpected(n.error());
    co_return Result<>{};
}

Result<> Connection::feed(HttpParser& parser) {
    CASEMENT_TRY(const std::size_t taken, parser.feed(in_));
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(taken));
    return {};
}

Task<Result<>> Connection::read_head(HttpParser& parser) {
    // RFC 9112 §2.2: empty lines before a request are skipped.
    const auto skip_empty_lines = [this] {
        std::size_t n = 0;
        while (n < in_.size() && (in_[n] == '\r' || in_[n] == '\n')) ++n;
        in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(n));
    };
    skip_empty_lines();
    while (in_.empty()) {
        CASEMENT_CO_TRY(co_await read_more());
        skip_empty_lines();
    }
    idle_ = false;
    watchdog_->feed(server_->options.header_patience);
    for (;;) {
        CASEMENT_CO_TRY(feed(parser));
        if (parser.head_done()) co_return Result<>{};
        CASEMENT_CO_TRY(co_await read_more());
    }
}

Result<Target> Connection::accept_head(const HttpHead& head) const {
    // RFC 9112 §3.2: a 1.1 request has one Host.
    if (head.version >= 11 && head.headers.all("Host").size() != 1)
        return base::fail(ErrorKind::InvalidArgument, "The Host header is missing.");
    if (head.headers.has("Transfer-Encoding") && !head.chunked)
        return base::fail(ErrorKind::Unsupported, "Only chunked transfer encoding is known.");
    std::optional<Target> target =
        head.target == "*" ? parse_target("/") : parse_target(head.target);
    if (!target)
        return base::fail(ErrorKind::InvalidArgument,
                          "The address in the request is not acceptable.");
    return std::move(*target);
}

Request Connection::make_request(HttpHead& head, Target target) const {
    Request out;
    out.method = head.method;
    out.path = std::move(target.path);
    out.query = std::move(target.query);
    out.headers = std::move(head.headers);
    out.remote_address = host_of_endpoint(stream_->remote_endpoint());
    out.is_tls = is_tls_;
    out.executor = executor_;
    return out;
}

Task<bool> Connection::refuse(const base::Error& error) {
    int status = 400;
    if (error.is(ErrorKind::ResourceExhausted)) status = 431;
    if (error.is(ErrorKind::Unsupported)) status = 501;
    (void)co_await answer(refusal(status, error.message()),
                          {.keep_alive = false, .now = wall_seconds()});
    co_await linger();
    co_return false;
}

/// False: the connection ends.
Task<bool> Connection::serve_one(bool is_last) {
    HttpParser parser(HttpParser::Kind::Request,
                      {server_->options.max_header_bytes, server_->options.max_header_fields});
    idle_ = in_.empty();
    watchdog_->feed(idle_ ? server_->options.idle_patience : server_->options.header_patience);
    if (const Result<> read = co_await read_head(parser); !read) {
        const bool is_their_fault = read.error().is(ErrorKind::InvalidArgument) ||
                                    read.error().is(ErrorKind::ResourceExhausted);
        if (!is_their_fault) co_return false;
        co_return co_await refuse(read.error());
    }
    auto target = accept_head(parser.head());
    if (!target) co_return co_await refuse(target.error());
    if (is_last) parser.head().keep_alive = false;
    const RouteMatch match = server_->router.find(parser.head().method, target->segments);
    Request request = make_request(parser.head(), std::move(*target));
    request.captures = match.captures;
    co_return co_await dispatch(parser, std::move(request), match);
}

Task<bool> Connection::dispatch(HttpParser& parser, Request request, const RouteMatch& match) {
    static const RouteOptions kNoOptions;
    const RouteOptions& options = match.route != nullptr ? match.route->options : kNoOptions;
    const Headers headers = request.headers;
    AnswerContext context{.is_head = request.method == "HEAD",
                          .keep_alive = parser.head().keep_alive,
                          .version = parser.head().version,
                          .now = wall_seconds(),
                          .if_none_match = headers.get("If-None-Match"),
                          .range = headers.get("Range"),
                          .if_range = headers.get("If-Range")};
    if (!context.is_head && request.method != "GET") context.if_none_match = context.range = {};

    watchdog_->pause();
    std::optional<Response> early;
    if (server_->guard) early = co_await server_->guard(request, options);
    if (!early && match.route == nullptr) {
        const bool is_asking = request.method == "OPTIONS" && !match.allowed.empty();
        if (match.allowed.empty()) {
            early = refusal(404, "There is nothing here.");
        } else {
            early = is_asking ? Response::empty(204)
                              : refusal(405, "This address does not know that method.");
            early->headers.set("Allow", joined(match.allowed) + ", OPTIONS");
        }
    }
    if (!early && match.route->websocket) {
        co_await upgrade(*match.route, std::move(request), headers);
        co_return false;
    }
    if (!early && options.sinks) {
        auto sink = options.sinks(request);
        if (sink)
            request.sink = std::move(*sink);
        else
            early = std::move(sink.error());
    }
    if (!early) {
        if (const Result<> read = co_await read_body(parser, request, options); !read) {
            if (!read.error().is(ErrorKind::ResourceExhausted) &&
                !read.error().is(ErrorKind::InvalidArgument))
                co_return false;
            early = refusal(read.error().is(ErrorKind::ResourceExhausted) ? 413 : 400,
                            read.error().message());
        }
    }
    const bool body_is_left = !parser.done();
    if (body_is_left) context.keep_alive = false;
    Response response =
        early ? std::move(*early) : co_await call(match.route->handler, std::move(request));
    const bool goes_on = co_await answer(std::move(response), context);
    if (body_is_left) co_await linger();
    co_return goes_on;
}

Task<Result<>> Connection::read_body(HttpParser& parser, Request& request,
                                     const RouteOptions& options) {
    const auto too_large = [&] {
        return base::fail(ErrorKind::ResourceExhausted, "The body is longer than {} bytes.",
                          options.max_body_bytes);
    };
    if (parser.done()) co_return Result<>{};
    if (parser.head().content_length.value_or(0) > options.max_body_bytes) co_return too_large();
    if (base::iequals(request.headers.get("Expect"), "100-continue")) {
        CASEMENT_CO_TRY(
            co_await stream_->write_all(base::as_bytes("HTTP/1.1 100 Continue\r\n\r\n")));
    }
    const auto patience = server_->options.body_patience;
    const Deadline whole = Deadline::in(
        patience + std::chrono::seconds(options.max_body_bytes / kSlowestUploadBytesPerSecond));
    std::size_t taken = 0;
    while (!parser.done()) {
        CASEMENT_CO_TRY(feed(parser));
        std::string piece = parser.take_body();
        taken += piece.size();
        if (taken > options.max_body_bytes) co_return too_large();
        if (!request.sink) {
            request.body += piece;
        } else if (!piece.empty()) {
            CASEMENT_CO_TRY(co_await request.sink->write(std::move(piece)));
        }
        if (parser.done()) break;
        // What the parser leaves is the beginning of a chunk's head or of a trailer.
        if (in_.size() > server_->options.max_header_bytes)
            co_return base::fail(ErrorKind::InvalidArgument, "A chunk has no end.");
        if (whole.passed())
            co_return base::fail(ErrorKind::DeadlineExceeded, "The body came too slowly.");
        watchdog_->feed(patience);
        CASEMENT_CO_TRY(co_await read_more());
        watchdog_->pause();
    }
    co_return Result<>{};
}

Task<Response> Connection::call(const Handler& handler, Request request) {
    const std::string what = request.method + " " + request.path;
    // The one place where a handler's bug becomes an answer instead of a lost connection.
    try {
        co_return co_await handler(std::move(request));
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted) throw;
        server_->log.error("{} ended with an error: {}", what, e.what());
    } catch (const std::exception& e) {
        server_->log.error("{} ended with an error: {}", what, e.what());
    }
    co_return refusal(500, "The hub made a mistake; its log says more.");
}

Task<> Connection::upgrade(const Route& route, Request request, const Headers& headers) {
    const std::string key(headers.get("Sec-WebSocket-Key"));
    std::optional<Response> refused;
    if (!headers.has_token("Upgrade", "websocket") || !headers.has_token("Connection", "upgrade") ||
        base64_decoded(key).value_or("").size() != 16) {
        refused = refusal(426, "This address speaks WebSocket.").with("Upgrade", "websocket");
    } else if (headers.get("Sec-WebSocket-Version") != "13") {
        refused = refusal(426, "Only WebSocket version 13 is spoken here.")
                      .with("Sec-WebSocket-Version", "13");
    } else if (!origin_is_own(headers)) {
        refused = refusal(403, "This page comes from another place; its script may not connect.");
    }
    if (refused) {
        (void)co_await answer(std::move(*refused), {.keep_alive = false, .now = wall_seconds()});
        co_await linger();
        co_return;
    }
    const std::string head = fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        ws_accept(key));
    watchdog_->feed(server_->options.send_patience);
    if (!co_await stream_->write_all(base::as_bytes(head))) co_return;
    watchdog_.reset();
    const auto websocket =
        WebSocket::over(std::move(stream_), WsParser::Role::Server, route.options.websocket, in_);
    websocket_ = websocket;
    co_await route.websocket(std::move(request), websocket);
    co_await websocket->close();
}

Task<bool> Connection::answer(Response response, AnswerContext context) {
    if (draining_) context.keep_alive = false;
    context.security_headers = server_->options.security_headers;
    Answer made = make_answer(response, context);
    watchdog_->feed(server_->options.send_patience);
    Result<> sent;
    if (const auto* text = std::get_if<std::string>(&response.body);
        text != nullptr && made.sends_body) {
        sent = co_await write_slices(base::as_bytes(*text), std::move(made.head));
    } else if (const auto* shared = std::get_if<SharedBody>(&response.body);
               shared != nullptr && made.sends_body) {
        sent = co_await write_slices(shared->bytes, std::move(made.head));
    } else {
        sent = co_await stream_->write_all(base::as_bytes(made.head));
        if (sent && made.sends_body && made.file) sent = co_await send_file(*made.file);
        if (const auto* stream = std::get_if<StreamBody>(&response.body);
            sent && stream != nullptr && made.sends_body) {
            sent = co_await send_stream(*stream, made.chunked);
        }
    }
    if (!sent) server_->log.debug("An answer did not arrive whole: {}", sent.error().message());
    co_return sent.has_value() && made.keep_alive;
}

Task<Result<>> Connection::write_slices(ByteSpan bytes, std::string head) {
    do {
        const ByteSpan slice = bytes.first(std::min(bytes.size(), kSliceBytes));
        const std::array parts{iovec{head.data(), head.size()},
                               iovec{const_cast<std::uint8_t*>(slice.data()), slice.size()}};
        watchdog_->feed();
        CASEMENT_CO_TRY(co_await stream_->write_all(std::span<const iovec>(parts)));
        head.clear();
        bytes = bytes.subspan(slice.size());
    } while (!bytes.empty());
    co_return Result<>{};
}

Task<Result<>> Connection::send_file(FilePart& part) {
    std::vector<std::uint8_t> buffer(
        static_cast<std::size_t>(std::min<std::uint64_t>(part.size, kFileSliceBytes)));
    while (part.size > 0) {
        const auto wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(part.size, buffer.size()));
        const auto read = [&part, &buffer, wanted] {
            return ::pread(part.descriptor, buffer.data(), wanted, static_cast<off_t>(part.offset));
        };
        watchdog_->pause();  // a slow disk is not the client's fault
        ssize_t n = 0;
        if (server_->options.file_pool != nullptr) {
            n = co_await server_->options.file_pool->run(read);
        } else {
            n = read();
        }
        if (n <= 0)
            co_return base::fail(ErrorKind::DataLoss, "a file became shorter while it was sent");
        watchdog_->feed();
        CASEMENT_CO_TRY(co_await write_slices({buffer.data(), static_cast<std::size_t>(n)}, {}));
        part.offset += static_cast<std::uint64_t>(n);
        part.size -= static_cast<std::uint64_t>(n);
    }
    co_return Result<>{};
}

/// Returns when the client is gone. What it sends meanwhile is the next request and waits its turn.
Task<Result<>> Connection::watch_for_end() {
    while (in_.size() < kMaxPipelined) {
        CASEMENT_CO_TRY(co_await read_more());
    }
    asio::steady_timer never(executor_, asio::steady_timer::time_point::max());
    (void)co_await never.async_wait(async::as_value);
    co_return Result<>{};
}

/// False when it failed. Nothing is thrown: an exception would leave the wait for the client's end
/// running.
Task<bool> Connection::run_body(const StreamBody& body, Writer& writer) {
    // The one place where a body's bug becomes a cut answer; the client sees that the end is
    // missing.
    try {
        co_await body.run(writer);
        co_return true;
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::operation_aborted)
            server_->log.error("A stream ended with an error: {}", e.what());
    } catch (const std::exception& e) {
        server_->log.error("A stream ended with an error: {}", e.what());
    }
    co_return false;
}

Task<Result<>> Connection::send_stream(const StreamBody& body, bool chunked) {
    using namespace asio::experimental::awaitable_operators;
    watchdog_->pause();
    Writer writer(*this, chunked);
    const auto outcome = co_await (run_body(body, writer) || watch_for_end());
    const bool failed = outcome.index() != 0 || !std::get<0>(outcome);
    if (failed || !stream_->is_open())
        co_return base::fail(ErrorKind::Unavailable, "the client left");
    if (body.content_length && writer.written() != *body.content_length)
        co_return base::fail(ErrorKind::Internal, "the body has another length than promised");
    watchdog_->feed(server_->options.send_patience);
    if (chunked) co_return co_await stream_->write_all(base::as_bytes("0\r\n\r\n"));
    co_return Result<>{};
}

/// Closing with unread input resets the connection and takes the answer along; so read on for a
/// moment.
Task<> Connection::linger() {
    watchdog_->feed(kLingerPatience);
    (void)co_await stream_->shut_down();
    for (std::size_t total = 0; total < kMaxLingerBytes; total += in_.size()) {
        in_.clear();
        if (!co_await read_more()) co_return;
    }
}

}  // namespace casement::net
