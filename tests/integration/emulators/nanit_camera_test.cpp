// The emulated Nanit camera as its clients see it: at its door, behind the relay, and at the other
// end of what it publishes.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "async/deadline.hpp"
#include "emulators/nanit/camera.hpp"
#include "emulators/nanit/cloud.hpp"
#include "emulators/nanit/media_point.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/integration/emulators/nanit_client.hpp"

namespace casement::tests {
namespace {

using namespace emulators::nanit;
using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using nanit_client::Socket;

constexpr const char* kCamera = "N301EMU0000001";
constexpr const char* kBaby = "a1b2c3d4";
constexpr const char* kFull =
    "Forbidden: Number of Mobile App connections above limit, declining connection";

class NanitCamera : public testing::Test {
public:  // for the coroutines of the tests
    void SetUp() override {
        cloud_ = Cloud::start(io_.get_executor(), clock_, {}, {}).value();
        cloud_->accounts().add({"parent@example.org", base::Secret("secret one"), Mfa::None});
        cloud_->nursery().add({.uid = kBaby, .name = "Robin", .camera_uid = kCamera});
        CameraOptions options;
        options.uid = kCamera;
        options.time_scale = 0.02;  // a minute is 1.2 s, twenty are 24 s
        options.stream_times.lapse = 60s;
        options.frees_slot_after = 25s;
        options.picture.width = 320;
        options.picture.height = 180;
        options.lets_in = [this](std::string_view token) {
            return cloud_->accounts().opens_camera(token, kCamera);
        };
        camera_ = Camera::start(io_.get_executor(), pool_, clock_, options, {}).value();
        cloud_->relay(kCamera).attach(camera_->port());
        MediaPointOptions media;
        media.allows = [this](std::string_view app, std::string_view key) {
            return app == "s3cr3t" ? std::optional(clock_.wall_now() + 1h)
                                   : until(std::string(key));
        };
        media_ = MediaPoint::start(io_.get_executor(), clock_, media, {}).value();
        token_ = std::get<Accounts::Tokens>(
                     cloud_->accounts().log_in(
                         {"parent@example.org", base::Secret("secret one"), {}, {}, {}}))
                     .access.reveal();
    }
    void TearDown() override {
        run([](NanitCamera& t) -> Task<> {
            t.cloud_->relay(kCamera).attach(nullptr);
            co_await t.camera_->stop();
            co_await t.cloud_->stop();
            co_await t.media_->stop();
        });
        camera_.reset();
    }
    void run(Task<> (*test)(NanitCamera&)) { fakes::run(io_, test(*this)); }

    /// Of "{baby}.{token}".
    std::optional<base::WallTime> until(const std::string& key) {
        const std::size_t dot = key.find('.');
        if (key.substr(0, dot) != kBaby) return std::nullopt;
        return cloud_->accounts().end_of(std::string_view(key).substr(dot + 1));
    }

    Task<base::Result<Socket>> at_door(std::string authorization) {
        co_return co_await nanit_client::connect(camera_->door_url(), std::move(authorization));
    }
    Task<base::Result<Socket>> over_relay() {
        co_return co_await nanit_client::connect(
            fmt::format("{}/focus/cameras/{}/user_connect", cloud_->websocket_url(), kCamera),
            "Bearer " + token_);
    }

    Task<pb::Message> next(Socket socket, wire::MessageType kind) {
        co_return co_await nanit_client::next(std::move(socket), kind);
    }
    Task<pb::Response> ask(Socket socket, pb::Message request) {
        co_return co_await nanit_client::ask(std::move(socket), std::move(request));
    }
    Task<pb::Response> stream(Socket socket, wire::StreamingStatus status, std::string url) {
        co_return co_await ask(std::move(socket),
                               nanit_client::streaming(++id_, status, std::move(url)));
    }
    std::string url(const std::string& name = kBaby) const {
        return fmt::format("{}/s3cr3t/{}", media_->url(), name);
    }
    MediaSeen seen(const std::string& name = kBaby) const { return media_->seen("s3cr3t/" + name); }
    template <typename Done>
    Task<bool> comes(Done done) {
        co_return co_await nanit_client::comes(std::move(done));
    }

