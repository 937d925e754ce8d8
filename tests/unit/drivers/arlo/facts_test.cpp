// Alerts, who is where, sensors, what is stored.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "drivers/arlo/alerts.hpp"
#include "drivers/arlo/memory.hpp"
#include "drivers/arlo/roster.hpp"
#include "protocols/arlo/message.hpp"
#include "store/files.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/test_data.hpp"

namespace casement::drivers::arlo {
namespace {

using namespace std::chrono_literals;
using base::SteadyTime;
using base::WallTime;
using protocols::arlo::Alert;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr WallTime kNow{std::chrono::seconds{1'795'208'400}};  // 2026-11-20T21:00:00Z

Alert alert(const std::string& json) {
    return std::get<Alert>(protocols::arlo::parse_message(json).value().body);
}
Received received(std::int64_t id, const std::string& json, WallTime at = kNow) {
    return {id, alert(json), json, at};
}
const std::string kZones =
    R"({"Type":"alert","ID":7,"AlertType":"pirMotionAlert","PIRMotion":{"Triggered":true,)"
    R"("TriggerLevel":0,"TriggerSysTime":1823,"zones":["a\"b","c"],"MdZones":7}})";

TEST(Alerts, MeanBeginningsEndsAndRings) {
    EXPECT_EQ(meaning_of(alert(kZones)), Meaning(Begins{Happening::Motion}));
    EXPECT_EQ(
        meaning_of(alert(
            R"({"Type":"alert","ID":9,"AlertType":"motionTimeoutAlert","StreamDuration":18})")),
        Meaning(Ends{Happening::Motion, 18s}));
    EXPECT_EQ(meaning_of(alert(R"({"Type":"alert","ID":9,"AlertType":"audioAlert",)"
                               R"("AudioDetect":{"AudioTriggered":true}})")),
              Meaning(Begins{Happening::Sound}));
    EXPECT_EQ(
        meaning_of(alert(
            R"({"Type":"alert","ID":9,"AlertType":"audioTimeoutAlert","StreamDuration":1e300})")),
        Meaning(Ends{Happening::Sound, std::nullopt}));
    EXPECT_EQ(meaning_of(alert(R"({"Type":"alert","ID":9,"AlertType":"buttonPressAlert",)"
                               R"("ButtonPress":{"Triggered":true}})")),
              Meaning(Rings{}));
    const auto spotlight = [](bool on) {
        return meaning_of(alert(
            fmt::format(R"({{"Type":"alert","ID":9,"AlertType":"spotlightAlert","SpotlightState":)"
                        R"({{"SpotlightEnabled":{}}}}})",
                        on)));
    };
    EXPECT_EQ(spotlight(true), Meaning(Begins{Happening::Spotlight}));
    EXPECT_EQ(spotlight(false), Meaning(Ends{Happening::Spotlight, std::nullopt}));
    EXPECT_EQ(meaning_of(alert(R"({"Type":"alert","ID":9,"AlertType":"rainAlert"})")),
              Meaning(SaysNothing{}));
}

TEST(Alerts, BecomeEventsWithTheirZonesAndEvidence) {
    const events::Event event =
        event_of(received(7, kZones), "porch", kind_of(Happening::Motion), kNow, std::nullopt);
    EXPECT_EQ(event.camera, "porch");
    EXPECT_EQ(event.kind, "motion");
    EXPECT_EQ(event.data, R"({"level":0,"sensor":"picture","zones":["a\"b","c"]})");
    EXPECT_EQ(event.vendor_id, "7@2026-11-20T21:00:00.000Z");
    EXPECT_EQ(event.evidence, kZones);
    EXPECT_EQ(happening_of("sound"), Happening::Sound);
    EXPECT_EQ(happening_of("button"), std::nullopt);
}

TEST(Alerts, WhatNobodyEndsIsOverdueAfterItsLongestTime) {
    Ongoing ongoing;
    const SteadyTime now{};
    ongoing.begin(Happening::Motion, "e1", now + 30s);
    EXPECT_THAT(ongoing.overdue(now + 29s), IsEmpty());
    ongoing.begin(Happening::Motion, "e1", now + 60s);
    EXPECT_THAT(ongoing.overdue(now + 30s), IsEmpty());
    EXPECT_THAT(ongoing.overdue(now + 60s), ElementsAre(Happening::Motion));
    EXPECT_EQ(ongoing.end(Happening::Motion)->event, "e1");
    EXPECT_EQ(ongoing.end(Happening::Motion), std::nullopt);
    EXPECT_EQ(patience_for(Happening::Motion, true, 300), 10s);
    EXPECT_EQ(patience_for(Happening::Motion, false, 120), 150s);
    EXPECT_EQ(patience_for(Happening::Motion, false, 86400), 3630s);
}

