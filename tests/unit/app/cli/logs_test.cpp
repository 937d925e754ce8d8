#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/app/cli/fake_hub.hpp"
#include "tests/unit/drivers/nanit/log_archives.hpp"

namespace casement::app::cli {
namespace {

using namespace std::chrono_literals;
using drivers::nanit::tar_gz;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kLogs = "/api/v1/cameras/porch/logs";

class CliLogs : public testing::Test {
protected:
    CliLogs() {
        s.hub.answer("POST " + kLogs, {{"state", "waiting"}, {"received_bytes", 0}}, 202);
        s.hub.answer("GET " + kLogs, {{"state", "stored"}, {"received_bytes", 2048}});
        has(tar_gz({{"journalctl.log", "one\ntwo\t\x1b[31mred\n"},
                    {"dmesg", "x"},
                    {"../../etc/passwd", "root"}}));
    }
    void has(const std::string& archive) {
        s.hub.answers["GET " + kLogs + "/archive.tar.gz"] = {
            .status = 200, .body = archive, .start = {}, .taken_at = {}};
    }
    int show(bool list = false, std::string output = {}) {
        ShowCamera command{.camera = "porch"};
        command.what = "logs";
        command.list = list;
        command.output = std::move(output);
        return show_logs(s.hub, s.console, command, 1ms);
    }
    Session s;
    fakes::TempDirectory folder;
};

TEST_F(CliLogs, PrintsTheJournalWithoutWhatSteersATerminal) {
    EXPECT_EQ(show(), kOk) << s.err.str();
    EXPECT_EQ(s.out.str(), "one\ntwo\t [31mred\n");
    EXPECT_THAT(s.hub.asked,
                ElementsAre("POST " + kLogs, "GET " + kLogs, "GET " + kLogs + "/archive.tar.gz"));
}

TEST_F(CliLogs, ListsWhatIsThereAndSaysWhatIsNot) {
    EXPECT_EQ(show(true), kOk);
    EXPECT_THAT(s.out.str(), HasSubstr("dmesg"));
    EXPECT_THAT(s.out.str(), Not(HasSubstr("passwd")));
    EXPECT_THAT(s.err.str(), HasSubstr("left out: 1 "));
}

TEST_F(CliLogs, SavesTheArchiveAsItIs) {
    EXPECT_EQ(show(false, folder.path("logs.tar.gz")), kOk);
    EXPECT_EQ(folder.read("logs.tar.gz"), tar_gz({{"journalctl.log", "one\ntwo\t\x1b[31mred\n"},
                                                  {"dmesg", "x"},
                                                  {"../../etc/passwd", "root"}}));
    EXPECT_THAT(s.out.str(), IsEmpty());
}

TEST_F(CliLogs, WaitsForThoseThatSomebodyElseAskedFor) {
    s.hub.problem("POST " + kLogs, 409, "they are on their way", "logs-awaited");
    EXPECT_EQ(show(), kOk) << s.err.str();
}

TEST_F(CliLogs, SaysWhyThereAreNone) {
    s.hub.answer("GET " + kLogs,
                 {{"state", "failed"},
                  {"received_bytes", 0},
                  {"error", {{"code", "logs-late"}, {"text", "the camera sent no logs"}}}});
    EXPECT_EQ(show(), kFailed);
    EXPECT_THAT(s.err.str(), HasSubstr("the camera sent no logs"));
    s.hub.problem("POST " + kLogs, 501, "it is no camera that can be asked for its logs");
    EXPECT_EQ(show(), kFailed);
    EXPECT_THAT(s.err.str(), HasSubstr("no camera that can be asked"));
}

TEST_F(CliLogs, ABrokenArchiveIsAFailure) {
    has("no archive");
    EXPECT_EQ(show(), kFailed);
    EXPECT_THAT(s.err.str(), HasSubstr("cut short or no tar.gz"));
    has(tar_gz({{"dmesg", "x"}}));
    EXPECT_EQ(show(), kFailed);
    EXPECT_THAT(s.err.str(), HasSubstr("no journalctl.log"));
}

}  // namespace
}  // namespace casement::app::cli
