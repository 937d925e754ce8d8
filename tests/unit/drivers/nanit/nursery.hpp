#pragma once
// An account's cloud and its cameras on loopback, which do what a test's script says. Written from
// what clients of real cameras saw, and on purpose without the emulator.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "drivers/nanit/account.hpp"
#include "drivers/nanit/memory.hpp"
#include "net/http_server.hpp"
#include "protocols/nanit/message.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nanit::tests {

namespace wire = protocols::nanit;
using async::Deadline;
using async::Task;
using base::Result;
using base::Secret;
using nlohmann::json;
using namespace std::chrono_literals;

inline const std::string kSerial = "N301EMU0000001";

/// One camera: what it was asked, and what it says.
struct ScriptedDevice {
    struct Socket {
        std::string road, token;
        std::shared_ptr<net::WebSocket> socket;
        bool is_deaf = false;  // half-dead: it pushes and answers nothing
    };
    std::vector<std::pair<std::string, wire::pb::Request>> asked;  // road, request
    int keepalives = 0;
    std::vector<Socket> sockets;      // that are open
    std::vector<std::string> opened;  // road and token of each upgrade that was let in

    bool is_off = false;  // answers nobody
    /// Of one request; nothing: 200 and what is below.
    std::function<std::optional<wire::pb::Response>(const wire::pb::Request&)> answer;
    wire::pb::Settings settings;
    wire::pb::Control control;
    wire::pb::Playback playback;
    std::vector<wire::pb::SensorData> sensors;
    bool echoes = true;

