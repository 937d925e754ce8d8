#pragma once
// The base station with its HTTP doors, and emulated devices. Real sockets on loopback, device time
// twenty times as fast.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

#include "app/arlo_doors.hpp"
#include "app/hooks.hpp"
#include "camera/router.hpp"
#include "drivers/arlo/driver.hpp"
#include "emulators/arlo/device.hpp"
#include "events/event_log.hpp"
#include "hub/stream_hub.hpp"
#include "media/jpeg.hpp"
#include "net/http_client.hpp"
#include "protocols/arlo/registers.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::app::tests {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using drivers::arlo::Driver;
using drivers::arlo::Port;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
namespace emu = emulators::arlo;
namespace wire = protocols::arlo;
namespace reg = protocols::arlo::registers;

inline constexpr double kPace = 0.05;
inline constexpr auto kPatience = 20s;
inline const std::string kSerial = "CSM0000A1B2C";
inline const std::string kSecondSerial = "CSM0000D4E5F";

/// Another checkout may run the same test on this machine.
inline std::string own_address(int number) {
    const int pid = ::getpid();
    return fmt::format("127.{}.{}.{}", 100 + pid % 100, pid / 100 % 250, number);
}

struct Answer {
    int status = 0;
    std::string body;
    std::string type;
    json parsed() const { return json::parse(body, nullptr, false); }
};

class ArloRest : public testing::Test {
public:
    void SetUp() override {
        base::capture_log(
            [this](base::LogLevel, std::string_view line) { lines_.emplace_back(line); });
        config_.enabled = true;
        config_.listen = "127.0.0.1";
        config_.rest = config::ListenAddress{"127.0.0.1", 0};
        config_.upload_port = 0;
        config_.event_pictures = false;
    }
    void TearDown() override {
        close();
        stop_devices();
        if (receiver_) {
            receiver_hangs_ = false;
            receiver_door_->close();
            fakes::run(io_, receiver_->stop(0ms));
        }
        fakes::settle(io_);
        base::capture_log({});
    }

    /// The base station; again after close() it is a restart of the hub.
    void open() {
        store_ = std::move(*store::Store::open(dir_.path("casement.db")));
        log_ = std::move(*events::EventLog::open(*store_, clock_));
        desired_ = std::move(*camera::DesiredState::open(*store_));
        registry_ = std::make_unique<camera::DriverRegistry>(
            io_.get_executor(), clock_, *log_, *desired_,
            camera::RegistryOptions{
                .restart = {}, .echo = 1s, .apply_within = 2s, .sign_in_retry = 15min});
        router_ = std::make_unique<camera::CommandRouter>(*registry_);
        hooks_ = std::make_unique<ArloHooks>(io_.get_executor(), config_.webhooks, base::Log{});
        drivers::arlo::DriverOptions options;
        options.door.address = "127.0.0.1";
        options.door.ports = {0, 0};
        options.link.bind_address = "127.0.0.1";
        options.timing.settle = 5ms;
        options.timing.retry_first = 20ms;
        options.timing.retry_cap = 100ms;
        options.timing.set_up_message = 4s;
        options.album.directory = dir_.path("arlo");
        options.disk = &disk_;
        options.event_pictures = config_.event_pictures;
        options.notice = [this](const drivers::arlo::Notice& notice) { hooks_->tell(notice); };
        auto driver = Driver::make(io_.get_executor(), std::move(options), *store_, clock_);
        ASSERT_TRUE(driver) << driver.error().message();
        driver_ = driver->get();
        doors_ = std::make_unique<ArloDoors>(
            drivers::arlo::RestParts{
                .driver = *driver_,
                .router = *router_,
                .desired = *desired_,
                .hub = hub_,
                .clock = clock_,
                .stream_url = [](const std::string& c) { return "rtsp://hub:8554/" + c; },
                .record = [this](const std::string& c,
                                 std::chrono::seconds length) -> base::Result<std::string> {
                    recorded_ = fmt::format("{} {}", c, length.count());
                    return dir_.path("clip.mp4");
                },
                .host_names = {"Hub.Local"}},
            config_, listening_, base::Log{},
            drivers::arlo::RestOptions{
                .patience = 1500ms, .wakes_for = 2s, .loopback_only = false});
        doors_->open();
        ASSERT_NE(doors_->rest_port(), 0);
        ASSERT_TRUE(registry_->add(std::move(*driver)));
        until([&] { return driver_->port(Port::Camera) != 0; });
    }
    void close() {
        if (!registry_) return;
        fakes::run(io_, doors_->close(0ms));
        fakes::run(io_, registry_->stop());
        fakes::run(io_, hooks_->stop(0ms));
        fakes::settle(io_);
        doors_.reset();
        router_.reset();
        registry_.reset();
        hooks_.reset();
        desired_.reset();
        log_.reset();
        store_.reset();
    }
    template <typename Condition>
    void until(Condition condition) {
        const auto give_up = std::chrono::steady_clock::now() + kPatience;
        while (!condition()) {
            // real time: devices and receivers are behind sockets.
            ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "it never comes";
            io_.restart();
            io_.run_one_for(1ms);
        }
    }
    emu::DeviceOptions options(emu::Model model, const std::string& serial = kSerial,
                               int number = 10) {
        emu::DeviceOptions out;
        out.profile = emu::profile(model);
        out.serial = serial;
        out.address = own_address(number);
        out.ports = emu::Ports::any();
        // Devices are asked at these, wherever they are.
        out.ports.camera = wire::kCameraPort;
        out.ports.doorbell = wire::kDoorbellPort;
        out.base = {"127.0.0.1", driver_->port(Port::Camera), driver_->port(Port::Doorbell)};
        out.times = emu::Times{}.scaled(kPace);
        out.times.waits_for_ack = 2s;
        out.times.lets_base_close = 2s;
        out.times.reads_command = 2s;
        out.sleep = emu::Sleep::Never;
        out.largest_height = 180;
        return out;
    }
    emu::Device& start(emu::DeviceOptions options) {
        const std::string serial = options.serial;
        auto made =
            emu::Device::start(io_.get_executor(), pool_, system_clock_, std::move(options), {});
        EXPECT_TRUE(made) << made.error().message();
        devices_.push_back(std::move(*made));
        until([&] { return devices_.back()->counters().registrations > 0; });
        settle(serial);
        return *devices_.back();
    }
    emu::Device& start(emu::Model model) { return start(options(model)); }
    /// Until the device has been told everything.
    void settle(const std::string& serial) {
        until([&] {
            const auto device = driver_->device(serial);
            return device && !device->record().registration.empty() && !device->needs_set_up();
        });
        until([&] { return !driver_->device(serial)->record().status.empty(); });
    }
    /// On the devices' own thread: what is cancelled from elsewhere is cancelled a moment later,
    /// when it may be gone.
    void at_home(const std::function<void()>& trigger) {
        fakes::run(io_, [&]() -> Task<> {
            trigger();
            co_return;
        }());
    }
    void stop_devices() {
        for (const auto& device : devices_) fakes::run(io_, device->stop());
        devices_.clear();
    }
    /// The same after it was told of a reboot: a second registration.
    void reboot(emu::Device& device) {
        const auto before = device.counters().registrations;
        at_home([&] { device.reboot(); });
        until([&] { return device.counters().registrations > before; });
        settle(device.serial());
    }
    std::string camera() const { return driver_->device(kSerial)->camera(); }

