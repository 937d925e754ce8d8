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

}  // namespace
}  // namespace casement::app
