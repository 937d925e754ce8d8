// The emulated Arlo devices as their base station sees them, over real sockets.

#include <gtest/gtest.h>

#include <set>

#include "emulators/arlo/script.hpp"
#include "tests/integration/emulators/arlo_fixture.hpp"

namespace casement::tests {
namespace {

std::int64_t now_s() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// ---- registration ----

TEST_F(ArloDevices, RegisterAndAreAcknowledged) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        const auto all = t.station_.all<wire::Registration>();
        CO_ASSERT(all.size() == 1);
        EXPECT_EQ(all[0].model, "VMC4030P");
        EXPECT_EQ(all[0].serial, "CSM0000A1B2C");
        EXPECT_EQ(t.station_.heard[0].message.id, 1);
        EXPECT_EQ(t.station_.heard[0].from, kHome);
    });
}

TEST_F(ArloDevices, RegisterAgainAndAgainUntilSomebodyAnswers) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.times.waits_for_ack = 50ms;
        t.station_.acknowledges = false;
        Device& device = t.start(options);
        EXPECT_TRUE(co_await t.until([&] { return device.counters().registrations_failed >= 2; }));
        EXPECT_FALSE(device.is_registered());
        t.station_.acknowledges = true;
        t.station_.wrong_by = 1;
        const auto failed = device.counters().registrations_failed;
        EXPECT_TRUE(
            co_await t.until([&] { return device.counters().registrations_failed > failed; }));
        t.station_.wrong_by = 0;
        co_await t.settled(device);
        EXPECT_EQ(device.counters().registrations, 1u);
        EXPECT_GE(t.station_.count<wire::Registration>(), 4u);
    });
}

TEST_F(ArloDevices, RegisterAgainWhenTheirBaseComesBack) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        t.station_.go_away();
        device.report_status();
        EXPECT_TRUE(co_await t.until([&] { return !device.is_registered(); }));
        EXPECT_EQ(device.counters().undelivered, 1u);
        t.station_.come_back();
        EXPECT_TRUE(co_await t.until([&] { return device.counters().registrations == 2; }));
        EXPECT_EQ(device.counters().boots, 1u);
    });
}

TEST_F(ArloDevices, ExpectTheTimeAfterRegistrationAndStatus) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        EXPECT_TRUE(co_await t.until([&] { return device.counters().clock_missed == 1; }));
        device.report_status();
        EXPECT_TRUE(co_await t.until([&] { return device.counters().statuses == 1; }));
        const auto answer = co_await t.set(device, {{"EpochBsTime", now_s() + 100}});
        EXPECT_EQ(answer.outcome(), wire::Outcome::Ack);
        EXPECT_EQ(device.counters().clock_sets, 1u);
        EXPECT_NEAR(static_cast<double>(device.clock_error()->count()), 100, 2);
        (void)co_await async::sleep_for(400ms);
        EXPECT_EQ(device.counters().clock_missed, 1u);
    });
}

TEST_F(ArloDevices, StormOfFiftyIsFiftyRegistrations) {
    run([](ArloDevices& t) -> Task<> {
        for (int i = 0; i < 50; ++i) {
            DeviceOptions options = t.options(Model::Pro2, fmt::format("127.0.79.{}", i + 1));
            options.serial = fmt::format("STORM{:03}", i);
            t.start(options);
        }
        EXPECT_TRUE(co_await t.until([&] {
            return std::ranges::all_of(t.devices_, [](auto& d) { return d->is_registered(); });
        }));
        std::set<std::string> serials, addresses;
        for (const auto& heard : t.station_.heard) addresses.insert(heard.from);
        for (const auto& r : t.station_.all<wire::Registration>()) serials.insert(r.serial);
        EXPECT_EQ(serials.size(), 50u);
        EXPECT_EQ(addresses.size(), 50u);
    });
}

TEST_F(ArloDevices, LiveOnTheRealPortsWhereTheyMay) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Ultra, "127.0.80.10");
        options.ports = Ports{};
        auto made = Device::start(t.io_.get_executor(), t.pool_, t.clock_, options, {});
        if (!made && made.error().is(base::ErrorKind::PermissionDenied)) co_return;
        CO_ASSERT(made.has_value());
        t.devices_.push_back(std::move(*made));
        Watcher watcher(t.io_.get_executor());
        for (const std::uint16_t port : {wire::kRtspPort, wire::kRtspHevcPort}) {
            EXPECT_TRUE(co_await watcher.connect("127.0.80.10", port));
            watcher.hang_up();
        }
    });
}

