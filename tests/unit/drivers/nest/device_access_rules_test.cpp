// What Device Access says, its limits, and its events made ours: rules, without a socket.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "drivers/nest/device_access/answers.hpp"
#include "drivers/nest/device_access/limits.hpp"
#include "drivers/nest/device_access/messages.hpp"
#include "drivers/nest/device_access/sessions.hpp"

namespace casement::drivers::nest::device_access {
namespace {

using base::ErrorKind;
using base::SteadyTime;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

// ---- answers

constexpr std::string_view kDevices = R"({"devices":[
 {"name":"enterprises/emu-project/devices/cam-rtsp","type":"sdm.devices.types.CAMERA",
  "traits":{"sdm.devices.traits.Info":{"customName":""},
   "sdm.devices.traits.CameraLiveStream":{"supportedProtocols":["RTSP","SMELL"]},
   "sdm.devices.traits.CameraEventImage":{},"sdm.devices.traits.CameraMotion":{}},
  "parentRelations":[{"parent":"x"},{"displayName":"Garage"}]},
 {"name":"enterprises/emu-project/devices/bell-webrtc","type":"sdm.devices.types.DOORBELL",
  "traits":{"sdm.devices.traits.CameraLiveStream":{"supportedProtocols":["WEB_RTC"]},
   "sdm.devices.traits.CameraClipPreview":{},"sdm.devices.traits.CameraPerson":{},
   "sdm.devices.traits.Connectivity":{"status":"OFFLINE"}}},
 {"name":"enterprises/emu-project/devices/old","traits":{"sdm.devices.traits.CameraLiveStream":{},
   "sdm.devices.traits.Info":{"customName":"<b>Yard</b>"}}},
 {"name":"enterprises/emu-project/devices/warm","traits":{"sdm.devices.traits.ThermostatHvac":{}}},
 {"name":"enterprises/../devices/x?y","traits":{"sdm.devices.traits.CameraLiveStream":{}}},
 "nonsense"]})";

TEST(DeviceAccessAnswers, DevicesAreToldByTheirTraits) {
    const auto devices = parse_devices(kDevices);
    ASSERT_TRUE(devices) << devices.error().message();
    ASSERT_THAT(*devices, SizeIs(3));
    EXPECT_EQ(devices->at(0).name, "Garage");
    EXPECT_TRUE(devices->at(0).has_rtsp && devices->at(0).has_pictures && devices->at(0).is_online);
    EXPECT_FALSE(devices->at(0).has_webrtc || devices->at(0).has_bell);
    EXPECT_EQ(devices->at(1).name, "DOORBELL");
    EXPECT_TRUE(devices->at(1).has_bell) << "it rings, whether it says so or not";
    EXPECT_FALSE(devices->at(1).has_rtsp || devices->at(1).is_online);
    EXPECT_TRUE(devices->at(2).has_rtsp) << "who names no protocol means RTSP";
    EXPECT_THAT(devices->at(2).name, testing::Not(HasSubstr("<")));
    EXPECT_THAT(parse_devices("{}").value(), IsEmpty());
    EXPECT_EQ(parse_devices("<html>").error().reason(), "vendor-down");
}

constexpr std::string_view kStarted =
    R"({"results":{"streamUrls":{"rtspUrl":"rtsps://stream-us1.dropcam.com:443/sdm_live_stream/P?auth=g.0.t1"},
    "streamExtensionToken":"EXT-1","streamToken":"g.0.t1","expiresAt":"2026-01-01T00:05:00.000Z"}})";
constexpr std::string_view kExtended =
    R"({"results":{"streamExtensionToken":"EXT-2","streamToken":"g.0.t2","expiresAt":"2026-01-01T00:10:00.000Z"}})";

TEST(DeviceAccessAnswers, AStreamThatWasExtendedIsComeBackToWithItsNewToken) {
    const auto stream = parse_rtsp_stream(kStarted);
    ASSERT_TRUE(stream) << stream.error().message();
    EXPECT_EQ(address_now(*stream)->reveal(), stream->url.reveal());
    const auto longer = parse_rtsp_extension(kExtended, *stream);
    ASSERT_TRUE(longer);
    EXPECT_EQ(longer->extension.reveal(), "EXT-2");
    EXPECT_EQ(longer->expires_at - stream->expires_at, 5min);
    EXPECT_EQ(address_now(*longer)->reveal(),
              "rtsps://stream-us1.dropcam.com:443/sdm_live_stream/P?auth=g.0.t2");
    EXPECT_FALSE(parse_rtsp_stream(kExtended)) << "without an address";
    EXPECT_FALSE(parse_rtsp_stream(R"({"results":{}})"));
    EXPECT_FALSE(parse_rtsp_stream("null"));
}

