// The files of `casement arlo network` before the programs that will read them. They are small
// packages, and script/setup installs them for the tests; where one is missing its test says so.

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/arlo_network.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/drivers/arlo/network/plans.hpp"

namespace casement::app::cli {
namespace {

using drivers::arlo::network::access_point;
using drivers::arlo::network::address;
using drivers::arlo::network::behind_router;
using drivers::arlo::network::File;
using drivers::arlo::network::Plan;
using drivers::arlo::network::Reader;
using drivers::arlo::network::SetUp;
using testing::HasSubstr;
using Word = FileVerdict::Word;

class ArloFilesAndTheirReaders : public testing::Test {
protected:
    static std::vector<Plan> plans() {
        std::vector<Plan> out{access_point(), behind_router(), access_point(), behind_router()};
        out[0].wps = true;
        out[0].country = "DE";
        out[0].channel = 13;
        out[0].reserved["4c:77:6d:01:02:03"] = address("172.14.1.20");
        out[1].ssid = "a=b #c";
        out[1].key = base::Secret(std::string(64, 'e'));
        out[2].set_up = SetUp::NetworkManager;
        out[2].reserved["4c:77:6d:01:02:03"] = address("172.14.1.20");
        out[3].set_up = SetUp::Unifi;
        for (Plan& plan : out) plan = *drivers::arlo::network::checked(plan);
        return out;
    }
    FileVerdict check(const File& file) const {
        const std::string path = (std::filesystem::path(folder_.path()) / file.name).string();
        std::ofstream(path) << file.text;
        return check_file(file, path, run_tool, environment_);
    }
    /// Every file of that reader is fine, and the same file with `from` made `to` is wrong.
    void expect_readable(Reader reader, const std::string& from, const std::string& to,
                         const std::string& complaint) {
        int files = 0;
        for (const Plan& plan : plans()) {
            for (File file : drivers::arlo::network::files_of(plan)) {
                if (file.reader != reader) continue;
                ++files;
                const FileVerdict verdict = check(file);
                EXPECT_EQ(verdict.word, Word::Fine) << file.name << ": " << verdict.text;
                const std::size_t at = file.text.find(from);
                if (at == std::string::npos) continue;
                file.text.replace(at, from.size(), to);
                const FileVerdict broken = check(file);
                EXPECT_EQ(broken.word, Word::Wrong) << file.name;
                EXPECT_THAT(broken.text, HasSubstr(complaint));
            }
        }
        EXPECT_GE(files, 1);
    }
    static bool is_installed(const char* program) {
        const auto found = run_tool({program, "--version"}, std::chrono::seconds(10));
        return found || found.error().kind() != base::ErrorKind::NotFound;
    }

    const fakes::TempDirectory folder_;
    const config::Environment environment_ = config::process_environment();
};

TEST_F(ArloFilesAndTheirReaders, HostapdTakesItsFile) {
    if (!is_installed("hostapd")) GTEST_SKIP() << "skipped: hostapd is not installed";
    expect_readable(Reader::Hostapd, "channel=", "chanel=", "unknown configuration item 'chanel'");
    expect_readable(Reader::Hostapd, "wpa_passphrase=", "wpa_passphrase=\n#", "passphrase");
}

TEST_F(ArloFilesAndTheirReaders, DnsmasqTakesItsFile) {
    if (!is_installed("dnsmasq")) GTEST_SKIP() << "skipped: dnsmasq is not installed";
    expect_readable(Reader::Dnsmasq, "domain=", "domian=", "bad option");
}

TEST_F(ArloFilesAndTheirReaders, NftTakesItsFile) {
    if (!is_installed("nft")) GTEST_SKIP() << "skipped: nftables is not installed";
    if (geteuid() != 0) GTEST_SKIP() << "skipped: nft asks the kernel, which only root may";
    expect_readable(Reader::Nft, "chain forward", "chian forward", "syntax error");
}

TEST_F(ArloFilesAndTheirReaders, TheHubTakesItsSection) {
    expect_readable(Reader::Casement, "rtp_ports: [50000", "rtp_ports: [50001", "rtp_ports");
}

TEST_F(ArloFilesAndTheirReaders, TheRulesOfUnifiAreJson) {
    expect_readable(Reader::Unifi, "\"nat\":", "nat:", "no JSON");
}

}  // namespace
}  // namespace casement::app::cli
