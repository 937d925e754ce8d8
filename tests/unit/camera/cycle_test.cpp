// The whole way of a wish and of everything a driver tells, with a scripted driver: registry,
// router, stored wishes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "camera/router.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/scripted_driver.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::camera {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

/// Everything one process of the hub has; made again over the same file it is a restart.
struct Hub {
    Hub(const std::string& path, fakes::Clock& clock, fakes::ScriptedCamera& device)
        : store(store::Store::open(path).value()),
          log(events::EventLog::open(*store, clock).value()),
          desired(DesiredState::open(*store).value()),
          registry(io.get_executor(), clock, *log, *desired, quick()),
          router(registry) {
        auto owned = std::make_unique<fakes::ScriptedDriver>(io.get_executor(), device);
        driver = owned.get();
        EXPECT_TRUE(registry.add(std::move(owned)));
        idle();
    }
    ~Hub() {
        fakes::run(io, registry.stop());
        fakes::settle(io);
    }
    static RegistryOptions quick() {
        return {.restart = {.first = 0ms, .cap = 0ms},
                .echo = 15s,
                .apply_within = 10s,
                .sign_in_retry = 15min};
    }

    /// Everything that does not wait for the script: io thread and database thread by turns.
    void idle() {
        for (int i = 0; i < 8; ++i) {
            fakes::settle(io);
            store->run_now([](store::Database&) { return 0; });
        }
        fakes::settle(io);
    }
    base::Result<Setting> set(std::string setting, Value value,
                              std::chrono::milliseconds wait = 5s) {
        auto answer = fakes::run(io, router.set("nursery", std::move(setting), std::move(value),
                                                "ana", async::Deadline::in(wait)));
        idle();
        return answer;
    }
    Setting setting(std::string_view id) { return *registry.camera("nursery")->setting(id); }
    /// The data of the events of a kind, oldest first.
    std::vector<std::string> events(std::string_view kind) {
        events::Query query;
        query.kinds = {std::string(kind)};
        const auto page = fakes::run(io, log->list(query)).value();
        std::vector<std::string> out;
        for (auto it = page.events.rbegin(); it != page.events.rend(); ++it)
            out.push_back((*it)->data);
        return out;
    }

    asio::io_context io{1};
    std::unique_ptr<store::Store> store;
    std::unique_ptr<events::EventLog> log;
    std::unique_ptr<DesiredState> desired;
    DriverRegistry registry;
    CommandRouter router;
    fakes::ScriptedDriver* driver = nullptr;
};

struct Cycle : testing::Test {
    fakes::TempDirectory dir;
    fakes::Clock clock;
    fakes::ScriptedCamera device;
    std::optional<Hub> hub;

    void SetUp() override {
        base::capture_log([](base::LogLevel, std::string_view) {});
        start();
    }
    void TearDown() override {
        hub.reset();
        base::capture_log({});
    }
    void start() {
        hub.reset();
        hub.emplace(dir.path("a.db"), clock, device);
    }
    camera::DriverHost& host() { return *hub->driver->host; }
};

TEST_F(Cycle, ACameraAppearsWithWhatItReports) {
    const CameraPtr camera = hub->registry.camera("nursery");
    ASSERT_TRUE(camera);
    EXPECT_EQ(camera->description.vendor, "scripted");
    EXPECT_EQ(camera->state.word, StateWord::Live);
    EXPECT_EQ(camera->setting("volume")->reported, Value{60.0});
    EXPECT_EQ(camera->setting("volume")->desired, Value{60.0});
    EXPECT_FALSE(camera->setting("volume")->is_pending());
    EXPECT_EQ(hub->registry.cameras().size(), 1u);
    EXPECT_EQ(hub->registry.accounts()[0].state.word, AccountState::Word::SignedIn);
    EXPECT_EQ(hub->registry.camera("nobody"), nullptr);
}