// ---- registers ----

TEST_F(ArloDevices, KeepRegistersAndRefuseThoseTheyDoNotKnow) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        const auto answer = co_await t.set(device, {{"PIRTargetState", "Armed"},
                                                    {"SpotlightIntensityAlert", std::int64_t{100}},
                                                    {"VideoTargetBitrate", std::int64_t{400}}});
        EXPECT_EQ(answer.outcome(), wire::Outcome::AckWithErrors);
        EXPECT_EQ(answer.refused_registers(), std::vector<std::string>{"SpotlightIntensityAlert"});
        EXPECT_EQ(device.registers().get(reg::kPirTargetState), wire::ArmState::Armed);
        EXPECT_EQ(device.registers().get(reg::kVideoTargetBitrate), 400);
        EXPECT_EQ(device.counters().refused_registers, 1u);

        const auto got = co_await t.command(
            device, wire::RegisterGet{{"PIRTargetState", "UserStreamActive", "NoSuch"}, {}});
        CO_ASSERT(got.values.has_value());
        EXPECT_EQ(got.values->size(), 2u);
        EXPECT_EQ(got.values->get(reg::kPirTargetState), wire::ArmState::Armed);
        EXPECT_EQ(got.values->get(reg::kUserStreamActive), 0);
    });
}

TEST_F(ArloDevices, SayNackToWhatTheyDoNotKnow) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Wirefree);
        EXPECT_EQ((co_await t.command(device, wire::Unknown{"fooBar", {}, {}})).outcome(),
                  wire::Outcome::Nack);
        EXPECT_EQ((co_await t.command(device, wire::RegisterGet{{"VideoFlip"}, {}})).outcome(),
                  wire::Outcome::Nack);
        wire::Siren siren;
        siren.state = "on";
        EXPECT_EQ((co_await t.command(device, siren)).outcome(), wire::Outcome::Nack);
        EXPECT_EQ(device.counters().nacks, 3u);
    });
}

TEST_F(ArloDevices, HaveDoorsThatKnowDifferentRegisters) {
    run([](ArloDevices& t) -> Task<> {
        Device& bell = t.start(Model::VideoBell);
        const auto wrong = co_await t.set(bell, {{"SilentMode", true}});
        EXPECT_EQ(wrong.refused_registers(), std::vector<std::string>{"SilentMode"});
        const auto right = co_await t.set(bell, {{"SilentMode", true}}, Door::Doorbell);
        EXPECT_EQ(right.outcome(), wire::Outcome::Ack);
        EXPECT_EQ((co_await t.command(bell, wire::RaParams{}, Door::Doorbell)).outcome(),
                  wire::Outcome::Nack);
        co_await t.settled(bell);
        EXPECT_GE(t.station_.silent_connections, 1);
    });
}

TEST_F(ArloDevices, LoseRegistersInARebootAndKeepThemWithoutWifi) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro5);
        co_await t.settled(device);
        co_await t.set(device, {{"VideoFlip", true}});
        device.deauthenticate(50ms);
        EXPECT_FALSE(device.is_online());
        EXPECT_TRUE(co_await t.until([&] { return device.counters().registrations == 2; }));
        EXPECT_EQ(device.registers().get(reg::kVideoFlip), true);
        EXPECT_EQ(device.counters().boots, 1u);

        const auto answer = co_await t.set(device, {{"Reboot", std::int64_t{1}}});
        EXPECT_EQ(answer.outcome(), wire::Outcome::Ack);
        EXPECT_TRUE(co_await t.until([&] { return device.counters().registrations == 3; }));
        EXPECT_EQ(device.registers().get(reg::kVideoFlip), false);
        EXPECT_EQ(device.counters().boots, 2u);
        EXPECT_EQ(t.station_.heard.back().message.id, 1);  // counts anew
    });
}

TEST_F(ArloDevices, ForgetWithTheWifiWhenTheyAreToldTo) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.memory = Memory::UntilAssociation;
        Device& device = t.start(options);
        co_await t.settled(device);
        co_await t.set(device, {{"VideoFlip", true}});
        device.deauthenticate(20ms);
        EXPECT_TRUE(co_await t.until([&] { return device.counters().registrations == 2; }));
        EXPECT_EQ(device.registers().get(reg::kVideoFlip), false);
    });
}

