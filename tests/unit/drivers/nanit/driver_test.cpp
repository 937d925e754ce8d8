// An account and its cameras, from the list of babies to a setting that a camera took.

#include "drivers/nanit/driver.hpp"

#include <gmock/gmock.h>

#include "camera/camera_id.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/unit/drivers/host.hpp"
#include "tests/unit/drivers/nanit/nursery.hpp"

namespace casement::drivers::nanit::tests {
namespace {

using base::ErrorKind;
using camera::LightValue;
using camera::StateWord;
using camera::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class DriverTest : public NurseryTest {
protected:
    void open(Timing timing = quick(), std::function<void(DriverOptions&)> edit = {}) {
        DriverOptions options{
            .account = {.name = "home", .folder = dir_.path(), .patience = 500ms},
            .api = {.base = url("")},
            .relay = {.base = url("", "ws"), .connect = {}},
            .timing = timing,
        };
        if (edit) edit(options);
        driver_.emplace(loop_.executor(), std::move(options), *sealed_, disk_, clock_);
        tasks_.emplace(loop_.executor(), base::Log{});
        tasks_->spawn("driver", [this]() -> Task<> { (void)co_await driver_->run(host_); });
    }
    void open_one(Timing timing = quick(), std::function<void(DriverOptions&)> edit = {}) {
        babies_ = json{{"babies", {baby("a1b2", "Robin", kSerial)}}}.dump();
        open(timing, std::move(edit));
        ASSERT_TRUE(wait_for([&] { return device().count(wire::kGetSoundtracks) > 0; }));
        ASSERT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Live; }));
        pass(5ms);
    }
    void close() {
        if (tasks_) loop_.run([this]() -> Task<> { co_await tasks_->stop(); });
        tasks_.reset();
        driver_.reset();
    }
    void TearDown() override {
        close();
        NurseryTest::TearDown();
    }
    Result<> set(std::string camera, std::string setting, Value value,
                 std::chrono::milliseconds within = 3s) {
        return loop_.run([&]() -> Task<Result<>> {
            co_return co_await driver_->set(camera, setting, value, Deadline::in(within));
        });
    }
    Result<camera::CommandOutcome> execute(std::string camera, camera::Arguments arguments) {
        return loop_.run([&]() -> Task<Result<camera::CommandOutcome>> {
            co_return co_await driver_->execute({.camera = camera,
                                                 .arguments = std::move(arguments),
                                                 .deadline = Deadline::in(3s),
                                                 .caller = "test"});
        });
    }
    ScriptedDevice& device() { return devices_[kSerial]; }

    const std::string kId = "nanit-n301emu0000001";
    drivers::tests::Host host_;
    std::optional<Driver> driver_;
    std::optional<async::TaskGroup> tasks_;
};

TEST_F(DriverTest, FindsCamerasAndLeavesOutWhatIsNone) {
    babies_ =
        json{{"babies",
              {baby("a1b2", "Robin", kSerial),
               {{"uid", "ffff"}, {"name", nullptr}, {"camera_uid", nullptr}, {"camera", nullptr}},
               {{"uid", "eeee"}, {"name", "Kim"}, {"camera_uid", ""}}}}}
            .dump();
    open();
    ASSERT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Live; }));
    ASSERT_EQ(host_.cameras.size(), 1);
    const camera::Description& found = host_.cameras.at(kId);
    EXPECT_EQ(found.unique_id, "nanit:" + kSerial);
    EXPECT_EQ(found.name, "Robin");
    EXPECT_EQ(found.account, "home");
    EXPECT_TRUE(wait_for([&] { return host_.cameras.at(kId).firmware == "6.58.615"; }));
    EXPECT_EQ(devices_.size(), 1);
    EXPECT_EQ(host_.account->word, camera::AccountState::Word::SignedIn);
}

TEST_F(DriverTest, TakesTheNameOfTheFile) {
    babies_ = json{{"babies", {baby("a1b2", "Robin", kSerial)}}}.dump();
    open(quick(), [](DriverOptions& options) {
        options.cameras = {{.baby = "a1b2", .id = "nursery", .name = "The nursery"}};
    });
    ASSERT_TRUE(wait_for([&] { return host_.word("nursery") == StateWord::Live; }));
    EXPECT_EQ(host_.cameras.at("nursery").name, "The nursery");
}

