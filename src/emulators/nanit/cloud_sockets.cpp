// The two ends of the control channel at the cloud: clients come in here, and cameras.

#include "emulators/nanit/cloud_link.hpp"
#include "emulators/nanit/cloud_state.hpp"

namespace casement::emulators::nanit {

namespace {

using Socket = std::shared_ptr<net::WebSocket>;

async::Task<> serve_client(std::weak_ptr<Cloud::State> weak, net::Request request, Socket socket) {
    const auto cloud = weak.lock();
    if (!cloud) co_return;
    const auto relay = cloud->relay_of(request.capture("camera"));
    const std::string field(request.headers.get("Authorization"));
    const auto ends = cloud->accounts.end_of(parse_authorization(field).token);
    if (ends) co_await Relay::serve(relay, std::move(socket), *ends);
}

async::Task<> serve_camera(std::weak_ptr<Cloud::State> weak, net::Request request, Socket socket) {
    const auto cloud = weak.lock();
    if (!cloud) co_return;
    const std::string uid(request.capture("camera"));
    const auto set_connected = [&](bool connected) {
        Baby* baby = cloud->nursery.find_camera(uid);
        if (baby == nullptr) return;
        baby->connected = connected;
        baby->last_seen.reset();
        if (!connected) baby->last_seen = cloud->clock.wall_now();
    };
    set_connected(true);
    if (co_await LinkedCamera::serve(cloud->relay_of(uid), std::move(socket))) set_connected(false);
}

}  // namespace

void Cloud::State::add_socket_routes() {
    server.websocket(
        "/focus/cameras/{camera}/user_connect",
        [weak = weak_from_this()](net::Request request, Socket socket) {
            return serve_client(weak, std::move(request), std::move(socket));
        },
        // The relay pings nobody: whoever wants to know whether it is there asks.
        {.access = access_of(Family::Focus, "user_connect"),
         .websocket = {.max_message_bytes = 1 << 20, .ping_every = std::chrono::seconds(0)}});
    server.websocket("/focus/cameras/{camera}/connect",
                     [weak = weak_from_this()](net::Request request, Socket socket) {
                         return serve_camera(weak, std::move(request), std::move(socket));
                     },
                     {.access = access_of(Family::Camera, "connect"),
                      .websocket = {.max_message_bytes = (1 << 20) + 16,
                                    .ping_every = options.pings_cameras_every}});
}

}  // namespace casement::emulators::nanit