TEST_F(ArloDevices, KeepZonesAndRateControl) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        wire::RaParams rates;
        rates.modes.push_back({"720p", wire::RateControl{}});
        EXPECT_EQ((co_await t.command(device, rates)).outcome(), wire::Outcome::Ack);
        CO_ASSERT(device.rate_control().has_value());
        EXPECT_EQ(device.rate_control()->modes[0].first, "720p");
        wire::MotionZone zones;
        zones.zones.resize(2);
        zones.zones[0].id = "z-1";
        zones.zones[1].id = "z-2";
        EXPECT_EQ((co_await t.command(device, zones)).outcome(), wire::Outcome::Ack);
        EXPECT_EQ(device.zones().size(), 2u);
        zones.zones.resize(4);
        EXPECT_EQ((co_await t.command(device, zones)).outcome(), wire::Outcome::AckWithErrors);
        EXPECT_EQ(device.zones().size(), 2u);

        co_await t.set(device, {{"PIRTargetState", "Armed"}});
        device.see_motion({.in_picture = true, .zones = {"z-2"}});
        EXPECT_TRUE(co_await t.until([&] { return t.station_.count<wire::Alert>() == 1; }));
        const auto alert = t.station_.all<wire::Alert>()[0];
        EXPECT_EQ(alert.motion->zones, std::vector<std::string>{"z-2"});
        EXPECT_EQ(alert.motion->zone_mask, 5);
        EXPECT_EQ(alert.motion->trigger_level, 0);
    });
}

TEST_F(ArloDevices, CloseOnWhatIsNoCommand) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        for (const char* bytes : {"GET / HTTP/1.1\r\n\r\n", "L:0 ", "L:4 ####", "L:999999999 {"}) {
            const auto answer =
                co_await t.station_.command_raw(kHome, device.ports().camera, bytes);
            EXPECT_FALSE(answer) << bytes;
        }
        EXPECT_EQ(device.counters().bad_frames, 4u);
        EXPECT_EQ((co_await t.set(device, {{"VideoFlip", true}})).outcome(), wire::Outcome::Ack);
    });
}

// ---- what they tell ----

TEST_F(ArloDevices, SendAStatusOfTheirOwnAfterStatusRequest) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Essential);
        co_await t.settled(device);
        EXPECT_EQ((co_await t.command(device, wire::StatusRequest{})).outcome(),
                  wire::Outcome::Ack);
        EXPECT_TRUE(co_await t.until([&] { return t.station_.count<wire::Status>() == 1; }));
        EXPECT_EQ(t.station_.all<wire::Status>()[0].spotlight_on, false);
        device.write_log("hello");
        EXPECT_TRUE(co_await t.until([&] { return t.station_.count<wire::LogMessage>() == 1; }));
    });
}

TEST_F(ArloDevices, ReportFromTimeToTime) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.times.status_every = 30ms;
        Device& device = t.start(options);
        EXPECT_TRUE(co_await t.until([&] { return device.counters().statuses >= 3; }));
    });
}

TEST_F(ArloDevices, TellMotionAndItsEndWhenTheyAreArmed) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        device.see_motion();
        EXPECT_EQ(device.counters().motions, 0u);
        co_await t.set(device, {{"PIRTargetState", "Armed"},
                                {"AlertBackoffTime", std::int64_t{3600}},
                                {"DefaultMotionStreamTimeLimit", std::int64_t{2}}});
        device.see_motion({.seconds = 4});
        EXPECT_TRUE(co_await t.until(
            [&] { return t.station_.alerts(wire::AlertKind::MotionTimeout) == 1; }));
        EXPECT_EQ(t.station_.alerts(wire::AlertKind::PirMotion), 1u);
        const auto end = t.station_.all<wire::Alert>().back();
        EXPECT_GE(end.duration_s, 4);
        EXPECT_TRUE(end.serial.empty());
        EXPECT_TRUE(co_await t.until([&] { return device.counters().failed_streams == 1; }));
        device.see_motion();
        EXPECT_EQ(device.counters().held_back, 1u);
        EXPECT_EQ(device.counters().motions, 1u);
    });
}