TEST(Roster, FollowsDevicesAndKnowsWhoIsNowhere) {
    Roster roster;
    EXPECT_TRUE(roster.place("A", "10.0.0.1").moved);
    EXPECT_FALSE(roster.place("A", "10.0.0.1").moved);
    roster.place("B", "10.0.0.2");
    const auto move = roster.place("A", "10.0.0.2");
    EXPECT_EQ(move.displaced, "B");
    EXPECT_EQ(roster.serial_at("10.0.0.2"), "A");
    EXPECT_EQ(roster.serial_at("10.0.0.1"), "");
    EXPECT_EQ(roster.address_of("B"), "");
    EXPECT_EQ(roster.place("B", "10.0.0.1").displaced, "");
    EXPECT_EQ(roster.serial_at("10.0.0.1"), "B");
}

TEST(Waiting, KeepsALittleForAShortTime) {
    Waiting waiting;
    const SteadyTime now{};
    for (std::size_t i = 0; i < Waiting::kMaxPerOrigin; ++i)
        EXPECT_TRUE(waiting.keep("10.0.0.1", received(7, kZones, kNow + 1s), now));
    EXPECT_FALSE(waiting.keep("10.0.0.1", received(7, kZones), now));
    EXPECT_TRUE(waiting.keep("A", received(8, kZones, kNow), now + 60s));
    const auto taken = waiting.take("A", "10.0.0.1", now + 60s);
    ASSERT_EQ(taken.size(), Waiting::kMaxPerOrigin + 1);
    EXPECT_EQ(taken.front().id, 8);  // the older one
    EXPECT_EQ(waiting.size(), 0u);

    EXPECT_TRUE(waiting.keep("A", received(7, kZones), now));
    EXPECT_THAT(waiting.take("A", "", now + Waiting::kKeep), IsEmpty());
    for (std::size_t i = 0; i < Waiting::kMaxOrigins; ++i)
        EXPECT_TRUE(waiting.keep(fmt::format("10.0.1.{}", i), received(7, kZones), now));
    EXPECT_FALSE(waiting.keep("10.0.2.1", received(7, kZones), now));
}

TEST(Waiting, AsksAnAddressOnceInAWhile) {
    Waiting waiting;
    const SteadyTime now{};
    EXPECT_TRUE(waiting.should_ask("10.0.0.1", now));
    EXPECT_FALSE(waiting.should_ask("10.0.0.1", now + 9s));
    EXPECT_TRUE(waiting.should_ask("10.0.0.2", now + 9s));
    EXPECT_TRUE(waiting.should_ask("10.0.0.1", now + 10s));
}

TEST(StreamedToday, CountsADayThroughRebootsAndMidnight) {
    StreamedToday streamed;
    streamed.count(1000, kNow);
    EXPECT_EQ(streamed.today_s, 0);  // of before
    streamed.count(1060, kNow);
    EXPECT_EQ(streamed.today_s, 60);
    streamed.count(30, kNow + 1h);  // it booted
    EXPECT_EQ(streamed.today_s, 90);
    streamed.count(40, kNow + 4h);  // 01:00 of the next day
    EXPECT_EQ(streamed.today_s, 10);
    streamed.count(-5, kNow + 4h);
    EXPECT_EQ(streamed.counter_s, 40);
}

TEST(Sensors, AreFilledFromWhatADeviceSays) {
    const auto message = protocols::arlo::parse_message(
        R"({"Type":"status","ID":2,"SystemSerialNumber":"S","BatteryPercentage":42,)"
        R"("ChargingState":"On","Temperature":20,"SignalStrengthIndicator":4,"WifiRSSI":-76})");
    const Measured values = measured(std::get<protocols::arlo::Status>(message->body));
    const Measured expected{{"battery", 42.0},
                            {"charging", true},
                            {"temperature", 20.0},
                            {"signal", 4.0},
                            {"wifi", -76.0}};
    EXPECT_EQ(values, expected);
}

