// The hub's streams of devices: where they are, who wants them to stay open.

#include <algorithm>

#include "async/hop.hpp"
#include "base/random.hpp"
#include "drivers/arlo/rest/state.hpp"

namespace casement::drivers::arlo {

namespace rest {

namespace {

using async::Task;
using net::Request;
using net::Response;

constexpr std::size_t kMaxLeases = 8;  // of one device
constexpr std::int64_t kLongestLease_s = 3600;
/// How long a refresh keeps a stream, as clients know it.
constexpr std::chrono::seconds kRefresh{45};

std::size_t leases_of(const Rest::State& state, std::string_view serial) {
    return static_cast<std::size_t>(std::ranges::count_if(
        state.leases, [&](const auto& entry) { return entry.second.serial == serial; }));
}

bool is_streaming(const Rest::State& state, const std::string& camera) {
    const auto stream = state.parts.hub.find(camera);
    return stream && stream->status().phase == hub::Phase::Live;
}

Task<Response> lease(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    const auto owner = text_in(*body, "owner");
    const auto ttl = whole_in(*body, "ttl_seconds");
    if (!owner || owner->empty() || owner->size() > 100 || !ttl || *ttl < 1 ||
        *ttl > kLongestLease_s)
        co_return refuse(400,
                         "\"owner\" has to be a name, and \"ttl_seconds\" a whole number from "
                         "1 to 3600.");
    const std::string serial = device->record().serial;
    state->forget_old_leases();
    if (leases_of(*state, serial) >= kMaxLeases)
        co_return refuse(429, "There are too many leases of this stream.")
            .with("Retry-After", "30");
    const auto stream = state->parts.hub.find(device->camera());
    if (!stream) co_return refuse(409, "This device has no stream.");
    const std::string id = base::random_hex(16);
    const std::chrono::seconds length{*ttl};
    Rest::State::Lease lease;
    lease.owner = *owner;
    lease.serial = serial;
    lease.until = state->parts.clock.steady_now() + length;
    // Nothing is read: it is there so that the stream is wanted.
    lease.reader =
        stream->subscribe(state->parts.driver.executor(), {.kind = "lease",
                                                           .remote = request.remote_address,
                                                           .viewer = false,
                                                           .demand = true,
                                                           .pre_roll = {}});
    state->leases.emplace(id, std::move(lease));
    state->tasks.spawn("end of a lease", [state, id, length]() -> Task<> {
        for (auto wait = std::chrono::steady_clock::duration(length);;) {
            if (!co_await async::sleep_for(wait)) co_return;
            const auto found = state->leases.find(id);
            if (found == state->leases.end()) co_return;
            wait = found->second.until - state->parts.clock.steady_now();
            if (wait.count() <= 0) break;
        }
        state->end_lease(id);
    });
    const auto until = base::format_rfc3339(state->now() + length);
    co_return answer({{"lease_id", id},
                      {"owner", *owner},
                      {"serial_number", serial},
                      {"ttl_seconds", *ttl},
                      {"expires_at", until},
                      {"session_deadline", until},
                      {"lease_count", leases_of(*state, serial)},
                      {"url", state->parts.stream_url(device->camera())}});
}

Task<Response> end_lease(StatePtr state, DevicePtr device, const Request& request) {
    state->forget_old_leases();
    const auto found = state->leases.find(request.capture("lease"));
    if (found == state->leases.end() || found->second.serial != device->record().serial)
        co_return refuse(404, "There is no such lease.");
    state->leases.erase(found);
    co_return result(true);
}

Task<Response> refresh(StatePtr state, DevicePtr device, const Request&) {
    state->forget_old_leases();
    const auto until = state->parts.clock.steady_now() + kRefresh;
    for (auto& [id, lease] : state->leases) {
        if (lease.serial == device->record().serial) lease.until = std::max(lease.until, until);
    }
    co_return answer({{"result", true}, {"streaming", is_streaming(*state, device->camera())}});
}

/// `is4k` of old clients chooses between two streams of the camera; the hub has the one that it
/// streams.
Task<Response> record(StatePtr state, DevicePtr device, const Request& request) {
    const auto body = object_of(request);
    if (!body) co_return body.error();
    constexpr std::int64_t kLongest_s = 600;
    const auto length = whole_in(*body, "duration");
    if (!length || *length < 1 || *length > kLongest_s)
        co_return refuse(400, "\"duration\" has to be a whole number from 1 to 600.");
    const auto path = state->parts.record(device->camera(), std::chrono::seconds{*length});
    if (path) co_return answer({{"result", *path}});
    if (path.error().is(base::ErrorKind::ResourceExhausted))
        co_return refuse(429, path.error().message()).with("Retry-After", "30");
    co_return result(false);
}

// The house
// --------------------------------------------------------------------------------------------

using HouseHandler = std::function<Response(Rest::State&, const Request&)>;

Task<Response> run_there(StatePtr state, HouseHandler handler, Request request) {
    co_return handler(*state, request);
}

Response list(Rest::State& state, const Request&) {
    Json out = Json::array();
    for (const auto& [serial, device] : state.parts.driver.devices()) {
        // One that the file names and that never called is nothing to clients: they ask for its
        // registration next.
        if (device->record().registration.empty()) continue;
        const std::string& address = device->record().address;
        out.push_back({{"friendly_name", device->friendly_name()},
                       {"hostname", device->host_name()},
                       {"ip", address.empty() ? "UNKNOWN" : address},
                       {"serial_number", serial}});
    }
    return answer(out);
}

Response health(Rest::State& state, const Request&) {
    std::size_t online = 0, streaming = 0;
    for (const auto& [serial, device] : state.parts.driver.devices()) {
        online += device->is_reachable() ? 1 : 0;
        streaming += is_streaming(state, device->camera()) ? 1 : 0;
    }
    return answer({{"status", "ok"},
                   {"devices", state.parts.driver.devices().size()},
                   {"online", online},
                   {"streaming", streaming}});
}

Response statuses(Rest::State& state, const Request&) {
    Json out = Json::array();
    for (const auto& [serial, device] : state.parts.driver.devices()) {
        out.push_back({{"serial_number", serial},
                       {"friendly_name", device->friendly_name()},
                       {"online", device->is_reachable()},
                       {"last_seen", base::format_rfc3339(device->record().seen)},
                       {"power_mode", device->is_on_battery() ? "battery" : "external"},
                       {"streaming", is_streaming(state, device->camera())}});
    }
    return answer(out);
}

Response streams(Rest::State& state, const Request&) {
    Json out = Json::object();
    for (const auto& [serial, device] : state.parts.driver.devices()) {
        if (!traits_of(device->family()).video) continue;
        out[serial] = {{"friendly_name", device->friendly_name()},
                       {"url", state.parts.stream_url(device->camera())},
                       {"streaming", is_streaming(state, device->camera())}};
    }
    return answer(out);
}

Response picture(Rest::State& state, const Request& request) {
    const auto& album = state.parts.driver.album();
    // A browser that looks ahead, and whoever says so, takes nothing away.
    const bool keep = request.method == "HEAD" || request.query_value("delete") == "0";
    auto found = album ? album->fetch(request.capture("id"), keep) : std::nullopt;
    if (!found)
        return refuse(400, "There is no picture of that name that was not fetched already.");
    return Response::bytes("image/jpeg", std::move(found->jpeg)).with("Cache-Control", "no-store");
}

Response ping(Rest::State&, const Request&) { return Response::text(200, "PING"); }

}  // namespace

void add_stream_routes(const DeviceRoutes& routes) {
    routes.add("POST", "/stream/leases", lease);
    routes.add("DELETE", "/stream/leases/{lease}", end_lease);
    routes.add("POST", "/streamrefresh", refresh);
    routes.add("POST", "/record", record);
}

void add_house_routes(net::HttpServer& server, const StatePtr& state) {
    const std::pair<const char*, HouseHandler> all[] = {
        {"/", ping},
        {"/device", list},
        {"/camera", list},
        {"/health", health},
        {"/streams", streams},
        {"/devices/status", statuses},
        {"/snapshot/{id}", picture},
    };
    for (const auto& [path, handler] : all) {
        server.route("GET", path,
                     [state, handler](Request request) -> Task<Response> {
                         co_return co_await async::hop(
                             state->parts.driver.executor(),
                             run_there(state, handler, std::move(request)));
                     },
                     {.max_body_bytes = kMaxBodyBytes, .access = {}, .websocket = {}});
    }
}

}  // namespace rest

void Rest::State::end_lease(const std::string& id) { leases.erase(id); }

void Rest::State::forget_old_leases() {
    const auto now_steady = parts.clock.steady_now();
    std::erase_if(leases, [&](const auto& entry) { return entry.second.until <= now_steady; });
}

}  // namespace casement::drivers::arlo