TEST_F(ArloDevices, TellSoundAndItsEnd) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        co_await t.set(device, {{"AudioTargetState", "Armed"},
                                {"DefaultMotionStreamTimeLimit", std::int64_t{1}}});
        device.hear_sound();
        EXPECT_TRUE(co_await t.until(
            [&] { return t.station_.alerts(wire::AlertKind::AudioTimeout) == 1; }));
        EXPECT_EQ(t.station_.alerts(wire::AlertKind::Audio), 1u);
    });
}

TEST_F(ArloDevices, DoorbellsRingAndSayWhoTheyAre) {
    run([](ArloDevices& t) -> Task<> {
        Device& bell = t.start(Model::AudioBell);
        co_await t.settled(bell);
        EXPECT_EQ(t.station_.heard[0].message.id, 31'580);
        bell.press_button();
        EXPECT_TRUE(
            co_await t.until([&] { return t.station_.alerts(wire::AlertKind::ButtonPress) == 1; }));
        EXPECT_EQ(t.station_.all<wire::Alert>()[0].serial, "CSM0000A1B2C");
        EXPECT_EQ(bell.counters().presses, 1u);
    });
}

TEST_F(ArloDevices, TellWhenTheirLampReallySwitches) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Essential);
        co_await t.settled(device);
        co_await t.set(device,
                       {{"SpotlightDurationManual", std::int64_t{2}}, {"SpotlightEnabled", true}});
        EXPECT_TRUE(device.lamp_is_on());
        EXPECT_TRUE(
            co_await t.until([&] { return t.station_.alerts(wire::AlertKind::Spotlight) == 2; }));
        EXPECT_FALSE(device.lamp_is_on());
        EXPECT_EQ(device.registers().get(reg::kSpotlightEnabled), false);
        const auto alerts = t.station_.all<wire::Alert>();
        EXPECT_EQ(alerts[0].spotlight->on, true);
        EXPECT_EQ(alerts[1].spotlight->on, false);
    });
}

TEST_F(ArloDevices, SirensTakeTwoWords) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro5);
        wire::Siren siren;
        siren.state = "on";
        EXPECT_EQ((co_await t.command(device, siren)).outcome(), wire::Outcome::Ack);
        EXPECT_TRUE(device.siren_is_on());
        siren.state = "loud";
        EXPECT_EQ((co_await t.command(device, siren)).outcome(), wire::Outcome::AckWithErrors);
    });
}

// ---- addresses ----

TEST_F(ArloDevices, MoveWithoutAWordOrIntroduceThemselves) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        co_await t.set(device, {{"PIRTargetState", "Armed"}});
        device.move_to(kOtherHome, false);
        EXPECT_TRUE(co_await t.until([&] { return device.is_online(); }));
        device.see_motion();
        EXPECT_TRUE(co_await t.until([&] { return t.station_.count<wire::Alert>() == 1; }));
        EXPECT_EQ(t.station_.heard.back().from, kOtherHome);
        EXPECT_EQ(t.station_.count<wire::Registration>(), 1u);
        device.move_to(kHome, true);
        EXPECT_TRUE(co_await t.until([&] { return device.counters().registrations == 2; }));
        EXPECT_EQ(t.station_.heard.back().from, kHome);
    });
}

TEST_F(ArloDevices, SwapTheirAddresses) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions first = t.options(Model::Pro2);
        DeviceOptions second = t.options(Model::Pro2, kOtherHome);
        second.serial = "CSM0000OTHER";
        Device& a = t.start(first);
        Device& b = t.start(second);
        co_await t.settled(a);
        co_await t.settled(b);
        swap_addresses(a, b, true);
        EXPECT_TRUE(co_await t.until(
            [&] { return a.counters().registrations == 2 && b.counters().registrations == 2; }));
        EXPECT_EQ(a.address(), kOtherHome);
        EXPECT_EQ(b.address(), kHome);
        EXPECT_EQ((co_await t.set(a, {{"VideoFlip", true}})).outcome(), wire::Outcome::Ack);
        EXPECT_EQ(a.registers().get(reg::kVideoFlip), true);
        EXPECT_EQ(b.registers().get(reg::kVideoFlip), false);
    });
}

TEST_F(ArloDevices, MayNeverIntroduceThemselves) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.registers = false;
        Device& device = t.start(options);
        device.report_status();
        EXPECT_TRUE(co_await t.until([&] { return t.station_.count<wire::Status>() == 1; }));
        EXPECT_EQ(t.station_.count<wire::Registration>(), 0u);
    });
}