    int count(int type) const {
        int out = 0;
        for (const auto& [road, request] : asked) out += request.type() == type;
        return out;
    }
    int open_on(std::string_view road) const {
        int out = 0;
        for (const Socket& socket : sockets) out += socket.road == road;
        return out;
    }
    void send(const Socket& to, const wire::pb::Message& message) const {
        const auto bytes =
            std::make_shared<const std::vector<std::uint8_t>>(wire::serialize(message));
        to.socket->post_binary(bytes, *bytes);
    }
    void push(const wire::pb::Message& message) const {
        for (const Socket& socket : sockets) send(socket, message);
    }
    void push_sensor(int type, std::function<void(wire::pb::SensorData&)> fill) const {
        auto message = wire::request(70'001, wire::kPutSensorData);
        auto& data = *message.mutable_request()->add_sensor_data();
        data.set_sensor_type(type);
        fill(data);
        push(message);
    }
    void push_settings(std::function<void(wire::pb::Settings&)> fill) const {
        auto message = wire::request(70'002, wire::kPutSettings);
        fill(*message.mutable_request()->mutable_settings());
        push(message);
    }

    wire::pb::Response respond(const wire::pb::Request& request) {
        if (answer) {
            if (auto scripted = answer(request)) return *scripted;
        }
        wire::pb::Response out = wire::response_to(request, 200).response();
        switch (request.type()) {
            case wire::kGetSettings:
                if (!request.get_settings().all())
                    return wire::response_to(request, 400, "missed 'getsettings' field").response();
                *out.mutable_settings() = settings;
                break;
            case wire::kPutSettings:
                settings.MergeFrom(request.settings());
                if (echoes) *out.mutable_settings() = request.settings();
                break;
            case wire::kGetControl:
                *out.mutable_control() = control;
                break;
            case wire::kPutControl:
                control.MergeFrom(request.control());
                if (echoes) *out.mutable_control() = request.control();
                break;
            case wire::kGetSensorData:
                for (const auto& data : sensors) *out.add_sensor_data() = data;
                break;
            case wire::kGetStatus:
                out.mutable_status()->set_current_version("6.58.615");
                out.mutable_status()->set_hardware_version("3");
                out.mutable_status()->set_mode(wire::kStand);
                break;
            case wire::kGetPlayback:
                *out.mutable_playback() = playback;
                break;
            case wire::kPutPlayback:
                playback.set_status(request.playback().status());
                if (request.playback().track_size() > 0)
                    *playback.mutable_current_track() = request.playback().track(0);
                break;
            case wire::kGetSoundtracks:
                for (const char* name : {"White Noise.wav", "Birds.wav"})
                    out.add_soundtracks()->set_filename(name);
                break;
            default:
                break;
        }
        return out;
    }

    Task<> serve(std::string road, std::string token, std::shared_ptr<net::WebSocket> socket) {
        opened.push_back(road + " " + token);
        sockets.push_back({road, token, socket});
        while (auto frame = co_await socket->receive()) {
            const auto message = wire::parse(frame->data);
            if (!message) continue;
            if (message->type() == wire::kKeepalive) ++keepalives;
            if (message->type() != wire::kRequest) continue;
            const auto self = std::ranges::find(sockets, socket, &Socket::socket);
            if (is_off || self == sockets.end() || self->is_deaf) continue;
            asked.emplace_back(road, message->request());
            wire::pb::Message out;
            out.set_type(wire::kResponse);
            *out.mutable_response() = respond(message->request());
            if (!out.response().has_request_id()) continue;  // the script is silent
            send(*self, out);
        }
        std::erase_if(sockets, [&](const Socket& open) { return open.socket == socket; });
    }
};

/// The cloud with REST and relay, and each camera's own TLS socket.
class NurseryTest : public net::tests::Served {
protected:
    void SetUp() override {
        start();
        sealed_ = store::SealedStore::open(dir_.path()).value();
        api_.emplace(loop_.executor(), clock_, ApiOptions{.base = url("")});
        sign_in(3h);
        account_.emplace(loop_.executor(), *api_, *sealed_, disk_, clock_,
                         AccountOptions{.name = "home", .folder = dir_.path(), .patience = 500ms});
        memory_.emplace(*sealed_, disk_, "home");
    }
    void TearDown() override {
        loop_.run([&]() -> Task<> { co_await account_->stop(); });
        if (local_listener_) {
            local_listener_->close();
            loop_.run([this]() -> Task<> { co_await local_server_->stop(0ms); });
        }
        Served::TearDown();
    }

    void add_routes(net::HttpServer& server) override {
        server.route("POST", "/tokens/refresh", [this](net::Request) -> Task<net::Response> {
            if (is_down_) co_return net::Response::empty(503);
            ++refreshes_;
            access_ = jwt(clock_.wall_now() + 3h, refreshes_);
            co_return net::Response::json(
                200, json{{"access_token", access_}, {"refresh_token", "r"}}.dump());
        });
        server.route("GET", "/babies", [this](net::Request) -> Task<net::Response> {
            ++babies_asked_;
            if (is_down_) co_return net::Response::empty(503);
            co_return net::Response::json(200, babies_);
        });
        server.route("GET", "/focus/cameras/{uid}/uc_token",
                     [this](net::Request) -> Task<net::Response> {
                         if (is_down_) co_return net::Response::empty(503);
                         co_return net::Response::json(200, json{{"uc_token", uc_}}.dump());
                     });
        server.set_guard(
            [this](net::Request& request,
                   const net::RouteOptions& options) -> Task<std::optional<net::Response>> {
                if (options.access != "relay") co_return std::nullopt;
                if (is_down_ || relay_is_down_) co_return net::Response::empty(503);
                if (request.headers.get("Authorization") != "Bearer " + access_)
                    co_return net::Response::empty(401);
                co_return std::nullopt;
            });
        server.websocket(
            "/focus/cameras/{uid}/user_connect",
            [this](net::Request request, std::shared_ptr<net::WebSocket> socket) -> Task<> {
                const std::string serial(request.capture("uid"));
                if (hangs_up_) {
                    devices_[serial].opened.emplace_back("cloud, for a moment");
                    co_return co_await socket->close();
                }
                co_await devices_[serial].serve(
                    "cloud", std::string(request.headers.get("Authorization")), std::move(socket));
            },
            {.access = "relay"});
    }

    /// The camera's own socket; answers its host:port.
    std::string open_local(const net::Certificate& certificate, std::uint16_t port = 0) {
        net::HttpServerOptions options;
        options.tls = net::TlsServerContext::make(certificate).value();
        local_server_.emplace(std::move(options));
        local_server_->set_guard(
            [this](net::Request& request,
                   const net::RouteOptions&) -> Task<std::optional<net::Response>> {
                const std::string form(request.headers.get("Authorization"));
                local_tokens_.push_back(form);
                if (local_status_ != 0) co_return net::Response::empty(local_status_);
                if (form != "token " + (takes_access_ ? access_ : uc_))
                    co_return net::Response::empty(401);
                co_return std::nullopt;
            });
        local_server_->websocket(
            "/", [this](net::Request request, std::shared_ptr<net::WebSocket> socket) -> Task<> {
                co_await devices_[kSerial].serve(
                    "local", std::string(request.headers.get("Authorization")), std::move(socket));
            });
        auto listener = net::Listener::listen(
            loop_.executor(), {.name = "camera", .address = fmt::format("127.0.0.1:{}", port)});
        EXPECT_TRUE(listener) << listener.error().message();
        local_listener_ = std::move(*listener);
        loop_.spawn([this]() -> Task<> {
            co_await local_listener_->run({loop_.executor()}, local_server_->acceptor());
        });
        return fmt::format("127.0.0.1:{}", local_listener_->port());
    }
    static net::Certificate certificate() {
        return net::make_self_signed("nobody", {}, std::chrono::days{30}).value();
    }
    void close_local() {
        local_listener_->close();
        loop_.run([this]() -> Task<> { co_await local_server_->stop(0ms); });
        local_listener_.reset();
    }

    static std::string jwt(base::WallTime expires, int number) {
        const auto seconds =
            std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count();
        return "e30." + net::base64url(json{{"exp", seconds}, {"n", number}}.dump()) + ".c2ln";
    }
    void sign_in(std::chrono::seconds left) {
        access_ = jwt(clock_.wall_now() + left, 0);
        const Session session{.access = Secret(access_),
                              .refresh = Secret("r"),
                              .received = clock_.wall_now(),
                              .expires = clock_.wall_now() + left};
        ASSERT_TRUE(store_session(*sealed_, "home", session));
    }
    static json baby(const std::string& uid, const std::string& name, const std::string& serial,
                     bool connected = true) {
        return {{"uid", uid},
                {"name", name},
                {"camera_uid", serial},
                {"camera", {{"uid", serial}, {"connected", connected}}}};
    }

    template <typename Condition>
    [[nodiscard]] bool wait_for(Condition condition, std::chrono::milliseconds most = 5s) {
        const auto until = std::chrono::steady_clock::now() + most;
        return loop_.run([&]() -> Task<bool> {
            while (!condition() && std::chrono::steady_clock::now() < until)
                (void)co_await async::sleep_for(
                    1ms);  // real time: sockets on loopback, milliseconds in place of seconds
            co_return condition();
        });
    }
    void pass(std::chrono::milliseconds time) {
        loop_.run(
            [&]() -> Task<> { (void)co_await async::sleep_for(time); });  // real time: as above
    }
    /// Waits as short as a machine under load allows.
    static Timing quick() {
        Timing timing;
        timing.keepalive_first = 10ms, timing.keepalive_every = 50ms;
        timing.silence = 60s, timing.healthy = 0ms;
        timing.retry_first = 5ms, timing.retry_cap = 20ms;
        timing.probe_local = 60s, timing.slots_full = 60s;
        timing.sensors = timing.playback = timing.status = 60s;
        timing.look_again = 30ms, timing.echo_grace = 200ms, timing.alert_lasts = 100ms;
        timing.breathing_stale = 100ms, timing.babies = 60s, timing.away = 100ms;
        timing.answer = 150ms, timing.streaming_answer = 400ms;
        timing.open_local = 2s, timing.open_relay = 4s;
        return timing;
    }

    fakes::Clock clock_;
    fakes::TempDirectory dir_;
    async::BlockingPool disk_{"disk", 2};
    std::unique_ptr<store::SealedStore> sealed_;
    std::optional<Api> api_;
    std::optional<Account> account_;
    std::optional<Memory> memory_;

    std::map<std::string, ScriptedDevice> devices_;  // by serial
    std::string access_, uc_ = "uc-token-of-the-camera", babies_ = R"({"babies":[]})";
    bool is_down_ = false, relay_is_down_ = false;
    bool hangs_up_ = false;  // the relay lets in and closes
    int refreshes_ = 0, babies_asked_ = 0;

    std::optional<net::HttpServer> local_server_;
    std::unique_ptr<net::Listener> local_listener_;
    std::vector<std::string> local_tokens_;  // Authorization of each request
    int local_status_ = 0;                   // other than 0: of each upgrade
    bool takes_access_ = false;
};

}  // namespace casement::drivers::nanit::tests
