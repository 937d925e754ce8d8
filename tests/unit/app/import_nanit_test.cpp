// `casement import nanit`: every variable is accounted for, no secret is shown, and nothing is
// written twice.

#include "app/import_nanit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/config/load.hpp"
#include "drivers/nanit/session.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kEnv = R"(# as the old program ships it
NANIT_EMAIL=a@b.c
NANIT_PASSWORD="geheim 1"
export NANIT_REFRESH_TOKEN=token-of-env
NANIT_RTMP_ENABLED=true
NANIT_RTMP_ADDR=192.168.1.10:1935   # the address of this machine
NANIT_MQTT_ENABLED=true
NANIT_MQTT_BROKER_URL="tcp://localhost:1883"
NANIT_MQTT_CLIENT_ID=nanit
NANIT_MQTT_USERNAME='user name'
NANIT_MQTT_PASSWORD=geheim2
NANIT_MQTT_PREFIX=kids
NANIT_SESSION_FILE=/data/session.json
NANIT_EVENTS_POLLING=true
NANIT_EVENTS_POLLING_INTERVAL=30
NANIT_EVENTS_MESSAGE_TIMEOUT=300
NANIT_HTTP_ENABLED=true
NANIT_HTTP_PORT=8080
NANIT_MADE_UP=1
PATH=/bin
nonsense
)";
constexpr const char* kSession =
    R"({"revision":3,"authToken":"access-of-file","authTime":"2023-05-01T10:00:00.123+02:00",
        "babies":[{"uid":"a1b2c3d4","name":"Anna","camera_uid":"N301EMU0000001"},
                  {"uid":"0f0e0d0c","name":null,"camera_uid":null}],
        "refreshToken":"token-of-file"})";

struct ImportNanit : testing::Test {
    fakes::TempDirectory dir;
    std::ostringstream out, err;
    cli::Console console{out, err, false, false};
    config::Config current;
    cli::ImportNanit command;

    void SetUp() override {
        dir.write("env", kEnv);
        dir.write("session.json", kSession);
        command.file = dir.path("env");
    }
    std::filesystem::path data() const { return dir.path("data"); }
    int run() {
        out.str("");
        err.str("");
        return import_nanit(console, command, current, data());
    }
    NanitImport plan(const std::string& text) {
        std::vector<ImportLine> problems;
        return plan_nanit_import(parse_env_file(text, problems), {}, "nursery");
    }
    static std::string verdict_of(const NanitImport& import, std::string_view subject) {
        constexpr const char* kWords[] = {"taken", "known", "ignored", "problem"};
        std::string found;
        for (const ImportLine& line : import.lines) {
            if (line.subject == subject) found = kWords[static_cast<int>(line.verdict)];
        }
        return found;
    }
    base::Result<drivers::nanit::Session> session(std::string_view account = "nursery") {
        return drivers::nanit::stored_session(*store::SealedStore::open(data().string()).value(),
                                              account);
    }
};

TEST_F(ImportNanit, AccountsForEveryVariable) {
    std::vector<ImportLine> problems;
    const EnvFile file = parse_env_file(kEnv, problems);
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems[0].subject, "line 21");
    const NanitImport import = plan(kEnv);
    for (const auto& [name, value] : file)
        EXPECT_NE(verdict_of(import, name), "") << name << " is passed over in silence";
    for (const char* const name :
         {"NANIT_REFRESH_TOKEN", "NANIT_RTMP_ADDR", "NANIT_MQTT_ENABLED", "NANIT_MQTT_BROKER_URL",
          "NANIT_MQTT_CLIENT_ID", "NANIT_MQTT_USERNAME", "NANIT_MQTT_PASSWORD",
          "NANIT_MQTT_PREFIX"})
        EXPECT_EQ(verdict_of(import, name), "taken") << name;
    for (const char* const name : {"NANIT_EMAIL", "NANIT_PASSWORD", "NANIT_SESSION_FILE",
                                   "NANIT_EVENTS_POLLING", "NANIT_HTTP_PORT", "NANIT_MADE_UP"})
        EXPECT_EQ(verdict_of(import, name), "ignored") << name;
}

