#include "net/http_client.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <deque>

#include "base/random.hpp"
#include "base/text.hpp"
#include "net/http_parser.hpp"

namespace casement::net {

namespace {

using base::ErrorKind;
using base::Url;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 16 * 1024;
// Large clouds send cookies and policies: 64 KiB is eight times the biggest head seen.
constexpr HttpLimits kHeadLimits{.header_bytes = 64 * 1024, .header_fields = 200};
constexpr std::size_t kMaxBuffered = 128 * 1024;
constexpr std::size_t kMaxDrained = 64 * 1024;  // of a body nobody wants, to keep its connection
constexpr std::size_t kMaxKnownOrigins = 32;
constexpr int kMaxSignInTries =
    2;  // a challenge, and once more when its nonce had just become stale

/// A connection between two requests, with what came too early.
struct Connection {
    std::unique_ptr<Stream> stream;
    std::vector<std::uint8_t> in;
    bool is_reused = false;
};

/// How an origin wants to be told who we are, learned from its last 401.
struct KnownAuth {
    std::optional<DigestChallenge> digest;  // none = Basic
    unsigned count = 0;
};

std::string origin_of(const Url& url) {
    return fmt::format("{}://{}:{}", url.scheme, url.host, url.port_or_default());
}

bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
           method == "OPTIONS";
}

/// Nothing to read: neither an end nor bytes that nobody asked for.
bool is_quiet(const Stream& stream) {
    char byte = 0;
    return ::recv(stream.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool is_safe_value(std::string_view value) {
    return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

base::Error status_error(std::string_view what, int status) {
    const auto make = [&](ErrorKind kind, std::string reason = {}) {
        return base::Error(kind, std::move(reason),
                           fmt::format("{}: HTTP {} {}", what, status, status_phrase(status)));
    };
    switch (status) {
        case 400:
        case 405:
        case 406:
        case 411:
        case 413:
        case 414:
        case 415:
        case 422:
            return make(ErrorKind::InvalidArgument);
        case 401:
            return make(ErrorKind::Unauthenticated);
        case 403:
            return make(ErrorKind::PermissionDenied);
        case 404:
        case 410:
            return make(ErrorKind::NotFound);
        case 408:
        case 504:
            return make(ErrorKind::DeadlineExceeded);
        case 409:
        case 412:
        case 428:
            return make(ErrorKind::FailedPrecondition);
        case 429:
            return make(ErrorKind::ResourceExhausted, "quota");
        case 501:
            return make(ErrorKind::Unsupported);
        default:
            break;
    }
    return status >= 500 ? make(ErrorKind::Unavailable, "vendor-down")
                         : make(ErrorKind::Unavailable);
}

struct HttpClient::State {
    State(Executor e, HttpClientOptions o) : executor(std::move(e)), options(std::move(o)) {}

    struct Idle {
        std::string origin;
        Connection connection;
        Clock::time_point until;
    };

    Executor executor;
    HttpClientOptions options;
    std::shared_ptr<TlsClientContext> tls;
    std::deque<Idle> idle;  // the freshest last
    std::map<std::string, KnownAuth> auth;

    std::optional<Connection> take_idle(const std::string& origin) {
        std::erase_if(idle, [now = Clock::now()](const Idle& entry) { return entry.until < now; });
        for (auto it = idle.rbegin(); it != idle.rend(); ++it) {
            if (it->origin != origin) continue;
            Connection out = std::move(it->connection);
            idle.erase(std::next(it).base());
            out.is_reused = true;
            if (!is_quiet(*out.stream)) return std::nullopt;
            return out;
        }
        return std::nullopt;
    }
    void give_back(const std::string& origin, Connection connection) {
        idle.push_back({origin, std::move(connection), Clock::now() + options.keep_alive});
        if (idle.size() > HttpClientOptions::kMaxIdle) idle.pop_front();
    }

    Result<ConnectOptions> connect_options(bool is_tls) {
        ConnectOptions out = options.connect;
        out.tls.reset();
        out.tls_context.reset();
        if (!is_tls) return out;
        if (!tls) tls = options.connect.tls_context;
        if (!tls) {
            CASEMENT_TRY(tls, TlsClientContext::make(options.connect.tls.value_or(TlsOptions{})));
        }
        out.tls_context = tls;
        return out;
    }

    std::string authorization(const Url& url, const Credentials& credentials,
                              std::string_view method) {
        const auto known = auth.find(origin_of(url));
        if (credentials.empty() || known == auth.end()) return {};
        if (!known->second.digest) return basic_authorization(credentials);
        return digest_authorization(credentials, *known->second.digest, method, url.target(),
                                    ++known->second.count, base::random_hex(8));
    }
    /// True when the 401 taught something new that is worth another try.
    bool learn(const Url& url, const Headers& headers, int tries) {
        auto digest = best_digest(headers);
        const bool may_retry = tries == 0 || (digest && digest->stale && tries < kMaxSignInTries);
        const bool basic =
            !digest && base::lower_case(headers.get("WWW-Authenticate")).starts_with("basic");
        if (!may_retry || (!digest && !basic)) return false;
        if (auth.size() >= kMaxKnownOrigins) auth.clear();
        auth[origin_of(url)] = KnownAuth{std::move(digest), 0};
        return true;
    }
};

namespace {

std::string request_head(const Url& url, const ClientRequest& request,
                         const std::string& user_agent, const std::string& authorization) {
    std::string out = fmt::format("{} {} HTTP/1.1\r\n", request.method, url.target());
    if (!request.headers.has("Host")) out += fmt::format("Host: {}\r\n", url.authority());
    if (!request.headers.has("User-Agent")) out += fmt::format("User-Agent: {}\r\n", user_agent);
    if (!request.headers.has("Accept")) out += "Accept: */*\r\n";
    for (const auto& [name, value] : request.headers) {
        if (is_safe_value(name) && is_safe_value(value))
            out += fmt::format("{}: {}\r\n", name, value);
    }
    if (!authorization.empty() && !request.headers.has("Authorization"))
        out += fmt::format("Authorization: {}\r\n", authorization);
    const bool sends_body = !request.body.empty() || request.method == "POST" ||
                            request.method == "PUT" || request.method == "PATCH";
    if (sends_body) out += fmt::format("Content-Length: {}\r\n", request.body.size());
    return out + "\r\n";
}

class Reader final : public ResponseReader {
public:
    Reader(std::shared_ptr<HttpClient::State> client, Connection connection, Url url)
        : client_(std::move(client)),
          connection_(std::move(connection)),
          url_(std::move(url)),
          url_text_(url_.without_credentials()) {}

    /// Sends the request and reads the head of the final answer. `touched` = something came back,
    /// so a repeat is out of the question.
    Task<Result<>> start(std::string head, std::string body, bool is_head_request, bool& touched) {
        const std::array parts{iovec{head.data(), head.size()}, iovec{body.data(), body.size()}};
        CASEMENT_CO_TRY(co_await connection_.stream->write_all(std::span<const iovec>(parts)));
        for (;;) {
            if (is_head_request) parser_.expect_no_body();
            while (!parser_.head_done()) {
                CASEMENT_CO_TRY(co_await more());
                touched = true;
            }
            const int code = parser_.head().status;
            if (code < 100 || code > 199 || code == 101) co_return Result<>{};
            parser_ = HttpParser(HttpParser::Kind::Response,
                                 kHeadLimits);  // RFC 9110 §15.2: any number of 1xx may come first
        }
    }

    int status() const override { return parser_.head().status; }
    const Headers& headers() const override { return parser_.head().headers; }
    const std::string& url() const override { return url_text_; }
    const Url& parsed_url() const { return url_; }
    Stream& stream() override { return *connection_.stream; }

    Task<Result<ByteSpan>> read() override {
        for (;;) {
            piece_ = parser_.take_body();
            if (!piece_.empty()) co_return base::as_bytes(piece_);
            if (parser_.done()) {
                finish();
                co_return ByteSpan{};
            }
            CASEMENT_CO_TRY(co_await more());
        }
    }

    /// Reads what is left of a short body, so that the connection can be used again.
    Task<> drain() {
        std::size_t total = 0;
        while (total < kMaxDrained) {
            const auto piece = co_await read();
            if (!piece || piece->empty()) co_return;
            total += piece->size();
        }
    }

private:
    Task<Result<>> more() {
        if (!connection_.in.empty()) {
            CASEMENT_CO_TRY(const std::size_t taken, feed());
            if (taken > 0) co_return Result<>{};
        }
        if (connection_.in.size() > kMaxBuffered)
            co_return base::fail(ErrorKind::DataLoss, "the HTTP answer has a line without an end");
        const std::size_t before = connection_.in.size();
        connection_.in.resize(before + kReadBytes);
        const auto n =
            co_await connection_.stream->read_some(std::span(connection_.in).subspan(before));
        connection_.in.resize(before + n.value_or(0));
        if (n) {
            CASEMENT_CO_TRY(co_await consume());
            co_return Result<>{};
        }
        // A body without a length ends with the connection (RFC 9112 §6.3).
        if (connection_.stream->ended() && parser_.head_done()) co_return parser_.feed_end();
        co_return std::unexpected(n.error());
    }
    Task<Result<>> consume() {
        CASEMENT_CO_TRY(feed());
        co_return Result<>{};
    }
    Result<std::size_t> feed() {
        auto taken = parser_.feed(connection_.in);
        if (!taken)
            return base::fail(ErrorKind::DataLoss, "the answer: {}", taken.error().message());
        connection_.in.erase(connection_.in.begin(),
                             connection_.in.begin() + static_cast<std::ptrdiff_t>(*taken));
        return taken;
    }
    void finish() {
        if (std::exchange(finished_, true)) return;
        if (parser_.head().keep_alive && connection_.stream->is_open() &&
            !connection_.stream->ended() && connection_.in.empty() &&
            parser_.head().status != 101) {
            // The caller may still ask for stream(): a closed one stands in.
            Connection kept{std::move(connection_.stream), {}, false};
            connection_.stream = std::make_unique<PlainStream>(
                boost::asio::ip::tcp::socket(kept.stream->executor()));
            client_->give_back(origin_of(url_), std::move(kept));
        }
    }

    std::shared_ptr<HttpClient::State> client_;
    Connection connection_;
    Url url_;
    std::string url_text_;
    HttpParser parser_{HttpParser::Kind::Response, kHeadLimits};
    std::string piece_;
    bool finished_ = false;
};

using ReaderResult = Result<std::unique_ptr<Reader>>;

/// One request, one answer; no redirects, no second tries for authentication.
Task<ReaderResult> exchange(std::shared_ptr<HttpClient::State> client, Url url,
                            ClientRequest request, Deadline deadline) {
    const std::string origin = origin_of(url);
    const bool is_tls = url.scheme == "https";
    for (bool may_reuse = true;; may_reuse = false) {
        std::optional<Connection> connection;
        if (may_reuse) connection = client->take_idle(origin);
        if (!connection) {
            CASEMENT_CO_TRY(ConnectOptions options, client->connect_options(is_tls));
            CASEMENT_CO_TRY(auto stream, co_await connect(url.host, url.port_or_default(),
                                                          std::move(options), deadline));
            connection = Connection{std::move(stream), {}, false};
        }
        const bool was_reused = connection->is_reused;
        auto reader = std::make_unique<Reader>(client, std::move(*connection), url);
        std::string head =
            request_head(url, request, client->options.user_agent,
                         client->authorization(url, request.credentials, request.method));
        bool touched = false;
        const Result<> started = co_await reader->start(std::move(head), request.body,
                                                        request.method == "HEAD", touched);
        if (started) co_return std::move(reader);
        // The other side may have closed an idle connection just now: that is no answer to this
        // request.
        const bool retry = was_reused && !touched && is_idempotent(request.method) &&
                           started.error().is(ErrorKind::Unavailable);
        if (!retry)
            co_return std::unexpected(started.error().within(
                fmt::format("{} {}", request.method, url.without_credentials())));
    }
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// RFC 3986 §5, as far as servers use it: an absolute URL, //host, /path, or a path beside the
/// current one.
Result<Url> target_of(const Url& from, std::string_view location) {
    if (location.find("://") != std::string_view::npos && location.find("://") < location.find('/'))
        return Url::parse(location);
    const std::string base = from.scheme + "://" + from.authority();
    if (location.starts_with("//")) return Url::parse(from.scheme + ":" + std::string(location));
    if (location.starts_with('/')) return Url::parse(base + std::string(location));
    return Url::parse(base + from.path.substr(0, from.path.rfind('/') + 1) + std::string(location));
}

Result<> follow(Url& url, ClientRequest& request, int status, std::string_view location) {
    CASEMENT_TRY(Url next, target_of(url, location));
    if (next.scheme != "http" && next.scheme != "https")
        return base::fail(ErrorKind::Unsupported, "redirected to {}", next.scheme);
    if (url.scheme == "https" && next.scheme == "http") {
        return base::fail(ErrorKind::PermissionDenied, "redirected from https to http: {}",
                          next.without_credentials());
    }
    if (origin_of(next) != origin_of(url)) {
        request.credentials = {};
        request.headers.remove("Authorization");
        request.headers.remove("Cookie");
        request.headers.remove("Host");
    }
    if (status == 303 ||
        (request.method == "POST" && (status == 301 || status == 302))) {  // RFC 9110 §15.4
        request.method = "GET";
        request.body.clear();
        request.headers.remove("Content-Type");
    }
    url = std::move(next);
    return {};
}

Task<ReaderResult> open_now(std::shared_ptr<HttpClient::State> client, ClientRequest request,
                            Deadline deadline) {
    CASEMENT_CO_TRY(Url url, Url::parse(request.url));
    if (url.scheme != "http" && url.scheme != "https")
        co_return base::fail(ErrorKind::InvalidArgument, "{} is not an HTTP address",
                             url.without_credentials());
    if (request.credentials.empty() && url.has_credentials())
        request.credentials = {url.user, url.password};
    int tries = 0;
    for (int redirects = 0;;) {
        CASEMENT_CO_TRY(auto reader, co_await exchange(client, url, request, deadline));
        if (reader->status() == 401 && !request.credentials.empty() &&
            client->learn(url, reader->headers(), tries)) {
            ++tries;
            co_await reader->drain();
            continue;
        }
        const std::string location(reader->headers().get("Location"));
        if (!is_redirect(reader->status()) || location.empty() || request.max_redirects == 0)
            co_return std::move(reader);
        if (++redirects > request.max_redirects) {
            co_return base::fail(ErrorKind::Unavailable, "{}: more than {} redirects",
                                 reader->url(), request.max_redirects);
        }
        const int status = reader->status();
        co_await reader->drain();
        CASEMENT_CO_TRY(follow(url, request, status, location));
        tries = 0;
    }
}

Task<Result<ClientResponse>> send_now(std::shared_ptr<HttpClient::State> client,
                                      ClientRequest request, Deadline deadline) {
    const std::size_t limit = request.max_body_bytes;
    CASEMENT_CO_TRY(auto reader,
                    co_await open_now(std::move(client), std::move(request), deadline));
    ClientResponse out{
        .status = reader->status(), .headers = reader->headers(), .body = {}, .url = reader->url()};
    for (;;) {
        auto piece = co_await reader->read();
        if (!piece) co_return std::unexpected(piece.error().within(out.url));
        if (piece->empty()) co_return out;
        if (out.body.size() + piece->size() > limit) {
            co_return base::fail(ErrorKind::ResourceExhausted,
                                 "{}: the answer is longer than {} bytes", out.url, limit);
        }
        out.body += base::as_text(*piece);
    }
}

Task<Result<std::unique_ptr<ResponseReader>>> as_response_reader(Task<ReaderResult> opening) {
    CASEMENT_CO_TRY(auto reader, co_await std::move(opening));
    co_return std::move(reader);
}

}  // namespace

HttpClient::HttpClient(Executor executor, HttpClientOptions options)
    : state_(std::make_shared<State>(std::move(executor), std::move(options))) {}
HttpClient::~HttpClient() = default;

Task<Result<ClientResponse>> HttpClient::send(ClientRequest request, Deadline deadline) {
    const std::string what = request.method;
    co_return co_await async::with_deadline(deadline, what,
                                            send_now(state_, std::move(request), deadline));
}

Task<Result<std::unique_ptr<ResponseReader>>> HttpClient::open(ClientRequest request,
                                                               Deadline deadline) {
    const std::string what = request.method;
    co_return co_await async::with_deadline(
        deadline, what, as_response_reader(open_now(state_, std::move(request), deadline)));
}

Task<Result<ClientResponse>> HttpClient::get(std::string url, Deadline deadline) {
    ClientRequest request;
    request.url = std::move(url);
    co_return co_await send(std::move(request), deadline);
}

}  // namespace casement::net