TEST(DeviceAccessAnswers, ARefusalSaysWhatItMeans) {
    const auto reason = [](int http, std::string_view status) {
        return refusal(http,
                       fmt::format(R"({{"error":{{"code":{},"message":"words","status":"{}"}}}})",
                                   http, status))
            .reason();
    };
    EXPECT_EQ(reason(400, "INVALID_ARGUMENT"), "wrong-protocol");
    EXPECT_EQ(reason(400, "FAILED_PRECONDITION"), "not-now");
    EXPECT_EQ(reason(401, "UNAUTHENTICATED"), "token-refused");
    EXPECT_EQ(reason(403, "PERMISSION_DENIED"), "project-refused");
    EXPECT_EQ(reason(404, "NOT_FOUND"), "no-device");
    EXPECT_EQ(reason(409, "ABORTED"), "busy");
    EXPECT_EQ(reason(429, "RESOURCE_EXHAUSTED"), "quota");
    EXPECT_EQ(reason(500, "INTERNAL"), "vendor-down");
    EXPECT_EQ(reason(504, "DEADLINE_EXCEEDED"), "too-late");
    EXPECT_THAT(std::string(refusal(403, R"({"error":{"message":"words"}})").message()),
                HasSubstr("words"));
    EXPECT_EQ(refusal(502, "<html>bad gateway</html>").reason(), "vendor-down");
}

// ---- limits

using Question = Limits::Question;
using Rank = Limits::Rank;

/// How many of `times` lie in one window, at most.
std::size_t most_within(const std::vector<SteadyTime>& times, base::Duration window) {
    std::size_t most = 0;
    for (std::size_t i = 0, first = 0; i < times.size(); ++i) {
        while (times[i] - times[first] >= window) ++first;
        most = std::max(most, i - first + 1);
    }
    return most;
}

TEST(DeviceAccessLimits, TenCamerasThatAskAsOftenAsTheyMayNeverAskMoreThanIsAllowed) {
    Limits limits;
    std::vector<SteadyTime> all;
    std::map<std::string, std::vector<SteadyTime>> one;
    std::map<std::string, std::vector<SteadyTime>> kinds;
    SteadyTime now{1h};
    for (int step = 0; step < 3 * 3600; ++step, now += 1s) {
        for (int camera = 0; camera < 10; ++camera) {
            const std::string device = std::to_string((camera + step) % 10);
            const std::string kind = step % 3 == 0 ? "start" : "extend";
            const Rank rank = kind == "extend" ? Rank::Keep : Rank::Other;
            if (limits.take(Question::Command, device, kind, rank, now) > base::Duration{})
                continue;
            all.push_back(now);
            one[device].push_back(now);
            kinds[device + kind].push_back(now);
        }
    }
    EXPECT_EQ(most_within(all, 60s), 10U);
    EXPECT_GT(all.size(), 3U * 60 * 9) << "and no place is wasted";
    for (const auto& [device, times] : one) {
        EXPECT_LE(most_within(times, 60s), 30U);
        EXPECT_LE(most_within(times, 1h), 100U);
    }
    for (const auto& [kind, times] : kinds) EXPECT_LE(most_within(times, 60s), 5U);
}

TEST(DeviceAccessLimits, WhatARunningStreamNeedsFindsAPlace) {
    Limits limits;
    const SteadyTime now{1h};
    int taken = 0;
    for (int i = 0; i < 20; ++i)
        taken += limits.take(Question::Command, std::to_string(i), "start", Rank::Other, now) ==
                 base::Duration{};
    EXPECT_EQ(taken, 8);
    EXPECT_EQ(limits.take(Question::Command, "1", "extend", Rank::Keep, now), base::Duration{});
    EXPECT_EQ(limits.take(Question::Command, "2", "extend", Rank::Keep, now), base::Duration{});
    const auto wait = limits.take(Question::Command, "3", "extend", Rank::Keep, now);
    EXPECT_GT(wait, 60s);
    EXPECT_EQ(limits.take(Question::Command, "3", "extend", Rank::Keep, now + wait),
              base::Duration{});
}

