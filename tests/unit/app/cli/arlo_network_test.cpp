#include "app/cli/arlo_network.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/temp_directory.hpp"

namespace casement::app::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;
namespace network = drivers::arlo::network;
using Arguments = std::vector<std::string>;

class ArloNetworkCommand : public testing::Test {
protected:
    ArloNetworkCommand() : environment_(config::process_environment()) {
        environment_.variables = {{"ARLO_PSK", "correct horse"}};
    }

    std::string write(const std::string& name, std::string_view content) const {
        std::ofstream(folder_ / name) << content;
        return (folder_ / name).string();
    }
    std::string read(const fs::path& path) const {
        std::ostringstream out;
        out << std::ifstream(path).rdbuf();
        return out.str();
    }
    int run(Arguments arguments, bool as_json = false) {
        out_.str("");
        err_.str("");
        arguments.insert(arguments.begin(), {"arlo", "network"});
        const auto line = parse_command_line(std::move(arguments));
        if (!line) {
            ADD_FAILURE() << line.error().text;
            return -1;
        }
        const auto run_tool = [this](const Arguments& call, std::chrono::milliseconds) {
            calls_.push_back(call.front());
            if (call.front() == "hostapd") hostapd_read_ = read(call[1]);
            return answer_(call);
        };
        return arlo_network({out_, err_, as_json}, std::get<ArloNetwork>(line->command),
                            environment_, run_tool);
    }
    static Arguments access_point(Arguments more = {}) {
        Arguments out{"--ssid", "NETGEAR42", "--psk-env", "ARLO_PSK"};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
    std::string into() const { return (folder_ / "made").string(); }

    const fakes::TempDirectory directory_;
    const fs::path folder_{directory_.path()};
    config::Environment environment_;
    std::function<base::Result<ToolOutput>(const Arguments&)> answer_ = [](const Arguments&) {
        return ToolOutput{};
    };
    std::vector<std::string> calls_;
    std::string hostapd_read_;
    std::ostringstream out_, err_;
};

TEST_F(ArloNetworkCommand, ShowsTheFilesWithoutTheKey) {
    EXPECT_EQ(run(access_point()), kOk) << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("# ==== /etc/hostapd/hostapd.conf (hub, mode 0600, key not "
                                      "shown)"));
    EXPECT_THAT(out_.str(), HasSubstr("\nwpa_passphrase=********\n"));
    EXPECT_THAT(out_.str() + err_.str(), Not(HasSubstr("correct horse")));
    EXPECT_THAT(out_.str(), HasSubstr("172.14.1.0/24 is public address space"));
    EXPECT_TRUE(calls_.empty());
}

