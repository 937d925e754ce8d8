// Arlo from one end to the other: a sound file over HTTP into the loudspeaker of an emulated
// device, and its pictures into a stream of the hub, with all the ways in which devices differ.

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "drivers/arlo/driver.hpp"
#include "emulators/arlo/device.hpp"
#include "net/http_client.hpp"
#include "sources/open_source.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/fakes/test_data.hpp"
#include "tests/fakes/tones.hpp"
#include "tests/integration/emulators/arlo_station.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement {
namespace {

using namespace std::chrono_literals;
using async::Task;
using base::Result;
using nlohmann::json;
namespace em = emulators::arlo;

constexpr const char* kHome = "127.0.79.10";
// Device time runs twenty times as fast: the watchdog barks after 300 ms.
constexpr double kPace = 0.05;

class ArloMedia : public net::tests::Served {
protected:
    void SetUp() override {
        ports_ = free_ports();
        store_ = store::Store::open(":memory:").value();
        sealed_ = store::SealedStore::open(directory_.path()).value();
        auth_ = api::AuthStore::open(*store_, *sealed_, clock_, hashing_).value();
        log_ = events::EventLog::open(*store_, clock_).value();
        desired_ = camera::DesiredState::open(*store_).value();
        registry_.emplace(loop_.executor(), clock_, *log_, *desired_);
        router_.emplace(*registry_);
        hub_.emplace(std::vector{loop_.executor()}, clock_, base::Log());
        auth_->add_static_token("test", base::Secret("ct_test"));
        api::Parts parts{.auth = *auth_,
                         .clock = clock_,
                         .registry = *registry_,
                         .router = *router_,
                         .events = *log_,
                         .hub = *hub_,
                         .fan_out = fan_out_,
                         .pictures = pictures_,
                         .codecs = &codecs_};
        api_.emplace(loop_.executor(), std::move(parts));
        start();
        client_.emplace(loop_.executor());
    }
    void add_routes(net::HttpServer& server) override { api_->mount(server); }

    void TearDown() override {
        client_.reset();
        Served::TearDown();
        loop_.run([this]() -> Task<> {
            co_await hub_->stop();
            co_await registry_->stop();
            if (device_) co_await device_->stop();
        });
        loop_.run([this]() -> Task<> { co_await api_->stop(); });
        device_.reset();
    }

    /// Two that were free a moment ago, and will be so on the device's address too.
    std::vector<std::uint16_t> free_ports() {
        std::vector<std::unique_ptr<net::Listener>> held;
        std::vector<std::uint16_t> out;
        for (int i = 0; i < 2; ++i) {
            held.push_back(
                net::Listener::listen(loop_.executor(), {.name = "test", .address = "127.0.0.1:0"})
                    .value());
            out.push_back(held.back()->port());
        }
        return out;
    }

    em::DeviceOptions options(em::Model model) {
        em::DeviceOptions out;
        out.profile = em::profile(model);
        out.serial = "CSM0000A1B2C";
        out.address = kHome;
        out.ports = em::Ports::any();
        out.base = {"127.0.0.1", ports_[0], ports_[1]};
        out.times = em::Times{}.scaled(kPace);
        out.times.waits_for_ack = 2s;
        out.times.lets_base_close = 2s;
        out.times.reads_command = 2s;
        out.sleep = em::Sleep::Never;
        out.largest_height = 180;
        out.frames_per_second = 10;
        return out;
    }

    /// The device boots and is set up by the driver. "porch" is what it is called.
    void begin(em::DeviceOptions options, bool battery = false) {
        device_ =
            em::Device::start(loop_.executor(), codecs_, clock_, std::move(options), {}).value();
        // Where it has no such port, one on which nobody listens there.
        const std::uint16_t hevc =
            device_->ports().rtsp_hevc != 0 ? device_->ports().rtsp_hevc : ports_[1];
        drivers::arlo::DriverOptions base;
        base.door.address = "127.0.0.1";
        base.door.ports = ports_;
        base.link.bind_address = "127.0.0.1";
        base.link.camera_port = device_->ports().camera;
        base.link.doorbell_port = device_->ports().doorbell;
        base.ports = {
            .rtsp = device_->ports().rtsp, .rtsp_hevc = hevc, .talk = device_->ports().talk};
        base.timing.settle = 10ms;
        base.timing.retry_first = 50ms;
        base.timing.retry_cap = 200ms;
        base.timing.stuck_after = 1s;
        base.cameras = {
            {.serial = device_->serial(), .id = "porch", .name = "Porch", .battery = battery}};
        auto driver =
            drivers::arlo::Driver::make(loop_.executor(), std::move(base), *store_, clock_).value();
        ASSERT_TRUE(registry_->add(std::move(driver)));
        wait_for([this] {
            const auto camera = registry_->camera("porch");
            return camera && camera->setting("motion_alerts") &&
                   camera::is_known(camera->setting("motion_alerts")->reported);
        });
    }

