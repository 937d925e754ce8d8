#include "app/cli/doctor.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/clock.hpp"
#include "tests/unit/app/cli/fake_hub.hpp"

namespace casement::app::cli {
namespace {

using base::ErrorKind;
using testing::HasSubstr;
using testing::Not;

/// A hub as its own gateway, with everything as it should be; each test breaks one thing.
class Doctor : public testing::Test {
protected:
    Doctor() {
        config_.arlo.enabled = true;
        machine_.port_owner = [this](std::uint16_t port) { return owners_[port]; };
        machine_.listen = [this](const config::ListenAddress& address) -> base::Result<> {
            if (const auto found = refusals_.find(address.port); found != refusals_.end())
                return std::unexpected(found->second);
            if (owners_[address.port].empty()) return {};
            return base::fail_because("port-taken", ErrorKind::FailedPrecondition, "taken");
        };
        machine_.connect = [this](const config::ListenAddress&) { return connects_; };
        machine_.clock_is_kept = [this] { return clock_is_kept_; };
        machine_.space = [this](const std::filesystem::path&) { return space_; };
        machine_.interfaces = [this] { return interfaces_; };
        machine_.way_to = [this](const std::string&) { return way_; };
        machine_.read_file =
            [this](const std::filesystem::path& path) -> base::Result<std::string> {
            const auto found = files_.find(path.string());
            if (found == files_.end())
                return base::fail(ErrorKind::NotFound, "{}: no such file", path.string());
            return found->second;
        };
        machine_.run = [this](const std::vector<std::string>& call,
                              std::chrono::milliseconds) -> base::Result<ToolOutput> {
            std::string line;
            for (const std::string& word : call) line += (line.empty() ? "" : " ") + word;
            const auto found = std::ranges::find_if(
                tools_, [&](const auto& tool) { return line.starts_with(tool.first); });
            if (found == tools_.end())
                return base::fail(ErrorKind::NotFound, "{} is not installed", call.front());
            return found->second;
        };
        machine_.arlo_devices = [this](const std::filesystem::path&) { return devices_; };
        hub_.answer("GET /api/v1/cameras", nlohmann::json::array());
        for (const int port : {8790, 8554, 4000, 4100, 5000})
            owners_[static_cast<std::uint16_t>(port)] = "casement (pid 7)";
    }

    /// The finding about `topic`; one line about each is there at most.
    Finding find(const std::string& topic) {
        const Findings all =
            examine({config_, "/data", hub_runs_ ? &hub_ : nullptr, clock_, machine_});
        const auto of_topic = [&](const Finding& f) { return f.topic == topic; };
        EXPECT_EQ(std::ranges::count_if(all, of_topic), 1) << topic;
        const auto found = std::ranges::find_if(all, of_topic);
        return found == all.end() ? Finding{} : *found;
    }
    bool has(const std::string& topic) {
        const Findings all =
            examine({config_, "/data", hub_runs_ ? &hub_ : nullptr, clock_, machine_});
        return std::ranges::find(all, topic, &Finding::topic) != all.end();
    }
    void expect(const std::string& topic, Verdict verdict, const std::string& says,
                const std::string& remedy = "") {
        const Finding finding = find(topic);
        EXPECT_EQ(finding.verdict, verdict) << topic << ": " << finding.says;
        EXPECT_THAT(finding.says, HasSubstr(says));
        EXPECT_THAT(finding.remedy, HasSubstr(remedy));
        EXPECT_FALSE(finding.looked_at.empty()) << topic;
        if (finding.verdict != Verdict::Ok) {
            EXPECT_FALSE(finding.remedy.empty()) << topic;
        }
    }
    void behind_router() {
        config_.arlo.listen = "192.168.1.10";
        interfaces_ = {{"eth0", "192.168.1.10", 24}};
    }

