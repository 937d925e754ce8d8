#include <algorithm>
#include <utility>

#include "emulators/nanit/authorization.hpp"
#include "emulators/nanit/camera_core.hpp"
#include "net/tls.hpp"

namespace casement::emulators::nanit {

using base::Result;

namespace {

constexpr std::chrono::days kCertificateLife{3650};

class LocalSession final : public ControlSession {
public:
    explicit LocalSession(std::shared_ptr<net::WebSocket> socket) : socket_(std::move(socket)) {}
    void answer(const std::vector<std::uint8_t>& message) override { push(message); }
    void push(const std::vector<std::uint8_t>& message) override { post(*socket_, message); }
    bool is_local() const override { return true; }

private:
    const std::shared_ptr<net::WebSocket> socket_;
};

}  // namespace

Result<net::Certificate> make_camera_certificate() {
    return net::make_self_signed("camera.invalid", {}, kCertificateLife);
}

Result<> Camera::State::open_door() {
    net::ListenOptions where;
    where.name = "emulated Nanit camera";
    where.address = door_address.empty() ? options.listen : door_address;
    CASEMENT_TRY(listener, net::Listener::listen(executor, where));
    door_address = net::to_text(listener->endpoint());
    tasks.spawn("door of an emulated Nanit camera", [state = shared_from_this(), open = listener] {
        return open->run({state->executor}, state->door->acceptor());
    });
    return {};
}

Result<> Camera::State::make_door() {
    std::optional<net::Certificate> certificate = options.certificate;
    if (!certificate) {
        CASEMENT_TRY(certificate, make_camera_certificate());
    }
    CASEMENT_TRY(auto tls, net::TlsServerContext::make(*certificate));
    door = std::make_unique<net::HttpServer>(
        net::HttpServerOptions{
            .name = "emulated Nanit camera", .tls = std::move(tls), .security_headers = false},
        log);
    door->set_guard([weak = weak_from_this()](
                        net::Request& request,
                        const net::RouteOptions&) -> async::Task<std::optional<net::Response>> {
        const auto state = weak.lock();
        if (!state || state->is_off) co_return net::Response::text(503, "switched off");
        const std::string field(request.headers.get("Authorization"));
        const Authorization who = parse_authorization(field);
        if (!takes(Family::Camera, who.form) || !state->options.lets_in ||
            !state->options.lets_in(who.token)) {
            ++state->counters.unauthorized;
            co_return net::Response::text(401, "Unauthorized");
        }
        if (state->used_slots() >= kSlots) {
            ++state->counters.out_of_slots;
            co_return net::Response::text(403, "Forbidden");
        }
        co_return std::nullopt;
    });
    door->websocket("/",
                    [weak = weak_from_this()](
                        net::Request, std::shared_ptr<net::WebSocket> socket) -> async::Task<> {
                        if (const auto state = weak.lock())
                            co_await serve(state, std::move(socket));
                    },
                    {.max_body_bytes = 0,
                     .access = "door",
                     .websocket = {.max_message_bytes = wire::kMaxMessageBytes,
                                   .ping_every = std::chrono::seconds(0)}});
    return {};
}

async::Task<> Camera::State::serve(std::shared_ptr<State> state,
                                   std::shared_ptr<net::WebSocket> socket) {
    if (state->is_off) co_return socket->abort();
    struct Visit {
        std::shared_ptr<State> state;
        std::shared_ptr<net::WebSocket> socket;
        std::shared_ptr<ControlSession> session;
        int boot;
        Visit(std::shared_ptr<State> s, std::shared_ptr<net::WebSocket> w)
            : state(std::move(s)),
              socket(std::move(w)),
              session(std::make_shared<LocalSession>(socket)),
              boot(state->boots) {
            state->local.push_back(socket);
            state->joined(session);
        }
        ~Visit() {
            std::erase(state->local, socket);
            if (state->is_off || boot != state->boots) return;  // the power took its slot with it
            if (socket->close_code() == 0)
                state->lost.push_back(state->clock.steady_now() +
                                      state->scaled(state->options.frees_slot_after));
            state->left(session);
        }
    } const visit(state, socket);
    for (;;) {
        const auto message = co_await socket->receive();
        if (!message) co_return;
        if (!message->is_text()) state->heard(visit.session, message->data);
    }
}

/// A client at the door takes one, which its first stream shares; every other stream takes one.
std::size_t Camera::State::used_slots() {
    std::erase_if(lost, [now = clock.steady_now()](base::SteadyTime free) { return free <= now; });
    std::size_t used =
        lost.size() + static_cast<std::size_t>(faults.other_apps) + streams->count_of_gone();
    for (const auto& session : sessions) {
        const std::size_t own = session->is_local() ? 1 : 0;
        used += std::max(own, streams->count_of(session));
    }
    return used;
}

}  // namespace casement::emulators::nanit