TEST(DeviceAccessLimits, WhatMayBeLeftUndoneTakesNoPlaceThatOthersWillNeed) {
    Limits limits;
    const SteadyTime now{1h};
    const auto take = [&](int device, std::string_view kind, Rank rank) {
        return limits.take(Question::Command, std::to_string(device), kind, rank, now) ==
               base::Duration{};
    };
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(take(i, "stop", Rank::Spare));
    EXPECT_FALSE(take(5, "stop", Rank::Spare));
    EXPECT_TRUE(take(5, "start", Rank::Other));
}

TEST(DeviceAccessLimits, AMinuteBeginsWithTheAnswerForNobodyKnowsWhenItWasCounted) {
    Limits limits;
    const SteadyTime now{1h};
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(limits.take(Question::List, {}, {}, Rank::Other, now), base::Duration{});
    limits.answered(Question::List, {}, {}, now, now + 9s);
    EXPECT_EQ(limits.take(Question::List, {}, {}, Rank::Other, now + 61s), base::Duration{});
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(limits.take(Question::List, {}, {}, Rank::Other, now + 61s), base::Duration{});
    EXPECT_EQ(limits.take(Question::List, {}, {}, Rank::Other, now + 61s), 9s)
        << "the one that took long counts until then";
}

TEST(DeviceAccessLimits, AfterTooOftenNothingIsAskedForAMinute) {
    Limits limits;
    const SteadyTime now{1h};
    limits.silence(now + 60s);
    EXPECT_EQ(limits.take(Question::List, {}, {}, Rank::Other, now), 60s);
    EXPECT_EQ(limits.take(Question::Command, "1", "extend", Rank::Keep, now + 59s), 1s);
    EXPECT_EQ(limits.take(Question::List, {}, {}, Rank::Other, now + 60s), base::Duration{});
}

// ---- messages and sessions

std::string message(std::string_view at, std::string_view events, std::string_view state = "") {
    return fmt::format(
        R"({{"eventId":"e-{0}","timestamp":"2026-01-01T00:00:{0}Z","resourceUpdate":{{"name":"d1","events":{{{1}}}}},
            "eventThreadState":"{2}"}})",
        at, events, state);
}
constexpr std::string_view kMotion =
    R"("sdm.devices.events.CameraMotion.Motion":{"eventSessionId":"S","eventId":"n:1","zones":["Door"]})";
constexpr std::string_view kPerson =
    R"("sdm.devices.events.CameraPerson.Person":{"eventSessionId":"S","eventId":"n:2"})";
constexpr std::string_view kChime =
    R"("sdm.devices.events.DoorbellChime.Chime":{"eventSessionId":"S","eventId":"n:3"})";
constexpr std::string_view kClip =
    R"("sdm.devices.events.CameraClipPreview.ClipPreview":{"eventSessionId":"S","previewUrl":"https://x.google.com/c"})";

Message read(const std::string& text) {
    const auto out = parse_message(text);
    EXPECT_TRUE(out) << text;
    return out.value_or(Message{});
}

constexpr base::WallTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 5s};

TEST(DeviceAccessMessages, AreReadAsTheyAreDelivered) {
    const std::string data = message("01", std::string(kMotion), "STARTED");
    const std::string body = fmt::format(
        R"({{"receivedMessages":[{{"ackId":"a1","message":{{"data":"{}"}}}},{{"ackId":"a2","message":{{"data":"!!"}}}},{{}}]}})",
        base::base64_encoded(std::vector<std::uint8_t>(data.begin(), data.end())));
    const auto deliveries = parse_pull(body);
    ASSERT_TRUE(deliveries);
    ASSERT_THAT(*deliveries, SizeIs(2));
    ASSERT_TRUE(deliveries->at(0).message);
    EXPECT_EQ(deliveries->at(0).message->device, "d1");
    EXPECT_EQ(deliveries->at(0).message->thread, Message::Thread::Started);
    EXPECT_THAT(deliveries->at(0).message->happenings.at(0).zones, ElementsAre("Door"));
    EXPECT_FALSE(deliveries->at(1).message) << "acknowledged, or it comes for ever";
    EXPECT_THAT(parse_pull("{}").value(), IsEmpty());
    EXPECT_FALSE(parse_pull("<html>"));
}