TEST_F(DriverTest, NeedsAPersonWithoutASessionAndGoesOnWhenThereIsOne) {
    ASSERT_TRUE(sealed_->remove("nanit/home/session"));
    babies_ = json{{"babies", {baby("a1b2", "Robin", kSerial)}}}.dump();
    open();
    ASSERT_TRUE(wait_for([&] {
        return host_.account && host_.account->word == camera::AccountState::Word::NeedsPerson;
    }));
    EXPECT_THAT(host_.account->reason->text, HasSubstr("casement login nanit --account home"));
    EXPECT_EQ(host_.account->reason->code, "not-signed-in");
    EXPECT_EQ(babies_asked_, 0);
}

TEST_F(DriverTest, MeetsLateJoinersAndSaysGoodbyeToThoseThatWent) {
    Timing timing = quick();
    timing.babies = 20ms;
    babies_ = json{{"babies", {baby("a1b2", "Robin", kSerial)}}}.dump();
    open(timing);
    ASSERT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Live; }));
    babies_ = json{{"babies", {baby("c3d4", "Kim", "N301EMU0000002")}}}.dump();
    ASSERT_TRUE(wait_for([&] { return host_.word("nanit-n301emu0000002") == StateWord::Live; }));
    EXPECT_THAT(host_.gone, ElementsAre(kId));
    EXPECT_TRUE(wait_for([&] { return device().sockets.empty(); }));
    // What was known of the one that went is forgotten.
    const auto kept = [&] {
        const auto names = sealed_->names();
        return std::ranges::count_if(
            names, [](const auto& name) { return name.starts_with("nanit/home/camera/"); });
    };
    EXPECT_TRUE(wait_for([&] { return kept() == 1; }));
    EXPECT_TRUE(set(kId, "volume", 5.0).error().is(ErrorKind::NotFound));
}

TEST_F(DriverTest, IntroducesItselfThoughStepsFail) {
    device().answer = [&](const pb::Request& request) -> std::optional<pb::Response> {
        if (request.type() == wire::kGetSettings || request.type() == wire::kGetPlayback)
            return wire::response_to(request, 500, "broken").response();
        if (request.type() == wire::kGetControl) return pb::Response();  // silence
        return std::nullopt;
    };
    device().sensors.emplace_back().set_sensor_type(wire::kTemperature);
    device().sensors.back().set_value_milli(0);
    device().sensors.back().set_value(21);
    open_one();
    std::vector<int> types;
    for (const auto& [road, request] : device().asked) types.push_back(request.type());
    EXPECT_THAT(types, ElementsAre(wire::kGetStatus, wire::kGetSettings, wire::kGetSensorData,
                                   wire::kGetControl, wire::kPutControl, wire::kGetPlayback,
                                   wire::kGetSoundtracks));
    const auto& transfer = device().asked[4].second.control().sensor_data_transfer();
    EXPECT_TRUE(transfer.temperature() && transfer.cry() && transfer.light());
    EXPECT_EQ(host_.sensor(kId, "temperature")->value, camera::SensorValue(0.0));
    EXPECT_EQ(host_.setting(kId, "volume"), Value{});  // unknown is never zero
    EXPECT_EQ(host_.sensor(kId, "humidity")->value, camera::SensorValue{});
}

TEST_F(DriverTest, SetsAndReportsWhatTheCameraTook) {
    device().settings.set_volume(40);
    device().settings.set_night_light_brightness(10);
    device().control.set_night_light(0);
    open_one();
    EXPECT_EQ(host_.setting(kId, "volume"), Value(40.0));
    EXPECT_EQ(host_.setting(kId, "night_light"), Value(LightValue{false, 10.0}));
    ASSERT_TRUE(set(kId, "night_light", LightValue{true, 55.0}));
    EXPECT_EQ(device().control.night_light(), 1);
    EXPECT_EQ(device().settings.night_light_brightness(), 55);
    EXPECT_EQ(host_.setting(kId, "night_light"), Value(LightValue{true, 55.0}));
    // Only what changes is written.
    EXPECT_FALSE(device().asked.back().second.control().has_night_light_timeout());
    EXPECT_EQ(host_.setting(kId, "volume"), Value(40.0));
    const auto refused = set(kId, "mounting", std::string("travel"));
    EXPECT_TRUE(!refused && refused.error().is(ErrorKind::FailedPrecondition));
    EXPECT_TRUE(set(kId, "nonsense", 1.0).error().is(ErrorKind::NotFound));
}