    void wait_for(auto condition) {
        loop_.run([&]() -> Task<> {
            while (!condition()) (void)co_await async::sleep_for(2ms);
        });
    }

    // ---- talk ----
    Task<Result<net::ClientResponse>> post(std::string sound) {
        net::ClientRequest request{.method = "POST",
                                   .url = url("/api/v1/cameras/porch/talk"),
                                   .headers = {{"Authorization", "Bearer ct_test"}},
                                   .body = std::move(sound),
                                   .max_redirects = 0};
        co_return co_await client_->send(request, net::tests::soon());
    }
    net::ClientResponse say(std::string sound) {
        auto response = loop_.run(
            [&]() -> Task<Result<net::ClientResponse>> { return post(std::move(sound)); });
        EXPECT_TRUE(response) << response.error().message();
        return response ? std::move(*response) : net::ClientResponse{};
    }
    static std::string file(const char* name) {
        std::ifstream in(fakes::test_data() + "/media/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    // ---- streams ----
    void watch() {
        hub::StreamOptions options;
        options.supervisor.backoff.first = 50ms;
        options.supervisor.backoff.cap = 200ms;
        const hub::SourceFactory factory = [this]() -> Task<Result<std::unique_ptr<hub::Source>>> {
            CASEMENT_CO_TRY(const camera::StreamEndpoint endpoint,
                            co_await router_->endpoint("porch", camera::Quality::Main,
                                                       async::Deadline::in(10s)));
            co_return sources::open_source("porch", endpoint,
                                           {{codecs_, clock_, {}}, hub_->push_door(), nullptr});
        };
        ASSERT_TRUE(hub_->add("porch", factory, options));
    }
    void stop_watching() {
        loop_.run([this]() -> Task<> { (void)co_await hub_->remove("porch"); });
    }
    hub::StreamStatus status() { return hub_->find("porch")->status(); }
    void wait_until_live(std::uint64_t units = 5) {
        wait_for([&] {
            return status().phase == hub::Phase::Live && status().counters.units_in >= units;
        });
    }
    /// From nothing to pictures and back.
    void see() {
        watch();
        wait_until_live();
        stop_watching();
        wait_for([&] { return !device_->is_busy(); });
    }

    fakes::TempDirectory directory_;
    base::SystemClock clock_;
    async::BlockingPool hashing_{"hashing", 1}, codecs_{"codecs", 2};
    std::vector<std::uint16_t> ports_;
    outputs::fanout::FanOut fan_out_;
    outputs::mjpeg::Pictures pictures_{hashing_};
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<store::SealedStore> sealed_;
    std::unique_ptr<api::AuthStore> auth_;
    std::unique_ptr<events::EventLog> log_;
    std::unique_ptr<camera::DesiredState> desired_;
    std::optional<camera::DriverRegistry> registry_;
    std::optional<camera::CommandRouter> router_;
    std::optional<hub::StreamHub> hub_;
    std::unique_ptr<em::Device> device_;
    std::optional<api::Api> api_;
    std::optional<net::HttpClient> client_;
};

TEST_F(ArloMedia, AToneIsHeardAsTheSameTone) {
    begin(options(em::Model::Pro2));
    const auto said = say(fakes::wav_of_tone(1000, 0.6));
    EXPECT_EQ(said.status, 200) << said.body;
    const json answer = json::parse(said.body);
    EXPECT_EQ(answer["duplex"], "half");
    EXPECT_NEAR(answer["seconds"].get<double>(), 0.6, 0.01);
    EXPECT_NE(answer["text"].get<std::string>().find("own sound pauses"), std::string::npos);
    wait_for([&] { return device_->heard().size() >= 4800; });
    EXPECT_GT(fakes::share_of_tone(device_->heard(), 1000), 0.9);
    EXPECT_EQ(device_->counters().talk_missing, 0u);
    EXPECT_EQ(device_->counters().talk_others, 0u);

    const auto mp3 = say(file("tone-880hz.mp3"));
    EXPECT_EQ(mp3.status, 200) << mp3.body;
    const std::vector<std::uint8_t> second(device_->heard().end() - 6400, device_->heard().end());
    EXPECT_GT(fakes::share_of_tone(second, 880), 0.8);
    const json camera = json::parse(loop_.run([&]() -> Task<std::string> {
        net::ClientRequest request{.method = "GET",
                                   .url = url("/api/v1/cameras/porch"),
                                   .headers = {{"Authorization", "Bearer ct_test"}},
                                   .body = {},
                                   .max_redirects = 0};
        auto got = co_await client_->send(request, net::tests::soon());
        co_return got ? got->body : std::string();
    }));
    EXPECT_EQ(camera["talk"]["duplex"], "half");
}

TEST_F(ArloMedia, ADoorbellIsTalkedThroughToo) {
    begin(options(em::Model::AudioBell));
    EXPECT_EQ(say(fakes::wav_of_tone(700, 0.3)).status, 200);
    wait_for([&] { return device_->heard().size() >= 2400; });
    EXPECT_GT(fakes::share_of_tone(device_->heard(), 700), 0.9);
}

TEST_F(ArloMedia, OnePersonTalksAtATime) {
    begin(options(em::Model::Pro2));
    std::optional<int> first;
    loop_.spawn([&]() -> Task<> {
        const auto answer = co_await post(fakes::wav_of_tone(500, 0.6));
        first = answer ? answer->status : 0;
    });
    wait_for([&] { return device_->counters().talk_packets > 0; });
    const auto second = say(fakes::wav_of_tone(900, 0.2));
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(json::parse(second.body)["code"], "talking");
    wait_for([&] { return first.has_value(); });
    EXPECT_EQ(*first, 200);
    EXPECT_EQ(say(fakes::wav_of_tone(900, 0.1)).status, 200);
}

TEST_F(ArloMedia, ASleepingDeviceIsWokenAndABrokenFileWakesNobody) {
    em::DeviceOptions sleepy = options(em::Model::Pro2);
    sleepy.sleep = em::Sleep::Dozes;
    begin(std::move(sleepy), true);
    wait_for([&] { return device_->is_asleep(); });
    const auto broken = say("RIFF this is no sound at all");
    EXPECT_EQ(broken.status, 400) << broken.body;
    EXPECT_TRUE(device_->is_asleep());
    const auto said = say(fakes::wav_of_tone(600, 0.3));
    EXPECT_EQ(said.status, 200) << said.body;
    EXPECT_GT(fakes::share_of_tone(device_->heard(), 600), 0.9);
    const auto awake = registry_->camera("porch")->awake;
    ASSERT_FALSE(awake.empty());
    EXPECT_EQ(awake.back().cause, camera::WakeCause::Command);
}

TEST_F(ArloMedia, WhereverTheCameraSendsFromItIsSeen) {
    begin(options(em::Model::Pro2));
    using enum em::ServerPort;
    for (const em::ServerPort said : {Told, Zero, Missing, Third}) {
        SCOPED_TRACE(static_cast<int>(said));
        device_->faults().server_port = said;
        see();
    }
    EXPECT_EQ(device_->counters().sessions, 4u);
    EXPECT_EQ(device_->counters().teardowns, 4u);
    EXPECT_EQ(device_->counters().watchdog_trips, 0u);
    EXPECT_EQ(device_->counters().runaways, 0u);
}

TEST_F(ArloMedia, ATransportThatItRefusesIsReplacedByTheOther) {
    begin(options(em::Model::Pro5));
    device_->faults().no_tcp = true;
    see();
    auto endpoint = [&] {
        return loop_.run([&]() -> Task<camera::PullRtsp::Transport> {
            const auto open =
                co_await router_->endpoint("porch", camera::Quality::Main, async::Deadline::in(5s));
            co_return std::get<camera::PullRtsp>(open.value().way).transport;
        });
    };
    EXPECT_EQ(endpoint(), camera::PullRtsp::Transport::UdpFirst) << "what worked is asked first";
    device_->faults().no_tcp = false;
    device_->faults().no_udp = true;
    see();
    EXPECT_EQ(endpoint(), camera::PullRtsp::Transport::Auto);
}

TEST_F(ArloMedia, AFourKCameraIsSeenOnTheOtherPortWhereOneIsDeaf) {
    em::DeviceOptions ultra = options(em::Model::Ultra);
    ultra.profile.hevc_resolution.clear();  // nothing listens on 555
    begin(std::move(ultra));
    see();
    EXPECT_EQ(device_->counters().sessions, 1u);
}

TEST_F(ArloMedia, ARunawayStreamIsToldWithARemedyAndOverAfterThePowerCut) {
    begin(options(em::Model::Pro2));
    tests::Watcher stranger(loop_.executor());
    loop_.run([&]() -> Task<> {
        EXPECT_TRUE(co_await stranger.connect(kHome, device_->ports().rtsp));
        EXPECT_EQ(co_await stranger.play_udp(), 200);
        stranger.hang_up();  // and never reported: it streams for ever
    });
    wait_for([&] { return device_->counters().runaways == 1; });
    watch();
    // An error is told until the next try begins.
    std::string remedy;
    const auto is_told = [&](std::string_view reason) {
        const auto error = status().error;
        if (!error || error->reason() != reason) return false;
        remedy = error->message();
        return true;
    };
    wait_for([&] { return is_told("busy"); });
    wait_for([&] { return is_told("stuck"); });
    EXPECT_NE(remedy.find("battery out"), std::string::npos) << remedy;
    loop_.run([&]() -> Task<> {  // triggers belong to its own thread
        device_->reboot();
        co_return;
    });
    wait_until_live();
}

}  // namespace
}  // namespace casement
