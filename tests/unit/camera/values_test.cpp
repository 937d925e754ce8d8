#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "camera/json.hpp"
#include "store/files.hpp"
#include "tests/fakes/test_data.hpp"

namespace casement::camera {
namespace {

using base::ErrorKind;
using nlohmann::json;
using testing::HasSubstr;

Setting setting_of(SettingKind kind) {
    Setting s;
    s.id = "it";
    s.name = "It";
    s.kind = std::move(kind);
    return s;
}
const Setting kRange = setting_of(Range{.min = -10, .max = 10, .step = 2.5, .unit = "dB"});
const Setting kLight = setting_of(Light{.min = 5, .max = 100, .step = 5});
const Setting kLamp = setting_of(Light{});
const Setting kChoice = setting_of(Choice{{{"a", "First"}, {"b", "Second"}}});
const Setting kToggle = setting_of(Toggle{});

TEST(SettingValue, ARangeMovesToTheNearestStepAndRefusesOutside) {
    EXPECT_EQ(validate(kRange, 1.3).value(), Value{2.5});
    EXPECT_EQ(validate(kRange, 10.0).value(), Value{10.0});
    EXPECT_EQ(validate(kRange, -10.0).value(), Value{-10.0});
    for (const double outside : {10.001, -10.001, std::numeric_limits<double>::infinity(),
                                 std::numeric_limits<double>::quiet_NaN()}) {
        EXPECT_EQ(validate(kRange, outside).error().kind(), ErrorKind::InvalidArgument) << outside;
    }
    EXPECT_EQ(validate(kRange, 11.0).error().message(),
              "\"It\" takes -10 to 10 dB in steps of 2.5; 11 is outside");
    EXPECT_EQ(validate(kRange, true).error().message(),
              "\"It\" takes -10 to 10 dB in steps of 2.5");
}

TEST(SettingValue, AStepThatDoesNotMeetTheEndStillReachesIt) {
    const Setting odd = setting_of(Range{.min = 0, .max = 10, .step = 4, .unit = ""});
    EXPECT_EQ(validate(odd, 9.0).value(), Value{8.0});
    EXPECT_EQ(validate(odd, 10.0).value(), Value{10.0});
}

TEST(SettingValue, EachKindRefusesTheValuesOfTheOthers) {
    const std::vector<Value> values{Value{},  true, 1.0, std::string("a"), LightValue{true, {}},
                                    Pressed{}};
    const auto accepted = [&](const Setting& s) {
        std::string out;
        for (const Value& v : values) out += validate(s, v) ? '1' : '0';
        return out;
    };
    EXPECT_EQ(accepted(kToggle), "010000");
    EXPECT_EQ(accepted(setting_of(Range{})), "001000");
    EXPECT_EQ(accepted(kChoice), "000100");
    EXPECT_EQ(accepted(kLight), "000010");
    EXPECT_EQ(accepted(setting_of(Button{})), "111111");
}

TEST(SettingValue, ALampThatCannotBeDimmedRefusesALevel) {
    EXPECT_TRUE(validate(kLamp, LightValue{true, {}}));
    EXPECT_EQ(validate(kLamp, LightValue{true, 50.0}).error().message(),
              "\"It\" takes on or off; it cannot be dimmed");
    EXPECT_EQ(validate(kLight, LightValue{true, 0.0}).error().message(),
              "\"It\" takes 5 to 100 % in steps of 5; 0 is outside");
    EXPECT_EQ(validate(kLight, LightValue{true, 33.0}).value(), Value(LightValue{true, 35.0}));
}

TEST(SettingValue, WhatIsOnlyReportedCannotBeSet) {
    Setting s = kToggle;
    s.writable = false;
    EXPECT_EQ(validate(s, true).error().kind(), ErrorKind::FailedPrecondition);
}

TEST(SettingValue, AgreesAsFarAsBothSay) {
    EXPECT_TRUE(agrees(kRange.kind, 2.5, 3.0));
    EXPECT_FALSE(agrees(kRange.kind, 2.5, 5.0));
    EXPECT_TRUE(agrees(kLight.kind, LightValue{true, {}}, LightValue{true, 35.0}));
    EXPECT_TRUE(agrees(kLight.kind, LightValue{false, 10.0}, LightValue{false, 35.0}));
    EXPECT_FALSE(agrees(kLight.kind, LightValue{true, 10.0}, LightValue{true, 35.0}));
    EXPECT_FALSE(agrees(kLight.kind, LightValue{true, {}}, LightValue{false, {}}));
    EXPECT_FALSE(agrees(kToggle.kind, true, Value{})) << "not reported is not agreed";
    EXPECT_FALSE(agrees(kRange.kind, 2.5, std::string("2.5")));
}

TEST(SettingValue, IsDescribedAsAPersonSaysIt) {
    EXPECT_EQ(describe(kRange.kind, 2.5), "2.5 dB");
    EXPECT_EQ(describe(kChoice.kind, std::string("b")), "Second");
    EXPECT_EQ(describe(kChoice.kind, std::string("c")), "c");
    EXPECT_EQ(describe(kLight.kind, LightValue{true, 35.0}), "on, 35 %");
    EXPECT_EQ(describe(kToggle.kind, false), "off");
    EXPECT_EQ(describe(kToggle.kind, Value{}), "not reported yet");
}

TEST(SettingJson, HasTheShapeOfThePagesRenderer) {
    Setting s = setting_of(Range{.min = 0, .max = 100, .step = 5, .unit = "%"});
    s.desired = 60.0;
    s.reported = 40.0;
    s.since = base::WallTime{std::chrono::seconds{1'795'208'400}};
    s.by = "ana";
    EXPECT_EQ(
        to_json(s),
        json::parse(
            R"({"id":"it","name":"It","kind":"range","group":"device","writable":true,"min":0,"max":100,"step":5,
        "unit":"%","desired":60,"reported":40,"pending":true,"since":"2026-11-20T21:00:00.000Z","by":"ana"})"));
    EXPECT_EQ(to_json(kChoice)["options"], json::parse(R"([["a","First"],["b","Second"]])"));
    EXPECT_EQ(to_json(kToggle)["desired"], nullptr) << "unknown is null, the control stays usable";
    EXPECT_EQ(
        to_json(setting_of(Button{"Restart", true})),
        json::parse(
            R"({"id":"it","name":"It","kind":"button","group":"device","writable":true,"verb":"Restart","destructive":true})"));
    EXPECT_FALSE(to_json(kLamp).contains("min"));
    EXPECT_EQ(to_json(kLight)["unit"], "%");
}

TEST(SettingJson, ReadsAValueOfEachKind) {
    EXPECT_EQ(value_from_json(kToggle.kind, true).value(), Value{true});
    EXPECT_EQ(value_from_json(kRange.kind, 3).value(), Value{3.0});
    EXPECT_EQ(value_from_json(kChoice.kind, "a").value(), Value{std::string("a")});
    EXPECT_EQ(value_from_json(kLight.kind, true).value(), Value(LightValue{true, {}}));
    EXPECT_EQ(value_from_json(kLight.kind, 35).value(), Value(LightValue{true, 35.0}));
    EXPECT_EQ(value_from_json(kLight.kind, 0).value(), Value(LightValue{false, {}}));
    EXPECT_EQ(value_from_json(kLight.kind, json{{"on", true}, {"level", 35}}).value(),
              Value(LightValue{true, 35.0}));
    EXPECT_EQ(value_from_json(kLight.kind, json{{"level", 35}}).value(),
              Value(LightValue{true, 35.0}));
    EXPECT_EQ(value_from_json(setting_of(Button{}).kind, nullptr).value(), Value{Pressed{}});
    EXPECT_FALSE(value_from_json(kToggle.kind, "on"));
    EXPECT_FALSE(value_from_json(kRange.kind, "3"));
    EXPECT_FALSE(value_from_json(kLight.kind, json{{"on", "yes"}}));
    EXPECT_FALSE(value_from_json(kLight.kind, json{{"colour", 1}}));
}

TEST(SettingJson, ReadsTextAsPeopleAndBrokersWriteIt) {
    EXPECT_EQ(value_from_text(kToggle.kind, " ON ").value(), Value{true});
    EXPECT_EQ(value_from_text(kToggle.kind, "false").value(), Value{false});
    EXPECT_EQ(value_from_text(kRange.kind, "2.5").value(), Value{2.5});
    EXPECT_EQ(value_from_text(kChoice.kind, "a").value(), Value{std::string("a")});
    EXPECT_EQ(value_from_text(kLight.kind, "on:35").value(), Value(LightValue{true, 35.0}));
    EXPECT_EQ(value_from_text(kLight.kind, "off").value(), Value(LightValue{false, {}}));
    EXPECT_EQ(value_from_text(kLight.kind, "40").value(), Value(LightValue{true, 40.0}));
    for (const char* bad : {"", "maybe", "on:", "on:x", "nan", "inf", "4 0"}) {
        EXPECT_EQ(value_from_text(kLight.kind, bad).has_value(), std::string_view(bad) == "on:")
            << bad;
        EXPECT_FALSE(value_from_text(kRange.kind, bad)) << bad;
        EXPECT_FALSE(value_from_text(kToggle.kind, bad)) << bad;
    }
}

TEST(SettingJson, EveryStoredValueComesBack) {
    for (const Value& v : {Value{}, Value{true}, Value{2.5}, Value{-60.0}, Value{std::string("x")},
                           Value{LightValue{true, 35.0}}, Value{LightValue{false, {}}}}) {
        EXPECT_EQ(stored_value_from_json(json::parse(value_to_json(v).dump())).value(), v);
    }
    EXPECT_FALSE(stored_value_from_json(json::array()));
}

TEST(CommandJson, ReadsTypedArgumentsAndRefusesTheRest) {
    const auto siren =
        arguments_from_json(json::parse(R"({"command":"siren","on":true,"duration_s":30})"));
    ASSERT_TRUE(siren);
    EXPECT_EQ(std::get<SoundSiren>(*siren).duration, std::chrono::seconds{30});
    const auto move =
        arguments_from_json(json::parse(R"({"command":"move","pan":-0.5,"preset":"door"})"));
    EXPECT_EQ(std::get<MovePanTilt>(*move).pan, -0.5);
    EXPECT_EQ(std::get<MovePanTilt>(*move).preset, "door");
    EXPECT_EQ(
        std::get<TakeSnapshot>(*arguments_from_json(json{{"command", "snapshot"}, {"width", 640}}))
            .width,
        640);

    const auto refused = [](const char* text) {
        const auto got = arguments_from_json(json::parse(text));
        return got ? std::string("taken") : got.error().message();
    };
    EXPECT_EQ(refused(R"({"command":"siren","duration_s":1801})"),
              "command \"siren\": \"duration_s\" takes a number from 0 to 1800");
    EXPECT_EQ(refused(R"({"command":"siren","on":"yes"})"),
              "command \"siren\": \"on\" takes true or false");
    EXPECT_EQ(refused(R"({"command":"siren","loud":true})"),
              "command \"siren\": \"loud\" is no argument of this command");
    EXPECT_EQ(refused(R"({"command":"explode"})"), "there is no command \"explode\"");
    EXPECT_THAT(refused(R"({"cmd":"siren"})"), HasSubstr("a command is"));
    EXPECT_THAT(refused("[]"), HasSubstr("a command is"));
}

TEST(CommandJson, EveryCommandHasANameAndACapability) {
    for (const auto& [name, capability] : {std::pair{"snapshot", Capability::Snapshot},
                                           {"siren", Capability::Siren},
                                           {"move", Capability::PanTilt},
                                           {"play", Capability::SoundMachine},
                                           {"stop", Capability::SoundMachine},
                                           {"chime", Capability::Chime},
                                           {"wake", Capability::Wake},
                                           {"reboot", Capability::Reboot}}) {
        const auto arguments = arguments_from_json(json{{"command", name}});
        ASSERT_TRUE(arguments) << name;
        EXPECT_EQ(command_name(*arguments), name);
        EXPECT_EQ(capability_of(*arguments), capability);
    }
}

TEST(Capability, HasOneWordEach) {
    Capabilities all;
    for (int i = 0; i <= static_cast<int>(Capability::VendorClips); ++i) {
        const auto c = static_cast<Capability>(i);
        EXPECT_EQ(parse_capability(to_string(c)), c);
        EXPECT_FALSE(all.has(c));
        all.add(c);
        EXPECT_TRUE(all.has(c));
    }
    EXPECT_EQ(all.list().size(), static_cast<std::size_t>(Capability::VendorClips) + 1);
    all.remove(Capability::Siren);
    EXPECT_FALSE(all.has(Capability::Siren));
    EXPECT_EQ(parse_capability("x-ray"), std::nullopt);
}

TEST(Reason, SaysTheSentenceOfTheCopyDeck) {
    EXPECT_EQ(make_reason("session-ended", "Google").text, "Google signed us out.");
    EXPECT_EQ(make_reason("session-ended", "Google").action, Action::SignIn);
    EXPECT_EQ(make_reason("no-route").text, "It does not answer on the network.");
    EXPECT_EQ(make_reason("disk-full", "20:58").text,
              "The disk is full: recording stopped at 20:58.");
    EXPECT_EQ(make_reason("never-heard-of", "Hm.").text, "Hm.");
    EXPECT_EQ(make_reason("never-heard-of").action, Action::None);
}

TEST(Reason, OfAnErrorKeepsItsDetail) {
    EXPECT_EQ(
        make_reason(base::Error(ErrorKind::Unavailable, "no-route", "connect: timed out")).text,
        "It does not answer on the network.");
    EXPECT_EQ(
        make_reason(base::Error(ErrorKind::Unavailable, "refused", "connect 10.0.0.9:554: refused"))
            .text,
        "connect 10.0.0.9:554: refused");
    EXPECT_EQ(make_reason(base::Error(ErrorKind::Internal, "oops")).text, "oops");
}

TEST(State, HasOneWordEach) {
    for (const StateWord word :
         {StateWord::Live, StateWord::Connecting, StateWord::Snapshot, StateWord::Asleep,
          StateWord::Privacy, StateWord::Offline, StateWord::SignIn}) {
        EXPECT_EQ(parse_state_word(to_string(word)), word);
    }
    EXPECT_EQ(to_string(StateWord::SignIn), "signin");
    EXPECT_EQ(parse_state_word("dead"), std::nullopt);
    CameraState state{StateWord::Offline, base::WallTime{std::chrono::seconds{1'795'208'400}},
                      make_reason("no-route")};
    EXPECT_EQ(to_json(state), json::parse(R"({"word":"offline","since":"2026-11-20T21:00:00.000Z",
        "reason":{"code":"no-route","text":"It does not answer on the network.","action":"why"}})"));
}

TEST(Sensor, OfABabyIsNeverToldWithoutTheNotice) {
    Sensor sensor{.id = "asleep",
                  .name = "Asleep",
                  .kind = SensorKind::Flag,
                  .unit = {},
                  .value = true,
                  .at = {}};
    EXPECT_FALSE(to_json(sensor).contains("notice"));
    sensor.baby_data = true;
    EXPECT_EQ(to_json(sensor)["notice"],
              "Not a medical or safety device. Keep the maker's alarm on.");
}

TEST(Awake, HasACauseInAWord) {
    for (const WakeCause cause : {WakeCause::Viewer, WakeCause::Event, WakeCause::Command,
                                  WakeCause::Settings, WakeCause::KeepAlive}) {
        EXPECT_EQ(parse_wake_cause(to_string(cause)), cause);
    }
    EXPECT_EQ(parse_wake_cause("noise"), std::nullopt);
    const base::WallTime from{std::chrono::seconds{1'795'208'400}};
    Camera camera;
    EXPECT_FALSE(to_json(camera).contains("awake"));
    EXPECT_FALSE(to_json(camera).contains("talk"));
    camera.awake = {{WakeCause::KeepAlive, from, from + std::chrono::milliseconds{61'600}}};
    camera.description.talk = Duplex::Half;
    EXPECT_EQ(to_json(camera)["awake"], json::parse(R"([{"from":"2026-11-20T21:00:00.000Z",
        "seconds":62,"cause":"keep-alive"}])"));
    EXPECT_EQ(to_json(camera)["talk"], json::parse(R"({"duplex":"half"})"));
}

TEST(DesiredState, SchemaIsTheDocumentedOne) {
    auto db = store::Database::open(":memory:").value();
    ASSERT_TRUE(store::migrate(*db, kDesiredSchema));
    const std::string documented =
        store::read_file(fakes::test_data() + "/../../docs/ref/schema/camera.sql", 1 << 20).value();
    EXPECT_THAT(documented, HasSubstr(store::describe(*db).value()));
}

}  // namespace
}  // namespace casement::camera
