#include "app/run.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/control.hpp"
#include "base/log.hpp"
#include "store/sealed.hpp"
#include "tests/unit/app/cli/fake_hub.hpp"

namespace casement::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

class Run : public testing::Test {
protected:
    Run() : folder_(fs::temp_directory_path() / fmt::format("casement-run-{}", getpid())) {
        fs::create_directories(folder_);
        environment_.read_file = [](const fs::path&) -> base::Result<std::string> {
            return base::fail(base::ErrorKind::NotFound, "no");
        };
        environment_.exists = [](const fs::path& path) {
            return fs::exists(path) && !path.string().starts_with("/etc");
        };
        environment_.variables = {{"HOME", folder_.string()}};
    }
    ~Run() override { fs::remove_all(folder_); }

    std::string write(const std::string& name, std::string_view content) const {
        std::ofstream(folder_ / name) << content;
        return (folder_ / name).string();
    }
    int run(std::vector<std::string> arguments) {
        const World world{
            .out = out_,
            .err = err_,
            .environment = environment_,
            .clock = clock_,
            .own_address = [] { return std::string("192.168.1.10"); },
            .serve =
                [this](const Start& start) {
                    started_ = start;
                    return 0;
                },
            .find_hub = [this](const fs::path& data) -> base::Result<std::unique_ptr<cli::Hub>> {
                searched_.push_back(data.string());
                if (hub_at_ != data)
                    return base::fail(base::ErrorKind::FailedPrecondition,
                                      "the hub is not running with the data directory {}",
                                      data.string());
                auto hub = std::make_unique<cli::FakeHub>();
                cli::add_cameras(*hub);
                return hub;
            }};
        return app::run(arguments, world);
    }

    const fs::path folder_;
    config::Environment environment_;
    base::SystemClock clock_;
    std::ostringstream out_, err_;
    std::optional<Start> started_;
    std::vector<std::string> searched_;
    fs::path hub_at_;
};

TEST_F(Run, CheckOfAGoodFileIsZero) {
    const std::string file = write("c.yaml", "cameras: {porch: {source: push}}\n");
    EXPECT_EQ(run({"check", file}), 0);
    EXPECT_EQ(out_.str(), file + ": fine, 1 camera\n");
    EXPECT_EQ(run({"check", "-c", file}), 0);
}

TEST_F(Run, APushAddressIsShownWithoutAHub) {
    const std::string file = write("c.yaml", "data: hub\ncameras: {porch: {source: push}}\n");
    fs::create_directories(folder_ / "hub");
    const auto sealed = store::SealedStore::open((folder_ / "hub").string()).value();
    EXPECT_EQ(run({"-c", file, "camera", "porch", "--push-address"}), 0) << err_.str();
    const std::string shown = out_.str();
    EXPECT_TRUE(shown.starts_with("rtmp://192.168.1.10:1935/push/")) << shown;
    EXPECT_THAT(searched_, testing::IsEmpty());
    out_.str("");
    EXPECT_EQ(run({"-c", file, "camera", "porch", "--new-push-address"}), 0) << err_.str();
    EXPECT_NE(out_.str(), shown);
}

TEST_F(Run, CheckOfABadFileIsOneAndSaysAll) {
    const std::string file = write("c.yaml", "cameras: {porch: {sorce: push}}\nlinger: 1\n");
    EXPECT_EQ(run({"check", file}), 1);
    EXPECT_EQ(err_.str(),
              file +
                  ":1:19: unknown key \"sorce\" under cameras.porch; did you mean \"source\"?\n" +
                  file +
                  ":2:9: linger needs a duration with its unit, like 250ms, 10s, 5m, 2h or 30d; it "
                  "is \"1\"\n" +
                  file + ": 2 errors, 0 warnings\n");
    EXPECT_EQ(out_.str(), "");
}

TEST_F(Run, CheckAnswersInJson) {
    const std::string file = write("c.yaml", "lingr: 1s\n");
    EXPECT_EQ(run({"check", file, "--json"}), 1);
    const auto json = nlohmann::json::parse(out_.str());
    EXPECT_EQ(json["errors"], 1);
    EXPECT_EQ(json["problems"][0]["line"], 1);
    EXPECT_EQ(json["problems"][0]["severity"], "error");
}

TEST_F(Run, CheckOfAMissingFileIsOne) {
    EXPECT_EQ(run({"check", "/nonexistent.yaml"}), 1);
    EXPECT_THAT(err_.str(), HasSubstr("/nonexistent.yaml cannot be read"));
}

TEST_F(Run, ServeStartsWithTheFileThatIsFound) {
    fs::create_directories(folder_ / ".config/casement");
    const std::string file = write(".config/casement/casement.yaml", "data: there\nlinger: 3s\n");
    EXPECT_EQ(run({"serve"}), 0);
    ASSERT_TRUE(started_);
    EXPECT_EQ(started_->config_file, file);
    EXPECT_EQ(started_->data, folder_ / ".config/casement/there");
    EXPECT_EQ(started_->config.linger, std::chrono::seconds(3));
    EXPECT_FALSE(started_->is_demo);
    EXPECT_EQ(run({"serve", "--data", "/elsewhere"}), 0);
    EXPECT_EQ(started_->data, "/elsewhere");
}

