// `casement import arlo`: every line is accounted for, and nothing is written twice.

#include "app/import_arlo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/config/load.hpp"
#include "camera/desired.hpp"
#include "drivers/arlo/memory.hpp"
#include "store/files.hpp"
#include "store/store.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app {
namespace {

using camera::Value;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using Verdict = ImportLine::Verdict;

/// The file as the reference program ships it, its receivers filled in.
constexpr const char* kFile = R"(WifiCountryCode: "US"
VideoAntiFlickerRate: 50
VideoQualityDefault: "default"
NotifyRegisteredAndStatusUpdate: true
NotifyOnMotionAlert: true
NotifyOnMotionTimeoutAlert: false
NotifyOnAudioAlert: false
NotifyOnButtonPressAlert: true
MotionRecordingWebHookUrl: "http://192.168.1.2:11080/endpoint/@scrypted/arlo-local/public/motionDetected"
MotionTimeoutWebHookUrl: "http://192.168.1.2/end"
AudioRecordingWebHookUrl: "http://192.168.1.2/audio"
UserRecordingWebHookUrl: "http://192.168.1.2/user"
StatusUpdateWebHookUrl: "http://192.168.1.2/status"
RegistrationWebHookUrl: "changeme"
ButtonPressWebHookUrl: "https://bob:pw@192.168.1.2/button"
RecordingBasePath: /tmp/
BeaconIntervalSeconds: 60
SnapshotOnMotion: false
Go2RTCEnabled: true
MadeUp: 1
DeviceSettings:
  4R0A0000ABCDE: {FriendlyName: Garden, VideoFlip: true, NightModeGrey: true, VideoQuality: Low, NoSuch: 3}
)";
const std::string kRegistration =
    R"({"Type":"registration","ID":1,"SystemSerialNumber":"4R0A0000ABCDE","SystemModelNumber":"VMC4030P","SystemFirmwareVersion":"1.1"})";

struct ImportArlo : testing::Test {
    fakes::TempDirectory dir;
    std::ostringstream out, err;
    cli::Console console{out, err, false, false};
    config::Config current;
    cli::ImportArlo command;

    void SetUp() override {
        dir.write("config.yaml", kFile);
        command.file = dir.path("config.yaml");
        auto db = store::Database::open(dir.path("arlo.db")).value();
        ASSERT_TRUE(
            db->script("CREATE TABLE devices (ip text, serialnumber text, hostname text, "
                       "registration text, status text, register_set text, "
                       "friendlyname text)"));
        ASSERT_TRUE(db->run("INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)", "172.14.1.20",
                            "4R0A0000ABCDE", "h", kRegistration, "None",
                            "{'Type': 'registerSet', 'ID': 3, 'SetValues': {'PIRTargetState': "
                            "'Disarmed'}}",
                            "Front"));
    }
    std::filesystem::path data() const { return dir.path("data"); }
    int run() { return import_arlo(console, command, current, data()); }
    Import plan(const std::string& text) {
        config::Problems problems;
        const config::Node node = config::parse_yaml(text, "config.yaml", problems);
        EXPECT_TRUE(problems.empty());
        return plan_import(node, {});
    }
    static std::string verdict_of(const Import& import, std::string_view subject) {
        constexpr const char* kWords[] = {"taken", "known", "ignored", "problem"};
        std::string found;
        for (const ImportLine& line : import.lines) {
            if (line.subject == subject) found = kWords[static_cast<int>(line.verdict)];
        }
        return found;
    }
};

TEST_F(ImportArlo, AccountsForEveryKey) {
    const Import import = plan(kFile);
    for (const char* const key : {"WifiCountryCode", "VideoAntiFlickerRate", "NotifyOnMotionAlert",
                                  "MotionRecordingWebHookUrl", "StatusUpdateWebHookUrl",
                                  "ButtonPressWebHookUrl", "SnapshotOnMotion"})
        EXPECT_EQ(verdict_of(import, key), "taken") << key;
    for (const char* const key :
         {"MotionTimeoutWebHookUrl", "AudioRecordingWebHookUrl", "UserRecordingWebHookUrl",
          "RegistrationWebHookUrl", "RecordingBasePath", "BeaconIntervalSeconds", "Go2RTCEnabled",
          "MadeUp", "4R0A0000ABCDE NoSuch"})
        EXPECT_EQ(verdict_of(import, key), "ignored") << key;
    EXPECT_EQ(verdict_of(import, "VideoQualityDefault"), "known");
}

TEST_F(ImportArlo, PrintsAConfigurationThatIsRight) {
    const Import import = plan(kFile);
    EXPECT_THAT(import.yaml, Not(HasSubstr("pw@")));
    const config::Loaded loaded =
        config::parse(import.yaml, "casement.yaml",
                      config::environment_of({{"ARLO_HOOK_PASSWORD", "hook-password"}}));
    EXPECT_TRUE(loaded.is_usable())
        << (loaded.problems.empty() ? "" : loaded.problems.front().text()) << import.yaml;
    const config::Arlo& arlo = loaded.config.arlo;
    EXPECT_TRUE(arlo.enabled);
    EXPECT_EQ(arlo.wifi_country, "US");
    EXPECT_EQ(arlo.anti_flicker_hz, 50);
    EXPECT_FALSE(arlo.event_pictures);
    ASSERT_TRUE(arlo.webhooks.motion.url);
    EXPECT_EQ(arlo.webhooks.motion.url->path,
              "/endpoint/@scrypted/arlo-local/public/motionDetected");
    EXPECT_EQ(arlo.webhooks.motion.encoding, config::HookSpelling::Form);
    EXPECT_FALSE(arlo.webhooks.motion_end.url);
    EXPECT_FALSE(arlo.webhooks.registration.url);
    ASSERT_TRUE(arlo.webhooks.button.url);
    EXPECT_EQ(arlo.webhooks.button.url->password.reveal(), "hook-password");
}