TEST_F(DriverTest, TellsARefusalFromNotNow) {
    open_one();
    int code = 400;
    device().answer = [&](const pb::Request& request) -> std::optional<pb::Response> {
        if (request.type() != wire::kPutSettings) return std::nullopt;
        return wire::response_to(request, code, "no").response();
    };
    EXPECT_TRUE(set(kId, "volume", 5.0).error().is(ErrorKind::InvalidArgument));
    code = 503;
    EXPECT_TRUE(set(kId, "volume", 5.0).error().is(ErrorKind::Unavailable));
    device().is_off = true;
    EXPECT_TRUE(set(kId, "volume", 5.0, 400ms).error().is(ErrorKind::DeadlineExceeded));
    EXPECT_EQ(host_.setting(kId, "volume"), Value{});
}

TEST_F(DriverTest, HoldsAChangeAgainstEchoesOfBefore) {
    device().settings.set_sleep_mode(false);
    device().settings.set_volume(40);
    open_one();
    host_.reports.clear();
    ASSERT_TRUE(set(kId, "volume", 70.0));
    device().push_settings([](auto& settings) { settings.set_volume(40); });
    device().push_settings([](auto& settings) { settings.set_mic_mute_on(true); });
    ASSERT_TRUE(wait_for([&] { return host_.setting(kId, "mic_mute") == Value(true); }));
    EXPECT_EQ(host_.setting(kId, "volume"), Value(70.0));
    for (const auto& [camera, setting, value] : host_.reports)
        if (setting == "volume") EXPECT_EQ(value, Value(70.0));
    // After the grace the camera itself is asked, and believed.
    const int before = device().count(wire::kGetSettings);
    ASSERT_TRUE(wait_for([&] { return device().count(wire::kGetSettings) > before; }));
    pass(20ms);
    EXPECT_EQ(host_.setting(kId, "volume"), Value(70.0));
    // From then on a change made elsewhere is one.
    device().push_settings([](auto& settings) { settings.set_volume(20); });
    EXPECT_TRUE(wait_for([&] { return host_.setting(kId, "volume") == Value(20.0); }));
}

TEST_F(DriverTest, AsksAgainWhereTheAnswerRepeatsNothing) {
    device().echoes = false;
    device().settings.set_volume(40);
    open_one();
    const int before = device().count(wire::kGetSettings);
    ASSERT_TRUE(set(kId, "volume", 70.0));
    EXPECT_EQ(host_.setting(kId, "volume"), Value(70.0));  // it took it
    EXPECT_TRUE(wait_for([&] { return device().count(wire::kGetSettings) > before; }));
}

TEST_F(DriverTest, MergesPushesByPresence) {
    device().settings.set_volume(40);
    device().settings.set_night_vision(wire::kNightVisionOn);
    open_one();
    EXPECT_EQ(host_.setting(kId, "privacy"), Value{});  // left out: not known
    device().push_settings([](auto& settings) { settings.set_status_light_on(false); });
    ASSERT_TRUE(wait_for([&] { return host_.setting(kId, "status_led") == Value(false); }));
    EXPECT_EQ(host_.setting(kId, "volume"), Value(40.0));
    EXPECT_EQ(host_.setting(kId, "night_vision"), Value(std::string("on")));
    device().push_settings([](auto& settings) { settings.set_sleep_mode(true); });
    EXPECT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Privacy; }));
    device().push_settings([](auto& settings) { settings.set_sleep_mode(false); });
    EXPECT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Live; }));
}

TEST_F(DriverTest, MeasuresByPushAndByPoll) {
    Timing timing = quick();
    timing.sensors = 30ms;
    open_one(timing);
    device().push_sensor(wire::kHumidity, [&](auto& data) {
        data.set_value(46);
        data.set_value_milli(46'425);
        data.set_timestamp(86'400);
        data.set_timestamp_real(
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                           (clock_.wall_now() - 7s).time_since_epoch())
                                           .count()));
    });
    ASSERT_TRUE(wait_for(
        [&] { return host_.sensor(kId, "humidity")->value == camera::SensorValue(46.425); }));
    EXPECT_EQ(host_.sensor(kId, "humidity")->at, clock_.wall_now() - 7s);
    // Light is never pushed.
    device().sensors.emplace_back().set_sensor_type(wire::kLight);
    device().sensors.back().set_value(12);
    EXPECT_TRUE(
        wait_for([&] { return host_.sensor(kId, "light")->value == camera::SensorValue(12.0); }));
    EXPECT_EQ(host_.sensor(kId, "light")->at, clock_.wall_now());
    device().push_sensor(wire::kNight, [](auto& data) { data.set_value(1); });
    EXPECT_TRUE(
        wait_for([&] { return host_.sensor(kId, "night")->value == camera::SensorValue(true); }));
}

