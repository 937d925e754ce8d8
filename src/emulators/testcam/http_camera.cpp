#include "emulators/testcam/http_camera.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "async/task_group.hpp"
#include "net/http_auth.hpp"
#include "net/http_server.hpp"

namespace casement::emulators::testcam {

using base::Result;
using Manners = HttpCameraOptions::Manners;

namespace {

constexpr std::string_view kBoundary = "testcamera";

std::string content_type(Manners manners) {
    switch (manners) {
        case Manners::WrongBoundary:
            return "multipart/x-mixed-replace; boundary=something-else";
        case Manners::DashedBoundary:
            return fmt::format("multipart/x-mixed-replace;boundary=--{}", kBoundary);
        case Manners::Good:
        case Manners::NoContentLength:
            break;
    }
    return fmt::format("multipart/x-mixed-replace; boundary=\"{}\"", kBoundary);
}

std::string part_head(Manners manners, std::size_t size) {
    if (manners == Manners::NoContentLength)
        return fmt::format("--{}\r\nContent-Type: image/jpeg\r\n\r\n", kBoundary);
    return fmt::format("--{}\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", kBoundary,
                       size);
}

}  // namespace

// Shared with the tasks and, weakly, with the handlers of connections that may end later.
struct HttpCamera::State : std::enable_shared_from_this<HttpCamera::State> {
    State(std::shared_ptr<Feed> f, HttpCameraOptions o, std::unique_ptr<net::Listener> l,
          base::Log log)
        : feed(std::move(f)),
          options(std::move(o)),
          listener(std::move(l)),
          tasks(feed->executor(), std::move(log)) {}

    const std::shared_ptr<Feed> feed;
    const HttpCameraOptions options;
    const std::unique_ptr<net::Listener> listener;
    net::HttpServer server{
        net::HttpServerOptions{.name = "test camera", .tls = nullptr, .security_headers = false}};
    HttpCameraCounters counters;
    std::set<net::Stream*> streaming;
    async::TaskGroup tasks;

    void add_routes();
    bool lets_in(const net::Request& request);
    static async::Task<net::Response> snapshot(std::shared_ptr<State> state);
    static async::Task<> stream(std::shared_ptr<State> state, net::BodyWriter& writer);
    static async::Task<Result<>> write_part(net::BodyWriter& writer, Manners manners,
                                            media::Bytes jpeg);
};

bool HttpCamera::State::lets_in(const net::Request& request) {
    if (options.user.empty()) return true;
    const auto credentials = net::parse_basic(request.headers.get("Authorization"));
    if (credentials && credentials->user == options.user &&
        credentials->password == options.password)
        return true;
    if (credentials) ++counters.unauthorized;
    return false;
}

async::Task<net::Response> HttpCamera::State::snapshot(std::shared_ptr<State> state) {
    ++state->counters.snapshots;
    Feed::Tap tap = state->feed->tap();
    for (;;) {
        const auto item = co_await tap.next();
        if (!item) co_return net::Response::text(503, item.error().message());
        if (item->unit->track == 0) co_return net::Response::bytes("image/jpeg", item->unit->data);
    }
}

async::Task<Result<>> HttpCamera::State::write_part(net::BodyWriter& writer, Manners manners,
                                                    media::Bytes jpeg) {
    const std::string head = part_head(manners, jpeg.size());
    constexpr std::string_view kEnd = "\r\n";
    const std::array<iovec, 3> parts{iovec{const_cast<char*>(head.data()), head.size()},
                                     iovec{const_cast<std::uint8_t*>(jpeg.data()), jpeg.size()},
                                     iovec{const_cast<char*>(kEnd.data()), kEnd.size()}};
    co_return co_await writer.write(std::span<const iovec>(parts));
}

async::Task<> HttpCamera::State::stream(std::shared_ptr<State> state, net::BodyWriter& writer) {
    struct Visit {
        State& camera;
        net::Stream* stream;
        Visit(State& c, net::Stream* s) : camera(c), stream(s) {
            ++camera.counters.streams;
            camera.streaming.insert(stream);
        }
        ~Visit() { camera.streaming.erase(stream); }
    } const visit(*state, &writer.stream());
    Feed::Tap tap = state->feed->tap();
    for (;;) {
        const auto item = co_await tap.next();
        if (!item) co_return;
        if (item->unit->track != 0) continue;
        if (!co_await write_part(writer, state->options.manners, item->unit->data)) co_return;
    }
}

void HttpCamera::State::add_routes() {
    server.set_guard([weak = weak_from_this()](
                         net::Request& request,
                         const net::RouteOptions&) -> async::Task<std::optional<net::Response>> {
        const auto state = weak.lock();
        if (!state) co_return net::Response::text(503, "switched off");
        if (state->lets_in(request)) co_return std::nullopt;
        co_return net::Response::text(401, "no").with("WWW-Authenticate",
                                                      "Basic realm=\"test camera\"");
    });
    server.route("GET", "/snapshot.jpg",
                 [weak = weak_from_this()](net::Request) -> async::Task<net::Response> {
                     const auto state = weak.lock();
                     if (!state) co_return net::Response::text(503, "switched off");
                     co_return co_await snapshot(state);
                 });
    server.route("GET", "/stream.mjpeg",
                 [weak = weak_from_this()](net::Request) -> async::Task<net::Response> {
                     const auto state = weak.lock();
                     if (!state) co_return net::Response::text(503, "switched off");
                     auto run = [state](net::BodyWriter& writer) { return stream(state, writer); };
                     co_return net::Response::stream(content_type(state->options.manners),
                                                     std::move(run));
                 });
}

Result<std::unique_ptr<HttpCamera>> HttpCamera::listen(std::shared_ptr<Feed> feed,
                                                       HttpCameraOptions options, base::Log log) {
    if (feed->tracks()->front().codec != media::Codec::Mjpeg) {
        return base::fail(base::ErrorKind::InvalidArgument,
                          "an HTTP test camera shows JPEG, not {}",
                          to_string(feed->tracks()->front().codec));
    }
    net::ListenOptions where;
    where.name = "test camera";
    where.address = options.listen;
    CASEMENT_TRY(auto listener, net::Listener::listen(feed->executor(), where));
    const auto state = std::make_shared<State>(std::move(feed), std::move(options),
                                               std::move(listener), std::move(log));
    state->add_routes();
    state->tasks.spawn("test camera", [state] {
        return state->listener->run({state->feed->executor()}, state->server.acceptor());
    });
    return std::unique_ptr<HttpCamera>(new HttpCamera(state));
}

HttpCamera::HttpCamera(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpCamera::~HttpCamera() {
    state_->listener->close();
    state_->tasks.cancel();
    drop_connections();
}

std::string HttpCamera::stream_url() const {
    return fmt::format("http://{}/stream.mjpeg", net::to_text(state_->listener->endpoint()));
}
std::string HttpCamera::snapshot_url() const {
    return fmt::format("http://{}/snapshot.jpg", net::to_text(state_->listener->endpoint()));
}

HttpCameraCounters HttpCamera::counters() const {
    HttpCameraCounters out = state_->counters;
    out.streaming = state_->streaming.size();
    return out;
}

void HttpCamera::drop_connections() {
    for (net::Stream* stream : std::set(state_->streaming)) stream->close();
}

async::Task<> HttpCamera::stop() {
    const auto state = state_;
    state->listener->close();
    drop_connections();
    co_await state->server.stop(std::chrono::milliseconds{0});
    co_await state->tasks.stop();
}

}  // namespace casement::emulators::testcam
