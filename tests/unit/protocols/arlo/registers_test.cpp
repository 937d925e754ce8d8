#include "protocols/arlo/registers.hpp"

#include <gtest/gtest.h>

#include <set>

#include "protocols/arlo/message.hpp"
#include "tests/unit/protocols/arlo/samples.hpp"

namespace casement::protocols::arlo {
namespace {

using base::ErrorKind;

std::string sentence(std::string_view name, const Value& value) {
    const auto checked = check_register(name, value);
    return checked ? "fine" : checked.error().message();
}

TEST(ArloRegisters, AreTheSameForWriterAndReader) {
    RegisterSet written;
    written.values.set(registers::kPirTargetState, ArmState::Armed);
    written.values.set(registers::kPirAction, PirAction::StreamAndSpotlight);
    written.values.set(registers::kPirStartSensitivity, 80);
    written.values.set(registers::kVideoFlip, true);
    written.values.set(registers::kVideoOutputResolution, "720p");
    written.values.set(registers::kSpotlightModeAlert, SpotlightMode::Pulsate);
    written.values.set(registers::kStatusLed, true);
    const std::string text = to_json({.id = 3, .body = written});
    EXPECT_EQ(text, R"({"Type":"registerSet","ID":3,"SetValues":{"PIRTargetState":"Armed",)"
                    R"("PIRAction":"Stream+Spotlight","PIRStartSensitivity":80,"VideoFlip":true,)"
                    R"("VideoOutputResolution":"720p","SpotlightModeAlert":2,"StatusLed":true}})");

    const auto message = parse_message(text);
    ASSERT_TRUE(message);
    const Fields& values = std::get<RegisterSet>(message->body).values;
    EXPECT_EQ(values, written.values);
    EXPECT_EQ(values.get(registers::kPirTargetState), ArmState::Armed);
    EXPECT_EQ(values.get(registers::kPirAction), PirAction::StreamAndSpotlight);
    EXPECT_EQ(values.get(registers::kPirStartSensitivity), 80);
    EXPECT_EQ(values.get(registers::kVideoFlip), true);
    EXPECT_EQ(values.get(registers::kVideoOutputResolution), "720p");
    EXPECT_EQ(values.get(registers::kSpotlightModeAlert), SpotlightMode::Pulsate);
    EXPECT_EQ(values.get(registers::kStatusLed), Value(true));
    EXPECT_EQ(values.get(registers::kVideoMirror), std::nullopt);
}

TEST(ArloRegisters, EveryWordGoesBothWays) {
    const auto round_trip = []<typename T>(T value) {
        T out{};
        return from_value(to_value(value), out) && out == value;
    };
    for (const ArmState state : {ArmState::Armed, ArmState::Disarmed})
        EXPECT_TRUE(round_trip(state));
    for (const PirAction action :
         {PirAction::Stream, PirAction::StreamAndSpotlight, PirAction::Snapshot})
        EXPECT_TRUE(round_trip(action));
    for (const SpotlightMode mode :
         {SpotlightMode::Constant, SpotlightMode::Flash, SpotlightMode::Pulsate})
        EXPECT_TRUE(round_trip(mode));
}

TEST(ArloRegisters, AWordThatNobodyKnowsStaysReadable) {
    const Fields values{{"PIRTargetState", "armed"}, {"SpotlightModeAlert", 3}, {"PIRAction", 1}};
    EXPECT_EQ(values.get(registers::kPirTargetState), std::nullopt);
    EXPECT_EQ(values.get(registers::kSpotlightModeAlert), std::nullopt);
    EXPECT_EQ(values.get(registers::kPirAction), std::nullopt);
    EXPECT_EQ(*values.find("PIRTargetState"), Value("armed"));
}

TEST(ArloRegisters, AllThatBasesWereSeenToWriteAreKnown) {
    std::size_t count = 0;
    for (const std::string& text : sample_messages()) {
        const auto message = parse_message(text);
        ASSERT_TRUE(message);
        const auto* set = std::get_if<RegisterSet>(&message->body);
        if (set == nullptr) continue;
        for (const auto& [name, value] : set->values) {
            EXPECT_EQ(sentence(name, value), "fine");
            ++count;
        }
    }
    EXPECT_GT(count, 150u);
}

TEST(ArloRegisters, HaveOneNameEach) {
    std::set<std::string_view> names;
    for (const RegisterInfo& info : known_registers()) {
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
        EXPECT_EQ(find_register(info.name), &info);
        EXPECT_LE(info.min, info.max) << info.name;
        for (const std::string_view word : info.seen)
            EXPECT_TRUE(word.empty() || info.type == RegisterType::Text) << info.name;
    }
    EXPECT_EQ(names.size(), 75u);
}

TEST(ArloRegisters, SayWhatTheyTake) {
    EXPECT_EQ(sentence("PIRTargetState", "Armed"), "fine");
    EXPECT_EQ(sentence("PIRTargetState", "armed"), "PIRTargetState cannot be \"armed\"");
    EXPECT_EQ(sentence("PIRTargetState", true), "PIRTargetState takes a text");
    EXPECT_EQ(sentence("VideoFlip", 1), "VideoFlip takes true or false");
    EXPECT_EQ(sentence("VideoFlip", true), "fine");
    EXPECT_EQ(sentence("AudioMicVolume", 1.5), "AudioMicVolume takes a whole number");
    EXPECT_EQ(sentence("StatusLed", "on"), "StatusLed takes true, false or a whole number");
    EXPECT_EQ(sentence("StatusLed", 1), "fine");
    EXPECT_EQ(sentence("PIRAction", "Sing"), "fine");  // the list of words is not closed
    EXPECT_EQ(sentence("Zoom", RawJson{"null"}), "no register is known by the name \"Zoom\"");
    EXPECT_EQ(check_register("Zoom", 1).error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(check_register("VideoFlip", 1).error().kind(), ErrorKind::InvalidArgument);
}

TEST(ArloRegisters, KeepTheirRanges) {
    EXPECT_EQ(sentence("PIRStartSensitivity", 0), "fine");
    EXPECT_EQ(sentence("PIRStartSensitivity", 100), "fine");
    EXPECT_EQ(sentence("PIRStartSensitivity", 101),
              "PIRStartSensitivity cannot be 101: it takes 0 to 100");
    EXPECT_EQ(sentence("PIRStartSensitivity", -1),
              "PIRStartSensitivity cannot be -1: it takes 0 to 100");
    EXPECT_EQ(sentence("MaxStreamTimeLimit", 86400), "fine");
    EXPECT_EQ(sentence("MaxStreamTimeLimit", -1),
              "MaxStreamTimeLimit cannot be -1: it takes 0 and more");
    EXPECT_EQ(sentence("SpotlightModeManual", 3),
              "SpotlightModeManual cannot be 3: it takes 0 to 2");
}

TEST(ArloRegisters, SomeAreWorthlessWhenKept) {
    std::set<std::string_view> momentary;
    for (const RegisterInfo& info : known_registers()) {
        if (info.momentary) momentary.insert(info.name);
    }
    EXPECT_EQ(momentary, (std::set<std::string_view>{"EpochBsTime", "Reboot", "SpotlightEnabled",
                                                     "UserStreamActive"}));
}

}  // namespace
}  // namespace casement::protocols::arlo