TEST_F(ImportNanit, PrintsAConfigurationThatIsRight) {
    const NanitImport import = plan(kEnv);
    const config::Loaded loaded = config::parse(
        import.yaml, "casement.yaml", config::environment_of({{"NANIT_MQTT_PASSWORD", "geheim2"}}));
    EXPECT_TRUE(loaded.is_usable())
        << (loaded.problems.empty() ? "" : loaded.problems.front().text()) << import.yaml;
    ASSERT_EQ(loaded.config.accounts.size(), 1u);
    EXPECT_EQ(loaded.config.accounts[0].vendor, config::Vendor::Nanit);
    EXPECT_EQ(loaded.config.accounts[0].name, "nursery");
    EXPECT_EQ(loaded.config.rtmp.advertise, "192.168.1.10:1935");
    const config::Mqtt& mqtt = loaded.config.mqtt;
    ASSERT_TRUE(mqtt.broker);
    EXPECT_EQ(mqtt.broker->user, "user name");
    EXPECT_EQ(mqtt.broker->password.reveal(), "geheim2");
    EXPECT_EQ(mqtt.client_id, "nanit");
    EXPECT_EQ(mqtt.nanit_topics, "kids");
}

TEST_F(ImportNanit, ShowsFirstAndNoSecret) {
    command.session = dir.path("session.json");
    EXPECT_EQ(run(), cli::kOk) << err.str();
    EXPECT_FALSE(std::filesystem::exists(data()));
    EXPECT_THAT(err.str(), HasSubstr("Stop the old program for good"));
    EXPECT_THAT(err.str(), HasSubstr("Nothing was written"));
    EXPECT_THAT(err.str(), HasSubstr("Anna: camera N301EMU0000001 appears by itself"));
    console.json = true;
    const std::string shown = out.str() + err.str();
    EXPECT_EQ(run(), cli::kOk);
    for (const char* const secret : {"geheim", "token-of-env", "token-of-file", "access-of-file"})
        EXPECT_THAT(shown + out.str() + err.str(), Not(HasSubstr(secret)));
}

TEST_F(ImportNanit, StoresTheYoungerTokenOnce) {
    command.session = dir.path("session.json");
    command.write = true;
    ASSERT_EQ(run(), cli::kOk) << err.str();
    EXPECT_EQ(session().value().refresh.reveal(), "token-of-file");
    EXPECT_TRUE(session().value().access.empty());  // so that it is renewed at once
    command.session.clear();
    ASSERT_EQ(run(), cli::kOk) << err.str();
    EXPECT_THAT(err.str(), HasSubstr("somebody has signed in"));
    EXPECT_EQ(session().value().refresh.reveal(), "token-of-file");
}

TEST_F(ImportNanit, ASessionFileIsEnoughAndTheAccountHasTheNameOfTheConfiguration) {
    config::Account& account = current.accounts.emplace_back();
    account.vendor = config::Vendor::Nanit;
    account.name = "kids";
    command.file = dir.path("session.json");
    command.write = true;
    ASSERT_EQ(run(), cli::kOk) << err.str();
    EXPECT_EQ(session("kids").value().refresh.reveal(), "token-of-file");
    EXPECT_THAT(out.str(), HasSubstr("name: kids"));
    command.account = "../x";
    EXPECT_EQ(run(), cli::kFailed);
}

TEST_F(ImportNanit, WithoutATokenItSaysHowToSignIn) {
    dir.write("env", "NANIT_EMAIL=a@b.c\nNANIT_MQTT_BROKER_URL=ws://x\nNANIT_RTMP_ADDR=10.0.0.1\n");
    command.write = true;
    EXPECT_EQ(run(), cli::kOk);
    EXPECT_THAT(err.str(), HasSubstr("casement login nanit --account nursery"));
    EXPECT_THAT(err.str(), HasSubstr("NANIT_MQTT_ENABLED is not true"));
    EXPECT_THAT(err.str(), HasSubstr("problem  NANIT_RTMP_ADDR"));
    EXPECT_FALSE(std::filesystem::exists(data()));
    EXPECT_EQ(verdict_of(plan("NANIT_MQTT_ENABLED=1\nNANIT_MQTT_BROKER_URL=ws://x"),
                         "NANIT_MQTT_BROKER_URL"),
              "problem");
}

TEST_F(ImportNanit, SaysWhatItCannotRead) {
    command.file = dir.path("nothing");
    EXPECT_EQ(run(), cli::kFailed);
    EXPECT_THAT(err.str(), HasSubstr("nothing"));
    dir.write("odd.json", "{\"a\":1}");
    command.file = dir.path("odd.json");
    EXPECT_EQ(run(), cli::kFailed);
    command.file = dir.path("env");
    command.session = dir.path("env2");
    dir.write("env2", "A=1");
    EXPECT_EQ(run(), cli::kFailed);
    command.session.clear();
    dir.write("env", std::string(64 * 1024, '#'));
    EXPECT_EQ(run(), cli::kOk);
    dir.write("env", std::string(64 * 1024 + 1, '#'));
    EXPECT_EQ(run(), cli::kFailed);
}

}  // namespace
}  // namespace casement::app