TEST_F(ArloDevices, ObeyWrittenLines) {
    run([](ArloDevices& t) -> Task<> {
        Device& bell = t.start(Model::VideoBell);
        co_await t.settled(bell);
        for (const char* line : {"", "press", "status", "log all is well", "battery 40", "poke",
                                 "fault lost=5", "motion 3"}) {
            const auto done = obey(bell, line);
            EXPECT_TRUE(done) << line;
        }
        EXPECT_TRUE(co_await t.until([&] { return t.station_.count<wire::LogMessage>() == 1; }));
        EXPECT_EQ(t.station_.all<wire::LogMessage>()[0].text, "all is well");
        EXPECT_EQ(t.station_.alerts(wire::AlertKind::ButtonPress), 1u);
        EXPECT_EQ(bell.faults().lost_percent, 5);
        EXPECT_EQ(bell.condition().battery_percent, 40);
        for (const char* line :
             {"dance", "motion much", "deauth 5", "move there", "move 127.0.78.12 now"})
            EXPECT_FALSE(obey(bell, line)) << line;
        EXPECT_TRUE(obey(bell, "move 127.0.78.12"));
        EXPECT_TRUE(co_await t.until([&] { return bell.counters().registrations == 2; }));
        EXPECT_EQ(t.station_.heard.back().from, "127.0.78.12");
        EXPECT_TRUE(obey(bell, "reboot"));
        EXPECT_TRUE(obey(bell, "deauth 20ms"));
        EXPECT_TRUE(co_await t.until([&] { return bell.counters().registrations == 3; }));
    });
}

// ---- frames and acks gone wrong ----

TEST_F(ArloDevices, CutTheirFramesOnRequest) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        co_await t.settled(device);
        std::size_t statuses = 0;
        for (const FrameFault fault :
             {FrameFault::SplitAfterL, FrameFault::SplitAfterLength, FrameFault::SplitAfterBlank,
              FrameFault::SingleBytes, FrameFault::TwoInOne, FrameFault::Long,
              FrameFault::OtherLetters}) {
            device.faults().frame = fault;
            device.faults().frames = 1;
            device.report_status();
            ++statuses;
            EXPECT_TRUE(co_await t.until([&] { return device.counters().statuses == statuses; }))
                << static_cast<int>(fault);
        }
        EXPECT_EQ(device.counters().undelivered, 0u);
    });
}

TEST_F(ArloDevices, SendRubbishOnRequestAndRegisterAgainAfterIt) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.times.waits_for_ack = 200ms;
        Device& device = t.start(options);
        co_await t.settled(device);
        std::uint64_t registrations = 1;
        for (const FrameFault fault :
             {FrameFault::TooLong, FrameFault::LengthTooSmall, FrameFault::LengthTooLarge,
              FrameFault::NotJson, FrameFault::NotFramed, FrameFault::ConnectAndClose}) {
            device.faults().frame = fault;
            device.faults().frames = 1;
            device.report_status();
            ++registrations;
            EXPECT_TRUE(co_await t.until([&] {
                return device.counters().registrations == registrations;
            })) << static_cast<int>(fault);
        }
        EXPECT_EQ(device.counters().statuses, 0u);
        EXPECT_EQ(t.station_.count<wire::Status>(), 0u);
    });
}

TEST_F(ArloDevices, AnswerWronglyOnRequest) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        const auto ask = [&]() -> Task<Result<wire::Message>> {
            return t.station_.command(kHome, device.ports().camera,
                                      {41, wire::RegisterSet{{{"VideoFlip", true}}, {}}});
        };
        device.faults().ack = AckFault::WrongId;
        EXPECT_EQ((co_await ask())->id, 42);
        device.faults().ack = AckFault::WithoutResponse;
        EXPECT_EQ(std::get<wire::Response>((co_await ask())->body).outcome(),
                  wire::Outcome::Missing);
        EXPECT_EQ(device.registers().get(reg::kVideoFlip), true);
        device.faults().ack = AckFault::Nack;
        EXPECT_EQ(std::get<wire::Response>((co_await ask())->body).outcome(), wire::Outcome::Nack);
        device.faults().ack = AckFault::None;
        device.faults().ack_later = 100ms;
        const auto before = std::chrono::steady_clock::now();
        EXPECT_TRUE(co_await ask());
        EXPECT_GE(std::chrono::steady_clock::now() - before, 100ms);
        device.faults().ack = AckFault::Silence;
        const auto none = co_await async::with_deadline(Deadline::in(300ms), "ack", ask());
        EXPECT_FALSE(none);
    });
}

