#include "drivers/arlo/network/files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/arlo/network/steps.hpp"
#include "tests/fakes/test_data.hpp"
#include "tests/unit/drivers/arlo/network/plans.hpp"

namespace casement::drivers::arlo::network {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

std::string expected(const std::string& folder, const std::string& name) {
    std::ifstream in(fs::path(fakes::test_data()) / "arlo" / "network" / folder / name);
    std::ostringstream out;
    out << in.rdbuf();
    return in ? out.str() : "no such file";
}

/// Every file of the plan is as it was looked over, and none that was looked over is missing.
void expect_files(const Plan& plan, const std::string& folder) {
    const auto fine = checked(plan);
    ASSERT_TRUE(fine) << fine.error().message();
    std::vector<std::string> names;
    for (const File& file : files_of(*fine)) {
        names.push_back(file.name);
        EXPECT_EQ(file.text, expected(folder, file.name)) << folder << "/" << file.name;
        EXPECT_FALSE(file.about.empty());
    }
    for (const auto& entry :
         fs::directory_iterator(fs::path(fakes::test_data()) / "arlo" / "network" / folder))
        EXPECT_THAT(names, Contains(entry.path().filename().string())) << folder;
}

Plan with_everything() {
    Plan plan = access_point();
    plan.wps = true;
    plan.country = "DE";
    plan.channel = 11;
    plan.reserved["4c:77:6d:01:02:03"] = address("172.14.1.20");
    return plan;
}

TEST(ArloFiles, AreThoseThatWereLookedOver) {
    expect_files(with_everything(), "gateway");
    expect_files(behind_router(), "router");
    Plan unifi = behind_router();
    unifi.set_up = SetUp::Unifi;
    unifi.router = Address();
    expect_files(unifi, "unifi");
    Plan managed = access_point();
    managed.set_up = SetUp::NetworkManager;
    managed.ssid = "a;b\\c";
    expect_files(managed, "networkmanager");
}

TEST(ArloFiles, KeepTheKeyInOneFile) {
    for (const auto set_up : {SetUp::Gateway, SetUp::NetworkManager}) {
        Plan plan = access_point();
        plan.set_up = set_up;
        plan.key = base::Secret("quite-secret-1");
        int holders = 0;
        for (const File& file : files_of(*checked(plan))) {
            const bool holds = file.text.find("quite-secret-1") != std::string::npos;
            EXPECT_EQ(holds, file.is_secret) << file.name;
            holders += holds ? 1 : 0;
        }
        EXPECT_EQ(holders, 1);
        for (const std::string& step : next_steps(*checked(plan)))
            EXPECT_THAT(step, Not(HasSubstr("quite-secret-1")));
    }
}

TEST(ArloFiles, WriteAKeyOfHexDigitsAsOne) {
    Plan plan = access_point();
    plan.key = base::Secret(std::string(64, 'a'));
    EXPECT_THAT(hostapd_conf(plan), HasSubstr("\nwpa_psk=" + std::string(64, 'a') + "\n"));
    EXPECT_THAT(hostapd_conf(plan), Not(HasSubstr("wpa_passphrase")));
}

TEST(ArloFiles, WpsIsOffUnlessAskedFor) {
    EXPECT_THAT(hostapd_conf(access_point()), Not(HasSubstr("wps_state")));
    EXPECT_THAT(hostapd_conf(with_everything()), HasSubstr("\nwps_state=2\n"));
    // The PIN of WPS can be guessed in hours.
    EXPECT_THAT(hostapd_conf(with_everything()), HasSubstr("\nap_setup_locked=1\n"));
}

TEST(ArloFiles, SayWhereTheyAreCopiedToWithTheirMode) {
    const auto steps = next_steps(*checked(with_everything()));
    EXPECT_THAT(steps, Contains("install -D -m 600 hostapd.conf /etc/hostapd/hostapd.conf"));
    EXPECT_THAT(steps, Contains("install -D -m 644 arlo.nft /etc/casement/arlo.nft"));
    // This one is a section of a file that the owner has.
    EXPECT_THAT(steps, Not(Contains(HasSubstr("install -D -m 644 casement-arlo.yaml"))));
}

TEST(ArloSteps, NameTheInterfaceAndQuoteTheNetwork) {
    const std::string capture = to_text(capture_steps("wlan7", "it's mine"));
    EXPECT_THAT(capture, HasSubstr("\n       wpa_cli -i wlan7 wps_pbc\n"));
    EXPECT_THAT(capture, HasSubstr("--ssid 'it'\\''s mine' "));
    EXPECT_THAT(capture, HasSubstr("device_name=NTGRDEV"));
    EXPECT_THAT(capture, HasSubstr("1. "));
    EXPECT_THAT(capture, HasSubstr("WPS-CRED-RECEIVED"));
    Plan plan = with_everything();
    plan.camera_interface = "wlan7";
    EXPECT_THAT(to_text(pairing_steps(plan)), HasSubstr("hostapd_cli -i wlan7 wps_pbc"));
}

TEST(ArloSteps, QuoteWordsForAShell) {
    EXPECT_EQ(shell_word("NETGEAR42"), "NETGEAR42");
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("$(reboot)"), "'$(reboot)'");
    EXPECT_EQ(shell_word("a'b"), "'a'\\''b'");
}

}  // namespace
}  // namespace casement::drivers::arlo::network