TEST_F(Run, ServeStartsWithTheDefaultsWithoutAFile) {
    EXPECT_EQ(run({"demo"}), 0);
    ASSERT_TRUE(started_);
    EXPECT_TRUE(started_->is_demo);
    EXPECT_EQ(started_->config_file, "");
    EXPECT_EQ(started_->data, folder_ / ".local/share/casement");
    EXPECT_EQ(run({"serve"}), 0);
    EXPECT_TRUE(
        started_->is_demo);  // nothing is configured: there is something to see all the same
}

TEST_F(Run, ServeStartsNothingWithABrokenFile) {
    EXPECT_EQ(run({"serve", "-c", write("c.yaml", "x: 1\n")}), 1);
    EXPECT_FALSE(started_);
    EXPECT_THAT(err_.str(), HasSubstr("1 error; nothing was started"));
}

TEST_F(Run, CommandsFindTheHubByTheDataDirectory) {
    hub_at_ = "/d";
    EXPECT_EQ(run({"cameras", "--data", "/d"}), 0) << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("porch"));
    // The file's secrets are not set here, and that does not matter to a command.
    hub_at_ = "/of/the/file";
    EXPECT_EQ(run({"cameras", "-c",
                   write("c.yaml",
                         "data: /of/the/file\ncameras: {a: {source: \"rtsp://u:${UNSET}@h\"}}\n")}),
              0)
        << err_.str();
}

TEST_F(Run, CommandsLookAtTheServicesDirectoryToo) {
    EXPECT_EQ(run({"cameras"}), 1);
    EXPECT_THAT(searched_,
                ElementsAre((folder_ / ".local/share/casement").string(), "/var/lib/casement"));
    EXPECT_THAT(err_.str(), HasSubstr("casement: the hub is not running with the data directory"));
}

TEST_F(Run, AMistypedConfigurationIsNotTakenForNone) {
    EXPECT_EQ(run({"cameras", "-c", "/nonexistent.yaml"}), 1);
    EXPECT_THAT(err_.str(), HasSubstr("/nonexistent.yaml cannot be read"));
}

TEST_F(Run, UsageIsTwo) {
    EXPECT_EQ(run({"camras"}), 2);
    EXPECT_THAT(err_.str(), HasSubstr("did you mean \"cameras\"?"));
    EXPECT_EQ(run({"--help"}), 0);
    EXPECT_THAT(out_.str(), HasSubstr("Exit status"));
}

TEST_F(Run, VersionIsThatOfTheProject) {
    EXPECT_EQ(run({"version"}), 0);
    EXPECT_THAT(out_.str(), testing::MatchesRegex("Casement [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

using RunControl = Run;

TEST_F(RunControl, IsThereWhileTheHubRunsAndPrivate) {
    EXPECT_FALSE(read_control(folder_));
    {
        const auto files = ControlFiles::write(folder_, "https://127.0.0.1:1", "AB:CD");
        ASSERT_TRUE(files) << files.error().message();
        const auto control = read_control(folder_);
        ASSERT_TRUE(control) << control.error().message();
        EXPECT_EQ(*control, (*files)->control());
        EXPECT_EQ(control->pid, getpid());
        EXPECT_EQ(control->fingerprint, "AB:CD");
        EXPECT_GE(control->token.reveal().size(), 64u);
        for (const char* name : {"control.json", "control.token"}) {
            EXPECT_EQ(fs::status(folder_ / name).permissions(),
                      fs::perms::owner_read | fs::perms::owner_write)
                << name;
        }
        EXPECT_EQ(base::masked(control->token.reveal()), "***");
    }
    EXPECT_FALSE(fs::exists(folder_ / "control.token"));
    EXPECT_FALSE(fs::exists(folder_ / "control.json"));
}

TEST_F(RunControl, IsNewAtEveryStart) {
    const std::string first = (*ControlFiles::write(folder_, "u", ""))->control().token.reveal();
    EXPECT_NE((*ControlFiles::write(folder_, "u", ""))->control().token.reveal(), first);
}

TEST_F(RunControl, FollowsTheHubToAnotherAddress) {
    const auto files = *ControlFiles::write(folder_, "http://127.0.0.1:1", "");
    const std::string token = files->control().token.reveal();
    ASSERT_TRUE(files->move("https://127.0.0.1:2", "AB:CD"));
    const auto control = read_control(folder_);
    ASSERT_TRUE(control) << control.error().message();
    EXPECT_EQ(control->url, "https://127.0.0.1:2");
    EXPECT_EQ(control->fingerprint, "AB:CD");
    EXPECT_EQ(control->token.reveal(), token) << "commands that are under way must not be shut out";
}

TEST_F(RunControl, SaysThatTheHubIsGone) {
    write("control.token", "ct_x\n");
    write("control.json",
          R"({"url": "https://127.0.0.1:1", "fingerprint": "", "pid": 2147483600})");
    const auto control = read_control(folder_);
    ASSERT_FALSE(control);
    EXPECT_THAT(control.error().message(), HasSubstr("process 2147483600 that used it is gone"));
    write("control.json", "{");
    EXPECT_EQ(read_control(folder_).error().kind(), base::ErrorKind::DataLoss);
}

TEST_F(RunControl, ReachesAWildcardListenerThroughLoopback) {
    EXPECT_EQ(control_url(true, "0.0.0.0", 8790), "https://127.0.0.1:8790");
    EXPECT_EQ(control_url(false, "::", 1), "http://[::1]:1");
    EXPECT_EQ(control_url(true, "10.0.0.2", 1), "https://10.0.0.2:1");
}

}  // namespace
}  // namespace casement::app
