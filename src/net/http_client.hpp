#pragma once
// HTTP/1.1 client: deadlines, TLS, Basic and Digest, bounded bodies and redirects, streaming
// answers, kept connections.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/url.hpp"
#include "net/connect.hpp"
#include "net/http_auth.hpp"
#include "net/http_message.hpp"

namespace casement::net {

struct ClientRequest {
    std::string method = "GET";
    std::string url{};  // credentials in it are used as `credentials` when that is empty
    Headers headers{};
    std::string body{};
    Credentials credentials{};
    std::size_t max_body_bytes = 8 * 1024 * 1024;  // an 8 MiB still is beyond any camera of ours
    /// 0 = a redirect is an answer like any other. Credentials, Authorization and Cookie do not
    /// follow to another host.
    int max_redirects = 5;
};

struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
    std::string url;  // after redirects, without credentials
    bool is_success() const { return status >= 200 && status < 300; }
};

/// `Unauthenticated` for 401, `NotFound` for 404…: the only map from an HTTP status to an error,
/// for answers that should have been 2xx. Reasons: 429 `quota`, 5xx `vendor-down`. The sentence
/// holds status and method, never the body.
base::Error status_error(std::string_view what, int status);

/// A body that arrives bit by bit. Holds its connection; destroying it before the end closes that.
class ResponseReader {
public:
    virtual ~ResponseReader() = default;
    virtual int status() const = 0;
    virtual const Headers& headers() const = 0;
    virtual const std::string& url() const = 0;
    /// The next piece, empty at the end. The view is valid until the next call. Give it a deadline
    /// or a Watchdog on stream().
    virtual Task<Result<ByteSpan>> read() = 0;
    virtual Stream& stream() = 0;
};

struct HttpClientOptions {
    /// TLS trust, overrides, bind address. `connect.tls` is made from the scheme; its options are
    /// used for https when set.
    ConnectOptions connect{};
    std::string user_agent = "Casement";
    /// Idle connections are kept this long, at most kMaxIdle in all.
    std::chrono::seconds keep_alive{30};
    static constexpr std::size_t kMaxIdle = 8;
};

/// Lives on one executor; any number of requests at a time. Requests in flight must not outlive it.
class HttpClient {
public:
    explicit HttpClient(Executor executor, HttpClientOptions options = {});
    ~HttpClient();

    /// Any status is a success of the call. Errors: those of connect(), DataLoss for answers that
    /// are not HTTP, ResourceExhausted over max_body_bytes. A kept connection that turns out dead
    /// is replaced once when the method is idempotent.
    Task<Result<ClientResponse>> send(ClientRequest request, Deadline deadline);
    /// The same up to the end of the head; the body is read by the caller, without limit in all
    /// (max_body_bytes is not looked at).
    Task<Result<std::unique_ptr<ResponseReader>>> open(ClientRequest request, Deadline deadline);

    Task<Result<ClientResponse>> get(std::string url, Deadline deadline);

    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace casement::net