TEST_F(ArloNetworkCommand, WritesThemWhereItIsToldAndNowhereElse) {
    EXPECT_EQ(run(access_point({"--into", into()})), kOk) << err_.str();
    struct stat info{};
    ASSERT_EQ(::stat((into() + "/hostapd.conf").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777u, 0600u);
    ASSERT_EQ(::stat((into() + "/arlo.nft").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777u, 0644u);
    EXPECT_THAT(read(into() + "/hostapd.conf"), HasSubstr("\nwpa_passphrase=correct horse\n"));
    for (const auto& entry : fs::directory_iterator(into())) {
        if (entry.path().filename() != "hostapd.conf") {
            EXPECT_THAT(read(entry.path()), Not(HasSubstr("correct horse"))) << entry.path();
        }
    }
    EXPECT_THAT(out_.str(), HasSubstr("install -D -m 600 hostapd.conf"));
    EXPECT_THAT(out_.str() + err_.str(), Not(HasSubstr("correct horse")));
}

TEST_F(ArloNetworkCommand, NeverWritesToEtc) {
    for (const char* const folder : {"/etc", "/etc/hostapd", "/etc/../etc/casement", "/"}) {
        EXPECT_EQ(run(access_point({"--into", folder})), kFailed) << folder;
        EXPECT_THAT(err_.str(), HasSubstr("this machine's own configuration")) << folder;
    }
    EXPECT_FALSE(fs::exists("/etc/casement/arlo.nft"));
}

TEST_F(ArloNetworkCommand, TakesTheKeyFromOnePlaceThatNobodyElseReads) {
    const std::string file = write("key", "battery staple\n");
    EXPECT_EQ(run({"--ssid", "N", "--psk-file", file, "--into", into()}), kOk) << err_.str();
    EXPECT_THAT(read(into() + "/hostapd.conf"), HasSubstr("\nwpa_passphrase=battery staple\n"));
    EXPECT_EQ(run(access_point({"--psk-file", file})), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("given twice"));
    EXPECT_EQ(run({"--ssid", "N", "--psk-env", "NOT_SET"}), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("NOT_SET of the environment is not set"));
    EXPECT_EQ(run({"--ssid", "N", "--psk-file", write("empty", "\n")}), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("is empty"));
    // No flag takes the key itself.
    const auto line = parse_command_line({"arlo", "network", "--psk", "battery staple"});
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().status, kUsage);
}

TEST_F(ArloNetworkCommand, MakesAKeyForWpsThatNobodyHasToKnow) {
    EXPECT_EQ(run({"--ssid", "N", "--wps", "--into", into()}), kOk) << err_.str();
    const std::string first = read(into() + "/hostapd.conf");
    EXPECT_THAT(first, testing::ContainsRegex("wpa_passphrase=[2-9A-Z]{24}\n"));
    EXPECT_THAT(out_.str(), HasSubstr("has a new key"));
    EXPECT_EQ(run({"--ssid", "N", "--wps", "--into", into()}), kOk);
    EXPECT_NE(read(into() + "/hostapd.conf"), first);
}

TEST_F(ArloNetworkCommand, ReadsAFileAndLetsFlagsWin) {
    const std::string file = write("network.yaml",
                                   "set_up: router\n"
                                   "cameras: eth1\n"
                                   "hub: 192.168.1.10\n"
                                   "gateway: 192.168.4.1/24\n"
                                   "reserve: {\"4c:77:6d:01:02:03\": 192.168.4.20}\n"
                                   "rtp_ports: 40000-40003\n");
    EXPECT_EQ(run({"--from", file, "--hub", "192.168.1.11", "--into", into()}), kOk) << err_.str();
    const std::string rules = read(into() + "/arlo.nft");
    EXPECT_THAT(rules, HasSubstr("ip daddr 192.168.4.1 tcp dport { 4000, 4100, 5000 } dnat to "
                                 "192.168.1.11\n"));
    EXPECT_THAT(rules, HasSubstr("udp dport 40000-40003 dnat to 192.168.1.11\n"));
    EXPECT_THAT(read(into() + "/dnsmasq-arlo.conf"),
                HasSubstr("dhcp-host=4c:77:6d:01:02:03,192.168.4.20,infinite\n"));
    EXPECT_THAT(read(into() + "/casement-arlo.yaml"), HasSubstr("rtp_ports: [40000, 40003]"));
}

TEST_F(ArloNetworkCommand, SaysWhatIsWrongWithTheFile) {
    EXPECT_EQ(run({"--from", write("a.yaml", "sid: N\n")}), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("a.yaml:1:1: unknown key \"sid\""));
    EXPECT_EQ(run({"--from", write("b.yaml", "ssid: N\npsk: written-here\n")}), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("b.yaml:2:6:"));
    EXPECT_EQ(run({"--from", (folder_ / "missing.yaml").string()}), kFailed);
    environment_.variables["WIFI"] = "referenced key";
    EXPECT_EQ(run({"--from", write("c.yaml", "ssid: N\npsk: \"${WIFI}\"\n"), "--into", into()}),
              kOk)
        << err_.str();
    EXPECT_THAT(read(into() + "/hostapd.conf"), HasSubstr("=referenced key\n"));
}

TEST_F(ArloNetworkCommand, RefusesNonsenseWithASentence) {
    const auto says = [this](Arguments arguments, const char* sentence) {
        EXPECT_EQ(run(std::move(arguments)), kFailed) << sentence;
        EXPECT_THAT(err_.str(), HasSubstr(sentence));
    };
    says({"--set-up", "routr"}, "there is no set-up \"routr\"; did you mean \"router\"?");
    says({"--gateway", "172.14.1/24"}, "\"172.14.1\" is no address of the gateway");
    says({"--gateway", "172.14.1.1/x"}, "no address with a prefix");
    says({"--pool", "172.14.1.100"}, "last address of the pool");
    says({"--rtp-ports", "50000"}, "no range of UDP ports");
    says({"--rtp-ports", "50000-66000"}, "no range of UDP ports");
    says({"--channel", "six"}, "\"six\" is no channel");
    says(access_point({"--channel", "14"}), "channel 14 is not allowed in US");
    says({"--reserve", "4c:77:6d:01:02:03"}, "--reserve needs MAC=ADDRESS");
    says({"--reserve", "4c:77:6d:01:02:03=nowhere"}, "no address for 4c:77:6d:01:02:03");
}

TEST_F(ArloNetworkCommand, AsksTheProgramsThatWillReadThem) {
    EXPECT_EQ(run(access_point({"--check"})), kOk) << out_.str();
    EXPECT_THAT(calls_, ElementsAre("hostapd", "dnsmasq", "nft"));
    EXPECT_THAT(out_.str(), HasSubstr("hostapd.conf                     fine: "));
    // What hostapd is given starts no access point and takes no control socket.
    EXPECT_THAT(hostapd_read_, HasSubstr("interface=casement-none\n"));
    EXPECT_THAT(hostapd_read_, Not(HasSubstr("wlan0")));
    EXPECT_THAT(hostapd_read_, Not(HasSubstr("ctrl_interface")));
    EXPECT_THAT(hostapd_read_, HasSubstr("wpa_passphrase=correct horse\n"));
}

TEST_F(ArloNetworkCommand, SaysWhatAProgramFoundAndWhichAreMissing) {
    answer_ = [](const Arguments& call) -> base::Result<ToolOutput> {
        if (call.front() == "hostapd")
            return ToolOutput{1, false,
                              "Line 6: unknown configuration item 'chanel'\n1 errors "
                              "found in configuration file 'x'\n"};
        if (call.front() == "nft")
            return ToolOutput{1, false,
                              "netlink: Error: cache initialization failed: Operation "
                              "not permitted\n"};
        return base::fail(base::ErrorKind::NotFound, "dnsmasq is not installed");
    };
    EXPECT_EQ(run(access_point({"--check"})), kFailed);
    EXPECT_THAT(out_.str(), HasSubstr("wrong: Line 6: unknown configuration item 'chanel'; "));
    EXPECT_THAT(out_.str(), HasSubstr("not checked: dnsmasq is not installed; install it"));
    EXPECT_THAT(out_.str(), HasSubstr("not checked: nft asks the kernel, which only root may"));

    EXPECT_EQ(run(access_point({"--check"}), true), kFailed);
    const auto json = nlohmann::json::parse(out_.str());
    EXPECT_EQ(json["files"][0]["check"]["verdict"], "wrong");
    EXPECT_EQ(json["files"][0]["mode"], "0600");
    EXPECT_THAT(out_.str(), Not(HasSubstr("correct horse")));
    // A program that is missing or not allowed to look is no failure of the files.
    answer_ = [](const Arguments& call) -> base::Result<ToolOutput> {
        return base::fail(base::ErrorKind::NotFound, "{} is not installed", call.front());
    };
    EXPECT_EQ(run(access_point({"--check"})), kOk);
}

TEST_F(ArloNetworkCommand, ShowsTheStepsWithHands) {
    EXPECT_EQ(run({"--steps", "capture", "--cameras", "wlan3"}), kOk) << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("wpa_cli -i wlan3 wps_pbc"));
    EXPECT_EQ(run({"--steps", "pair"}), kFailed);
    EXPECT_THAT(err_.str(), HasSubstr("give --ssid and --wps"));
    EXPECT_EQ(run({"--steps", "pair", "--ssid", "N", "--wps"}), kOk) << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("hostapd_cli -i wlan0 wps_pbc"));
}