TEST_F(ArloDevices, ReportBeforeTheyRegisterOnRequest) {
    run([](ArloDevices& t) -> Task<> {
        DeviceOptions options = t.options(Model::Pro2);
        options.faults.status_before_registration = true;
        Device& device = t.start(options);
        co_await t.settled(device);
        CO_ASSERT(t.station_.heard.size() >= 2);
        EXPECT_EQ(t.station_.heard[0].message.type(), "status");
        EXPECT_EQ(t.station_.heard[1].message.type(), "registration");
    });
}

// ---- pictures ----

TEST_F(ArloDevices, PostThePictureThatTheyAreAskedFor) {
    run([](ArloDevices& t) -> Task<> {
        for (const auto& [model, name] : {std::pair{Model::Pro2, "filename=\"temp.jpg\""},
                                          std::pair{Model::Pro5, "filename=\"\""},
                                          std::pair{Model::Wirefree, "name=\"file\""}}) {
            Device& device = t.start(model);
            t.station_.pictures.clear();
            wire::FullSnapshot ask;
            ask.destination_url = t.station_.picture_url("S_1");
            EXPECT_EQ((co_await t.command(device, ask)).outcome(), wire::Outcome::Ack);
            EXPECT_TRUE(co_await t.until([&] { return device.counters().uploads == 1; }));
            CO_ASSERT(t.station_.pictures.size() == 1);
            const Station::Picture& got = t.station_.pictures[0];
            EXPECT_EQ(got.target, "/snapshot/S_1/");
            EXPECT_NE(got.body.find(name), std::string::npos) << got.body.substr(0, 200);
            EXPECT_EQ(got.body.find("filename") == std::string::npos, model == Model::Wirefree);
            EXPECT_TRUE(wire::find_picture(got.content_type, base::as_bytes(got.body)));
            co_await device.stop();
        }
    });
}

TEST_F(ArloDevices, PostPicturesInEveryWrongWay) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        wire::FullSnapshot ask;
        ask.destination_url = t.station_.picture_url("S");
        const auto next = [&](UploadFault fault, std::size_t count) -> Task<Station::Picture> {
            t.station_.pictures.clear();
            device.faults().upload = fault;
            co_await t.command(device, ask);
            EXPECT_TRUE(co_await t.until([&] { return t.station_.pictures.size() == count; }));
            co_return t.station_.pictures.at(0);
        };
        (void)co_await next(UploadFault::Twice, 2);
        const auto cut = co_await next(UploadFault::Truncated, 1);
        EXPECT_FALSE(wire::find_picture(cut.content_type, base::as_bytes(cut.body)));
        const auto empty = co_await next(UploadFault::Empty, 1);
        EXPECT_FALSE(wire::find_picture(empty.content_type, base::as_bytes(empty.body)));
        const auto bare = co_await next(UploadFault::Bare, 1);
        EXPECT_EQ(bare.content_type, "image/jpeg");
        EXPECT_TRUE(wire::find_picture(bare.content_type, base::as_bytes(bare.body)));
        device.faults().upload_file_name = std::optional<std::string>("odd name.jpg");
        const auto named = co_await next(UploadFault::None, 1);
        EXPECT_NE(named.body.find("odd name.jpg"), std::string::npos);
    });
}

TEST_F(ArloDevices, PostOnceMoreWhenTheirPictureIsRefused) {
    run([](ArloDevices& t) -> Task<> {
        Device& device = t.start(Model::Pro2);
        t.station_.picture_status = 500;
        wire::FullSnapshot ask;
        ask.destination_url = t.station_.picture_url("S");
        co_await t.command(device, ask);
        EXPECT_TRUE(co_await t.until([&] { return device.counters().uploads_failed == 2; }));
        EXPECT_EQ(device.counters().uploads, 0u);
        EXPECT_EQ(device.counters().snapshots, 1u);
    });
}

}  // namespace
}  // namespace casement::tests
