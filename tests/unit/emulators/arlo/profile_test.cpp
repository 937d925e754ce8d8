#include "emulators/arlo/profile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "emulators/arlo/options.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::emulators::arlo {
namespace {

using namespace std::chrono_literals;

bool is_in(const std::vector<std::string_view>& list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
}
bool takes(Model model, std::string_view name) {
    return is_in(profile(model).camera_registers, name);
}

TEST(ArloProfiles, AreFoundByTheirNames) {
    ASSERT_EQ(profiles().size(), 8u);
    std::set<std::string> models;
    for (const Profile& p : profiles()) {
        EXPECT_EQ(find_profile(p.name), &p);
        EXPECT_EQ(&profile(p.model), &p);
        models.insert(p.model_number);
    }
    EXPECT_EQ(models.size(), 8u);
    EXPECT_EQ(find_profile("pro9"), nullptr);
}

TEST(ArloProfiles, NameOnlyRegistersThatAreKnown) {
    for (const Profile& p : profiles()) {
        for (const auto* list : {&p.camera_registers, &p.doorbell_registers}) {
            for (const std::string_view name : *list)
                EXPECT_NE(wire::find_register(name), nullptr) << p.name << " " << name;
            EXPECT_EQ(std::set(list->begin(), list->end()).size(), list->size()) << p.name;
        }
        EXPECT_EQ(p.camera_registers.empty(), !p.has_camera_door) << p.name;
        EXPECT_EQ(p.doorbell_registers.empty(), !p.has_doorbell_door) << p.name;
    }
}

TEST(ArloProfiles, TheFirstGenerationKnowsTheFewestRegisters) {
    EXPECT_EQ(profile(Model::Wirefree).camera_registers.size(), 24u);
    for (const char* refused : {"UserStreamActive", "HdrControl", "SpotlightEnabled",
                                "AlertBackoffTime", "HEVCVideoTargetBitrate", "Reboot"})
        EXPECT_FALSE(takes(Model::Wirefree, refused)) << refused;
    EXPECT_TRUE(profile(Model::Wirefree).capabilities.empty());
    EXPECT_FALSE(profile(Model::Wirefree).audio);
}

TEST(ArloProfiles, LampHevcAndRebootBelongToTheModelsThatHaveThem) {
    for (const Profile& p : profiles()) {
        EXPECT_EQ(takes(p.model, "SpotlightEnabled"), p.has_lamp) << p.name;
        EXPECT_EQ(takes(p.model, "Reboot"), p.model == Model::Pro5) << p.name;
        if (!p.hevc_resolution.empty()) {
            EXPECT_TRUE(takes(p.model, "HEVCVideoOutputResolution")) << p.name;
        }
    }
    EXPECT_FALSE(takes(Model::Pro2, "HEVCVideoOutputResolution"));
    EXPECT_TRUE(takes(Model::Pro2, "NightModeLightSourceAlert"));
}

TEST(ArloProfiles, TheVideoDoorbellKnowsItsChimeAtTheOtherDoorOnly) {
    const Profile& bell = profile(Model::VideoBell);
    for (const char* chime : {"TraditionalChime", "SilentMode", "CallEnableLED"}) {
        EXPECT_TRUE(is_in(bell.doorbell_registers, chime)) << chime;
        EXPECT_FALSE(is_in(bell.camera_registers, chime)) << chime;
    }
    EXPECT_FALSE(is_in(bell.doorbell_registers, "PIRTargetState"));
}

TEST(ArloProfiles, ResolutionsHaveSizes) {
    EXPECT_EQ(size_of("720p"), (Size{1280, 720}));
    EXPECT_EQ(size_of("1536sq"), (Size{1536, 1536}));
    EXPECT_EQ(size_of("2160p"), (Size{3840, 2160}));
    EXPECT_FALSE(size_of(""));
    for (const Profile& p : profiles()) {
        if (p.has_camera()) {
            EXPECT_TRUE(size_of(p.resolution)) << p.name;
        }
    }
}

TEST(ArloTimes, ScaleAllTogetherAndNeverToNothing) {
    const Times quick = Times{}.scaled(0.01);
    EXPECT_EQ(quick.reports_starve, 60ms);
    EXPECT_EQ(quick.second, 10ms);
    EXPECT_EQ(quick.listens_again, 2ms);
    EXPECT_EQ(Times{}.scaled(1e-6).waits_for_ack, 1ms);
    EXPECT_EQ(Times{}.scaled(1).status_every, Times{}.status_every);
}

}  // namespace
}  // namespace casement::emulators::arlo