    asio::io_context io_{1};
    base::SystemClock clock_;
    async::BlockingPool pool_{"camera", 1};
    std::unique_ptr<Cloud> cloud_;
    std::unique_ptr<Camera> camera_;
    std::unique_ptr<MediaPoint> media_;
    std::string token_;
    std::int32_t id_ = 1000;
};

// ---- the door ----

TEST_F(NanitCamera, OpensItsDoorToTokensInTheirFormAlone) {
    run([](NanitCamera& t) -> Task<> {
        const auto kind_of = [](const auto& refused) {
            return refused ? base::ErrorKind::Internal : refused.error().kind();
        };
        EXPECT_EQ(kind_of(co_await t.at_door("Bearer " + t.token_)),
                  base::ErrorKind::Unauthenticated);
        EXPECT_EQ(kind_of(co_await t.at_door(t.token_)), base::ErrorKind::Unauthenticated);
        EXPECT_EQ(kind_of(co_await t.at_door("token abc")), base::ErrorKind::Unauthenticated);
        EXPECT_EQ(t.camera_->counters().unauthorized, 3u);
        EXPECT_TRUE(co_await t.at_door("token " + t.token_));
        const std::string own = t.cloud_->accounts().make_camera_token(kCamera).reveal();
        EXPECT_TRUE(co_await t.at_door("token " + own));
    });
}

TEST_F(NanitCamera, HasTwoSlotsThatVanishedClientsKeepForAWhile) {
    run([](NanitCamera& t) -> Task<> {
        const std::string token = "token " + t.token_;
        auto one = co_await t.at_door(token), two = co_await t.at_door(token);
        CO_ASSERT(one && two);
        const auto third = co_await t.at_door(token);
        CO_ASSERT(!third);
        EXPECT_EQ(third.error().kind(), base::ErrorKind::PermissionDenied);
        co_await (*one)->close();  // politely: the slot is free at once
        EXPECT_TRUE(co_await t.comes([&] { return t.camera_->counters().local == 1; }));
        auto again = co_await t.at_door(token);
        EXPECT_TRUE(again);
        (*two)->abort();
        EXPECT_TRUE(co_await t.comes([&] { return t.camera_->counters().local == 1; }));
        EXPECT_FALSE(co_await t.at_door(token));
        (void)co_await async::sleep_for(600ms);  // real time: the slot's 25 s
        EXPECT_TRUE(co_await t.at_door(token));
        co_await (*again)->close();
    });
}

// ---- requests and pushes ----

TEST_F(NanitCamera, AnswersTheSameAtItsDoorAndOverTheRelay) {
    run([](NanitCamera& t) -> Task<> {
        const auto door = co_await t.at_door("token " + t.token_);
        const auto relay = co_await t.over_relay();
        CO_ASSERT(door && relay);
        auto message = wire::request(7, wire::kGetStatus);
        message.mutable_request()->mutable_get_status()->set_all(true);
        for (const Socket& socket : {*door, *relay}) {
            const auto answer = co_await t.ask(socket, message);
            EXPECT_EQ(answer.request_id(), 7);
            EXPECT_EQ(answer.request_type(), wire::kGetStatus);
            EXPECT_EQ(answer.status_code(), 200);
            EXPECT_EQ(answer.status().current_version(), "6.58.615");
        }
        EXPECT_EQ((co_await t.ask(*relay, wire::request(8, wire::kGetStreaming))).status_code(),
                  501);
        (void)co_await (*door)->send_binary({0xff, 0xff});
        (void)co_await (*door)->send_binary(wire::serialize(wire::keepalive()));
        EXPECT_TRUE(co_await t.comes([&] { return t.camera_->counters().keepalives == 1; }));
        EXPECT_EQ(t.camera_->counters().malformed, 1u);
    });
}

TEST_F(NanitCamera, PushesSensorsOnceThatIsSwitchedOn) {
    run([](NanitCamera& t) -> Task<> {
        const auto socket = co_await t.over_relay();
        CO_ASSERT(socket);
        auto message = wire::request(9, wire::kPutControl);
        auto* transfer =
            message.mutable_request()->mutable_control()->mutable_sensor_data_transfer();
        transfer->set_temperature(true);
        transfer->set_humidity(true);
        transfer->set_light(true);
        transfer->set_night(true);
        EXPECT_EQ((co_await t.ask(*socket, message)).status_code(), 200);
        Readings day = t.camera_->state().readings;
        day.night = false;
        t.camera_->set_readings(day);
        const auto night = (co_await t.next(*socket, wire::kRequest)).request();
        CO_ASSERT(night.sensor_data_size() == 1);
        EXPECT_EQ(night.sensor_data(0).sensor_type(), wire::kNight);
        EXPECT_EQ(night.id(), 5001);
        const auto first = (co_await t.next(*socket, wire::kRequest)).request();
        const auto second = (co_await t.next(*socket, wire::kRequest)).request();
        CO_ASSERT(first.sensor_data_size() == 1 && second.sensor_data_size() == 1);
        EXPECT_EQ(first.sensor_data(0).sensor_type(), wire::kTemperature);
        EXPECT_EQ(second.sensor_data(0).sensor_type(), wire::kHumidity);
        EXPECT_EQ(second.id(), first.id() + 1);
    });
}

TEST_F(NanitCamera, IsSilentToWhatItIsToldToIgnore) {
    run([](NanitCamera& t) -> Task<> {
        const auto socket = co_await t.over_relay();
        CO_ASSERT(socket);
        t.camera_->faults().silent_to = {wire::kGetSoundtracks};
        (void)co_await (*socket)->send_binary(
            wire::serialize(wire::request(1, wire::kGetSoundtracks)));
        const auto answer = co_await t.ask(*socket, wire::request(2, wire::kGetPlayback));
        EXPECT_EQ(answer.request_id(), 2);
        EXPECT_EQ(t.camera_->counters().requests.at(wire::kGetSoundtracks), 1u);
    });
}

// ---- streams ----

TEST_F(NanitCamera, PublishesWhereItIsToldUntilItIsStopped) {
    run([](NanitCamera& t) -> Task<> {
        const auto socket = co_await t.over_relay();
        CO_ASSERT(socket);
        EXPECT_EQ((co_await t.stream(*socket, wire::kStarted, t.url())).status_code(), 200);
        EXPECT_TRUE(co_await t.comes([&] { return t.seen().video > 5 && t.seen().audio > 5; }));
        EXPECT_TRUE(t.seen().has_metadata);
        EXPECT_EQ(t.seen().first_ms, 0u);
        EXPECT_EQ((co_await t.stream(*socket, wire::kStarted, t.url())).status_code(), 200);
        EXPECT_EQ(t.camera_->streams().counters().refreshed, 1u);
        EXPECT_EQ((co_await t.stream(*socket, wire::kStopped, "")).status_code(), 200);
        EXPECT_TRUE(co_await t.comes([&] { return !t.seen().is_published; }));
        EXPECT_EQ(t.seen().publications, 1u);
        EXPECT_EQ(t.camera_->streams().counters().active, 0u);
    });
}

TEST_F(NanitCamera, PublishesToTheCloudWhileTheTokenOfTheUrlLives) {
    run([](NanitCamera& t) -> Task<> {
        const auto socket = co_await t.over_relay();
        CO_ASSERT(socket);
        const std::string key = fmt::format("{}.{}", kBaby, t.token_);
        EXPECT_EQ((co_await t.stream(*socket, wire::kStarted,
                                     fmt::format("{}/nanit/{}", t.media_->url(), key)))
                      .status_code(),
                  200);
        EXPECT_TRUE(co_await t.comes([&] { return t.media_->seen("nanit/" + key).video > 2; }));
        (void)co_await t.stream(*socket, wire::kStarted, t.media_->url() + "/nanit/other.token");
        EXPECT_TRUE(co_await t.comes([&] { return t.media_->refused() == 1; }));
        EXPECT_TRUE(co_await t.comes([&] { return t.camera_->streams().counters().failed == 1; }));
    });
}

TEST_F(NanitCamera, EndsAStreamThatNobodyAsksForAgain) {
    run([](NanitCamera& t) -> Task<> {
        const auto socket = co_await t.over_relay();  // a minute is 1.2 s here
        CO_ASSERT(socket);
        (void)co_await t.stream(*socket, wire::kStarted, t.url());
        EXPECT_TRUE(co_await t.comes([&] { return t.seen().is_published; }));
        EXPECT_TRUE(co_await t.comes([&] { return !t.seen().is_published; }));
        EXPECT_EQ(t.camera_->streams().counters().lapsed, 1u);
    });
}

TEST_F(NanitCamera, EndsStreamsWithTheConnectionThatAskedForThem) {
    run([](NanitCamera& t) -> Task<> {
        for (const bool stops : {true, false}) {
            t.camera_->faults().stops_with_session = stops;
            const auto socket = co_await t.over_relay();
            CO_ASSERT(socket);
            (void)co_await t.stream(*socket, wire::kStarted, t.url());
            EXPECT_TRUE(co_await t.comes([&] { return t.seen().is_published; }));
            (*socket)->abort();
            EXPECT_TRUE(co_await t.comes([&] { return t.camera_->counters().sessions == 0; }));
            EXPECT_EQ(t.camera_->streams().counters().active, stops ? 0u : 1u);
            if (stops) EXPECT_TRUE(co_await t.comes([&] { return !t.seen().is_published; }));
        }
    });
}

TEST_F(NanitCamera, RefusesStreamsForTheReasonsThatRealOnesHave) {
    run([](NanitCamera& t) -> Task<> {
        const auto socket = co_await t.over_relay();
        CO_ASSERT(socket);
        EXPECT_EQ((co_await t.stream(*socket, wire::kStarted, "http://x/y")).status_code(), 400);
        t.camera_->faults().other_apps = 1;
        EXPECT_EQ((co_await t.stream(*socket, wire::kStarted, t.url("a"))).status_code(), 200);
        const auto full = co_await t.stream(*socket, wire::kStarted, t.url("b"));
        EXPECT_EQ(full.status_code(), 403);
        EXPECT_EQ(full.status_message(), kFull);
        EXPECT_EQ((co_await t.stream(*socket, wire::kStarted, t.url("a"))).status_code(), 200);
        t.camera_->faults().other_apps = 0;
        t.camera_->faults().p2p_blocked = true;
        const auto blocked = co_await t.stream(*socket, wire::kStarted, t.url("b"));
        EXPECT_EQ(blocked.status_code(), 500);
        EXPECT_EQ(blocked.status_message(), "failed to punch p2p");
        auto sleep = wire::request(1, wire::kPutSettings);
        sleep.mutable_request()->mutable_settings()->set_sleep_mode(true);
        EXPECT_EQ((co_await t.ask(*socket, sleep)).status_code(), 200);
        EXPECT_EQ(t.camera_->streams().counters().active, 0u);
        const auto asleep = co_await t.stream(*socket, wire::kStarted, t.url("b"));
        EXPECT_TRUE(asleep.status_message().contains("sleeping"));
    });
}

TEST_F(NanitCamera, FreezesIsCutAndFailsToConnectOnRequest) {
    run([](NanitCamera& t) -> Task<> {
        const auto socket = co_await t.over_relay();
        CO_ASSERT(socket);
        Streams& streams = t.camera_->streams();
        streams.refused_connects = 1;
        (void)co_await t.stream(*socket, wire::kStarted, t.url());
        EXPECT_TRUE(co_await t.comes([&] { return streams.counters().failed == 1; }));
        EXPECT_EQ(t.seen().publications, 0u);
        (void)co_await t.stream(*socket, wire::kStarted, t.url());
        EXPECT_TRUE(co_await t.comes([&] { return t.seen().video > 2; }));
        streams.freeze(true);
        (void)co_await async::sleep_for(200ms);  // what is on its way arrives
        const auto before = t.seen().video;
        (void)co_await async::sleep_for(300ms);
        EXPECT_EQ(t.seen().video, before);
        EXPECT_TRUE(t.seen().is_published);
        streams.freeze(false);
        EXPECT_TRUE(co_await t.comes([&] { return t.seen().video > before; }));
        streams.reset();
        EXPECT_TRUE(co_await t.comes([&] { return !t.seen().is_published; }));
    });
}

}  // namespace
}  // namespace casement::tests
