#include "emulators/arlo/register_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace casement::emulators::arlo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
namespace reg = wire::registers;

TEST(ArloRegisters, StandAsTheFactoryLeftThem) {
    const RegisterFile file(profile(Model::Pro2));
    EXPECT_EQ(file.get(reg::kPirTargetState), wire::ArmState::Disarmed);
    EXPECT_EQ(file.get(reg::kMaxStreamTimeLimit), 1800);
    EXPECT_EQ(file.get(reg::kVideoOutputResolution), "1080p");
    EXPECT_EQ(file.get(reg::kVideoFlip), false);
    EXPECT_EQ(file.values().size(), profile(Model::Pro2).camera_registers.size());
}

TEST(ArloRegisters, AreKeptUntilTheyAreReset) {
    RegisterFile file(profile(Model::Pro2));
    EXPECT_THAT(file.apply(Door::Camera, {{"PIRTargetState", "Armed"}, {"VideoFlip", true}}),
                IsEmpty());
    EXPECT_EQ(file.get(reg::kPirTargetState), wire::ArmState::Armed);
    file.reset();
    EXPECT_EQ(file.get(reg::kPirTargetState), wire::ArmState::Disarmed);
    EXPECT_EQ(file.get(reg::kVideoFlip), false);
}

TEST(ArloRegisters, RefuseWhatTheModelDoesNotKnowAndTakeTheRest) {
    RegisterFile file(profile(Model::Pro2));
    EXPECT_THAT(file.apply(Door::Camera, {{"SpotlightIntensityAlert", std::int64_t{100}},
                                          {"VideoMirror", true},
                                          {"NoSuchRegister", std::int64_t{1}}}),
                ElementsAre("SpotlightIntensityAlert", "NoSuchRegister"));
    EXPECT_EQ(file.get(reg::kVideoMirror), true);
}

TEST(ArloRegisters, RefuseValuesOfAnotherTypeOrBeyondTheirRange) {
    RegisterFile file(profile(Model::Pro2));
    EXPECT_THAT(file.apply(Door::Camera, {{"VideoFlip", std::int64_t{1}},
                                          {"PIRStartSensitivity", std::int64_t{101}},
                                          {"PIRTargetState", "Perhaps"}}),
                ElementsAre("VideoFlip", "PIRStartSensitivity", "PIRTargetState"));
    EXPECT_EQ(file.get(reg::kPirStartSensitivity), 80);
}

TEST(ArloRegisters, TheFirstGenerationRefusesShortStreams) {
    RegisterFile file(profile(Model::Wirefree));
    EXPECT_THAT(file.apply(Door::Camera, {{"MaxStreamTimeLimit", std::int64_t{179}}}),
                ElementsAre("MaxStreamTimeLimit"));
    EXPECT_THAT(file.apply(Door::Camera, {{"MaxStreamTimeLimit", std::int64_t{180}}}), IsEmpty());
    RegisterFile other(profile(Model::Pro2));
    EXPECT_THAT(other.apply(Door::Camera, {{"MaxStreamTimeLimit", std::int64_t{30}}}), IsEmpty());
}

TEST(ArloRegisters, BelongToOneDoor) {
    RegisterFile file(profile(Model::VideoBell));
    EXPECT_THAT(file.apply(Door::Doorbell, {{"SilentMode", true}, {"VideoFlip", true}}),
                ElementsAre("VideoFlip"));
    EXPECT_THAT(file.apply(Door::Camera, {{"SilentMode", false}}), ElementsAre("SilentMode"));
    EXPECT_EQ(file.get(reg::kSilentMode), true);
}

TEST(ArloRegisters, AreReadByNameAndUnknownOnesAreLeftOut) {
    RegisterFile file(profile(Model::VideoBell));
    const std::vector<std::string> names{"PIRTargetState", "SilentMode", "NoSuchRegister"};
    const wire::Fields at_camera = file.read(Door::Camera, names);
    EXPECT_EQ(at_camera.size(), 1u);
    EXPECT_EQ(at_camera.get(reg::kPirTargetState), wire::ArmState::Disarmed);
    EXPECT_TRUE(file.read(Door::Doorbell, names).contains("SilentMode"));
}

}  // namespace
}  // namespace casement::emulators::arlo