TEST(DeviceAccessMessages, ARelationUpdateHasNoDeviceAndIsNoEvent) {
    const auto relation = read(
        R"({"timestamp":"2026-01-01T00:00:01Z","relationUpdate":{"type":"CREATED","subject":"a","object":"b"}})");
    EXPECT_TRUE(relation.changes_devices);
    EXPECT_THAT(relation.happenings, IsEmpty());
    const auto state = read(
        R"({"timestamp":"2026-01-01T00:00:01Z","resourceUpdate":{"name":"d1","traits":{"sdm.devices.traits.Connectivity":{"status":"OFFLINE"}}}})");
    EXPECT_EQ(state.is_online, false);
    EXPECT_FALSE(parse_message("[]"));
    EXPECT_FALSE(parse_message(R"({"timestamp":"yesterday"})"));
}

TEST(DeviceAccessSessions, ABellAndTheClipThatFollowsAreOneEvent) {
    Sessions sessions;
    const auto rung = sessions.take(read(message("03", kChime, "STARTED")), kNow);
    ASSERT_THAT(rung.told, SizeIs(1));
    EXPECT_EQ(rung.told[0].kind, "button");
    EXPECT_EQ(rung.told[0].vendor_id, "S/button");
    EXPECT_EQ(rung.told[0].picture, "n:3");
    const auto again = sessions.take(read(message("03", kChime, "UPDATED")), kNow);
    EXPECT_THAT(again.told, IsEmpty()) << "delivered twice";
    const auto clip = sessions.take(
        read(message("04", std::string(kChime) + "," + std::string(kClip), "ENDED")), kNow);
    ASSERT_THAT(clip.told, SizeIs(1));
    EXPECT_EQ(clip.told[0].vendor_id, "S/button");
    EXPECT_EQ(clip.told[0].clip, "https://x.google.com/c");
    EXPECT_EQ(clip.told[0].start, rung.told[0].start);
    EXPECT_THAT(clip.ended, ElementsAre("S/button"));
}

TEST(DeviceAccessSessions, WhatPeopleActUponIsNeverHiddenInAnEventThatBeganAsLess) {
    Sessions sessions;
    EXPECT_EQ(sessions.take(read(message("01", kMotion)), kNow).told.at(0).kind, "motion");
    const auto person = sessions.take(read(message("02", kPerson)), kNow);
    ASSERT_THAT(person.told, SizeIs(1));
    EXPECT_EQ(person.told[0].kind, "person");
    EXPECT_THAT(sessions.take(read(message("03", kMotion)), kNow).told, IsEmpty());
    EXPECT_EQ(sessions.take(read(message("04", kChime)), kNow).told.at(0).kind, "button");
}

TEST(DeviceAccessSessions, ALateOneIsKeptAndAlertsNobody) {
    Sessions sessions;
    const auto late = sessions.take(read(message("01", kMotion)), kNow + 31s);
    ASSERT_THAT(late.told, SizeIs(1));
    EXPECT_TRUE(late.told[0].is_late);
    EXPECT_EQ(late.told[0].picture, "") << "a picture is kept for 30 s";
    const auto early = sessions.take(
        read(
            R"({"eventId":"e","timestamp":"2026-01-01T01:00:00Z","resourceUpdate":{"name":"d1","events":{)" +
            std::string(R"("sdm.devices.events.Space.Ship_Landed":{"eventSessionId":"T"})") +
            "}}}"),
        kNow);
    EXPECT_EQ(early.told.at(0).start, kNow) << "nothing happens in the future";
    EXPECT_EQ(early.told.at(0).kind, "ship_landed");
}

TEST(DeviceAccessSessions, ForgetsWhatWasNotMetForLongest) {
    Sessions sessions;
    for (std::size_t i = 0; i <= Sessions::kMost; ++i) {
        const std::string text = fmt::format(
            R"({{"timestamp":"2026-01-01T00:00:01Z","resourceUpdate":{{"name":"d1","events":{{
            "sdm.devices.events.CameraSound.Sound":{{"eventSessionId":"S{}"}}}}}}}})",
            i);
        EXPECT_THAT(sessions.take(read(text), kNow).told, SizeIs(1));
        if (i > 0) {
            EXPECT_THAT(sessions.take(read(text), kNow).told, IsEmpty());
        }
    }
}

}  // namespace
}  // namespace casement::drivers::nest::device_access