TEST_F(Cycle, AWishOfEveryKindIsReachedWhenTheCameraReportsIt) {
    const std::vector<std::pair<std::string, Value>> wishes{{"night_light", LightValue{true, 35.0}},
                                                            {"status_light", false},
                                                            {"volume", 40.0},
                                                            {"night_vision", std::string("off")},
                                                            {"siren", true}};
    for (const auto& [id, value] : wishes) {
        const auto answer = hub->set(id, value);
        ASSERT_TRUE(answer) << answer.error().message();
        const Setting now = hub->setting(id);
        EXPECT_EQ(now.reported, value) << id;
        EXPECT_EQ(now.desired, value) << id;
        EXPECT_FALSE(now.is_pending()) << id;
        EXPECT_EQ(device.values.at(id), value) << id;
    }
    EXPECT_EQ(hub->setting("volume").by, "ana");
    EXPECT_EQ(hub->setting("volume").since, clock.wall_now());
    EXPECT_EQ(hub->events("setting").size(), wishes.size());
}

TEST_F(Cycle, AButtonIsPressedOnceAndNeverStored) {
    ASSERT_TRUE(hub->set("restart", Pressed{}));
    EXPECT_EQ(device.restarts, 1);
    start();
    EXPECT_EQ(device.restarts, 1);
    device.answers.emplace("restart",
                           base::Error(ErrorKind::FailedPrecondition, "not while it updates"));
    const auto refused = hub->set("restart", Pressed{});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(), "\"Restart\": not while it updates");
}

TEST_F(Cycle, WhatTheCameraDoesNotReportStaysPending) {
    device.reports = false;
    const auto answer = hub->set("volume", 40.0);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->is_pending());
    EXPECT_EQ(answer->desired, Value{40.0});
    EXPECT_EQ(answer->reported, Value{60.0});
    host().setting_reported("nursery", "volume", 40.0);
    hub->idle();
    EXPECT_FALSE(hub->setting("volume").is_pending());
}

TEST_F(Cycle, ARefusalIsShownAndTheWishFallsBack) {
    device.answers.emplace("status_light",
                           base::Error(ErrorKind::FailedPrecondition, "not while it is recording"));
    const auto answer = hub->set("status_light", false);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->refused, "not while it is recording");
    EXPECT_EQ(answer->desired, Value{true});
    EXPECT_FALSE(answer->is_pending());
    EXPECT_THAT(hub->events("setting")[0], HasSubstr(R"("outcome":"refused")"));
    device.answers.clear();
    EXPECT_EQ(hub->set("status_light", false)->refused, "")
        << "a new wish is asked of the camera again";
    EXPECT_EQ(device.values.at("status_light"), Value{false});
}

TEST_F(Cycle, ARefusedWishIsNotAppliedAgainByItself) {
    device.answers.emplace("status_light",
                           base::Error(ErrorKind::Unsupported, "this model has none"));
    ASSERT_TRUE(hub->set("status_light", false));
    device.asked.clear();
    start();
    EXPECT_THAT(device.asked, IsEmpty());
    EXPECT_EQ(hub->setting("status_light").refused, "this model has none")
        << "still known after a restart";
    EXPECT_EQ(hub->setting("status_light").desired, Value{true});
}

TEST_F(Cycle, ARefusalKeepsTheWishThatWasAgreedBefore) {
    ASSERT_TRUE(hub->set("volume", 40.0));
    device.answers.emplace("volume",
                           base::Error(ErrorKind::InvalidArgument, "too loud for a baby"));
    EXPECT_EQ(hub->set("volume", 100.0)->desired, Value{40.0});
    device.answers.clear();
    device.reset();
    start();
    EXPECT_EQ(device.values.at("volume"), Value{40.0});
}

TEST_F(Cycle, WishesAreAppliedAgainAfterARestartToACameraThatWasReset) {
    ASSERT_TRUE(hub->set("volume", 40.0));
    ASSERT_TRUE(hub->set("night_light", LightValue{true, 35.0}));
    hub.reset();
    device.reset();
    device.asked.clear();
    start();
    EXPECT_THAT(device.asked,
                testing::UnorderedElementsAre(Pair("volume", Value{40.0}),
                                              Pair("night_light", Value{LightValue{true, 35.0}})));
    EXPECT_EQ(device.values.at("volume"), Value{40.0});
    EXPECT_FALSE(hub->setting("volume").is_pending());
    EXPECT_EQ(hub->setting("volume").by, "ana");
}

