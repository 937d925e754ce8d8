// The emulated Nest by words.

#include <gtest/gtest.h>

#include <memory>

#include <nlohmann/json.hpp>

#include "emulators/nest/script.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::tests {
namespace {

using namespace emulators::nest;

class NestScript : public testing::Test {
protected:
    NestScript() {
        cloud_ = Cloud::start(io_.get_executor(), pool_, clock_, {}, {}).value();
        cloud_->accounts().add({.email = "owner@example.test"});
        EXPECT_TRUE(cloud_->add({.uuid = "0123456789abcdef0123456789abcdef"}));
        EXPECT_TRUE(cloud_->add({.uuid = "1123456789abcdef0123456789abcdef"}));
    }
    ~NestScript() override { fakes::run(io_, cloud_->stop()); }
    const Camera& camera(std::size_t index) { return cloud_->home().cameras().at(index); }

    asio::io_context io_{1};
    async::BlockingPool pool_{"emulator", 1};
    fakes::Clock clock_;
    std::unique_ptr<Cloud> cloud_;
};

TEST_F(NestScript, MakesThingsHappen) {
    for (const auto* line : {"",
                             "2 online off",
                             "2 owner 1000002",
                             "set streaming.enabled false",
                             "event motion,person 8",
                             "fail get_image 429 3 7",
                             "fail nothing",
                             "outage nexus-us1 unavailable",
                             "revoke jwt",
                             "log-out-google",
                             "token-ttl jwt 5s",
                             "token-ttl lease 20",
                             "device-access minute 600ms",
                             "device-access extensions 3",
                             "pictures take 100ms",
                             "live redirects 3",
                             "live swapped",
                             "live messages bytes",
                             "live end 4",
                             "live reset",
                             "live error 3",
                             "live skew -2s",
                             "live blocked",
                             "skew -10m",
                             "live down",
                             "1 move us1"})
        EXPECT_TRUE(obey(*cloud_, line)) << line;
    EXPECT_FALSE(camera(1).online);
    EXPECT_FALSE(camera(1).is_of("1000001"));
    EXPECT_FALSE(camera(0).is_on());
    const LiveFaults& faults = cloud_->live("us1").faults;
    EXPECT_EQ(faults.redirects, 3);
    EXPECT_TRUE(faults.swaps_channels);
    EXPECT_EQ(faults.messages, Messages::EveryByte);
    EXPECT_TRUE(faults.is_blocked);
    EXPECT_EQ(faults.clock_skew, std::chrono::seconds(-2));
    EXPECT_EQ(cloud_->accounts().clock_skew, std::chrono::minutes(-10));
    EXPECT_EQ(cloud_->accounts().lives.jwt, std::chrono::seconds(5));
    EXPECT_EQ(cloud_->devices().options().lease, std::chrono::seconds(20));
    EXPECT_EQ(cloud_->devices().options().minute, std::chrono::milliseconds(600));
    EXPECT_EQ(cloud_->devices().options().extensions, 3);
    EXPECT_TRUE(obey(*cloud_, "device-access extensions any"));
    EXPECT_EQ(cloud_->devices().options().extensions, std::nullopt);
    EXPECT_TRUE(obey(*cloud_, "2 remove"));
    EXPECT_EQ(cloud_->home().cameras().size(), 1u);
}

TEST_F(NestScript, SaysWhatItKnowsWhenALineIsWrong) {
    for (const auto* line : {"dance",
                             "3 online",
                             "fail get_image 418",
                             "fail get_image 429 0",
                             "outage home perhaps",
                             "outage nowhere none",
                             "revoke all",
                             "set a b",
                             "token-ttl jwt soon",
                             "live",
                             "live messages upside",
                             "live skew --2s",
                             "skew soon",
                             "live dim 4",
                             "size 3",
                             "size 640x360",
                             "event",
                             "device-event none X",
                             "device-access extensions few",
                             "device-access",
                             "pictures show 1s",
                             "move ap1",
                             "online maybe"})
        EXPECT_FALSE(obey(*cloud_, line)) << line;
    EXPECT_NE(obey(*cloud_, "dance").error().message().find("event TYPE"), std::string::npos);
}

TEST_F(NestScript, TellsHowItIsWithoutAnyToken) {
    const std::string token = cloud_->accounts().issue(Kind::Jwt, "1000001").reveal();
    const std::string text = status(*cloud_).dump();
    EXPECT_EQ(text.find(token), std::string::npos);
    EXPECT_EQ(nlohmann::json::parse(text).at("accounts").at("jwts"), 1);
}

}  // namespace
}  // namespace casement::tests
