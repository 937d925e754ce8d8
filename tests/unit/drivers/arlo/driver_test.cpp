// The whole driver in a whole registry: devices register, are told how to be, report and are asked.

#include <array>

#include "camera/camera_id.hpp"
#include "tests/unit/drivers/arlo/driver_fixture.hpp"

namespace casement::drivers::arlo {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using base::ErrorKind;
using camera::Capability;
using camera::StateWord;
using camera::Value;
using protocols::arlo::ArmState;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using tests::ArloDriver;
using tests::ScriptedDevice;
namespace registers = protocols::arlo::registers;

TEST_F(ArloDriver, ACameraThatTheFileNamesIsThereBeforeItCalls) {
    hub->idle();
    auto camera = hub->registry.camera(porch);
    ASSERT_TRUE(camera);
    EXPECT_EQ(camera->description.name, "Porch");
    EXPECT_EQ(camera->state.word, StateWord::Offline);
    ASSERT_TRUE(camera->state.reason);
    EXPECT_EQ(camera->state.reason->code, "never-called");
    const auto answer =
        fakes::run(hub->io, hub->driver->endpoint(porch, camera::Quality::Main, Deadline::in(1s)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason(), "never-called");

    register_device(device, home);
    camera = hub->registry.camera(porch);
    EXPECT_EQ(camera->state.word, StateWord::Live);
    EXPECT_FALSE(camera->state.reason);
    EXPECT_EQ(camera->description.model, "VMC4030P");
    expect_as_wanted(device, porch);
}

TEST_F(ArloDriver, ANewDeviceIsSetUpAndDeclared) {
    register_device(device, home);
    const auto camera = hub->registry.camera(porch);
    ASSERT_TRUE(camera);
    EXPECT_EQ(camera->description.unique_id, "arlo:" + device.serial);
    EXPECT_EQ(camera->description.name, "Porch");
    EXPECT_EQ(camera->description.model, "VMC4030P");
    EXPECT_TRUE(camera->description.capabilities.has(Capability::LiveVideo));
    EXPECT_TRUE(camera->description.capabilities.has(Capability::Battery));
    EXPECT_EQ(camera->state.word, StateWord::Live);
    EXPECT_EQ(camera->sensor("battery")->value, camera::SensorValue(77.0));
    EXPECT_EQ(camera->setting("motion_alerts")->reported, Value(true));
    EXPECT_EQ(camera->setting("quality")->reported, Value(std::string("insane")));
    expect_as_wanted(device, porch);
    EXPECT_EQ(device.rates, 1);
    EXPECT_EQ(device.status_requests, 1);
    EXPECT_EQ(
        device.registers.get(registers::kEpochBsTime),
        std::chrono::floor<std::chrono::seconds>(clock.wall_now()).time_since_epoch().count());
    std::set<std::int64_t> ids;
    for (const auto& [port, message] : device.heard) ids.insert(message.id);
    EXPECT_EQ(ids.size(), device.heard.size());
}

TEST_F(ArloDriver, ADeviceThatNobodyNamedIsCalledByItsSerial) {
    ScriptedDevice other;
    other.serial = "ZZ9Y8X7W6V5U4";
    network.at["172.14.1.21"] = &other;
    register_device(other, "172.14.1.21");
    const auto camera = hub->registry.camera("arlo-zz9y8x7w6v5u4");
    ASSERT_TRUE(camera);
    EXPECT_EQ(camera->description.name, "VMC4030P-6V5U4");
}

TEST_F(ArloDriver, WhatTheFileSaysIsTakenOverWhileItRuns) {
    register_device(device, home);
    EXPECT_TRUE(hub->registry.camera(porch)->description.capabilities.has(Capability::Battery));

    hub->driver->reconfigure({{.serial = device.serial,
                               .id = porch,
                               .name = "Front door",
                               .battery = false,
                               .audio = false,
                               .always = true}});
    hub->idle();
    auto camera = hub->registry.camera(porch);
    EXPECT_EQ(camera->description.name, "Front door");
    EXPECT_FALSE(camera->description.capabilities.has(Capability::Battery));
    EXPECT_FALSE(camera->description.capabilities.has(Capability::LiveAudio));
    EXPECT_EQ(camera->state.word, StateWord::Live);
    const auto heard = device.heard.size();

    hub->driver->reconfigure({{.serial = device.serial, .id = "gate", .name = {}},
                              {.serial = "ZZ9Y8X7W6V5U4", .id = "shed", .name = {}}});
    hub->idle();
    camera = hub->registry.camera("gate");
    ASSERT_TRUE(camera);
    EXPECT_TRUE(camera->present);
    EXPECT_EQ(camera->state.word, StateWord::Live);
    EXPECT_TRUE(camera->description.capabilities.has(Capability::Battery));
    const auto old = hub->registry.camera(porch);
    EXPECT_TRUE(!old || !old->present);
    ASSERT_TRUE(hub->registry.camera("shed"));
    EXPECT_EQ(hub->registry.camera("shed")->state.reason->code, "never-called");

    hub->driver->reconfigure({});
    hub->idle();
    EXPECT_TRUE(hub->registry.camera(camera::camera_id_from("arlo-" + device.serial)));
    const auto shed = hub->registry.camera("shed");
    EXPECT_TRUE(!shed || !shed->present);
    EXPECT_EQ(hub->driver->devices().size(), 1U);
    EXPECT_EQ(device.heard.size(), heard) << "a device was asked for what only the file changed";
}

TEST_F(ArloDriver, EveryStatusSetsTheClockAndTheSensors) {
    register_device(device, home);
    clock.advance(600s);
    ASSERT_TRUE(hub->call(home, device.status(120)));
    hub->idle();
    ASSERT_TRUE(hub->call(home, device.status(420)));
    hub->idle();
    EXPECT_EQ(
        device.registers.get(registers::kEpochBsTime),
        std::chrono::floor<std::chrono::seconds>(clock.wall_now()).time_since_epoch().count());
    const auto camera = hub->registry.camera(porch);
    EXPECT_EQ(camera->sensor("battery")->value, camera::SensorValue(76.0));
    EXPECT_EQ(camera->sensor("streamed_today")->value, camera::SensorValue(5.0));
}

TEST_F(ArloDriver, AWishIsSentOnceAndShownAsReported) {
    register_device(device, home);
    const std::size_t before = device.heard.size();
    const auto flipped = hub->set(porch, "flip", true);
    ASSERT_TRUE(flipped) << flipped.error().message();
    EXPECT_FALSE(flipped->is_pending());
    EXPECT_EQ(hub->setting(porch, "flip").reported, Value(true));
    EXPECT_EQ(device.registers.get(registers::kVideoFlip), true);
    EXPECT_EQ(device.heard.size(), before + 1);

    const auto low = hub->set(porch, "quality", std::string("low"));
    ASSERT_TRUE(low);
    EXPECT_FALSE(low->is_pending());
    EXPECT_EQ(device.rates, 2);
    EXPECT_EQ(device.registers.get(registers::kVideoOutputResolution), "720p");
}

TEST_F(ArloDriver, TwoQualitiesWithTheSameRegistersAreToldApart) {
    register_device(device, home);
    for (const std::string name : {"high", "subscription", "high"}) {
        const auto set = hub->set(porch, "quality", name);
        ASSERT_TRUE(set);
        EXPECT_EQ(set->reported, Value(name));
    }
}

TEST_F(ArloDriver, ADisarmedCameraIsNeverArmedInBetween) {
    register_device(device, home);
    ASSERT_TRUE(hub->set(porch, "motion_alerts", false));
    device.heard.clear();
    for (int i = 0; i < 10; ++i) {
        device.boot();
        register_device(device, home);
    }
    EXPECT_THAT(device.texts_sent("PIRTargetState"), Each("Disarmed"));
    EXPECT_FALSE(device.texts_sent("PIRTargetState").empty());
}

TEST_F(ArloDriver, AfterAHundredRegistrationsWithFaultsNoSettingIsLost) {
    ScriptedDevice other;
    other.serial = "B1B2B3B4B5B6B";
    other.firmware = "1.125.13.0_31717";
    other.refuses = {"HdrControl", "AudioMicAGC"};
    const std::string other_id = "arlo-b1b2b3b4b5b6b";
    std::array<std::string, 3> addresses{home, "172.14.1.21", "172.14.1.22"};
    network.at[addresses[1]] = &other;
    register_device(device, addresses[0]);
    register_device(other, addresses[1]);
    const std::vector<std::pair<std::string, Value>> wishes{
        {"motion_alerts", false},           {"flip", true},          {"mirror", true},
        {"quality", std::string("medium")}, {"night_vision", false}, {"motion_sensitivity", 33.0},
        {"speaker_volume", 40.0},           {"exposure", -1.0},      {"charge_led", true}};
    for (const auto& [setting, value] : wishes) {
        ASSERT_TRUE(hub->set(porch, setting, value)) << setting;
        ASSERT_TRUE(hub->set(other_id, setting, value)) << setting;
    }
    for (int round = 0; round < 100; ++round) {
        SCOPED_TRACE(round);
        std::string here = addresses[0], there = addresses[1];
        network.at.clear();
        switch (round % 5) {
            case 0:  // a reboot
                break;
            case 1:  // another address
                std::swap(addresses[0], addresses[2]);
                break;
            case 2:  // each other's addresses
                std::swap(addresses[0], addresses[1]);
                break;
            case 3:  // answers are lost on the way
                device.loses_answers = 2;
                other.loses_answers = 1;
                break;
            case 4:  // the Wi-Fi is lost in the middle of the set-up, and it registers again
                break;
        }
        network.at[addresses[0]] = &device;
        network.at[addresses[1]] = &other;
        device.boot();
        other.boot();
        ASSERT_TRUE(hub->call(addresses[0], device.registration()));
        if (round % 5 == 4) {
            for (int i = 0; i < round % 7; ++i) hub->io.poll_one();
            device.boot();
            ASSERT_TRUE(hub->call(addresses[0], device.registration()));
        }
        ASSERT_TRUE(hub->call(addresses[1], other.registration()));
        finish_set_up(device);
        finish_set_up(other);
        if (round == 50) start();  // the hub is restarted in between
        expect_as_wanted(device, porch);
        expect_as_wanted(other, other_id);
        for (const auto& [setting, value] : wishes) {
            const auto now = hub->setting(porch, setting);
            EXPECT_EQ(hub->desired->wish(porch, setting)->value, value) << setting;
            EXPECT_FALSE(now.is_pending()) << setting;
            EXPECT_TRUE(now.refused.empty()) << setting;
            EXPECT_EQ(hub->desired->wish(other_id, setting)->value, value) << setting;
        }
        if (testing::Test::HasFailure()) break;
    }
}

TEST_F(ArloDriver, ARefusedRegisterIsLearntForItsModelAndNotSentAgain) {
    device.refuses = {"HdrControl", "ArloSmart"};
    register_device(device, home);
    EXPECT_EQ(device.texts_sent("HdrControl").size(), 1u);
    expect_as_wanted(device, porch);
    EXPECT_FALSE(hub->setting(porch, "hdr").writable);

    start();
    ScriptedDevice twin;
    twin.serial = "TWIN";
    network.at["172.14.1.30"] = &twin;
    register_device(twin, "172.14.1.30");
    device.boot();
    register_device(device, home);
    EXPECT_EQ(device.texts_sent("HdrControl").size(), 1u);
    EXPECT_THAT(twin.texts_sent("HdrControl"), IsEmpty());

    // Another firmware may take it.
    twin.firmware = "2.0";
    register_device(twin, "172.14.1.30");
    EXPECT_EQ(twin.texts_sent("HdrControl").size(), 1u);
    EXPECT_TRUE(hub->setting("arlo-twin", "hdr").writable);
}

TEST_F(ArloDriver, ARefusedValueIsTheWishsFaultNotTheRegisters) {
    device.refuses_values = {"HdrControl=off"};
    register_device(device, home);
    const auto set = hub->set(porch, "hdr", std::string("off"));
    ASSERT_TRUE(set);
    EXPECT_THAT(set->refused, HasSubstr("does not take it"));
    EXPECT_EQ(set->desired, Value(std::string("auto")));
    EXPECT_TRUE(hub->setting(porch, "hdr").writable);
    device.boot();
    register_device(device, home);
    EXPECT_THAT(device.texts_sent("HdrControl"), ElementsAre("auto", "off", "auto"));
}

TEST_F(ArloDriver, ARefusedWishForAnUntriedRegisterIsToldAndThenReadOnly) {
    device.refuses = {"PIREnableLED"};
    register_device(device, home);
    const auto set = hub->set(porch, "motion_led", true);
    ASSERT_TRUE(set);
    EXPECT_THAT(set->refused, HasSubstr("PIREnableLED"));
    EXPECT_FALSE(hub->setting(porch, "motion_led").writable);
    EXPECT_EQ(hub->set(porch, "motion_led", true).error().kind(), ErrorKind::FailedPrecondition);
}

TEST_F(ArloDriver, ATypeThatADeviceDoesNotKnowIsNotSentAgain) {
    device.nacks = {"raParams"};
    register_device(device, home);
    register_device(device, home);
    const auto rates = std::ranges::count_if(device.heard, [](const auto& heard) {
        return std::holds_alternative<protocols::arlo::RaParams>(heard.second.body);
    });
    EXPECT_EQ(rates, 1);
    expect_as_wanted(device, porch);
}

TEST_F(ArloDriver, ADeviceThatTakesNothingForAWhileIsSetUpLater) {
    for (const bool on_battery : {true, false}) {
        options.cameras[0].battery = on_battery;
        start();
        device.boot();
        device.nacks = {"registerSet", "raParams"};
        device.rates = 0;
        lines.clear();
        ASSERT_TRUE(hub->call(home, device.registration()));
        hub->idle();
        hub->until([&] {
            return std::ranges::any_of(
                lines, [](const std::string& line) { return line.contains("again in 5 s"); });
        });
        const std::size_t asked = device.heard.size();
        EXPECT_TRUE(needs_set_up(device.serial));

        device.nacks = {};
        ASSERT_TRUE(hub->call(home, device.status()));  // it calls, and it is too early
        hub->idle();
        EXPECT_LE(device.heard.size(), asked + 1) << "its clock";
        clock.advance(5s);
        if (on_battery) {
            ASSERT_TRUE(hub->call(home, device.status()));
        }
        finish_set_up(device);
        expect_as_wanted(device, porch);
        EXPECT_EQ(device.rates, 1) << "that it was refused as well says nothing about it";
    }
}

TEST_F(ArloDriver, ADeviceThatTellsWhatItHoldsIsTakenAtItsWord) {
    device.model = "VMC4041P";
    device.forgets = {{"PIRStartSensitivity", 1}, {"AlertBackoffTime", 2}};
    register_device(device, home);
    EXPECT_EQ(*device.registers.find("PIRStartSensitivity"),
              protocols::arlo::Value(std::int64_t{80}))
        << "told again";
    const auto pause = hub->setting(porch, "alert_pause");
    EXPECT_EQ(pause.reported, Value(7.0)) << "what it holds, beside what is wished";
    const auto asked = std::ranges::count_if(device.heard, [](const auto& heard) {
        return std::holds_alternative<protocols::arlo::RegisterGet>(heard.second.body);
    });
    EXPECT_EQ(asked, 2);

    device.boot();
    device.forgets = {};
    device.nacks = {"registerGet"};
    register_device(device, home);
    register_device(device, home);
    expect_as_wanted(device, porch);
}

TEST_F(ArloDriver, AWishForASleepingCameraIsAppliedWhenItCalls) {
    register_device(device, home);
    device.asleep = true;
    const auto pending = hub->set(porch, "flip", true, 100ms);
    ASSERT_TRUE(pending);
    EXPECT_TRUE(pending->is_pending());
    hub->until([&] { return hub->registry.camera(porch)->state.word == StateWord::Asleep; });
    device.asleep = false;
    ASSERT_TRUE(hub->call(home, device.status()));
    hub->until([&] { return !hub->setting(porch, "flip").is_pending(); });
    EXPECT_EQ(device.registers.get(registers::kVideoFlip), true);
    EXPECT_EQ(hub->registry.camera(porch)->state.word, StateWord::Live);
}

TEST_F(ArloDriver, AWishOutlivesARestartOfTheHubWithoutARegistration) {
    register_device(device, home);
    device.asleep = true;
    ASSERT_TRUE(hub->set(porch, "flip", true, 20ms));
    start();
    ASSERT_TRUE(hub->registry.camera(porch));
    EXPECT_EQ(hub->setting(porch, "flip").desired, Value(true));
    EXPECT_EQ(hub->setting(porch, "flip").reported, Value(false));
    EXPECT_EQ(hub->setting(porch, "motion_alerts").reported, Value(true));
    hub->until([&] { return hub->registry.camera(porch)->state.word == StateWord::Asleep; });
    device.asleep = false;
    ASSERT_TRUE(hub->call(home, device.motion()));
    hub->until([&] { return !hub->setting(porch, "flip").is_pending(); });
    EXPECT_EQ(device.registers.get(registers::kVideoFlip), true);
}

TEST_F(ArloDriver, ASetUpThatASleepingDeviceMissedIsDoneWhenItCallsAgain) {
    device.asleep = true;
    ASSERT_TRUE(hub->call(home, device.registration()));
    hub->until([&] { return hub->registry.camera(porch)->state.word == StateWord::Asleep; });
    EXPECT_THAT(device.heard, IsEmpty());
    start();  // and the hub forgets nothing
    device.asleep = false;
    ASSERT_TRUE(hub->call(home, device.status()));
    finish_set_up(device);
    expect_as_wanted(device, porch);
}

TEST_F(ArloDriver, FiftyDevicesAtOnceAreAllSetUp) {
    std::vector<std::unique_ptr<ScriptedDevice>> many;
    for (int i = 0; i < 50; ++i) {
        many.push_back(std::make_unique<ScriptedDevice>());
        many.back()->serial = fmt::format("MANY{}", i);
        network.at[fmt::format("172.14.2.{}", i)] = many.back().get();
    }
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(hub->call(fmt::format("172.14.2.{}", i), many[i]->registration()));
    for (int i = 0; i < 50; ++i) {
        finish_set_up(*many[i]);
        expect_as_wanted(*many[i], fmt::format("arlo-many{}", i));
    }
}

TEST_F(ArloDriver, ADevicesNumberIsLimited) {
    for (std::size_t i = 1; i < kMaxDevices; ++i) {  // the camera that the file names has its place
        ScriptedDevice one;
        one.serial = fmt::format("N{}", i);
        ASSERT_TRUE(hub->call("10.1.1.1", one.status()));
    }
    ScriptedDevice more;
    more.serial = "MORE";
    EXPECT_EQ(hub->call("10.1.1.1", more.registration()).error().kind(),
              ErrorKind::ResourceExhausted);
    EXPECT_TRUE(hub->call(home, device.registration()));
}

// Events
// --------------------------------------------------------------------------------------------

TEST_F(ArloDriver, MotionHasABeginningAndAnEnd) {
    register_device(device, home);
    const auto began = clock.wall_now();
    ASSERT_TRUE(hub->call(home, device.motion()));
    hub->idle();
    auto motions = hub->events("motion");
    ASSERT_EQ(motions.size(), 1u);
    EXPECT_EQ(motions[0]->start, began);
    EXPECT_EQ(motions[0]->end, std::nullopt);
    EXPECT_EQ(hub->registry.camera(porch)->sensor("motion")->value, camera::SensorValue(true));
    clock.advance(5s);
    ASSERT_TRUE(hub->call(home, device.motion()));  // it goes on
    clock.advance(13s);
    ASSERT_TRUE(hub->call(home, device.motion_over(18)));
    hub->idle();
    motions = hub->events("motion");
    ASSERT_EQ(motions.size(), 1u);
    EXPECT_EQ(motions[0]->end, began + 18s);
    EXPECT_EQ(hub->registry.camera(porch)->sensor("motion")->value, camera::SensorValue(false));
}

TEST_F(ArloDriver, MotionThatNobodyEndsEndsByItself) {
    register_device(device, home);
    ASSERT_TRUE(hub->call(home, device.motion()));
    hub->idle();
    clock.advance(329s);
    hub->until([&, n = 0]() mutable { return ++n > 20; });
    EXPECT_EQ(hub->events("motion")[0]->end, std::nullopt);
    clock.advance(2s);
    hub->until([&] { return hub->events("motion")[0]->end.has_value(); });
    EXPECT_EQ(hub->events("motion")[0]->end, clock.wall_now());
}

TEST_F(ArloDriver, AnEndWithoutABeginningTellsBoth) {
    register_device(device, home);
    ASSERT_TRUE(hub->call(home, device.motion_over(18)));
    const auto motions = hub->events("motion");
    ASSERT_EQ(motions.size(), 1u);
    EXPECT_EQ(motions[0]->start, clock.wall_now() - 18s);
    EXPECT_EQ(motions[0]->end, clock.wall_now());
}

TEST_F(ArloDriver, WhatADeviceSaysTwiceIsOneEvent) {
    register_device(device, home);
    const std::string ring = R"({"Type":"alert","ID":31607,"AlertType":"buttonPressAlert",)"
                             R"("ButtonPress":{"Triggered":true}})";
    ASSERT_TRUE(hub->call(home, ring));
    clock.advance(6s);
    ASSERT_TRUE(hub->call(home, ring));  // our answer was lost
    EXPECT_EQ(hub->events("button").size(), 1u);
    clock.advance(20s);
    ASSERT_TRUE(hub->call(home, ring));  // a device that always says the same ID
    const auto rings = hub->events("button");
    ASSERT_EQ(rings.size(), 2u);
    EXPECT_EQ(rings[0]->end, rings[0]->start);
}

TEST_F(ArloDriver, SoundAndSpotlightAreEventsToo) {
    device.model = "VMC4041PB";
    register_device(device, home);
    ASSERT_TRUE(hub->call(home, R"({"Type":"alert","ID":10,"AlertType":"audioAlert",)"
                                R"("AudioDetect":{"AudioTriggered":true}})"));
    ASSERT_TRUE(hub->call(home, R"({"ID":87,"Type":"alert","AlertType":"spotlightAlert",)"
                                R"("SpotlightState":{"SpotlightEnabled":true}})"));
    hub->idle();
    EXPECT_EQ(hub->setting(porch, "spotlight").reported,
              Value(camera::LightValue{true, std::nullopt}));
    clock.advance(10s);
    ASSERT_TRUE(hub->call(
        home, R"({"Type":"alert","ID":11,"AlertType":"audioTimeoutAlert","StreamDuration":10})"));
    ASSERT_TRUE(hub->call(home, R"({"ID":88,"Type":"alert","AlertType":"spotlightAlert",)"
                                R"("SpotlightState":{"SpotlightEnabled":false}})"));
    hub->idle();
    EXPECT_EQ(hub->events("sound").at(0)->end, clock.wall_now());
    EXPECT_EQ(hub->events("spotlight").at(0)->end, clock.wall_now());
    EXPECT_EQ(hub->setting(porch, "spotlight").reported,
              Value(camera::LightValue{false, std::nullopt}));
}

TEST_F(ArloDriver, AlertsOfADeviceThatIsNotKnownYetAreReplayed) {
    const auto began = clock.wall_now();
    ASSERT_TRUE(hub->call(home, device.motion()));
    hub->idle();
    EXPECT_EQ(device.status_requests, 1);  // asked who it is
    EXPECT_THAT(hub->events("motion"), IsEmpty());
    clock.advance(10s);
    ASSERT_TRUE(hub->call(home, device.motion_over(10)));
    clock.advance(5s);
    ASSERT_TRUE(hub->call(home, device.status()));
    hub->idle();
    const auto motions = hub->events("motion");
    ASSERT_EQ(motions.size(), 1u);
    EXPECT_EQ(motions[0]->camera, porch);
    EXPECT_EQ(motions[0]->start, began);
    EXPECT_EQ(motions[0]->end, began + 10s);
}

TEST_F(ArloDriver, AfterAnAddressChangeAlertsReachTheRightCamera) {
    ScriptedDevice other;
    other.serial = "B1B2B3B4B5B6B";
    network.at["172.14.1.21"] = &other;
    register_device(device, home);
    register_device(other, "172.14.1.21");
    // They swap; one registers, the other only alerts until it is asked.
    network.at = {{home, &other}, {"172.14.1.21", &device}};
    register_device(device, "172.14.1.21");
    ASSERT_TRUE(hub->call(home, other.motion()));
    hub->idle();
    EXPECT_THAT(hub->events("motion"), IsEmpty());
    ASSERT_TRUE(hub->call(home, other.status()));
    hub->idle();
    ASSERT_EQ(hub->events("motion").size(), 1u);
    EXPECT_EQ(hub->events("motion")[0]->camera, "arlo-b1b2b3b4b5b6b");
}

TEST_F(ArloDriver, AnEventThatTheHubDidNotSeeEndIsEndedAtItsNextStart) {
    register_device(device, home);
    ASSERT_TRUE(hub->call(home, device.motion()));
    device.asleep = true;  // no late answer is heard in the hour that follows
    hub->idle();
    const auto last_heard = clock.wall_now();
    clock.advance(1h);
    start();
    hub->until([&] { return hub->events("motion")[0]->end.has_value(); });
    // When it was last heard: an answer may still have come in the hour.
    EXPECT_GE(*hub->events("motion")[0]->end, last_heard);
    EXPECT_LE(*hub->events("motion")[0]->end, clock.wall_now());
}

// Doorbells, odd devices
// --------------------------------------------------------------------------------------------

TEST_F(ArloDriver, AnAudioDoorbellIsAWholeDevice) {
    device.model = "AAD1001";
    register_device(device, home, Port::Doorbell);
    for (const auto& [port, message] : device.heard) EXPECT_EQ(port, Port::Doorbell);
    expect_as_wanted(device, porch);
    const auto camera = hub->registry.camera(porch);
    EXPECT_FALSE(camera->description.capabilities.has(Capability::LiveVideo));
    EXPECT_TRUE(camera->description.capabilities.has(Capability::ButtonEvents));
    ASSERT_TRUE(hub->set(porch, "silent", true));
    EXPECT_EQ(device.registers.get(registers::kSilentMode), true);
    // It carries its serial, wherever it calls from.
    ASSERT_TRUE(hub->call("172.14.1.99",
                          fmt::format(R"({{"Type":"alert","ID":31607,"SystemSerialNumber":"{}",)"
                                      R"("AlertType":"buttonPressAlert"}})",
                                      device.serial),
                          Port::Doorbell));
    EXPECT_EQ(hub->events("button").size(), 1u);
    EXPECT_EQ(
        fakes::run(hub->io, hub->router.endpoint(porch, camera::Quality::Main, Deadline::in(1s)))
            .error()
            .kind(),
        ErrorKind::Unsupported);
}

TEST_F(ArloDriver, AVideoDoorbellIsToldOnBothPorts) {
    device.model = "AVD1001";
    register_device(device, home);
    std::map<Port, std::size_t> sets;
    for (const auto& [port, message] : device.heard) {
        if (const auto* set = std::get_if<protocols::arlo::RegisterSet>(&message.body)) {
            ++sets[port];
            EXPECT_EQ(set->values.contains("CallEnableLED"), port == Port::Doorbell);
        }
    }
    EXPECT_EQ(sets[Port::Doorbell], 1u);
    EXPECT_EQ(sets[Port::Camera], 2u);  // clock and set
    EXPECT_FALSE(hub->registry.camera(porch)->description.capabilities.has(Capability::Battery));
    ASSERT_TRUE(hub->call(home, device.motion()));
    hub->idle();
    clock.advance(11s);  // doorbells never say that motion ended
    hub->until([&] { return hub->events("motion")[0]->end.has_value(); });
}

TEST_F(ArloDriver, AStatusBeforeTheRegistrationMakesAProvisionalDevice) {
    ASSERT_TRUE(hub->call(home, device.status()));
    hub->idle();
    const auto camera = hub->registry.camera(porch);
    ASSERT_TRUE(camera);
    EXPECT_EQ(camera->description.model, "unknown model");
    EXPECT_EQ(camera->sensor("battery")->value, camera::SensorValue(76.0));
    EXPECT_THAT(device.texts_sent("PIRTargetState"), IsEmpty());  // not set up by guess
    register_device(device, home);
    EXPECT_EQ(hub->registry.camera(porch)->description.model, "VMC4030P");
    expect_as_wanted(device, porch);
}

TEST_F(ArloDriver, AnUnknownModelGetsWhatEveryCameraTakes) {
    device.model = "VMC9999";
    register_device(device, home);
    expect_as_wanted(device, porch);
    EXPECT_THAT(lines, Contains(HasSubstr("Nobody has described the model VMC9999")));
}

TEST_F(ArloDriver, WhatNoDeviceSaysIsNotAcknowledged) {
    EXPECT_EQ(
        hub->call(home, R"({"Type":"registerSet","ID":1,"SetValues":{"Reboot":1}})").error().kind(),
        ErrorKind::InvalidArgument);
    EXPECT_EQ(hub->call(home, R"({"Type":"response","ID":1,"Response":"Ack"})").error().kind(),
              ErrorKind::InvalidArgument);
    EXPECT_EQ(hub->call(home, R"({"Type":"status","ID":1})").error().kind(),
              ErrorKind::InvalidArgument);
    device.serial = "../../etc";
    EXPECT_EQ(hub->call(home, device.registration()).error().kind(), ErrorKind::InvalidArgument);
    device.serial = std::string(41, 'A');
    EXPECT_EQ(hub->call(home, device.registration()).error().kind(), ErrorKind::InvalidArgument);
    EXPECT_TRUE(hub->call(home, R"({"Type":"logMessage","ID":1,"LogString":"hello"})"));
    EXPECT_TRUE(hub->call(home, R"({"Type":"somethingNew","ID":1})"));
    ASSERT_EQ(hub->registry.cameras().size(), 1u) << "the one that the file names";
    EXPECT_EQ(hub->registry.camera(porch)->state.word, StateWord::Offline);
}

// Asking
// --------------------------------------------------------------------------------------------

TEST_F(ArloDriver, AStreamIsToldWithTheRulesOfArlo) {
    register_device(device, home);
    const int asked = device.status_requests;
    const auto endpoint =
        fakes::run(hub->io, hub->router.endpoint(porch, camera::Quality::Main, Deadline::in(1s)));
    ASSERT_TRUE(endpoint) << endpoint.error().message();
    const auto& pull = std::get<camera::PullRtsp>(endpoint->way);
    EXPECT_EQ(pull.url.without_credentials(), "rtsp://172.14.1.20:554/live");
    EXPECT_EQ(pull.receiver_report_every, 1s);
    EXPECT_TRUE(pull.reports_before_first_sender_report);
    EXPECT_EQ(pull.connection.udp_ports, (std::pair<std::uint16_t, std::uint16_t>{50000, 50199}));
    EXPECT_EQ(pull.transport, camera::PullRtsp::Transport::UdpFirst);
    EXPECT_EQ(device.status_requests, asked + 1);  // woken

    device.asleep = true;
    const auto none =
        fakes::run(hub->io, hub->router.endpoint(porch, camera::Quality::Main, Deadline::in(20ms)));
    // The time may end in a try or in the wait for the next.
    ASSERT_FALSE(none);
    EXPECT_TRUE(none.error().is(ErrorKind::Unavailable) ||
                none.error().is(ErrorKind::DeadlineExceeded))
        << none.error().message();
}

TEST_F(ArloDriver, AFourKCameraHasTwoStreams) {
    device.model = "VMC5040";
    register_device(device, home);
    const auto port = [&](camera::Quality quality) {
        const auto endpoint =
            fakes::run(hub->io, hub->router.endpoint(porch, quality, Deadline::in(1s)));
        return std::get<camera::PullRtsp>(endpoint.value().way).url.without_credentials();
    };
    EXPECT_EQ(port(camera::Quality::Main), "rtsp://172.14.1.20:555/live");
    EXPECT_EQ(port(camera::Quality::Small), "rtsp://172.14.1.20:554/live");
}

TEST_F(ArloDriver, CommandsAreThoseOfTheFamily) {
    device.model = "VMC4060B";
    register_device(device, home);
    const auto command = [&](camera::Arguments arguments) {
        return fakes::run(hub->io, hub->router.execute({.camera = porch,
                                                        .arguments = std::move(arguments),
                                                        .deadline = Deadline::in(100ms),
                                                        .caller = "ana"}));
    };
    ASSERT_TRUE(command(camera::RebootCamera{}));
    EXPECT_EQ(device.registers.get(registers::kReboot), 1);
    ASSERT_TRUE(command(camera::SoundSiren{true, 30s}));
    const auto siren = std::get<protocols::arlo::Siren>(device.heard.back().second.body);
    EXPECT_EQ(siren.state, "on");
    EXPECT_EQ(siren.duration_s, 30);
    device.nacks = {"siren"};
    EXPECT_EQ(command(camera::SoundSiren{false, 0s}).error().kind(), ErrorKind::Unsupported);
    ASSERT_TRUE(command(camera::WakeUp{1s}));
    EXPECT_EQ(command(camera::TakeSnapshot{}).error().kind(), ErrorKind::Unsupported);
    // Nothing of the moment is kept.
    device.boot();
    register_device(device, home);
    EXPECT_FALSE(device.registers.contains("Reboot"));
}

TEST_F(ArloDriver, ASwitchedLampIsNotStored) {
    device.model = "VMC5040";
    register_device(device, home);
    ASSERT_TRUE(hub->set(porch, "spotlight", camera::LightValue{true, 50.0}));
    EXPECT_EQ(device.registers.get(registers::kSpotlightEnabled), true);
    EXPECT_EQ(device.registers.get(registers::kSpotlightIntensityManual), 12850);
    EXPECT_THAT(hub->desired->wishes(porch), IsEmpty());
    device.boot();
    register_device(device, home);
    EXPECT_FALSE(device.registers.contains("SpotlightEnabled"));
}

TEST_F(ArloDriver, ADeviceOnExternalPowerIsKeptAwake) {
    options.cameras[0].battery = false;
    start();
    register_device(device, home);
    const int asked = device.status_requests;
    clock.advance(101s);
    hub->until([&] { return device.status_requests > asked; });
    EXPECT_EQ(hub->registry.camera(porch)->state.word, StateWord::Live);
}

TEST_F(ArloDriver, ManyWishesAtOnceGoOneAfterTheOther) {
    register_device(device, home);
    std::vector<base::Result<camera::Setting>> answers;
    for (const char* setting : {"flip", "mirror", "night_vision", "charge_led"}) {
        asio::co_spawn(hub->io,
                       hub->router.set(porch, setting, setting != std::string("night_vision"),
                                       "ana", Deadline::in(5s)),
                       [&](std::exception_ptr, base::Result<camera::Setting> answer) {
                           answers.push_back(std::move(answer));
                       });
    }
    hub->until([&] { return answers.size() == 4; });
    for (const auto& answer : answers) {
        ASSERT_TRUE(answer);
        EXPECT_FALSE(answer->is_pending());
    }
    expect_as_wanted(device, porch);
}

}  // namespace
}  // namespace casement::drivers::arlo
