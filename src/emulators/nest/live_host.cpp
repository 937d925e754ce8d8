#include "emulators/nest/live_host.hpp"

#include <utility>

#include "base/time_scale.hpp"
#include "emulators/nest/live_state.hpp"
#include "net/endpoint.hpp"

namespace casement::emulators::nest {

using base::ErrorKind;
using base::Result;

namespace {

constexpr std::chrono::seconds kHandshakeTime{10};
constexpr int kHueStep = 70;

}  // namespace

LiveHost::State::State(async::Executor e, async::BlockingPool& p, const base::Clock& c,
                       const Accounts& a, Home& h, LiveOptions o, const base::Log& l)
    : executor(std::move(e)),
      pool(p),
      clock(c),
      accounts(a),
      home(h),
      options(std::move(o)),
      log(l),
      server(net::HttpServerOptions{.name = "emulated Nest, live over WebSockets",
                                    .tls = options.tls,
                                    .security_headers = false},
             log),
      tasks(executor, log) {}

std::chrono::milliseconds LiveHost::State::scaled(std::chrono::milliseconds wait) const {
    return base::scaled(wait, options.time_scale);
}

Result<> LiveHost::State::listen() {
    boost::system::error_code ec;
    const auto address = net::ip::make_address(options.address, ec);
    if (ec || address.is_unspecified())
        return base::fail(ErrorKind::InvalidArgument, "\"{}\" is not one address", options.address);
    const auto at = [&](std::uint16_t port) {
        net::ListenOptions where;
        where.name = "emulated Nest, live";
        where.address = net::to_text(net::ip::tcp::endpoint(address, port));
        return net::Listener::listen(executor, where);
    };
    CASEMENT_TRY(listener, at(options.port));
    CASEMENT_TRY(websocket_listener, at(options.websocket_port));
    server.websocket("/nexustalk",
                     [weak = weak_from_this()](
                         net::Request, std::shared_ptr<net::WebSocket> socket) -> async::Task<> {
                         const auto state = weak.lock();
                         if (!state) co_return;
                         LiveSession session(state,
                                             make_wire(std::move(socket), state->faults->messages),
                                             net::to_text(state->websocket_listener->endpoint()));
                         co_await session.serve();
                     },
                     {.max_body_bytes = 0,
                      .access = "nexustalk",
                      .websocket = {.max_message_bytes = 1 << 20,
                                    .max_queued_bytes = 16 * 1024 * 1024,
                                    .ping_every = std::chrono::seconds(0)}});
    tasks.spawn("emulated Nest, live", [self = shared_from_this()] {
        return self->listener->run({self->executor}, [weak = std::weak_ptr(self)](
                                                         std::unique_ptr<net::PlainStream> stream) {
            if (const auto alive = weak.lock()) alive->take(std::move(stream));
        });
    });
    tasks.spawn("emulated Nest, live over WebSockets", [self = shared_from_this()] {
        return self->websocket_listener->run({self->executor}, self->server.acceptor());
    });
    return {};
}

void LiveHost::State::take(std::unique_ptr<net::PlainStream> stream) {
    const auto taken = std::make_shared<std::unique_ptr<net::PlainStream>>(std::move(stream));
    tasks.spawn("live viewer",
                [self = shared_from_this(), taken] { return serve_stream(self, taken); });
}

async::Task<> LiveHost::State::serve_stream(
    std::shared_ptr<State> state, std::shared_ptr<std::unique_ptr<net::PlainStream>> taken) {
    std::unique_ptr<net::Stream> stream;
    if (state->options.tls) {
        auto secured = co_await net::tls_accept(std::move(*taken), state->options.tls,
                                                net::Deadline::in(kHandshakeTime));
        if (!secured) co_return;
        stream = std::move(*secured);
    } else {
        stream = std::move(*taken);
    }
    LiveSession session(state, make_wire(std::move(stream), state->faults->messages),
                        net::to_text(state->listener->endpoint()), &LiveFaults::is_blocked);
    co_await session.serve();
}

async::Task<Result<std::shared_ptr<testcam::Feed>>> LiveHost::State::feed_of(std::string uuid) {
    if (const auto known = feeds.find(uuid); known != feeds.end()) co_return known->second;
    ffmpeg::TestPictureOptions picture = options.picture;
    picture.name = uuid.substr(0, 8);
    picture.hue = kHueStep * static_cast<int>(feeds.size() + 1);
    // Two clients who come at once find one feed: the second opening is thrown away.
    CASEMENT_CO_TRY(auto opened, co_await testcam::Feed::open(executor, pool, clock, picture, log));
    co_return feeds.try_emplace(uuid, std::move(opened)).first->second;
}

Result<std::unique_ptr<LiveHost>> LiveHost::start(async::Executor executor,
                                                  async::BlockingPool& pool,
                                                  const base::Clock& clock,
                                                  const Accounts& accounts, Home& home,
                                                  LiveOptions options, base::Log log) {
    const auto state = std::make_shared<State>(std::move(executor), pool, clock, accounts, home,
                                               std::move(options), log);
    std::unique_ptr<LiveHost> out(new LiveHost(state));
    state->faults = state->used_up = &out->faults;
    CASEMENT_TRY(state->listen());
    return out;
}

LiveHost::LiveHost(std::shared_ptr<State> state) : state_(std::move(state)) {}
LiveHost::~LiveHost() {
    if (state_->listener) state_->listener->close();
    if (state_->websocket_listener) state_->websocket_listener->close();
    state_->tasks.cancel();
}

async::Task<> LiveHost::stop() {
    const auto state = state_;
    state->listener->close();
    state->websocket_listener->close();
    co_await state->server.stop(std::chrono::milliseconds{0});
    co_await state->tasks.stop();
    for (const auto& [uuid, feed] : state->feeds) co_await feed->stop();
}

std::string LiveHost::address() const { return net::to_text(state_->listener->endpoint()); }
std::string LiveHost::websocket_address() const {
    return net::to_text(state_->websocket_listener->endpoint());
}
LiveCounters LiveHost::counters() const { return state_->counters; }
const std::vector<Spoken>& LiveHost::spoken() const { return state_->spoken; }

std::shared_ptr<testcam::Feed> LiveHost::feed(std::string_view uuid) const {
    const auto at = state_->feeds.find(uuid);
    return at == state_->feeds.end() ? nullptr : at->second;
}

void LiveHost::end_playbacks(std::string_view uuid, wire::EndReason reason) {
    for (LiveSession* session : state_->sessions) {
        if (session->uuid() == uuid) session->end_playback(reason);
    }
}
void LiveHost::fail_all(wire::ErrorCode code) {
    for (LiveSession* session : state_->sessions) session->fail(code, "Error");
}
void LiveHost::reset_all() {
    for (LiveSession* session : state_->sessions) session->reset();
}

}  // namespace casement::emulators::nest
