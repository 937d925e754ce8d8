// What is kept of a camera, and when it streams: the file's word, the battery's, and the defaults.

#include "app/recording.hpp"

#include <gtest/gtest.h>

#include "app/config/load.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app {
namespace {

using config::RecordMode;

struct Recording : testing::Test {
    config::Config config;
    void read(const std::string& cameras) {
        config = config::parse("arlo: {enabled: true}\ncameras:\n" + cameras, "c",
                               config::environment_of({}))
                     .config;
    }
    RecordMode mode(bool says_battery) const {
        return record_of(config, "door", says_battery).mode;
    }
};

TEST_F(Recording, ABatteryCameraThatTheFileOnlyNamesIsSpared) {
    read("  door: {arlo: {serial: A0B1}, power: battery}\n");
    EXPECT_TRUE(is_spared(config, "door", false));
    EXPECT_EQ(mode(false), RecordMode::Events);
    EXPECT_EQ(record_of(config, "door", false).keep, config.defaults.record.keep);
}

TEST_F(Recording, WithoutAWordAboutPowerTheCameraSaysIt) {
    read("  door: {arlo: {serial: A0B1}}\n");
    EXPECT_TRUE(is_spared(config, "door", true));
    EXPECT_EQ(mode(true), RecordMode::Events);
    EXPECT_FALSE(is_spared(config, "door", false));
    EXPECT_EQ(mode(false), RecordMode::Always);
}

TEST_F(Recording, WiredInTheFileIsStrongerThanTheCamerasWord) {
    read("  door: {arlo: {serial: A0B1}, power: wired}\n");
    EXPECT_FALSE(is_spared(config, "door", true));
    EXPECT_EQ(mode(true), RecordMode::Always);
}

TEST_F(Recording, AnOwnerWhoAsksForItGetsABatteryEmpty) {
    read("  door: {arlo: {serial: A0B1}, power: battery, record: {mode: always}}\n");
    EXPECT_FALSE(is_spared(config, "door", true));
    EXPECT_EQ(mode(true), RecordMode::Always);
}

TEST_F(Recording, OtherKeysOfRecordAskForNothing) {
    read("  door: {arlo: {serial: A0B1}, power: battery, record: {keep: 7d}}\n");
    EXPECT_EQ(mode(true), RecordMode::Events);
    read("  door: {arlo: {serial: A0B1}, power: battery, record: {mode: off}}\n");
    EXPECT_EQ(mode(true), RecordMode::Off);
    EXPECT_TRUE(is_spared(config, "door", true));
}

TEST_F(Recording, CamerasThatTheFileDoesNotNameGoByTheirOwnWord) {
    read("  hall: {source: \"rtsp://10.0.0.9/\"}\n");
    EXPECT_EQ(mode(true), RecordMode::Events);
    EXPECT_EQ(mode(false), RecordMode::Always);
    EXPECT_EQ(record_of(config, "hall", false).mode, RecordMode::Always);
}

TEST(RecordingWords, AGapHasASentenceWhateverItsReason) {
    const auto of = [](const char* reason, const char* detail) {
        return sentence_of({.start = {}, .end = {}, .reason = reason, .detail = detail});
    };
    EXPECT_EQ(of("unreachable", ""), "The camera did not answer.");
    EXPECT_EQ(of("unreachable", "stalled"), "The camera was connected and sent nothing.");
    EXPECT_EQ(of("unreachable", "no-publisher"), "The camera sent nothing.");
    EXPECT_EQ(of("unreachable", "a-code-of-later"), "The camera did not answer.");
    EXPECT_EQ(of("unreachable", "busy"), "Somebody else holds its one stream.");
    EXPECT_EQ(of("restart", ""), "The hub was not running.");
    EXPECT_EQ(of("of-later", ""), "Nothing was recorded.");
    for (const char* code :
         {"session-ended",   "code-needed", "wrong-password",  "wrong-code",   "not-signed-in",
          "account-refused", "vendor-down", "quota",           "never-called", "no-route",
          "refused",         "clock",       "hub-unreachable", "seats-full",   "busy",
          "battery-empty",   "off",         "stalled",         "no-keyframe",  "codec",
          "disk-full",       "disk-slow",   "lease-ended",     "sleeping",     "no-control"}) {
        const std::string text = of("unreachable", code);
        EXPECT_FALSE(text.empty()) << code;
        EXPECT_EQ(text.find("  "), std::string::npos) << code << ": " << text;
        EXPECT_NE(text.front(), ' ') << code << ": " << text;
    }
}

}  // namespace
}  // namespace casement::app
