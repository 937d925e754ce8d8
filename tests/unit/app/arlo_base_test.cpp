#include "app/arlo_base.hpp"

#include <gtest/gtest.h>

namespace casement::app {
namespace {

TEST(ArloBase, IsAsTheFileSays) {
    config::Config config;
    config.arlo.enabled = true;
    config.arlo.listen = "127.0.0.1";
    config.arlo.ports = {14000, 14100};
    config.arlo.rtp_ports = {50000, 50199};
    config.arlo.wifi_country = "SE";
    config.arlo.anti_flicker_hz = 50;
    config.arlo.event_pictures = false;
    config::Camera door;
    door.id = "door";
    door.arlo = config::ArloCamera{.serial = "A0B1C2D3"};
    door.power = config::Power::Battery;
    door.audio = false;
    config::Camera other;
    other.id = "porch";
    config.cameras = {door, other};

    const auto options = arlo_options(config);
    EXPECT_EQ(options.door.address, "127.0.0.1");
    EXPECT_EQ(options.door.ports, (std::vector<std::uint16_t>{14000, 14100}));
    EXPECT_EQ(options.link.bind_address, "127.0.0.1");
    EXPECT_EQ(options.rtp_ports, (std::pair<std::uint16_t, std::uint16_t>{50000, 50199}));
    EXPECT_EQ(options.house.wifi_country, "SE");
    EXPECT_EQ(options.house.anti_flicker_hz, 50);
    ASSERT_EQ(options.cameras.size(), 1u);
    EXPECT_EQ(options.cameras[0].serial, "A0B1C2D3");
    EXPECT_EQ(options.cameras[0].id, "door");
    EXPECT_EQ(options.cameras[0].name, "") << "a client may name what the file does not";
    EXPECT_FALSE(options.event_pictures);
    EXPECT_EQ(options.cameras[0].battery, true);
    EXPECT_FALSE(options.cameras[0].audio);
    EXPECT_FALSE(options.cameras[0].always) << "the default asks for nothing";
    config.cameras[0].power = config::Power::Wired;
    config.cameras[0].has_record_mode = true;
    EXPECT_EQ(arlo_options(config).cameras[0].battery, false);
    EXPECT_TRUE(arlo_options(config).cameras[0].always);
}

TEST(ArloBase, AnyAddressIsNoAddressToLeaveFrom) {
    config::Config config;
    config.arlo.listen = "0.0.0.0";
    config.cameras.emplace_back().arlo = config::ArloCamera{.serial = "A"};
    const auto options = arlo_options(config);
    EXPECT_EQ(options.link.bind_address, "");
    EXPECT_EQ(options.rtp_ports, (std::pair<std::uint16_t, std::uint16_t>{0, 0}));
    EXPECT_EQ(options.cameras[0].battery, std::nullopt);
}

TEST(ArloBase, TheTimeScaleReachesEveryWaitAndNoAnswer) {
    config::Config config;
    config.time_scale = 0.01;
    const auto timing = arlo_options(config).timing;
    const drivers::arlo::Timing real;
    EXPECT_EQ(timing.keep_alive, real.keep_alive / 100);
    EXPECT_EQ(timing.retry_first, real.retry_first / 100);
    EXPECT_EQ(timing.set_up_again, real.set_up_again / 100);
    EXPECT_EQ(timing.set_up_message, real.set_up_message);
    EXPECT_EQ(timing.scale, 0.01);
}

}  // namespace
}  // namespace casement::app
