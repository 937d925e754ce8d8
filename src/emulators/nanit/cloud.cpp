#include "emulators/nanit/cloud.hpp"

#include <algorithm>
#include <utility>

#include "async/deadline.hpp"
#include "base/time_scale.hpp"
#include "emulators/nanit/cloud_state.hpp"
#include "net/tls.hpp"

namespace casement::emulators::nanit {

using base::Result;
using net::Response;

namespace {

constexpr std::chrono::hours kHang{1};
constexpr std::string_view kLost = "answer lost";  // a mark of the guard on a request

std::pair<Family, std::string> read_access(std::string_view access) {
    return {static_cast<Family>(access.front() - '0'), std::string(access.substr(2))};
}

Response refused() { return Response::json(401, R"({"message":"unauthorized"})"); }

}  // namespace

std::string access_of(Family family, std::string_view name) {
    return fmt::format("{} {}", static_cast<int>(family), name);
}

Response lost_answer() {
    // Promised bytes that never come: the connection is cut behind the head.
    Response out =
        Response::stream("application/json", [](net::BodyWriter& writer) -> async::Task<> {
            writer.stream().close();
            co_return;
        });
    std::get<net::StreamBody>(out.body).content_length = 2;
    return out;
}

Cloud::State::State(async::Executor e, const base::Clock& c, CloudOptions o,
                    std::unique_ptr<net::Listener> l, std::shared_ptr<net::TlsServerContext> tls,
                    const base::Log& log)
    : executor(std::move(e)),
      clock(c),
      options(std::move(o)),
      listener(std::move(l)),
      server(
          net::HttpServerOptions{
              .name = "emulated Nanit cloud", .tls = std::move(tls), .security_headers = false},
          log),
      tasks(executor, log) {}

std::shared_ptr<Relay> Cloud::State::relay_of(std::string_view camera_uid) {
    auto& relay = relays[std::string(camera_uid)];
    if (!relay) relay = std::make_shared<Relay>(clock);
    return relay;
}

std::optional<Fault> Cloud::State::take_fault(std::string_view route) {
    const auto at = std::ranges::find_if(faults, [route](const Ordered& ordered) {
        return ordered.route == "*" || ordered.route == route;
    });
    if (at == faults.end()) return std::nullopt;
    const Fault fault = at->fault;
    if (--at->times <= 0) faults.erase(at);
    return fault;
}

void Cloud::State::set_guard() {
    server.set_guard([weak = weak_from_this()](
                         net::Request& request,
                         const net::RouteOptions& route) -> async::Task<std::optional<Response>> {
        const auto state = weak.lock();
        if (!state) co_return Response::text(503, "switched off");
        if (route.access.empty()) co_return std::nullopt;  // 404
        const auto [family, name] = read_access(route.access);
        const std::string field(request.headers.get("Authorization"));
        const Authorization who = parse_authorization(field);
        ++state->counts[{name, who.form}];
        if (state->options.told) state->options.told(name, who.form);
        if (const auto fault = state->take_fault(name)) {
            switch (*fault) {
                case Fault::TooMany:
                    co_return Response::json(429, R"({"message":"slow down"})");
                case Fault::BadGateway:
                    co_return Response::text(502, "<html>Bad Gateway</html>", "text/html");
                case Fault::Html:
                    co_return Response::text(200, "<html>Maintenance</html>", "text/html");
                case Fault::Hang:
                    (void)co_await async::sleep_for(base::scaled(kHang, state->options.time_scale));
                    co_return Response::text(504, "too late");
                case Fault::LostAnswer:
                    request.session = kLost;  // the handler does its work first
                    break;
            }
        }
        if (family == Family::Open) co_return std::nullopt;
        if (!takes(family, who.form)) co_return refused();
        const std::string uid(request.capture("camera"));
        if (family == Family::Camera) {
            if (!state->accounts.is_camera(who.token, uid)) co_return refused();
            co_return std::nullopt;
        }
        if (!state->accounts.end_of(who.token)) co_return refused();
        if (name == "user_connect") {
            if (state->nursery.find_camera(uid) == nullptr)
                co_return Response::json(404, R"({"message":"no such camera"})");
            const auto relay = state->relay_of(uid);
            if (relay->counters().open >= relay->max_clients)
                co_return Response::text(403,
                                         "Forbidden: Number of Mobile App connections above limit, "
                                         "declining connection");
        }
        co_return std::nullopt;
    });
}

void Cloud::State::route(std::string method, std::string pattern, std::string name, Family family,
                         Answer answer, std::size_t max_body_bytes) {
    server.route(
        std::move(method), std::move(pattern),
        [weak = weak_from_this(), answer](net::Request request) -> async::Task<Response> {
            const auto state = weak.lock();
            if (!state) co_return Response::text(503, "switched off");
            const bool lost = request.session == kLost;
            Response made = answer(*state, request);
            if (lost) co_return lost_answer();
            co_return made;
        },
        {.max_body_bytes = max_body_bytes, .access = access_of(family, name), .websocket = {}});
}

void Cloud::State::baby_route(std::string method, std::string pattern, std::string name,
                              Family family, BabyAnswer answer, std::size_t max_body_bytes) {
    route(
        std::move(method), std::move(pattern), std::move(name), family,
        [answer](State& cloud, const net::Request& request) {
            Baby* baby = cloud.nursery.find(request.capture("baby"));
            if (baby == nullptr) return Response::json(404, R"({"message":"no such baby"})");
            return answer(cloud, *baby, request);
        },
        max_body_bytes);
}

Result<std::unique_ptr<Cloud>> Cloud::start(async::Executor executor, const base::Clock& clock,
                                            CloudOptions options, base::Log log) {
    net::ListenOptions where;
    where.name = "emulated Nanit cloud";
    where.address = options.listen;
    CASEMENT_TRY(auto listener, net::Listener::listen(executor, where));
    std::shared_ptr<net::TlsServerContext> tls;
    if (options.certificate) {
        CASEMENT_TRY(tls, net::TlsServerContext::make(*options.certificate));
    }
    const auto state = std::make_shared<State>(std::move(executor), clock, std::move(options),
                                               std::move(listener), std::move(tls), log);
    state->set_guard();
    state->add_account_routes();
    state->add_baby_routes();
    state->add_film_route();
    state->add_focus_routes();
    state->add_socket_routes();
    state->tasks.spawn("emulated Nanit cloud", [state] {
        return state->listener->run({state->executor}, state->server.acceptor());
    });
    return std::unique_ptr<Cloud>(new Cloud(state));
}

Cloud::Cloud(std::shared_ptr<State> state) : state_(std::move(state)) {}
Cloud::~Cloud() {
    state_->listener->close();
    state_->tasks.cancel();
}

async::Task<> Cloud::stop() {
    const auto state = state_;
    state->listener->close();
    co_await state->server.stop(std::chrono::milliseconds{0});
    co_await state->tasks.stop();
}

const net::ip::tcp::endpoint& Cloud::endpoint() const { return state_->listener->endpoint(); }
std::string Cloud::url() const {
    return fmt::format("{}://{}", state_->options.certificate ? "https" : "http",
                       net::to_text(state_->listener->endpoint()));
}
std::string Cloud::websocket_url() const {
    return fmt::format("{}://{}", state_->options.certificate ? "wss" : "ws",
                       net::to_text(state_->listener->endpoint()));
}

Accounts& Cloud::accounts() { return state_->accounts; }
Nursery& Cloud::nursery() { return state_->nursery; }
Relay& Cloud::relay(std::string_view camera_uid) { return *state_->relay_of(camera_uid); }

void Cloud::fail_next(std::string_view route, Fault fault, int times) {
    state_->faults.push_back({std::string(route), fault, times});
}
void Cloud::heal() { state_->faults.clear(); }

const RequestCounts& Cloud::counts() const { return state_->counts; }
std::uint64_t Cloud::requests(std::string_view route) const {
    std::uint64_t sum = 0;
    for (const auto& [key, count] : state_->counts) sum += key.first == route ? count : 0;
    return sum;
}

}  // namespace casement::emulators::nanit