TEST_F(ImportArlo, WritesNothingUnlessItIsTold) {
    command.database = dir.path("arlo.db");
    EXPECT_EQ(run(), cli::kOk) << err.str();
    EXPECT_FALSE(std::filesystem::exists(data()));
    EXPECT_THAT(err.str(), HasSubstr("Nothing was written"));
    EXPECT_THAT(out.str(), HasSubstr("wifi_country: US"));
}

TEST_F(ImportArlo, StoresDevicesNamesAndWishesOnce) {
    command.database = dir.path("arlo.db");
    command.write = true;
    const std::string before = dir.read("arlo.db");
    ASSERT_EQ(run(), cli::kOk) << err.str();
    EXPECT_EQ(dir.read("arlo.db"), before) << "the old base's own file is not touched";
    const auto look = [&] {
        const auto store = store::Store::open((data() / "casement.db").string()).value();
        const auto records = drivers::arlo::Memory::open(*store).value()->devices().value();
        const auto wishes =
            camera::DesiredState::open(*store).value()->wishes("arlo-4r0a0000abcde");
        return std::pair(records, wishes);
    };
    const auto [records, wishes] = look();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].serial, "4R0A0000ABCDE");
    EXPECT_EQ(records[0].friendly_name, "Garden") << "the file's name is the owner's";
    EXPECT_EQ(records[0].model, "VMC4030P");
    EXPECT_EQ(records[0].address, "172.14.1.20");
    EXPECT_TRUE(records[0].needs_set_up);
    EXPECT_EQ(wishes.at("flip").value, Value(true));
    EXPECT_EQ(wishes.at("flip").by, "import");
    EXPECT_EQ(wishes.at("motion_alerts").value, Value(false));
    EXPECT_EQ(wishes.at("night_colour").value, Value(false));
    EXPECT_EQ(wishes.at("quality").value, Value(std::string("low")));

    err.str("");
    ASSERT_EQ(run(), cli::kOk) << err.str();
    EXPECT_THAT(err.str(), HasSubstr("the hub knows it already"));
    EXPECT_THAT(err.str(), HasSubstr("somebody wished it in the hub already"));
    EXPECT_EQ(look().first, records);
    EXPECT_EQ(look().second, wishes);
}

TEST_F(ImportArlo, NamesCamerasAsTheConfigurationDoes) {
    config::Camera& garden = current.cameras.emplace_back();
    garden.id = "garden";
    garden.arlo = config::ArloCamera{"4R0A0000ABCDE"};
    command.database = dir.path("arlo.db");
    command.write = true;
    ASSERT_EQ(run(), cli::kOk) << err.str();
    const auto store = store::Store::open((data() / "casement.db").string()).value();
    EXPECT_TRUE(camera::DesiredState::open(*store).value()->wish("garden", "flip"));
}

TEST_F(ImportArlo, WritesNothingWhileTheHubRuns) {
    command.database = dir.path("arlo.db");
    command.write = true;
    const auto lock = store::DirectoryLock::take(data().string());
    ASSERT_TRUE(lock);
    EXPECT_EQ(run(), cli::kFailed);
    EXPECT_FALSE(std::filesystem::exists(data() / "casement.db"));
}

TEST_F(ImportArlo, SaysWhatItCannotRead) {
    command.file = dir.path("nothing.yaml");
    EXPECT_EQ(run(), cli::kFailed);
    EXPECT_THAT(err.str(), HasSubstr("nothing.yaml"));
    command.file = dir.path("config.yaml");
    command.database = dir.path("nothing.db");
    EXPECT_EQ(run(), cli::kFailed);
    dir.write("broken.db", "this is no database at all, however long it is");
    command.database = dir.path("broken.db");
    EXPECT_EQ(run(), cli::kFailed);
    dir.write("broken.yaml", "a: [");
    command.file = dir.path("broken.yaml");
    EXPECT_EQ(run(), cli::kFailed);
}

TEST_F(ImportArlo, DefaultsOfTheOldFileReachDevicesWithoutTheirOwn) {
    const Import import = plan(
        "VideoQualityDefault: medium\nDefaultPIRTargetState: Disarmed\n"
        "DeviceSettings: {A1: {VideoFlip: true}, B2: {FriendlyName: Shed}, \"../x\": {}}\n");
    ASSERT_EQ(import.devices.size(), 2u);
    const auto wishes = [&](std::size_t i) {
        return std::map<std::string, Value>(import.devices[i].wishes.begin(),
                                            import.devices[i].wishes.end());
    };
    EXPECT_EQ(wishes(0).at("motion_alerts"), Value(false));
    EXPECT_FALSE(wishes(0).contains("quality")) << "it has settings of its own";
    EXPECT_EQ(wishes(1).at("quality"), Value(std::string("medium")));
    EXPECT_EQ(verdict_of(import, "DeviceSettings"), "problem");
}

}  // namespace
}  // namespace casement::app
