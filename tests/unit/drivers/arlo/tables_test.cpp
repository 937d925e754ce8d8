// Families, qualities, set-ups and settings: tables and what is made of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "drivers/arlo/provisioning.hpp"
#include "drivers/arlo/quality.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo {
namespace {

using camera::Value;
using protocols::arlo::ArmState;
using protocols::arlo::Fields;
using protocols::arlo::RaParams;
using protocols::arlo::RegisterSet;
using protocols::arlo::StatusRequest;
using testing::ElementsAre;
using testing::IsEmpty;
namespace registers = protocols::arlo::registers;

constexpr Family kAll[]{Family::WireFree,      Family::Pro,          Family::Essential,
                        Family::Pro4,          Family::Ultra,        Family::Floodlight,
                        Family::VideoDoorbell, Family::AudioDoorbell};

camera::Wishes wishes(std::initializer_list<std::pair<std::string, Value>> list) {
    camera::Wishes out;
    for (const auto& [setting, value] : list) out[setting] = {value, {}, "ana", {}};
    return out;
}

Fields all_of(const std::vector<Batch>& batches) {
    Fields out;
    for (const Batch& batch : batches) {
        for (const auto& [name, value] : batch.values) out.set(name, value);
    }
    return out;
}

TEST(Family, IsReadFromTheBeginningOfTheModel) {
    EXPECT_EQ(family_of("VMC3030"), Family::WireFree);
    EXPECT_EQ(family_of("VMC4030P"), Family::Pro);
    EXPECT_EQ(family_of("VMC2030B"), Family::Essential);
    EXPECT_EQ(family_of("VMC4041PB"), Family::Pro4);
    EXPECT_EQ(family_of("VMC4060B"), Family::Pro4);
    EXPECT_EQ(family_of("VMC5040B"), Family::Ultra);
    EXPECT_EQ(family_of("FB1001A"), Family::Floodlight);
    EXPECT_EQ(family_of("AVD1001"), Family::VideoDoorbell);
    EXPECT_EQ(family_of("AAD1001"), Family::AudioDoorbell);
    EXPECT_EQ(family_of("AVD9999"), Family::VideoDoorbell);
    EXPECT_FALSE(is_known_model("AVD9999"));
    EXPECT_EQ(family_of("VMC9999"), Family::WireFree);
    EXPECT_FALSE(is_known_model("VMC9999"));
    EXPECT_FALSE(is_known_model(""));
    EXPECT_TRUE(is_known_model("VMC4030P"));
}

TEST(Family, OldModelsAreUdpOnlyAndAudioDoorbellsCallOnTheirOwnPort) {
    EXPECT_EQ(traits_of(Family::Pro).transport, camera::PullRtsp::Transport::UdpFirst);
    EXPECT_EQ(traits_of(Family::Pro4).transport, camera::PullRtsp::Transport::Auto);
    EXPECT_EQ(traits_of(Family::AudioDoorbell).port, Port::Doorbell);
    EXPECT_FALSE(traits_of(Family::AudioDoorbell).video);
    EXPECT_EQ(traits_of(Family::VideoDoorbell).port, Port::Camera);
}

TEST(Quality, EveryNameHasRatesAndRegistersAndIsFoundAgain) {
    for (const Family family : kAll) {
        for (const std::string_view name : qualities_of(family)) {
            ASSERT_TRUE(rate_control_of(family, name)) << name;
            const Fields held = quality_registers(family, name);
            ASSERT_FALSE(held.empty());
            EXPECT_EQ(quality_named_by(family, held, name), name);
            for (const auto& [key, value] : held)
                EXPECT_TRUE(protocols::arlo::check_register(key, value)) << key;
        }
    }
    EXPECT_THAT(qualities_of(Family::AudioDoorbell), IsEmpty());
    EXPECT_FALSE(rate_control_of(Family::Pro, "best"));
    EXPECT_EQ(quality_named_by(Family::Pro, {}, "low"), "");
}

TEST(Quality, ACapturedRateTableIsWrittenAsItWas) {
    const auto message =
        protocols::arlo::to_json(protocols::arlo::Message{3, *rate_control_of(Family::Pro, "low")});
    EXPECT_THAT(message, testing::HasSubstr(
                             R"("720p":{"minbps":51200,"maxbps":532480,"minQP":24,"maxQP":38,)"
                             R"("vbr":true,"targetbps":409600,"cbrbps":409600})"));
}

TEST(SetUp, HoldsNothingThatTheFamilyIsNotKnownToTake) {
    for (const Family family : kAll) {
        for (const auto& [name, value] : all_of(wanted_registers(family, {}, {}, {}))) {
            const auto checked = protocols::arlo::check_register(name, value);
            EXPECT_TRUE(checked) << checked.error().message();
            EXPECT_FALSE(protocols::arlo::find_register(name)->momentary) << name;
        }
    }
    const Fields old = all_of(wanted_registers(Family::WireFree, {}, {}, {}));
    const std::set<std::string> safe{"AudioTargetState",
                                     "DefaultMotionStreamTimeLimit",
                                     "MaxMissedBeaconTime",
                                     "MaxMotionStreamTimeLimit",
                                     "MaxStreamTimeLimit",
                                     "MaxUserStreamTimeLimit",
                                     "NightVisionMode",
                                     "PIRAction",
                                     "PIRStartSensitivity",
                                     "PIRTargetState",
                                     "VideoAntiFlickerRate",
                                     "VideoExposureCompensation",
                                     "VideoFlip",
                                     "VideoMirror",
                                     "VideoMotionEstimationEnable",
                                     "VideoMotionSensitivity",
                                     "VideoOutputResolution",
                                     "VideoTargetBitrate",
                                     "VideoWindowStartX",
                                     "VideoWindowStartY",
                                     "VideoWindowEndX",
                                     "VideoWindowEndY",
                                     "WifiCountryCode"};
    for (const auto& [name, value] : old) EXPECT_TRUE(safe.contains(name)) << name;
    EXPECT_EQ(old.size(), safe.size());

    const Fields pro = all_of(wanted_registers(Family::Pro, {}, {}, {}));
    EXPECT_FALSE(pro.contains("SpotlightIntensityAlert"));
    EXPECT_FALSE(pro.contains("HEVCVideoTargetBitrate"));
    EXPECT_TRUE(pro.contains("AlertBackoffTime"));
    EXPECT_FALSE(all_of(wanted_registers(Family::AudioDoorbell, {}, {}, {})).contains("VideoFlip"));
}

TEST(SetUp, AnUltraGetsTheWholeSetWithoutWhichItIsBlindAtNight) {
    const Fields ultra = all_of(wanted_registers(Family::Ultra, {}, {}, {}));
    EXPECT_EQ(ultra.get(registers::kIrCutState), "engaged");
    EXPECT_EQ(ultra.get(registers::kIrLedState), "off");
    EXPECT_EQ(ultra.get(registers::kDuskToDawnThrshVal), 26);
    EXPECT_EQ(ultra.get(registers::kHevcVideoOutputResolution), "2160p");
    EXPECT_EQ(ultra.get(registers::kSpotlightIntensityAlert), 12593);
    EXPECT_EQ(ultra.size(), 49u);
    const Fields flood = all_of(wanted_registers(Family::Floodlight, {}, {}, {}));
    EXPECT_EQ(flood.get(registers::kVideoMode), "wide");
    EXPECT_EQ(flood.get(registers::kHevcVideoOutputResolution), "1440p");
}

TEST(SetUp, TheHouseDecidesCountryMainsAndWhetherANewCameraIsArmed) {
    const House house{.wifi_country = "SE", .anti_flicker_hz = 50, .armed_by_default = false};
    const Fields values = all_of(wanted_registers(Family::Pro, house, {}, {}));
    EXPECT_EQ(values.get(registers::kWifiCountryCode), "SE");
    EXPECT_EQ(values.get(registers::kVideoAntiFlickerRate), 50);
    EXPECT_EQ(values.get(registers::kPirTargetState), ArmState::Disarmed);
}

TEST(SetUp, WishesTakeThePlaceOfTheFamilysValues) {
    const auto wished = wishes({{"motion_alerts", false},
                                {"flip", true},
                                {"quality", std::string("low")},
                                {"anti_flicker", std::string("50")},
                                {"spotlight", camera::LightValue{true, 50.0}},
                                {"of_another_life", 3.0},
                                {"exposure", std::string("not a number")}});
    const Fields values = all_of(wanted_registers(Family::Pro, {}, wished, {}));
    EXPECT_EQ(values.get(registers::kPirTargetState), ArmState::Disarmed);
    EXPECT_EQ(values.get(registers::kVideoFlip), true);
    EXPECT_EQ(values.get(registers::kVideoOutputResolution), "720p");
    EXPECT_EQ(values.get(registers::kVideoTargetBitrate), 400);
    EXPECT_EQ(values.get(registers::kVideoAntiFlickerRate), 50);
    EXPECT_EQ(values.get(registers::kVideoExposureCompensation), 0);
    EXPECT_FALSE(values.contains("SpotlightEnabled"));
    EXPECT_EQ(wanted_quality(Family::Pro, wished), "low");
    EXPECT_EQ(wanted_quality(Family::VideoDoorbell, wished), "1536sq");
}

TEST(SetUp, GoesInTheOrderOfTheClockTheChimeTheRestTheRates) {
    const base::WallTime now{std::chrono::seconds{1'790'000'000}};
    const auto steps = set_up_steps(Family::VideoDoorbell, {}, {}, {}, now);
    ASSERT_EQ(steps.size(), 5u);
    EXPECT_EQ(std::get<RegisterSet>(steps[0].body).values.get(registers::kEpochBsTime),
              1'790'000'000);
    EXPECT_EQ(steps[1].port, Port::Doorbell);
    EXPECT_TRUE(std::get<RegisterSet>(steps[1].body).values.contains("TraditionalChime"));
    EXPECT_EQ(steps[2].port, Port::Camera);
    EXPECT_EQ(std::get<RegisterSet>(steps[2].body).values.get(registers::kVideoWindowEndY), 1536);
    EXPECT_TRUE(std::holds_alternative<RaParams>(steps[3].body));
    EXPECT_TRUE(std::holds_alternative<StatusRequest>(steps[4].body));

    const auto bell = set_up_steps(Family::AudioDoorbell, {}, {}, {}, now);
    ASSERT_EQ(bell.size(), 3u);
    for (const Step& step : bell) EXPECT_EQ(step.port, Port::Doorbell);
    EXPECT_EQ(std::get<RegisterSet>(bell[1].body).values.get(registers::kPirStartSensitivity), 30);
}

TEST(SetUp, LeavesOutWhatIsRefused) {
    const std::vector<std::string> refused{"raParams", "EpochBsTime", "HdrControl"};
    const auto steps = set_up_steps(Family::Pro, {}, {}, refused, {});
    ASSERT_EQ(steps.size(), 2u);
    EXPECT_FALSE(std::get<RegisterSet>(steps[0].body).values.contains("HdrControl"));
}

TEST(Settings, EachComesBackFromTheRegistersThatItWrote) {
    for (const Family family : kAll) {
        for (const camera::Setting& setting : settings_of(family, {}, {})) {
            if (setting.id == kSpotlightSetting) continue;
            std::vector<Value> values;
            if (std::holds_alternative<camera::Toggle>(setting.kind)) values = {true, false};
            if (const auto* range = std::get_if<camera::Range>(&setting.kind)) {
                ASSERT_GT(range->step, 0) << setting.id;
                const double steps = (range->max - range->min) / range->step;
                const double stride = range->step * std::max(1.0, std::floor(steps / 50));
                for (double v = range->min; v <= range->max; v += stride) values.emplace_back(v);
            }
            if (const auto* choice = std::get_if<camera::Choice>(&setting.kind)) {
                for (const auto& option : choice->options) values.emplace_back(option.value);
            }
            ASSERT_FALSE(values.empty()) << setting.id;
            for (const Value& value : values) {
                const auto batch = registers_of(family, setting.id, value);
                ASSERT_TRUE(batch) << setting.id << ": " << batch.error().message();
                ASSERT_FALSE(batch->values.empty());
                for (const auto& [name, written] : batch->values) {
                    const auto checked = protocols::arlo::check_register(name, written);
                    EXPECT_TRUE(checked) << setting.id << ": " << checked.error().message();
                }
                Held held{batch->values, {}};
                if (setting.id == kQualitySetting) held.quality = std::get<std::string>(value);
                const Value read = value_of(family, setting.id, held);
                EXPECT_EQ(value, read) << traits_of(family).product << " " << setting.id << " "
                                       << camera::describe(setting.kind, value) << " "
                                       << camera::describe(setting.kind, read);
            }
        }
    }
}

TEST(Settings, EveryWishReachesTheSetUp) {
    for (const Family family : kAll) {
        const auto batches = wanted_registers(family, {}, {}, {});
        for (const camera::Setting& setting : settings_of(family, {}, {})) {
            if (setting.id == kSpotlightSetting) continue;
            Value value = true;
            if (const auto* range = std::get_if<camera::Range>(&setting.kind)) value = range->max;
            if (const auto* choice = std::get_if<camera::Choice>(&setting.kind))
                value = choice->options.front().value;
            const auto batch = registers_of(family, setting.id, value).value();
            const Fields all =
                all_of(wanted_registers(family, {}, wishes({{setting.id, value}}), {}));
            for (const auto& [name, written] : batch.values) {
                ASSERT_TRUE(all.contains(name)) << setting.id;
                EXPECT_EQ(*all.find(name), written) << setting.id;
            }
        }
    }
}

TEST(Settings, ARefusedRegisterMakesItsSettingReadOnly) {
    for (const camera::Setting& setting : settings_of(Family::Pro, {}, {"HdrControl"})) {
        EXPECT_EQ(setting.writable, setting.id != "hdr") << setting.id;
        if (setting.id == "hdr") EXPECT_EQ(setting.note, "This camera refuses it.");
    }
}

TEST(Settings, TheLampHasTheScaleOfItsFamilyAndIsNeverRestored) {
    const auto fine =
        registers_of(Family::Ultra, "spotlight", camera::LightValue{true, 49.0}).value();
    EXPECT_EQ(fine.values.get(registers::kSpotlightIntensityManual), 12593);
    EXPECT_EQ(fine.values.get(registers::kSpotlightEnabled), true);
    const auto coarse = registers_of(Family::Essential, "alert_light", 49.0).value();
    EXPECT_EQ(coarse.values.get(registers::kSpotlightIntensityAlert), 49);
    const auto settings = settings_of(Family::Ultra, {}, {});
    const auto lamp = std::ranges::find(settings, "spotlight", &camera::Setting::id);
    ASSERT_NE(lamp, settings.end());
    EXPECT_FALSE(lamp->restore);
}

TEST(Settings, AWireFreeTakesNoStreamLimitThatItWouldRefuse) {
    const auto settings = settings_of(Family::WireFree, {}, {});
    const auto limit = std::ranges::find(settings, "stream_limit", &camera::Setting::id);
    ASSERT_NE(limit, settings.end());
    EXPECT_EQ(std::get<camera::Range>(limit->kind).min, 180);
}

TEST(Settings, WhatIsNoneOrCannotBeIsRefusedInWords) {
    EXPECT_EQ(registers_of(Family::Pro, "spotlight", camera::LightValue{}).error().kind(),
              base::ErrorKind::NotFound);
    EXPECT_EQ(registers_of(Family::Pro, "flip", 3.0).error().kind(),
              base::ErrorKind::InvalidArgument);
    EXPECT_EQ(registers_of(Family::Pro, "quality", std::string("best")).error().kind(),
              base::ErrorKind::InvalidArgument);
    EXPECT_EQ(value_of(Family::Pro, "nothing", {}), Value{});
}

}  // namespace
}  // namespace casement::drivers::arlo