TEST_F(DriverTest, EndsASoundThatNobodyEnds) {
    open_one();
    device().push_sensor(wire::kSound, [](auto& data) { data.set_is_alert(false); });
    pass(10ms);
    EXPECT_EQ(host_.sensor(kId, "sound"), nullptr);  // few cameras tell
    device().push_sensor(wire::kSound, [](auto& data) { data.set_is_alert(true); });
    ASSERT_TRUE(wait_for([&] { return host_.sensor(kId, "sound") != nullptr; }));
    ASSERT_TRUE(
        wait_for([&] { return host_.sensor(kId, "sound")->value == camera::SensorValue(true); }));
    EXPECT_TRUE(
        wait_for([&] { return host_.sensor(kId, "sound")->value == camera::SensorValue(false); }));
}

TEST_F(DriverTest, ShowsBreathingOnlyWhereItIsWishedAndForgetsIt) {
    open_one();
    EXPECT_EQ(host_.sensor(kId, "breathing_rate"), nullptr);
    close();
    host_ = {};
    open_one(quick(), [](DriverOptions& options) { options.breathing = true; });
    const auto push = [&](int rate) {
        auto message = wire::request(6'001, wire::kPutStingStatus);
        auto& sting = *message.mutable_request()->mutable_sting_status();
        sting.set_state(wire::kStingRunning);
        sting.set_breaths_per_min(rate);
        device().push(message);
    };
    push(38);
    ASSERT_TRUE(wait_for(
        [&] { return host_.sensor(kId, "breathing_rate")->value == camera::SensorValue(38.0); }));
    EXPECT_TRUE(host_.sensor(kId, "breathing_rate")->baby_data);
    push(0);  // it sees none: not that there is none
    ASSERT_TRUE(wait_for(
        [&] { return host_.sensor(kId, "breathing_rate")->value == camera::SensorValue{}; }));
    push(37);
    ASSERT_TRUE(wait_for(
        [&] { return host_.sensor(kId, "breathing_rate")->value == camera::SensorValue(37.0); }));
    EXPECT_TRUE(wait_for(
        [&] { return host_.sensor(kId, "breathing_state")->value == camera::SensorValue{}; }));
}

TEST_F(DriverTest, PlaysUntilItIsStopped) {
    Timing timing = quick();
    timing.play_again = 100ms;
    open_one(timing);
    ASSERT_TRUE(execute(kId, camera::PlaySound{.track = "Birds.wav", .repeat = true}));
    EXPECT_EQ(device().asked.back().second.playback().duration(), 86'400);
    EXPECT_EQ(device().asked.back().second.playback().track(0).filename(), "Birds.wav");
    EXPECT_EQ(host_.setting(kId, "sound"), Value(true));
    EXPECT_EQ(host_.setting(kId, "sound_track"), Value(std::string("Birds.wav")));
    EXPECT_TRUE(wait_for([&] { return device().count(wire::kPutPlayback) >= 2; }));
    ASSERT_TRUE(execute(kId, camera::StopSound{}));
    const int played = device().count(wire::kPutPlayback);
    pass(250ms);
    EXPECT_EQ(device().count(wire::kPutPlayback), played);
    EXPECT_EQ(host_.setting(kId, "sound"), Value(false));
    EXPECT_TRUE(execute(kId, camera::PlaySound{.track = "Thunder.wav", .repeat = false})
                    .error()
                    .is(ErrorKind::InvalidArgument));
    EXPECT_TRUE(execute(kId, camera::RebootCamera{}).error().is(ErrorKind::Unsupported));
    ASSERT_TRUE(execute(kId, camera::PlaySound{.track = "", .repeat = false}));
    EXPECT_FALSE(device().asked.back().second.playback().has_duration());
}

TEST_F(DriverTest, IsOfflineOnlyAfterAWhile) {
    Timing timing = quick();
    timing.away = 150ms;
    open_one(timing);
    host_.states.clear();
    ASSERT_FALSE(device().sockets.empty());
    device().sockets.front().socket->abort();  // a reconnection takes less
    ASSERT_TRUE(wait_for([&] { return device().opened.size() == 2; }));
    pass(200ms);
    EXPECT_EQ(host_.states.size(), 0);
    relay_is_down_ = true;
    ASSERT_TRUE(wait_for([&] { return !device().sockets.empty(); }));
    const auto began = std::chrono::steady_clock::now();
    device().sockets.front().socket->abort();
    ASSERT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Offline; }));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 150ms);
    EXPECT_TRUE(host_.states[kId].back().reason);
    const int found = host_.found;
    relay_is_down_ = false;
    ASSERT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Live; }));
    // Wishes are compared with what it is like now.
    EXPECT_TRUE(wait_for([&] { return host_.found > found; }));
}