TEST_F(Cycle, NothingIsAskedOfACameraThatKeptItsValues) {
    ASSERT_TRUE(hub->set("volume", 40.0));
    hub.reset();
    device.asked.clear();
    start();
    EXPECT_THAT(device.asked, IsEmpty());
}

TEST_F(Cycle, WishesAreAppliedAgainWhenTheCameraRegistersAnew) {
    ASSERT_TRUE(hub->set("night_vision", std::string("off")));
    device.reset();
    host().camera_found(hub->driver->description());
    hub->idle();
    EXPECT_EQ(device.values.at("night_vision"), Value{std::string("off")});
}

TEST_F(Cycle, WhatWasMeasuredStaysWhenADriverDescribesItsCameraAnewAndSaysNothingOfIt) {
    const auto temperature = [&] {
        return *hub->registry.camera("nursery")->sensor("temperature");
    };
    const auto measured_at = clock.wall_now();
    host().sensor_measured("nursery", "temperature", 20.5, measured_at);
    auto anew = hub->driver->description();
    Sensor& told = *std::ranges::find(anew.sensors, "temperature", &Sensor::id);
    told.value = {}, told.at.reset();
    host().camera_found(anew);
    hub->idle();
    EXPECT_EQ(temperature().value, SensorValue{20.5});
    EXPECT_EQ(temperature().at, measured_at);
    told.at = measured_at + 1s;  // it says that it does not know any more
    host().camera_found(anew);
    hub->idle();
    EXPECT_EQ(temperature().value, SensorValue{});
    host().sensor_measured("nursery", "temperature", 20.5, measured_at);
    told.at.reset();
    anew.unique_id = "another camera in its place";
    host().camera_found(anew);
    hub->idle();
    EXPECT_EQ(temperature().value, SensorValue{});
}

TEST_F(Cycle, ADriverReadsTheWishesOfItsCamera) {
    ASSERT_TRUE(hub->set("volume", 40.0));
    const Wishes wishes = host().wishes("nursery");
    ASSERT_EQ(wishes.size(), 1u);
    EXPECT_EQ(wishes.at("volume").value, Value{40.0});
    EXPECT_THAT(host().wishes("nobody"), IsEmpty());
}

TEST_F(Cycle, ASirenIsNeverSwitchedOnByARestart) {
    ASSERT_TRUE(hub->set("siren", true));
    hub.reset();
    device.reset();
    device.asked.clear();
    start();
    EXPECT_THAT(device.asked, IsEmpty());
    EXPECT_EQ(hub->setting("siren").desired, Value{false});
}

TEST_F(Cycle, AWishForASleepingCameraIsAppliedWhenItWakes) {
    host().state_changed("nursery", {StateWord::Asleep, {}, {}});
    device.answers.emplace("volume", base::Error(ErrorKind::Unavailable, "asleep"));
    const auto answer = hub->set("volume", 40.0);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->is_pending());
    EXPECT_EQ(answer->refused, "");
    device.answers.clear();
    host().state_changed("nursery", {StateWord::Live, {}, {}});
    hub->idle();
    EXPECT_EQ(device.values.at("volume"), Value{40.0});
    EXPECT_FALSE(hub->setting("volume").is_pending());
}

TEST_F(Cycle, APendingWishOutlivesARestart) {
    device.answers.emplace("volume", base::Error(ErrorKind::Unavailable, "asleep"));
    ASSERT_TRUE(hub->set("volume", 40.0));
    hub.reset();
    device.answers.clear();
    start();
    EXPECT_EQ(device.values.at("volume"), Value{40.0});
}

TEST_F(Cycle, AChangeMadeElsewhereBecomesTheNewWish) {
    ASSERT_TRUE(hub->set("volume", 40.0));
    clock.advance(1min);
    device.values["volume"] = 80.0;
    host().setting_reported("nursery", "volume", 80.0);
    hub->idle();
    const Setting now = hub->setting("volume");
    EXPECT_EQ(now.desired, Value{80.0});
    EXPECT_EQ(now.by, "camera");
    EXPECT_THAT(hub->events("setting").back(), HasSubstr("changed-elsewhere"));
    hub.reset();
    device.reset();
    start();
    EXPECT_EQ(device.values.at("volume"), Value{80.0})
        << "what was set in the app is what is restored";
}

