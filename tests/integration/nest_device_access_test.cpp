// Ten cameras of one Device Access project, and what it publishes, against the emulated vendor:
// driver, sources and hub as they run together. Both sides were written apart from each other; no
// hardware.
//
// A minute of the vendor is three seconds here, for the emulator's limits as for those that the
// driver keeps, for its leases, and for every wait of the hub: all by one factor. Answers and
// pictures take the time that they take.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "base/time_scale.hpp"
#include "drivers/nest/device_access/driver.hpp"
#include "emulators/nest/cloud.hpp"
#include "emulators/testcam/rtsp_camera.hpp"
#include "hub/stream_hub.hpp"
#include "sources/open_source.hpp"
#include "tests/unit/drivers/host.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::drivers::nest::device_access {
namespace {

using async::Deadline;
using async::Task;
using base::Result;
using emulators::nest::Cloud;
using emulators::nest::Fault;
using nlohmann::json;
using testing::ElementsAre;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr double kScale = 0.05;
constexpr std::chrono::milliseconds kMinute{3'000};

/// Keeps events, one for each of the vendor's ids.
class Host final : public drivers::tests::Host {
public:
    Task<Result<events::EventPtr>> event(events::Event event) override {
        event.id = "event-" + event.vendor_id;
        events.insert_or_assign(event.vendor_id, event);
        co_return std::make_shared<const events::Event>(std::move(event));
    }
    Task<Result<events::EventPtr>> event_ended(std::string id, base::WallTime) override {
        ended.insert(std::move(id));
        co_return std::make_shared<const events::Event>();
    }
    std::map<std::string, events::Event> events;  // as they were told last
    std::set<std::string> ended;
};

// real time: two programs over sockets on loopback.
class DeviceAccessAccount : public testing::Test {
protected:
    void begin(int cameras) {
        emulators::nest::CloudOptions options;
        options.live_picture = {.width = 320, .height = 180, .fps = 5};
        options.time_scale = kScale;
        options.device_access.minute = kMinute;
        options.device_access.lease = 5 * kMinute;
        options.device_access.image_life = kMinute / 2;
        cloud_ = Cloud::start(loop_.executor(), codecs_, clock_, options, {}).value();
        cloud_->accounts().add({.email = "owner@example.test"});
        for (int i = 0; i < cameras; ++i) cloud_->devices().add({.id = fmt::format("camera{}", i)});
        cloud_->devices().add({.id = "bell", .is_doorbell = true, .speaks_rtsp = false});
        DriverOptions driver;
        driver.account = "home";
        driver.api = {.base = cloud_->device_access_url() + "/v1",
                      .pubsub = cloud_->pubsub_url() + "/v1",
                      .hosts = {.follows_answers = true}};
        for (const auto& device : cloud_->devices().devices())
            driver.cameras.emplace(device.id, device.id);
        KeepMedia keep = [](std::string name, std::string extension,
                            std::string) -> Task<Result<std::string>> {
            co_return name + "." + extension;
        };
        driver_ =
            std::make_unique<Driver>(loop_.executor(), driver.scaled(kScale), pass(), keep, clock_);
        tasks_.emplace(loop_.executor(), base::Log{});
        tasks_->spawn("driver", [this]() -> Task<> { (void)co_await driver_->run(host_); });
        const auto all = static_cast<std::size_t>(cameras) + 1;
        ASSERT_TRUE(wait_for([&] { return host_.cameras.size() == all; }));
    }
    AskPass pass() {
        return [this](bool, Deadline) -> Task<Result<Pass>> {
            co_return Pass{
                .token = cloud_->accounts().issue(emulators::nest::Kind::DeviceAccess, "1000001"),
                .project = "emu-project",
                .subscription = "projects/p/subscriptions/casement"};
        };
    }
    /// As the hub opens each camera that is always on.
    void watch(const std::string& camera) {
        const auto factory = [this, camera]() -> Task<Result<std::unique_ptr<hub::Source>>> {
            CASEMENT_CO_TRY(
                camera::StreamEndpoint endpoint,
                co_await driver_->endpoint(camera, camera::Quality::Main, Deadline::in(5s)));
            auto& ways = std::get<camera::BestOf>(endpoint.way);
            for (auto* const wait : {&ways.again, &ways.again_at_most, &ways.renew_before})
                *wait = base::scaled(*wait, kScale);
            co_return sources::open_source(camera, endpoint,
                                           {{codecs_, clock_, {}}, hub_.push_door(), nullptr});
        };
        hub::StreamOptions options;
        options.supervisor.always = true;
        streams_.push_back(*hub_.add(camera, factory, options));
    }
    bool is_live(const std::shared_ptr<hub::Stream>& stream) const {
        return stream->status().phase == hub::Phase::Live;
    }
    void TearDown() override {
        loop_.run([this]() -> Task<> {
            co_await hub_.stop();
            if (tasks_) co_await tasks_->stop();
            if (cloud_) co_await cloud_->stop();
        });
    }
    template <typename Condition>
    [[nodiscard]] bool wait_for(Condition condition, std::chrono::milliseconds most = 10s) {
        const auto until = std::chrono::steady_clock::now() + most;
        return loop_.run([&]() -> Task<bool> {
            while (!condition() && std::chrono::steady_clock::now() < until)
                (void)co_await async::sleep_for(5ms);
            co_return condition();
        });
    }
    void pass_time(std::chrono::milliseconds time) {
        (void)wait_for([] { return false; }, time);
    }
    /// When each command came, in milliseconds since the first, with what it was answered.
    std::vector<std::pair<std::int64_t, int>> commands() const {
        std::vector<std::pair<std::int64_t, int>> out;
        std::optional<base::WallTime> first;
        for (const auto& seen : cloud_->seen()) {
            if (seen.route != "execute_command") continue;
            if (!first) first = seen.at;
            out.emplace_back((seen.at - *first) / 1ms, seen.status);
        }
        return out;
    }
    /// The next commands are answered with 429; after each nobody asks for a minute.
    void refuse_for_quota(int times) {
        cloud_->fail_next("execute_command", Fault::TooMany, times);
    }

    net::tests::Loop loop_;
    base::SystemClock clock_;
    async::BlockingPool codecs_{"codecs", 1};
    std::unique_ptr<Cloud> cloud_;
    Host host_;
    hub::StreamHub hub_{{loop_.executor()}, clock_, {}};
    std::vector<std::shared_ptr<hub::Stream>> streams_;
    std::unique_ptr<Driver> driver_;
    std::optional<async::TaskGroup> tasks_;
};

TEST_F(DeviceAccessAccount, TenCamerasComeUpAndStayWithinTheLimitsWhateverElseIsAsked) {
    begin(10);
    for (int i = 0; i < 10; ++i) watch(fmt::format("camera{}", i));
    const auto all_live = [&] {
        return std::ranges::all_of(streams_, [&](const auto& stream) { return is_live(stream); });
    };
    ASSERT_TRUE(wait_for(all_live, 5 * kMinute)) << "everybody comes up, the last ones later";
    EXPECT_EQ(cloud_->devices().counters().generated, 10U);

    // Something moves everywhere, each with a picture to be asked for; meanwhile leases come due.
    const auto move = [&] {
        for (int i = 0; i < 10; ++i)
            cloud_->devices().add_event(fmt::format("camera{}", i), "CameraMotion.Motion");
    };
    const auto ring = [&](std::size_t events) {
        cloud_->devices().add_event("bell", "DoorbellChime.Chime");
        EXPECT_TRUE(wait_for([&] { return host_.events.size() == events; }, 1s))
            << "a bell does not wait for what else is asked";
    };
    move();
    move();
    ring(21);
    pass_time(kMinute / 2);
    refuse_for_quota(1);  // of what is due next: more time
    const auto counted = [&] { return cloud_->devices().counters(); };
    ASSERT_TRUE(wait_for([&] { return counted().extended == 10; }, 25s));

    // Now each camera needs another stream, for it is refused more time for the one that it has.
    cloud_->devices().change().extensions = 1;
    move();
    ring(32);
    ASSERT_TRUE(
        wait_for([&] { return counted().generated == 20 && counted().open_leases == 10; }, 25s));
    EXPECT_TRUE(all_live());
    for (const auto& stream : streams_)
        EXPECT_EQ(stream->status().counters.failures, 0U) << "and nobody lost a picture over it";

    // More minutes of silence than a lease has left: some lose their pictures, none for good.
    const auto refused = [&] {
        return std::ranges::count(commands(), 429, &std::pair<std::int64_t, int>::second);
    };
    refuse_for_quota(3);
    ASSERT_TRUE(wait_for([&] { return refused() == 4; }, 25s));
    EXPECT_TRUE(wait_for(all_live, 5 * kMinute));

    const auto counters = counted();
    EXPECT_EQ(counters.over_limit, 0U);
    EXPECT_LE(counters.most_commands, 10U);
    EXPECT_LE(counters.most_of_one, 5U);
    EXPECT_THAT(host_.events, SizeIs(32));
    const auto pictures = cloud_->requests("sdm_image");
    EXPECT_GT(pictures, 0U);

    const auto asked = commands();
    std::int64_t refusals = 0, shortest_silence = 1'000'000;
    for (std::size_t i = 0; i + 1 < asked.size(); ++i) {
        if (asked[i].second != 429) continue;
        ++refusals;
        // What was under way already comes within the time of an answer.
        std::size_t next = i + 1;
        while (next < asked.size() && asked[next].first - asked[i].first < 100) ++next;
        if (next < asked.size())
            shortest_silence = std::min(shortest_silence, asked[next].first - asked[i].first);
    }
    EXPECT_EQ(refusals, 4);
    EXPECT_GE(shortest_silence, kMinute.count());
    std::cout << fmt::format(
        "{} commands in {:.1f} of the vendor's minutes, at most {} in any and {} of one kind at a "
        "camera; {} streams, {} extensions, {} pictures, {} of 429, each with {:.2f} minutes of "
        "silence behind it\n",
        asked.size(), static_cast<double>(asked.back().first) / kMinute.count(),
        counters.most_commands, counters.most_of_one, counters.generated, counters.extended,
        pictures, refusals, static_cast<double>(shortest_silence) / kMinute.count());
}

TEST_F(DeviceAccessAccount, AStreamThatWasCutIsComeBackToWithTheTokenOfNow) {
    begin(1);
    watch("camera0");
    const auto& stream = streams_.front();
    const auto counted = [&] { return cloud_->devices().counters(); };
    ASSERT_TRUE(wait_for([&] { return counted().extended == 1; }, 15s));
    auto* const camera = cloud_->lent_camera("camera0");
    EXPECT_EQ(camera->counters().sessions, 1U);
    camera->drop_connections();
    ASSERT_TRUE(wait_for([&] { return camera->counters().sessions == 2; }));
    const auto before = stream->status().counters.units_in;
    ASSERT_TRUE(wait_for([&] { return stream->status().counters.units_in > before + 5; }));
    EXPECT_EQ(counted().generated, 1U) << "the address of before, with another token";
    EXPECT_EQ(camera->counters().most_playing, 1U);
}

TEST_F(DeviceAccessAccount, WhatIsPublishedTwiceLateAndInAnyOrderBecomesOneEventWithItsFilm) {
    begin(1);
    auto& devices = cloud_->devices();
    devices.sends_twice = true;
    devices.add_event("bell", "DoorbellChime.Chime");  // and behind it the film, all of it twice
    ASSERT_TRUE(wait_for(
        [&] { return !host_.events.empty() && !host_.events.begin()->second.media.empty(); }));
    ASSERT_THAT(host_.events, SizeIs(1));
    const events::Event& bell = host_.events.begin()->second;
    EXPECT_EQ(bell.kind, "button");
    EXPECT_EQ(bell.camera, "bell");
    EXPECT_TRUE(bell.media.ends_with(".mp4")) << bell.media;

    // What nobody expects, and messages whose order is not that of what happened.
    devices.sends_twice = false;
    const auto now = clock_.wall_now();
    const auto publish = [&](const std::string& type, const std::string& session, base::WallTime at,
                             const std::string& device = "camera0") {
        devices.publish({{"eventId", session + type},
                         {"timestamp", base::format_rfc3339(at)},
                         {"resourceUpdate",
                          {{"name", "enterprises/emu-project/devices/" + device},
                           {"events",
                            {{"sdm.devices.events." + type,
                              {{"eventSessionId", session}, {"eventId", session + type}}}}}}}});
    };
    devices.publish({{"eventId", "r"},
                     {"timestamp", base::format_rfc3339(now)},
                     {"relationUpdate", {{"type", "CREATED"}, {"subject", "a"}, {"object", "b"}}}});
    publish("CameraPerson.Person", "S1", now);
    publish("CameraMotion.Motion", "S1", now - 2s);  // was before, comes behind
    publish("CameraMotion.Motion", "S2", now - 31s);
    publish("CameraSmell.Smell", "S3", now);
    publish("CameraMotion.Motion", "S4", now, "stranger");
    const auto lists = devices.counters().lists;
    ASSERT_TRUE(wait_for([&] { return host_.events.size() == 4; }));
    ASSERT_TRUE(wait_for([&] { return devices.counters().lists > lists; }))
        << "the household has changed: its devices are read anew";
    std::map<std::string, bool> late;
    for (const auto& [id, event] : host_.events)
        late.emplace(event.kind, json::parse(event.data).value("late", false));
    EXPECT_THAT(late, ElementsAre(std::pair("button", false), std::pair("motion", true),
                                  std::pair("person", false), std::pair("smell", false)));
    EXPECT_TRUE(host_.events.at("S2/motion").media.empty()) << "its picture is gone";
    ASSERT_TRUE(wait_for([&] { return devices.counters().acknowledged == 10; }))
        << devices.counters().acknowledged << ": all of it is acknowledged, or comes for ever";
}

}  // namespace
}  // namespace casement::drivers::nest::device_access
