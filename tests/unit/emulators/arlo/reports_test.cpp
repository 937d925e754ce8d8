#include "emulators/arlo/reports.hpp"

#include <gtest/gtest.h>

#include "protocols/arlo/message.hpp"

namespace casement::emulators::arlo {
namespace {

using namespace std::chrono_literals;

std::string registration_of(Model model) {
    return wire::to_json({1, make_registration(profile(model), "CSM40300A1B2C", {}, 5)});
}
std::string status_of(Model model, const Counters& counters = {}) {
    return wire::to_json(
        {2, make_status(profile(model), "CSM40300A1B2C", {}, counters, false, 60s, 1s)});
}
bool has(const std::string& json, std::string_view part) {
    return json.find(part) != std::string::npos;
}

TEST(ArloReports, ARegistrationSaysWhatTheModelIs) {
    const std::string pro2 = registration_of(Model::Pro2);
    EXPECT_TRUE(has(pro2, R"("SystemModelNumber":"VMC4030P")")) << pro2;
    EXPECT_TRUE(has(pro2, R"("SystemFirmwareVersion":"1.125.15.0_35_1191")"));
    EXPECT_TRUE(has(pro2, R"("H.264Streaming")"));
    EXPECT_TRUE(has(pro2, R"("BootSeconds":5)"));
    const std::string essential = registration_of(Model::Essential);
    EXPECT_FALSE(has(essential, "UpdateSystemModelNumber"));
    EXPECT_TRUE(has(essential, R"("IRLED","IRCutFilter","PirMotion")"));
    EXPECT_TRUE(has(essential, R"("IcmpOffload"])"));
}

TEST(ArloReports, TheFirstGenerationSpellsItsBatteryOtherwise) {
    EXPECT_TRUE(has(registration_of(Model::Wirefree), R"("BatteryPercentage":77)"));
    EXPECT_FALSE(has(registration_of(Model::Wirefree), "BatPercent"));
    EXPECT_TRUE(has(registration_of(Model::Wirefree), R"("Capabilities":[])"));
    EXPECT_TRUE(has(status_of(Model::Wirefree), "AmountOfTimeStreamed"));
}

TEST(ArloReports, TheAudioDoorbellHasKeysOfItsOwn) {
    const std::string bell = registration_of(Model::AudioBell);
    EXPECT_TRUE(has(bell, R"("RtpPort":5000)"));
    EXPECT_TRUE(has(bell, R"("SKU":"AAD1001-100NAS")"));
    EXPECT_FALSE(has(bell, "ThermalShutdownMinTemp"));
    const std::string status = status_of(Model::AudioBell);
    EXPECT_TRUE(has(status, R"("CriticalBatStatus":false)"));
    EXPECT_TRUE(has(status, R"("Bat1Volt":2662)")) << status;
    EXPECT_TRUE(has(status, R"("ButtonEvents":0)"));
    EXPECT_TRUE(has(status, R"("Hibernate":true)"));
}

TEST(ArloReports, AStatusCountsAndNamesNoModel) {
    Counters counters;
    counters.streamed = 30s;
    counters.motion_streamed = 10s;
    counters.watchdog_trips = 2;
    counters.failed_streams = 3;
    const std::string status = status_of(Model::Pro2, counters);
    EXPECT_FALSE(has(status, "SystemModelNumber\":\"VMC4030P\",\"SystemF"));
    EXPECT_TRUE(has(status, R"("Streamed":30,"UserStreamed":20,"MotionStreamed":10)")) << status;
    EXPECT_TRUE(has(status, R"("RtcpDiscCnt":2)"));
    EXPECT_TRUE(has(status, R"("FailedStreams":3)"));
    EXPECT_TRUE(has(status, "RegFCnt"));
}

TEST(ArloReports, TheLongStatusOfTheEssentialNeedsMoreThanOneRead) {
    const std::string status = status_of(Model::Essential);
    EXPECT_GT(status.size(), 1024u);
    EXPECT_FALSE(has(status, "RegFCnt"));
    EXPECT_TRUE(has(status, "SpotlightEnabled"));
    EXPECT_TRUE(wire::parse_message(status));
}

TEST(ArloReports, OnlyDoorbellsSignTheirAlerts) {
    EXPECT_EQ(make_alert(profile(Model::Pro2), "S", wire::AlertKind::PirMotion).serial, "");
    EXPECT_EQ(make_alert(profile(Model::AudioBell), "S", wire::AlertKind::ButtonPress).serial, "S");
}

}  // namespace
}  // namespace casement::emulators::arlo