    // HTTP ------------------------------------------------------------------------------------
    Answer ask(const std::string& method, const std::string& path, const std::string& body = {},
               net::Headers headers = {}) {
        net::ClientRequest request;
        request.method = method;
        request.url = fmt::format("http://127.0.0.1:{}{}", doors_->rest_port(), path);
        request.body = body;
        if (!body.empty() && !headers.has("Content-Type"))
            headers.set("Content-Type", "application/json");
        request.headers = std::move(headers);
        net::HttpClient client(io_.get_executor());
        auto answer = fakes::run(io_, client.send(std::move(request), Deadline::in(kPatience)));
        EXPECT_TRUE(answer) << answer.error().message();
        if (!answer) return {};
        return {answer->status, answer->body, std::string(answer->headers.get("Content-Type"))};
    }
    Answer get(const std::string& path) { return ask("GET", path); }
    Answer post(const std::string& path, const std::string& body) {
        return ask("POST", path, body);
    }
    std::string device_path(const std::string& rest = {}) const {
        return "/device/" + kSerial + rest;
    }
    /// {"result": true}, byte for byte, or what came instead.
    bool succeeds(const std::string& path, const std::string& body) {
        const Answer answer = post(device_path(path), body);
        EXPECT_EQ(answer.status, 200) << path << " " << body << " " << answer.body;
        return answer.body == R"({"result":true})";
    }
    base::Result<camera::CommandOutcome> snapshot(bool wake, std::chrono::milliseconds wait = 10s) {
        return fakes::run(io_, router_->execute({camera(), camera::TakeSnapshot{.wake = wake},
                                                 Deadline::in(wait), "test"}));
    }

    // A receiver of webhooks ------------------------------------------------------------------
    std::string receiver_url(const std::string& path) {
        if (!receiver_) {
            receiver_ = std::make_unique<net::HttpServer>(net::HttpServerOptions{});
            receiver_->route("POST", "/{path...}",
                             [this](net::Request request) -> Task<net::Response> {
                                 heard_[request.path].push_back(request);
                                 while (receiver_hangs_) {
                                     if (!co_await async::sleep_for(5ms)) break;
                                 }
                                 co_return net::Response::text(200, "OK");
                             });
            receiver_door_ = std::move(*net::Listener::listen(
                io_.get_executor(), {.name = "receiver", .address = "127.0.0.1:0"}));
            asio::co_spawn(
                io_,
                [this]() -> Task<> {
                    co_await receiver_door_->run({io_.get_executor()}, receiver_->acceptor());
                },
                asio::detached);
        }
        return fmt::format("http://127.0.0.1:{}{}", receiver_door_->port(), path);
    }
    void hook(config::ArloHook& hook, const std::string& path, config::HookSpelling spelling) {
        hook.url = base::Url::parse(receiver_url(path)).value();
        hook.encoding = spelling;
    }

    fakes::TempDirectory dir_;
    asio::io_context io_{1};
    base::SystemClock clock_, system_clock_;
    async::BlockingPool disk_{"disk", 1}, pool_{"pictures", 2};
    config::Arlo config_;
    Listening listening_;
    hub::StreamHub hub_{{io_.get_executor()}, clock_, base::Log{}};
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<events::EventLog> log_;
    std::unique_ptr<camera::DesiredState> desired_;
    std::unique_ptr<camera::DriverRegistry> registry_;
    std::unique_ptr<camera::CommandRouter> router_;
    std::unique_ptr<ArloHooks> hooks_;
    Driver* driver_ = nullptr;
    std::unique_ptr<ArloDoors> doors_;
    std::vector<std::unique_ptr<emu::Device>> devices_;
    std::unique_ptr<net::HttpServer> receiver_;
    std::unique_ptr<net::Listener> receiver_door_;
    std::map<std::string, std::vector<net::Request>> heard_;
    bool receiver_hangs_ = false;
    std::string recorded_;
    std::vector<std::string> lines_;
};

}  // namespace casement::app::tests
