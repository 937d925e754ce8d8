#pragma once
// One HTTP connection from its first byte to its last; HttpServer's inside.

#include <atomic>
#include <map>
#include <memory>
#include <optional>

#include <boost/asio/cancellation_signal.hpp>

#include "base/mutex.hpp"
#include "net/http_parser.hpp"
#include "net/http_response.hpp"
#include "net/http_server.hpp"
#include "net/router.hpp"
#include "net/watchdog.hpp"

namespace casement::net {

class Connection;

struct HttpServer::State {
    // Constant once serving.
    HttpServerOptions options;
    base::Log log;
    Router router;
    Guard guard;

    // Connections live on several io threads.
    mutable base::Mutex mutex;
    std::map<Connection*, std::weak_ptr<Connection>> live CASEMENT_GUARDED_BY(mutex);
    std::atomic<bool> stopping{false};
};

/// Lives on its stream's executor.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(std::shared_ptr<HttpServer::State> server, std::unique_ptr<PlainStream> stream);

    void start();
    /// Ends when it may: at once when idle, else after the answer.
    void drain();
    /// Ends now.
    void cut();
    const Executor& executor() const { return executor_; }

private:
    class Writer;

    Task<> run();
    Task<bool> secure();
    Task<> explain_tls();
    Task<bool> serve_one(bool is_last);
    Task<Result<>> read_head(HttpParser& parser);
    Task<Result<>> read_more();
    Task<Result<>> read_body(HttpParser& parser, Request& request, const RouteOptions& options);
    Result<> feed(HttpParser& parser);
    Result<Target> accept_head(const HttpHead& head) const;
    Request make_request(HttpHead& head, Target target) const;
    Task<bool> dispatch(HttpParser& parser, Request request, const RouteMatch& match);
    Task<Response> call(const Handler& handler, Request request);
    Task<> upgrade(const Route& route, Request request, const Headers& headers);
    Task<bool> answer(Response response, AnswerContext context);
    Task<bool> refuse(const base::Error& error);
    Task<Result<>> write_slices(ByteSpan bytes, std::string head);
    Task<Result<>> send_file(FilePart& part);
    Task<Result<>> send_stream(const StreamBody& body, bool chunked);
    Task<bool> run_body(const StreamBody& body, Writer& writer);
    Task<Result<>> watch_for_end();
    Task<> linger();

    const std::shared_ptr<HttpServer::State> server_;
    const Executor executor_;
    boost::asio::cancellation_signal cancel_;
    std::unique_ptr<Stream> stream_;
    std::vector<std::uint8_t> in_;
    bool idle_ = true;
    bool draining_ = false;
    bool is_tls_ = false;
    std::weak_ptr<WebSocket> websocket_;
    std::optional<Watchdog> watchdog_;
};

}  // namespace casement::net