TEST_F(Cycle, AnEchoOfTheOldValueIsNoChangeMadeElsewhere) {
    ASSERT_TRUE(hub->set("volume", 40.0));
    clock.advance(3s);
    host().setting_reported("nursery", "volume", 60.0);
    hub->idle();
    EXPECT_EQ(hub->setting("volume").desired, Value{40.0});
    EXPECT_TRUE(hub->setting("volume").is_pending());
    host().setting_reported("nursery", "volume", 40.0);
    hub->idle();
    EXPECT_FALSE(hub->setting("volume").is_pending());
}

TEST_F(Cycle, WhatACameraSaysBeforeItsWishReachedItIsNoChangeMadeElsewhere) {
    ASSERT_TRUE(hub->set("volume", 40.0));
    host().state_changed("nursery", {StateWord::Offline, {}, make_reason("no-route")});
    clock.advance(1h);
    device.reset();
    host().setting_reported("nursery", "volume", 60.0);
    hub->idle();
    EXPECT_EQ(hub->setting("volume").desired, Value{40.0});
    host().state_changed("nursery", {StateWord::Live, {}, {}});
    hub->idle();
    EXPECT_EQ(device.values.at("volume"), Value{40.0});
}

TEST_F(Cycle, TheNewestOfManyWishesWins) {
    device.hangs = true;
    for (const double volume : {10.0, 20.0, 30.0}) {
        const auto answer = hub->set("volume", volume, 1ms);
        ASSERT_TRUE(answer);
        EXPECT_TRUE(answer->is_pending()) << "no answer in time is no error";
    }
    hub->driver->go();
    hub->idle();
    EXPECT_EQ(device.values.at("volume"), Value{30.0});
    EXPECT_THAT(device.asked,
                ElementsAre(Pair("volume", Value{10.0}), Pair("volume", Value{30.0})));
}