    config::Config config_;
    fakes::Clock clock_;
    FakeHub hub_;
    bool hub_runs_ = true;
    Machine machine_;
    std::map<std::uint16_t, std::string> owners_;
    std::map<std::uint16_t, base::Error> refusals_;
    base::Result<> connects_;
    std::optional<bool> clock_is_kept_ = true;
    std::optional<Machine::Space> space_ = Machine::Space{100ull << 30, 50ull << 30};
    std::vector<Machine::Interface> interfaces_{
        {"lo", "127.0.0.1", 8}, {"eth0", "192.168.1.10", 24}, {"wlan0", "172.14.1.1", 24}};
    base::Result<std::string> way_ = std::string("192.168.1.10");
    std::map<std::string, std::string> files_{
        {"/proc/sys/net/ipv4/ip_forward", "0\n"},
        {"/var/lib/misc/dnsmasq.leases",
         "0 4c:77:6d:01:02:03 172.14.1.103 VMC4030P-A1B2C *\n"
         "1764000000 aa:bb:cc:dd:ee:ff 192.168.1.77 laptop 01:aa\n"
         "duid 00:01:00:01\n"}};
    std::map<std::string, base::Result<ToolOutput>> tools_{
        {"nft list table ip casement_arlo",
         ToolOutput{0, false,
                    "table ip casement_arlo {\n chain forward { iifname \"wlan0\" drop }\n}\n"}},
        {"nft list ruleset", ToolOutput{0, false, ""}},
        {"arping -D", ToolOutput{0, false, ""}},
        {"iw dev wlan0 scan dump", ToolOutput{0, false, "\tSSID: Neighbour\n"}}};
    base::Result<std::vector<drivers::arlo::KnownDevice>> devices_ =
        std::vector<drivers::arlo::KnownDevice>{{"CSM1", "172.14.1.103", "VMC4030P"}};
};

TEST_F(Doctor, FindsNothingWhereAllIsWell) {
    const Findings all = examine({config_, "/data", &hub_, clock_, machine_});
    for (const Finding& finding : all)
        EXPECT_EQ(finding.verdict, Verdict::Ok) << finding.topic << ": " << finding.says;
    EXPECT_GE(all.size(), 14u);
}

TEST_F(Doctor, NamesWhoHasAPort) {
    owners_[8554] = "mediamtx (pid 812)";
    expect("port 8554 (RTSP)", Verdict::Bad, "mediamtx (pid 812) has it",
           "give rtsp.listen another port");
    owners_[4100] = "python3 (pid 9)";
    expect("port 4100 (Arlo devices)", Verdict::Bad, "python3 (pid 9)", "arlo.ports");
    owners_[5000] = "docker-proxy (pid 10)";
    expect("port 5000 (Arlo's older clients)", Verdict::Bad, "docker-proxy", "arlo.rest");
    expect("port 5000 (pictures of Arlo devices)", Verdict::Bad, "docker-proxy",
           "arlo.upload_port");
}

TEST_F(Doctor, TellsTheHubFromAnotherHub) {
    expect("port 8790 (page and API)", Verdict::Ok, "casement (pid 7) is the hub");
    hub_runs_ = false;
    expect("port 8790 (page and API)", Verdict::Bad, "another data directory", "--data");
    owners_.clear();
    expect("port 8790 (page and API)", Verdict::Ok, "free");
    hub_runs_ = true;
    expect("port 8790 (page and API)", Verdict::Bad, "does not listen there", "casement health");
    // What the hub may leave closed.
    expect("port 5000 (Arlo's older clients)", Verdict::Ok, "free");
}

TEST_F(Doctor, SaysWhyAPortCannotBeTried) {
    refusals_.insert({8554, {ErrorKind::PermissionDenied, "port 554 needs root"}});
    expect("port 8554 (RTSP)", Verdict::Bad, "needs root", "1024 or more");
    refusals_.insert_or_assign(8554, base::Error{ErrorKind::InvalidArgument, "not ours"});
    expect("port 8554 (RTSP)", Verdict::Unknown, "not ours", "address");
    refusals_.insert_or_assign(8554,
                               base::Error{ErrorKind::FailedPrecondition, "port-taken", "taken"});
    owners_[8554] = "";
    hub_runs_ = false;
    expect("port 8554 (RTSP)", Verdict::Bad, "this user may not see", "sudo");
}

TEST_F(Doctor, APortThatTheSystemChoosesIsNoTrouble) {
    config_.http.listen.port = 0;
    expect("port 0 (page and API)", Verdict::Ok, "any free one");
}

TEST_F(Doctor, LooksAtTheClock) {
    clock_is_kept_ = false;
    expect("clock", Verdict::Warn, "nothing keeps it right", "set-ntp");
    clock_is_kept_ = std::nullopt;
    expect("clock", Verdict::Unknown, "not told here", "another clock");
    clock_.jump_wall(*base::parse_rfc3339("1970-01-01T00:03:00Z") - fakes::Clock::kBegin);
    expect("clock", Verdict::Bad, "1970", "timedatectl");
}

TEST_F(Doctor, LooksAtTheDisk) {
    expect("disk", Verdict::Ok, "free");
    space_ = Machine::Space{100ull << 30, (5ull << 30) - 1};
    expect("disk", Verdict::Warn, "are free", "defaults.record.keep");
    space_ = Machine::Space{100ull << 30, (1ull << 30) - 1};
    expect("disk", Verdict::Bad, "are free", "defaults.record.keep");
    space_ = std::nullopt;
    expect("disk", Verdict::Unknown, "cannot be seen", "sudo");
}

TEST_F(Doctor, PassesOnWhatCamerasComplainOf) {
    hub_.answer("GET /api/v1/cameras",
                nlohmann::json::parse(R"([{"id": "porch", "state": {"word": "live"}},
                    {"id": "hall", "state": {"word": "trouble", "reason": {"code": "no-route",
                     "text": "No way leads to it."}}}])"));
    expect("camera hall", Verdict::Warn, "No way leads to it.", "casement camera hall");
    expect("cameras", Verdict::Ok, "1 of 2");
    hub_runs_ = false;
    EXPECT_FALSE(has("camera hall"));
    expect("cameras", Verdict::Unknown, "does not run", "casement serve");
}

TEST_F(Doctor, SaysNothingOfArloWhereItIsOff) {
    config_.arlo.enabled = false;
    for (const char* const topic :
         {"arlo.listen", "gateway", "source address", "port 4000 (Arlo devices)"})
        EXPECT_FALSE(has(topic)) << topic;
}

TEST_F(Doctor, FindsTheAddressOfTheBaseStation) {
    expect("arlo.listen", Verdict::Ok, "172.14.1.1 is on wlan0");
    interfaces_.pop_back();
    expect("arlo.listen", Verdict::Bad, "on no interface", "bring up");
    EXPECT_THAT(find("arlo.listen").looked_at, HasSubstr("192.168.1.10 on eth0"));
    expect("gateway", Verdict::Bad, "none of its interfaces", "casement arlo network");
    config_.arlo.listen = "0.0.0.0";
    expect("arlo.listen", Verdict::Warn, "everybody", "name the address");
    config_.arlo.listen = "127.0.0.2";
    expect("arlo.listen", Verdict::Warn, "emulated", "name the address");
}

TEST_F(Doctor, KnowsAGatewayElsewhere) {
    behind_router();
    expect("gateway", Verdict::Ok, "another machine; packets to it leave from 192.168.1.10");
    way_ = base::fail(ErrorKind::Unavailable, "Network is unreachable");
    expect("gateway", Verdict::Bad, "Network is unreachable", "ip route add 172.14.1.0/24");
    expect("forwarding", Verdict::Ok, "router's business");
    expect("firewall and NAT", Verdict::Unknown, "on the router", "--set-up router");
    expect("source address", Verdict::Unknown, "rule R3", "--set-up router");
    expect("second base station", Verdict::Unknown, "cannot be seen", "unplug");
}

TEST_F(Doctor, LooksAtForwardingAndRulesOfAGateway) {
    expect("forwarding", Verdict::Ok, "need none");
    files_["/proc/sys/net/ipv4/ip_forward"] = "1\n";
    expect("forwarding", Verdict::Ok, "our rules keep");
    tools_.erase("nft list table ip casement_arlo");
    tools_.insert({"nft list table ip casement_arlo", ToolOutput{1, false, "No such file"}});
    expect("forwarding", Verdict::Warn, "no rules of ours", "casement arlo network");
    expect("firewall and NAT", Verdict::Warn, "not loaded", "casement arlo network");
    tools_.insert_or_assign("nft list ruleset", ToolOutput{1, false, "Operation not permitted"});
    expect("forwarding", Verdict::Unknown, "root only", "sudo");
    expect("firewall and NAT", Verdict::Unknown, "root only", "sudo");
    tools_.clear();
    expect("firewall and NAT", Verdict::Unknown, "nft is not installed", "install nftables");
}

/// The hub in a container or virtual machine of the router itself.
TEST_F(Doctor, LooksForTheRulesWhereThisMachineIsTheRouter) {
    config_.arlo.listen = "192.168.1.10";
    files_["/proc/sys/net/ipv4/ip_forward"] = "0\n";
    expect("forwarding", Verdict::Bad, "nothing passes", "sysctl -w");
    expect("firewall and NAT", Verdict::Bad, "nothing leads from 172.14.1.1 to 192.168.1.10",
           "--set-up router");
    expect("source address", Verdict::Warn, "a video doorbell", "--set-up router");
    devices_->push_back({"BELL1", "172.14.1.104", "AVD1001"});
    expect("source address", Verdict::Bad, "the doorbell BELL1", "--set-up router");
    tools_.insert_or_assign("nft list table ip casement_arlo",
                            ToolOutput{0, false, "dnat to 192.168.1.10\n snat to 172.14.1.1\n"});
    files_["/proc/sys/net/ipv4/ip_forward"] = "1\n";
    expect("forwarding", Verdict::Ok, "is on");
    expect("firewall and NAT", Verdict::Ok, "goes to 192.168.1.10");
    expect("source address", Verdict::Ok, "becomes 172.14.1.1");
}

TEST_F(Doctor, TriesTheBaseStation) {
    connects_ = base::fail(ErrorKind::Unavailable, "172.14.1.1:4000 refused");
    expect("base station", Verdict::Bad, "refused", "firewall");
    hub_runs_ = false;
    expect("base station", Verdict::Unknown, "does not run", "casement serve");
}

TEST_F(Doctor, FindsDevicesThatHaveAnAddressAndDidNotRegister) {
    expect("addresses of devices", Verdict::Ok, "1 given out, 1 of them to registered devices");
    EXPECT_FALSE(has("device 192.168.1.77"));  // another network
    devices_->clear();
    expect("device 172.14.1.103", Verdict::Warn, "VMC4030P-A1B2C (4c:77:6d:01:02:03)",
           "battery out and in");
    // A device that spoke, but has never introduced itself, is none that registered.
    devices_->push_back({"CSM1", "172.14.1.103", ""});
    EXPECT_TRUE(has("device 172.14.1.103"));
    files_.erase("/var/lib/misc/dnsmasq.leases");
    expect("addresses of devices", Verdict::Unknown, "no leases", "sudo");
    files_["/var/lib/NetworkManager/dnsmasq-wlan0.leases"] = "0 4c:77:6d:01:02:04 172.14.1.9 x *\n";
    EXPECT_TRUE(has("device 172.14.1.9"));
}

TEST_F(Doctor, TakesNoHarmFromStrangeLeases) {
    files_["/var/lib/misc/dnsmasq.leases"] =
        "0 4c:77:6d:01:02:03 172.14.1.9 \x1b[31mred *\n\n   \n0 x\n0 y 999.1.1.1 z *\n";
    const Finding finding = find("device 172.14.1.9");
    EXPECT_THAT(finding.says, Not(HasSubstr("\x1b")));
}

TEST_F(Doctor, LooksForASecondBase) {
    tools_.insert_or_assign("arping -D", ToolOutput{1, false, ""});
    expect("second base station", Verdict::Bad, "has the address 172.14.1.1", "unplug");
    tools_.insert_or_assign("arping -D", ToolOutput{0, false, ""});
    tools_.insert_or_assign("iw dev wlan0 scan dump",
                            ToolOutput{0, false, "BSS 1\n\tSSID: ARLO_VMB_0123456789\n"});
    expect("second base station", Verdict::Warn, "ARLO_VMB_0123456789", "unplug");
    tools_.insert_or_assign("iw dev wlan0 scan dump", ToolOutput{0, false, "\tSSID: NETGEAR42\n"});
    expect("second base station", Verdict::Warn, "NETGEAR42", "unplug");
    tools_.insert_or_assign("iw dev wlan0 scan dump", ToolOutput{0, false, "\tSSID: NETGEAR-5G\n"});
    expect("second base station", Verdict::Ok, "nobody else");
    tools_.erase("arping -D");
    tools_.erase("iw dev wlan0 scan dump");
    expect("second base station", Verdict::Unknown, "nothing here can look", "arping");
    // An arping that may not open its socket has seen nothing.
    tools_.insert({"arping -D", ToolOutput{1, false, "arping: socket: Operation not permitted"}});
    expect("second base station", Verdict::Unknown, "nothing here can look", "sudo");
}

TEST_F(Doctor, TellsInWordsAndInJson) {
    const Findings findings{{Verdict::Ok, "clock", "12:00", "the clock", ""},
                            {Verdict::Warn, "disk", "little", "/data", "free some"}};
    std::ostringstream out, err;
    EXPECT_EQ(tell_findings({out, err, false}, findings), kOk);
    EXPECT_EQ(out.str(),
              "ok       clock: 12:00\n"
              "warn     disk: little\n"
              "         looked at: /data\n"
              "         remedy: free some\n");
    out.str("");
    const Findings bad{{Verdict::Bad, "port 1", "taken", "x", "y"}};
    EXPECT_EQ(tell_findings({out, err, true}, bad), kFailed);
    const auto json = nlohmann::json::parse(out.str());
    EXPECT_EQ(json["fine"], false);
    EXPECT_EQ(json["findings"][0], (nlohmann::json{{"verdict", "bad"},
                                                   {"topic", "port 1"},
                                                   {"says", "taken"},
                                                   {"looked_at", "x"},
                                                   {"remedy", "y"}}));
}

TEST_F(Doctor, WhatOthersAreCalledDoesNotSteerTheTerminal) {
    const Findings findings{{Verdict::Warn, "port 1", "\x1b[2Jevil \xff has it", "x", "y"}};
    std::ostringstream out, err;
    tell_findings({out, err, false}, findings);
    EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
    out.str("");
    tell_findings({out, err, true}, findings);
    EXPECT_TRUE(nlohmann::json::accept(out.str()));
}

TEST(ThisMachine, AnswersEveryQuestion) {
    const Machine machine = this_machine();
    EXPECT_TRUE(machine.listen({"127.0.0.1", 0}));
    const auto foreign = machine.listen({"192.0.2.1", 0});
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().kind(), ErrorKind::InvalidArgument);
    EXPECT_TRUE(machine.space("/"));
    EXPECT_FALSE(machine.space("/no/such/place"));
    const auto interfaces = machine.interfaces();
    const auto loopback = std::ranges::find(interfaces, "127.0.0.1", &Machine::Interface::address);
    ASSERT_NE(loopback, interfaces.end());
    EXPECT_EQ(loopback->prefix, 8u);
    EXPECT_EQ(*machine.way_to("127.0.0.9"), "127.0.0.1");
    EXPECT_FALSE(machine.way_to("nowhere"));
    EXPECT_TRUE(machine.read_file("/proc/sys/net/ipv4/ip_forward"));
    EXPECT_TRUE(machine.arlo_devices("/no/such/place"));
    // real time: a port of this machine that nobody has refuses at once
    EXPECT_FALSE(machine.connect({"127.0.0.1", 1}));
}

}  // namespace
}  // namespace casement::app::cli