TEST_F(DriverTest, IsNotThereOverARelayThatLetsUsInToACameraThatIsOff) {
    device().is_off = true;
    Timing timing = quick();
    timing.sensors = 50ms;
    babies_ = json{{"babies", {baby("a1b2", "Robin", kSerial, false)}}}.dump();
    open(timing);
    ASSERT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Offline; }));
    EXPECT_EQ(host_.states[kId].back().reason->code, "no-route");
    device().is_off = false;  // its power is back
    ASSERT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Live; }));
    EXPECT_EQ(device().opened.size(), 1);
}

TEST_F(DriverTest, ReachesACameraInTheHouseWhileTheCloudIsAway) {
    const std::string address = open_local(certificate());
    open_one(quick(), [&](DriverOptions& options) { options.addresses = {{kSerial, address}}; });
    EXPECT_EQ(device().open_on("local"), 1);
    close();
    host_ = {};
    is_down_ = true;
    open(quick(), [&](DriverOptions& options) { options.addresses = {{kSerial, address}}; });
    ASSERT_TRUE(wait_for([&] { return host_.word(kId) == StateWord::Live; }));
    EXPECT_EQ(host_.cameras.at(kId).name, "Robin");
    EXPECT_TRUE(set(kId, "volume", 5.0));
}

TEST_F(DriverTest, AsksAPersonAboutAnotherCertificate) {
    const std::string address = open_local(certificate());
    Remembered known;
    known.fingerprint = std::string(64, 'a');
    loop_.run([&]() -> Task<> { co_await memory_->put(kSerial, known); });
    open_one(quick(), [&](DriverOptions& options) { options.addresses = {{kSerial, address}}; });
    EXPECT_EQ(device().open_on("local"), 0);
    const auto has_button = [&] {
        return std::ranges::any_of(host_.cameras.at(kId).settings,
                                   [](const auto& s) { return s.id == kTrustSetting; });
    };
    ASSERT_TRUE(wait_for(has_button));
    EXPECT_TRUE(set(kId, std::string(kTrustSetting), camera::Pressed{}));
    EXPECT_TRUE(wait_for([&] { return device().open_on("local") == 1; }));
    EXPECT_TRUE(wait_for([&] { return !has_button(); }));
}

/// Whatever is asked of whom, in whatever order and at once, reaches that one and no other.
TEST_F(DriverTest, ReachesEachOfThreeCamerasAlone) {
    const std::vector<std::string> serials{"N301EMU0000001", "N301EMU0000002", "N301EMU0000003"};
    json list = json::array();
    for (std::size_t i = 0; i < 3; ++i)
        list.push_back(baby("b" + std::to_string(i), "B", serials[i]));
    babies_ = json{{"babies", list}}.dump();
    open();
    const auto id = [&](std::size_t i) { return camera::camera_id_from("nanit-" + serials[i]); };
    ASSERT_TRUE(wait_for([&] {
        return std::ranges::all_of(serials, [&](const auto& serial) {
            return devices_[serial].count(wire::kGetSoundtracks) == 1;
        });
    }));
    pass(5ms);
    std::uint32_t seed = 4711;  // fixed: a failure can be repeated
    const auto next = [&](std::uint32_t below) {
        seed = seed * 1'664'525U + 1'013'904'223U;
        return (seed >> 8) % below;
    };
    for (auto& [serial, device] : devices_) device.asked.clear();
    std::array<std::vector<int>, 3> wanted;
    int failed = 0, open_calls = 0;
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 5; ++i) {
            const std::size_t which = next(3);
            const int volume = static_cast<int>(next(101));
            wanted[which].push_back(volume);
            ++open_calls;
            loop_.spawn([&, which, volume]() -> Task<> {
                const auto done = co_await driver_->set(
                    id(which), "volume", static_cast<double>(volume), net::tests::soon());
                failed += !done;
                --open_calls;
            });
        }
        ASSERT_TRUE(wait_for([&] { return open_calls == 0; }));
    }
    EXPECT_EQ(failed, 0);
    for (std::size_t i = 0; i < 3; ++i) {
        std::vector<int> got;
        for (const auto& [road, request] : devices_[serials[i]].asked)
            if (request.type() == wire::kPutSettings) got.push_back(request.settings().volume());
        EXPECT_EQ(got, wanted[i]) << serials[i];
        EXPECT_EQ(devices_[serials[i]].settings.volume(), wanted[i].back());
        EXPECT_EQ(host_.setting(id(i), "volume"), Value(static_cast<double>(wanted[i].back())));
    }
}

}  // namespace
}  // namespace casement::drivers::nanit::tests