TEST_F(Cycle, AWishThatTheSettingCannotTakeIsRefusedBeforeTheCameraHears) {
    EXPECT_EQ(hub->set("volume", 101.0).error().message(),
              "\"Speaker volume\" takes 0 to 100 % in steps of 5; 101 is outside");
    EXPECT_EQ(hub->set("night_vision", std::string("maybe")).error().message(),
              "\"Night vision\" takes one of: auto, on, off");
    EXPECT_EQ(hub->set("nothing", true).error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(fakes::run(hub->io,
                         hub->router.set("nobody", "volume", 1.0, "ana", async::Deadline::never()))
                  .error()
                  .kind(),
              ErrorKind::NotFound);
    EXPECT_THAT(device.asked, IsEmpty());
}

TEST_F(Cycle, SensorsAndStatesReachTheFeed) {
    auto feed = hub->registry.changes().subscribe(hub->io.get_executor());
    host().sensor_measured("nursery", "temperature", 20.5, clock.wall_now());
    host().sensor_measured("nursery", "motion", true, clock.wall_now());
    host().sensor_measured("nursery", "wifi", std::string("home"), clock.wall_now());
    host().sensor_measured("nursery", "no such sensor", 1.0, clock.wall_now());
    host().state_changed("nursery", {StateWord::Offline, {}, make_reason("no-route")});
    hub->idle();
    std::vector<std::string> seen;
    while (const auto item = feed.try_next()) {
        const ChangePtr change = std::get<ChangePtr>(*item);
        seen.push_back(change->what == Change::What::State
                           ? std::string(to_string(change->camera->state.word))
                           : change->item);
    }
    EXPECT_THAT(seen, ElementsAre("temperature", "motion", "wifi", "offline"));
    EXPECT_EQ(hub->registry.camera("nursery")->sensor("temperature")->value, SensorValue{20.5});
    EXPECT_THAT(hub->events("state").back(), HasSubstr(R"("reason":"no-route")"));
}

TEST_F(Cycle, ASteadyStateIsToldOnce) {
    const std::size_t before = hub->events("state").size();
    auto feed = hub->registry.changes().subscribe(hub->io.get_executor());
    for (int i = 0; i < 3; ++i) host().state_changed("nursery", {StateWord::Live, {}, {}});
    hub->idle();
    EXPECT_FALSE(feed.try_next());
    EXPECT_EQ(hub->events("state").size(), before);
}

TEST_F(Cycle, TheStreamSaysHowACameraIsUnlessTheDriverKnowsBetter) {
    const auto word = [&] {
        hub->idle();
        return hub->registry.camera("nursery")->state.word;
    };
    hub->registry.stream_changed("nursery",
                                 CameraState{StateWord::Offline, {}, make_reason("stalled", "5")});
    EXPECT_EQ(word(), StateWord::Offline);
    EXPECT_EQ(hub->registry.camera("nursery")->state.reason->text,
              "Connected, but nothing arrived for 5 s.");
    host().state_changed("nursery", {StateWord::Privacy, {}, {}});
    EXPECT_EQ(word(), StateWord::Privacy);
    host().state_changed("nursery", {StateWord::Live, {}, {}});
    hub->registry.stream_changed("nursery", CameraState{StateWord::Connecting, {}, {}});
    EXPECT_EQ(word(), StateWord::Connecting);
    hub->registry.stream_changed("nursery", std::nullopt);
    EXPECT_EQ(word(), StateWord::Live);
    hub->registry.stream_changed("nobody", std::nullopt);
    EXPECT_EQ(word(), StateWord::Live);
    // Pictures come, and that they come one by one is what the driver knows.
    host().state_changed("nursery", {StateWord::Snapshot, {}, make_reason("vendor-down", "Nest")});
    hub->registry.stream_changed("nursery", CameraState{StateWord::Live, {}, {}});
    EXPECT_EQ(word(), StateWord::Snapshot);
    EXPECT_EQ(hub->registry.camera("nursery")->state.reason->code, "vendor-down");
    hub->registry.stream_changed("nursery", CameraState{StateWord::Connecting, {}, {}});
    EXPECT_EQ(word(), StateWord::Connecting);
}

TEST_F(Cycle, ADriversEventIsStoredAndTold) {
    auto bus = hub->log->bus().subscribe(hub->io.get_executor());
    events::Event motion;
    motion.camera = "nursery";
    motion.kind = events::kind::kMotion;
    motion.start = clock.wall_now();
    motion.vendor_id = "m-1";
    const auto stored = fakes::run(hub->io, host().event(motion)).value();
    EXPECT_EQ(std::get<events::EventPtr>(*bus.try_next())->id, stored->id);
    EXPECT_EQ(
        fakes::run(hub->io, host().event_ended(stored->id, clock.wall_now() + 5s)).value()->end,
        clock.wall_now() + 5s);
}

TEST_F(Cycle, CommandsNeedTheCapability) {
    const auto execute = [&](Arguments arguments) {
        Command command;
        command.camera = "nursery";
        command.arguments = std::move(arguments);
        command.caller = "ana";
        auto outcome = fakes::run(hub->io, hub->router.execute(std::move(command)));
        hub->idle();
        return outcome;
    };
    const auto picture = execute(TakeSnapshot{});
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->content_type, "image/jpeg");
    EXPECT_TRUE(execute(SoundSiren{}));
    EXPECT_TRUE(execute(PlaySound{"waves", true}));
    EXPECT_TRUE(execute(StopSound{}));
    EXPECT_TRUE(execute(RebootCamera{}));
    EXPECT_EQ(execute(MovePanTilt{}).error().message(), "the motor is busy");
    for (const Arguments& arguments : {Arguments{RingChime{}}, Arguments{WakeUp{}}}) {
        const auto refused = execute(arguments);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind(), ErrorKind::Unsupported);
    }
    EXPECT_THAT(device.commands,
                ElementsAre("snapshot", "siren", "play", "stop", "reboot", "move"));
    EXPECT_EQ(hub->events("command").size(), 5u) << "pictures are no events";
}