TEST(RunTool, RunsToTheEndWithoutAShell) {
    const auto said = run_tool({"echo", "$HOME", ";", "a  b"}, std::chrono::seconds(10));
    ASSERT_TRUE(said);
    EXPECT_EQ(said->text, "$HOME ; a  b\n");
    EXPECT_EQ(said->status, 0);
    EXPECT_EQ(run_tool({"false"}, std::chrono::seconds(10))->status, 1);
    const auto none = run_tool({"casement-no-such-program"}, std::chrono::seconds(10));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind(), base::ErrorKind::NotFound);
}

TEST(RunTool, EndsWhatDoesNotEnd) {
    // real time: a child process knows no other
    const auto slept = run_tool({"sleep", "60"}, std::chrono::milliseconds(50));
    ASSERT_TRUE(slept);
    EXPECT_TRUE(slept->is_timed_out);
}

TEST(RunTool, KeepsSoMuchOfWhatItSays) {
    const auto said = run_tool({"head", "-c", "1000000", "/dev/zero"}, std::chrono::seconds(20));
    ASSERT_TRUE(said);
    EXPECT_EQ(said->status, 0);  // it could say it all
    EXPECT_LE(said->text.size(), (256u << 10) + 4096u);
}

}  // namespace
}  // namespace casement::app::cli