TEST(Memory, GivesBackWhatItGot) {
    asio::io_context io{1};
    const auto store = store::Store::open(":memory:").value();
    const auto memory = Memory::open(*store).value();
    Record record;
    record.serial = "A0B1C2D3";
    record.address = "172.14.1.20";
    record.model = "VMC4030P";
    record.firmware = "1.125.15.0_35_1191";
    record.registration = R"({"Type":"registration"})";
    record.held.registers.set("VideoFlip", true);
    record.held.quality = "low";
    record.needs_set_up = true;
    record.streamed = {5, 20000, 3};
    record.ongoing = {{"motion", "01J"}};
    record.seen = kNow;
    ASSERT_TRUE(fakes::run(io, memory->put(record)));
    record.port = Port::Doorbell;
    ASSERT_TRUE(fakes::run(io, memory->put(record)));
    EXPECT_THAT(memory->devices().value(), ElementsAre(record));
    const auto seen = store->run_now([](store::Database& db) { return known_devices(db); });
    ASSERT_EQ(seen->size(), 1u);
    EXPECT_EQ(seen->front().serial, "A0B1C2D3");
    EXPECT_EQ(seen->front().address, "172.14.1.20");
    EXPECT_EQ(seen->front().model, "VMC4030P");

    ASSERT_TRUE(fakes::run(io, memory->refuse("VMC3030", "1", {"ArloSmart", "HdrControl"})));
    ASSERT_TRUE(fakes::run(io, memory->refuse("VMC3030", "1", {"HdrControl"})));
    const Refusals expected{{{"VMC3030", "1"}, {"ArloSmart", "HdrControl"}}};
    EXPECT_EQ(memory->refusals().value(), expected);
}

TEST(Memory, ADatabaseWithoutTheTableKnowsNoDevice) {
    const auto store = store::Store::open(":memory:").value();
    const auto seen = store->run_now([](store::Database& db) { return known_devices(db); });
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_TRUE(seen->empty());
}

TEST(Memory, ADamagedRowCostsOneDeviceNotTheStart) {
    asio::io_context io{1};
    base::capture_log([](base::LogLevel, std::string_view) {});
    const auto store = store::Store::open(":memory:").value();
    const auto memory = Memory::open(*store).value();
    Record record;
    record.serial = "A";
    ASSERT_TRUE(fakes::run(io, memory->put(record)));
    record.serial = "B";
    ASSERT_TRUE(fakes::run(io, memory->put(record)));
    ASSERT_TRUE(store->run_now([](store::Database& db) {
        return db.run("UPDATE arlo_devices SET registers = 'torn' WHERE serial = 'A'");
    }));
    EXPECT_THAT(memory->devices().value(), ElementsAre(record));
    base::capture_log({});
}

TEST(Memory, KeepsHowADeviceStreamsAndTheNewestOfWhyItWasAwake) {
    asio::io_context io{1};
    const auto store = store::Store::open(":memory:").value();
    const auto memory = Memory::open(*store).value();
    EXPECT_TRUE(memory->media().value().empty());
    Media media;
    media.streamed = {20'000, std::chrono::milliseconds{61'500}};
    media.awake = {20'001, std::chrono::milliseconds{90'000}};
    media.transport = camera::PullRtsp::Transport::Udp;
    media.main_port = 555;
    media.small_port = 554;
    ASSERT_TRUE(fakes::run(io, memory->put_media("B", Media{}, std::nullopt)));
    camera::Awake last{camera::WakeCause::Event, kNow, kNow + 5s};
    for (std::size_t i = 0; i <= AwakeLog::kMost; ++i) {
        last.from = kNow + i * 1min;
        last.to = last.from + 5s;
        ASSERT_TRUE(fakes::run(io, memory->put_media("A", media, last)));
    }
    last.to += 1min;  // it lasts longer than it did
    ASSERT_TRUE(fakes::run(io, memory->put_media("A", media, last)));
    const auto stored = memory->media().value();
    ASSERT_EQ(stored.size(), 2u);
    EXPECT_EQ(stored.at("A").media, media);
    EXPECT_EQ(stored.at("B").media, Media{});
    EXPECT_TRUE(stored.at("B").awake.empty());
    const auto& awake = stored.at("A").awake;
    ASSERT_EQ(awake.size(), AwakeLog::kMost);
    EXPECT_EQ(awake.front().from, kNow + 1min);
    EXPECT_EQ(awake.back(), last);
}

TEST(Memory, SchemaIsTheDocumentedOne) {
    auto db = store::Database::open(":memory:").value();
    ASSERT_TRUE(store::migrate(*db, kArloSchema));
    const std::string documented =
        store::read_file(fakes::test_data() + "/../../docs/ref/schema/arlo.sql", 1 << 20).value();
    const std::string described = store::describe(*db).value();
    EXPECT_THAT(documented, HasSubstr(described));
}

}  // namespace
}  // namespace casement::drivers::arlo
