#include "app/mqtt.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/temp_directory.hpp"

namespace casement::app {
namespace {

struct MqttOptionsTest : testing::Test {
    fakes::TempDirectory dir;
    std::unique_ptr<store::SealedStore> sealed = store::SealedStore::open(dir.path()).value();
    config::Mqtt config;
    void SetUp() override { config.broker = base::Url::parse("mqtt://bob:pw@broker").value(); }
    auto made(double time_scale = 1) { return mqtt_options(config, *sealed, time_scale); }
};

TEST_F(MqttOptionsTest, AClientIdIsMadeOnceAndOneThatIsNamedIsTaken) {
    const std::string first = made().value().client.client_id;
    EXPECT_TRUE(first.starts_with("casement-"));
    EXPECT_EQ(made().value().client.client_id, first);
    EXPECT_EQ(mqtt_options(config, *store::SealedStore::open(dir.path()).value(), 1)
                  .value()
                  .client.client_id,
              first);
    config.client_id = "nanit";
    EXPECT_EQ(made().value().client.client_id, "nanit");
}

TEST_F(MqttOptionsTest, TheTimeScaleReachesTheWaits) {
    EXPECT_EQ(made(0.01).value().client.reconnect.first, std::chrono::milliseconds(10));
    EXPECT_EQ(made(0.01).value().client.reconnect.cap, std::chrono::milliseconds(600));
}

TEST_F(MqttOptionsTest, TopicsHaveNoWildcards) {
    for (const char* const wrong : {"", "/a", "a/", "a/#", "+", "$SYS", "a\nb"}) {
        config.base = wrong;
        EXPECT_FALSE(made()) << wrong;
    }
    config.base = "house/casement";
    EXPECT_TRUE(made());
    config.nanit_topics = "na+nit";
    EXPECT_FALSE(made());
    config.nanit_topics = "";
    config.broker = base::Url::parse("http://broker").value();
    EXPECT_FALSE(made());
}

}  // namespace
}  // namespace casement::app