TEST_F(Cycle, EndpointAndTalkReachTheDriver) {
    const auto endpoint = fakes::run(
        hub->io, hub->router.endpoint("nursery", Quality::Small, async::Deadline::in(5s)));
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(way_name(endpoint->way), "test");
    EXPECT_EQ(endpoint->quality, Quality::Small);

    auto sink = fakes::run(hub->io, hub->router.talk("nursery", "ana", async::Deadline::in(5s)));
    ASSERT_TRUE(sink);
    EXPECT_EQ(fakes::run(hub->io, hub->router.talk("nursery", "ben", async::Deadline::in(5s)))
                  .error()
                  .reason(),
              "busy");
    EXPECT_EQ((*sink)->accepted()[0]->codec, media::Codec::Pcmu);
    media::AccessUnit unit;
    unit.data = media::Bytes::from(std::vector<std::uint8_t>(160));
    EXPECT_TRUE(
        fakes::run(hub->io, (*sink)->write(std::make_shared<const media::AccessUnit>(unit), 0)));
    sink->reset();
    EXPECT_FALSE(device.talking);
    EXPECT_THAT(device.talked, ElementsAre(160u));
}

TEST_F(Cycle, ADriverThatFailsIsRunAgain) {
    hub.reset();
    device.run_fails = base::Error(ErrorKind::Unavailable, "vendor-down", "503 from the vendor");
    start();
    // The wait of no length still passes through the timer queue.
    for (int i = 0; i < 100 && hub->driver->runs < 2; ++i) hub->idle();
    EXPECT_EQ(hub->driver->runs, 2);
    EXPECT_EQ(hub->registry.accounts()[0].state.word, AccountState::Word::SignedIn);
    EXPECT_THAT(
        hub->events("account"),
        ElementsAre(HasSubstr("signed-in"), HasSubstr("vendor-down"), HasSubstr("signed-in")));
}

TEST_F(Cycle, AFailedSignInWaitsForAPerson) {
    hub.reset();
    device.run_fails = base::Error(ErrorKind::Unauthenticated, "wrong-password",
                                   "Nanit did not accept the password.");
    start();
    EXPECT_EQ(hub->driver->runs, 1);
    const Account account = hub->registry.accounts()[0];
    EXPECT_EQ(account.state.word, AccountState::Word::NeedsPerson);
    EXPECT_EQ(account.state.reason->code, "wrong-password");
    EXPECT_EQ(account.state.reason->text, "Nanit did not accept the password.");
    EXPECT_EQ(account.state.reason->action, Action::SignIn);
    EXPECT_EQ(account.state.reason->next_try, clock.wall_now() + 15min);
    EXPECT_TRUE(hub->registry.restart("scripted", "home"));
    EXPECT_FALSE(hub->registry.restart("scripted", "nobody"));
    hub->idle();
    EXPECT_EQ(hub->driver->runs, 2);
}

TEST_F(Cycle, TwoAccountsOfOneNameAreRefused) {
    fakes::ScriptedCamera other;
    EXPECT_EQ(
        hub->registry.add(std::make_unique<fakes::ScriptedDriver>(hub->io.get_executor(), other))
            .error()
            .kind(),
        ErrorKind::FailedPrecondition);
    ASSERT_TRUE(hub->registry.add(
        std::make_unique<fakes::ScriptedDriver>(hub->io.get_executor(), other, "away")));
    hub->idle();
    EXPECT_EQ(hub->registry.camera("nursery")->description.account, "home")
        << "the second camera of the same name is left out";
    hub.reset();  // before `other`
}

TEST_F(Cycle, ACameraThatIsGoneTakesNoMoreWishes) {
    host().camera_gone("nursery");
    hub->idle();
    EXPECT_FALSE(hub->registry.camera("nursery")->present);
    EXPECT_EQ(hub->set("volume", 40.0).error().kind(), ErrorKind::NotFound);
    host().camera_found(hub->driver->description());
    hub->idle();
    EXPECT_TRUE(hub->registry.camera("nursery")->present);
    EXPECT_TRUE(hub->set("volume", 40.0));
}

TEST_F(Cycle, StopEndsTheDriverOnItsOwnExecutor) {
    bool gone = false;
    hub->driver->gone = &gone;
    fakes::run(hub->io, hub->registry.stop());
    fakes::settle(hub->io);
    EXPECT_TRUE(gone);
    EXPECT_EQ(hub->set("volume", 40.0).error().kind(), ErrorKind::Unavailable);
}

}  // namespace
}  // namespace casement::camera
