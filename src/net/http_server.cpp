#include "net/http_server.hpp"

#include <boost/asio/post.hpp>

#include "async/deadline.hpp"
#include "base/text.hpp"
#include "net/http_connection.hpp"

namespace casement::net {

namespace {

constexpr auto kStopPoll = std::chrono::milliseconds(5);
constexpr auto kCutPatience = std::chrono::seconds(5);

std::vector<std::string> split_pattern(std::string_view pattern) {
    std::vector<std::string> out;
    if (pattern.starts_with('/')) pattern.remove_prefix(1);
    if (pattern.empty()) return out;
    const bool has_trailing_slash = pattern.ends_with('/');
    while (!pattern.empty()) out.emplace_back(base::take_until(pattern, '/'));
    if (has_trailing_slash) out.emplace_back();
    return out;
}

std::string_view host_without_port(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

void for_each_live(HttpServer::State& state, void (Connection::*what)()) {
    std::vector<std::shared_ptr<Connection>> all;
    {
        const base::MutexLock lock(state.mutex);
        for (const auto& [key, weak] : state.live) {
            if (auto connection = weak.lock()) all.push_back(std::move(connection));
        }
    }
    for (const auto& connection : all) {
        boost::asio::post(connection->executor(), [connection, what] { ((*connection).*what)(); });
    }
}

}  // namespace

std::string_view Request::capture(std::string_view name) const {
    for (const auto& [key, value] : captures) {
        if (key == name) return value;
    }
    return {};
}

Response Response::text(int status, std::string body, std::string content_type) {
    Response out;
    out.status = status;
    out.headers.add("Content-Type", std::move(content_type));
    out.body = std::move(body);
    return out;
}

Response Response::file(std::filesystem::path path, std::string content_type) {
    Response out;
    out.headers.add("Content-Type", std::move(content_type));
    out.body = FileBody{std::move(path), {}};
    return out;
}

Response Response::stream(std::string content_type, std::function<Task<>(BodyWriter&)> run) {
    Response out;
    out.headers.add("Content-Type", std::move(content_type));
    out.headers.add("Cache-Control", "no-store");
    out.body = StreamBody{std::move(run), std::nullopt};
    return out;
}

bool origin_is_own(const Headers& headers) {
    if (!headers.has("Origin")) return true;
    const std::string_view origin = headers.get("Origin");
    const std::size_t scheme = origin.find("://");
    if (scheme == std::string_view::npos) return false;  // "null": a sandboxed page
    const std::string_view host = host_without_port(headers.get("Host"));
    return !host.empty() && base::iequals(host_without_port(origin.substr(scheme + 3)), host);
}

HttpServer::HttpServer(HttpServerOptions options, base::Log log)
    : state_(std::make_shared<State>()) {
    state_->log = log.with("server", options.name);
    state_->options = std::move(options);
}

HttpServer::~HttpServer() = default;

void HttpServer::route(std::string method, std::string pattern, Handler handler,
                       RouteOptions options) {
    state_->router.add({std::move(method), split_pattern(pattern), std::move(handler), nullptr,
                        std::move(options)});
}

void HttpServer::websocket(std::string pattern, WebSocketHandler handler, RouteOptions options) {
    state_->router.add(
        {"GET", split_pattern(pattern), nullptr, std::move(handler), std::move(options)});
}

void HttpServer::set_guard(Guard guard) { state_->guard = std::move(guard); }

Listener::Handler HttpServer::acceptor() {
    return [state = state_](std::unique_ptr<PlainStream> stream) {
        if (state->stopping) return;
        auto connection = std::make_shared<Connection>(state, std::move(stream));
        {
            const base::MutexLock lock(state->mutex);
            state->live.emplace(connection.get(), connection);
        }
        connection->start();
    };
}

std::size_t HttpServer::connections() const {
    const base::MutexLock lock(state_->mutex);
    return state_->live.size();
}

Task<> HttpServer::stop(std::chrono::steady_clock::duration patience) {
    const auto state = state_;
    const auto is_empty = [&state] {
        const base::MutexLock lock(state->mutex);
        return state->live.empty();
    };
    state->stopping = true;
    for_each_live(*state, &Connection::drain);
    const Deadline polite = Deadline::in(patience);
    while (!is_empty() && !polite.passed()) (void)co_await async::sleep_for(kStopPoll);
    for_each_live(*state, &Connection::cut);
    const Deadline hard = Deadline::in(kCutPatience);
    while (!is_empty() && !hard.passed()) (void)co_await async::sleep_for(kStopPoll);
    if (!is_empty()) state->log.error("Connections do not end though they were cut");
}

}  // namespace casement::net
