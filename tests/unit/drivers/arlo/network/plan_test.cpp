#include "drivers/arlo/network/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/drivers/arlo/network/plans.hpp"

namespace casement::drivers::arlo::network {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The sentence with which a plan is refused.
std::string refusal(Plan plan) {
    const auto result = checked(std::move(plan));
    return result ? "it was accepted" : result.error().message();
}
std::string refusal(const std::function<void(Plan&)>& change, Plan plan = access_point()) {
    change(plan);
    return refusal(std::move(plan));
}

TEST(ArloPlan, FillsThePool) {
    const auto house = checked(access_point());
    ASSERT_TRUE(house);
    EXPECT_EQ(house->pool_first.to_string(), "172.14.1.100");
    EXPECT_EQ(house->pool_last.to_string(), "172.14.1.199");
    EXPECT_EQ(subnet_of(*house), "172.14.1.0/24");
    EXPECT_EQ(netmask_of(*house), "255.255.255.0");

    Plan small = access_point();
    small.gateway = address("10.9.8.1");
    small.prefix = 29;
    const auto filled = checked(small);
    ASSERT_TRUE(filled) << filled.error().message();
    EXPECT_EQ(filled->pool_first.to_string(), "10.9.8.4");
    EXPECT_EQ(filled->pool_last.to_string(), "10.9.8.6");
    EXPECT_EQ(subnet_of(*filled), "10.9.8.0/29");
    // The last address of the network is as good a gateway as the first.
    small.gateway = address("10.9.8.6");
    ASSERT_TRUE(checked(small));
    EXPECT_EQ(checked(small)->pool_last.to_string(), "10.9.8.5");
}

TEST(ArloPlan, RefusesInterfacesThatCannotBe) {
    EXPECT_THAT(refusal([](Plan& p) { p.camera_interface = "wlan0; reboot"; }),
                HasSubstr("is no camera interface"));
    EXPECT_THAT(refusal([](Plan& p) { p.camera_interface = ""; }), HasSubstr("camera interface"));
    EXPECT_THAT(refusal([](Plan& p) { p.uplink_interface = "-eth0"; }),
                HasSubstr("uplink interface"));
    EXPECT_THAT(refusal([](Plan& p) { p.camera_interface = "abcdefghijklmnop"; }),  // 16
                HasSubstr("1 to 15"));
    EXPECT_TRUE(checked([] {
        Plan p = access_point();
        p.camera_interface = "abcdefghijklmno";  // 15
        return p;
    }()));
    EXPECT_THAT(refusal([](Plan& p) { p.camera_interface = p.uplink_interface; }),
                HasSubstr("second interface or a VLAN"));
}

TEST(ArloPlan, RefusesAGatewayThatIsNone) {
    EXPECT_THAT(refusal([](Plan& p) { p.gateway = address("172.14.1.0"); }),
                HasSubstr("not a gateway in 172.14.1.0/24; 172.14.1.1 would be"));
    EXPECT_THAT(refusal([](Plan& p) { p.gateway = address("172.14.1.255"); }),
                HasSubstr("broadcast"));
    for (const char* const nonsense :
         {"127.0.0.1", "0.0.0.1", "224.0.0.1", "169.254.3.1", "255.1.1.1"}) {
        EXPECT_THAT(refusal([&](Plan& p) { p.gateway = address(nonsense); }),
                    HasSubstr("cannot be a gateway's address"))
            << nonsense;
    }
    EXPECT_THAT(refusal([](Plan& p) { p.prefix = 30; }), HasSubstr("8 to 29"));
    EXPECT_THAT(refusal([](Plan& p) { p.prefix = 7; }), HasSubstr("8 to 29"));
    EXPECT_TRUE(checked([] {
        Plan p = access_point();
        p.prefix = 8;
        return p;
    }()));
}

TEST(ArloPlan, RefusesAPoolOutsideBackwardsOrAroundTheGateway) {
    const auto pool = [](const char* first, const char* last) {
        return [=](Plan& p) {
            p.pool_first = address(first);
            p.pool_last = address(last);
        };
    };
    EXPECT_THAT(refusal(pool("172.14.2.100", "172.14.2.199")),
                HasSubstr("not inside the cameras' network 172.14.1.0/24"));
    EXPECT_THAT(refusal(pool("172.14.1.100", "172.14.1.255")), HasSubstr("not inside"));
    EXPECT_THAT(refusal(pool("172.14.1.199", "172.14.1.100")), HasSubstr("before it begins"));
    EXPECT_THAT(refusal(pool("172.14.1.1", "172.14.1.100")),
                HasSubstr("the gateway 172.14.1.1 is inside the pool"));
}

TEST(ArloPlan, RefusesReservationsThatCannotBe) {
    EXPECT_THAT(refusal([](Plan& p) { p.reserved["4c:77:6d:01:02"] = address("172.14.1.20"); }),
                HasSubstr("is no MAC address"));
    EXPECT_THAT(refusal([](Plan& p) { p.reserved["4c:77:6d:01:02:03"] = address("172.14.1.1"); }),
                HasSubstr("cannot be reserved"));
    EXPECT_THAT(refusal([](Plan& p) { p.reserved["4c:77:6d:01:02:03"] = address("172.15.1.9"); }),
                HasSubstr("cannot be reserved"));
    EXPECT_THAT(refusal([](Plan& p) {
                    p.reserved["4c:77:6d:01:02:03"] = address("172.14.1.20");
                    p.reserved["4c:77:6d:01:02:04"] = address("172.14.1.20");
                }),
                HasSubstr("reserved twice"));
}

TEST(ArloPlan, KnowsWhereTheHubCanStand) {
    EXPECT_THAT(refusal([](Plan& p) { p.hub = address("192.168.1.10"); }),
                HasSubstr("in this set-up the hub is the gateway"));
    EXPECT_THAT(refusal([](Plan& p) { p.hub = Address(); }, behind_router()),
                HasSubstr("the hub's address on the home network is needed"));
    EXPECT_THAT(refusal([](Plan& p) { p.hub = address("172.14.1.9"); }, behind_router()),
                HasSubstr("inside the cameras' network"));
    EXPECT_THAT(refusal([](Plan& p) { p.hub = address("127.0.0.1"); }, behind_router()),
                HasSubstr("no address under which a router reaches the hub"));
    EXPECT_THAT(refusal([](Plan& p) { p.router = p.hub; }, behind_router()),
                HasSubstr("as the hub and as its router"));
}

TEST(ArloPlan, RefusesChannelsAndCountriesThatAreNone) {
    const auto on = [](const char* country, int channel) {
        return [=](Plan& p) {
            p.country = country;
            p.channel = channel;
        };
    };
    EXPECT_EQ(refusal(on("US", 14)), "channel 14 is not allowed in US; take 1, 6 or 11");
    EXPECT_THAT(refusal(on("JP", 14)), HasSubstr("802.11b only"));
    EXPECT_THAT(refusal(on("US", 12)), HasSubstr("2.4 GHz ends at 11"));
    EXPECT_THAT(refusal(on("DE", 14)), HasSubstr("not allowed in DE"));
    EXPECT_THAT(refusal(on("DE", 0)), HasSubstr("no channel 0"));
    EXPECT_THAT(refusal(on("DE", 36)), HasSubstr("5 GHz"));
    EXPECT_THAT(refusal(on("EU", 6)), HasSubstr("the EU has none of its own"));
    EXPECT_THAT(refusal(on("UK", 6)), HasSubstr("GB"));
    EXPECT_THAT(refusal(on("de", 6)), HasSubstr("is no country"));
    for (const auto& [country, channel] : {std::pair{"US", 11}, {"DE", 13}, {"JP", 13}}) {
        Plan plan = access_point();
        on(country, channel)(plan);
        EXPECT_TRUE(checked(plan)) << country << channel;
    }
}

TEST(ArloPlan, RefusesNamesAndKeysThatNoFileCarries) {
    const auto ssid = [](std::string name) { return [=](Plan& p) { p.ssid = name; }; };
    EXPECT_THAT(refusal(ssid(std::string(33, 'x'))), HasSubstr("at most 32 bytes"));
    EXPECT_TRUE(checked([&] {
        Plan p = access_point();
        p.ssid = std::string(32, 'x');
        return p;
    }()));
    EXPECT_THAT(refusal(ssid("a\nwpa=0")), HasSubstr("printable"));
    EXPECT_THAT(refusal(ssid(" a")), HasSubstr("blank"));

    const auto key = [](std::string text) { return [=](Plan& p) { p.key = base::Secret(text); }; };
    EXPECT_THAT(refusal(key("seven77")), HasSubstr("the key has 7 characters"));
    EXPECT_THAT(refusal(key(std::string(64, 'x'))), HasSubstr("64 hex digits"));
    EXPECT_THAT(refusal(key("eight888\nwpa=0")), HasSubstr("line break"));
    EXPECT_THAT(refusal(key("")), HasSubstr("needs the key"));
    for (const std::string& good : {std::string("eight888"), std::string(63, 'x'),
                                    std::string(64, 'a'), std::string("with blanks # and =")}) {
        Plan plan = access_point();
        plan.key = base::Secret(good);
        EXPECT_TRUE(checked(plan)) << good;
    }
    // A refusal may be pasted into a forum.
    EXPECT_THAT(refusal(key("hunter2\x01zz")), Not(HasSubstr("hunter2")));
}

TEST(ArloPlan, RefusesWhatASetUpHasNot) {
    EXPECT_THAT(refusal([](Plan& p) { p.set_up = SetUp::Unifi; },
                        [] {
                            Plan p = access_point();
                            p.hub = address("192.168.1.10");
                            return p;
                        }()),
                HasSubstr("in the UniFi application"));
    EXPECT_THAT(refusal([](Plan& p) {
                    p.set_up = SetUp::NetworkManager;
                    p.wps = true;
                }),
                HasSubstr("no WPS button"));
    EXPECT_THAT(refusal([](Plan& p) {
                    p.set_up = SetUp::NetworkManager;
                    p.ssid.clear();
                    p.key = base::Secret();
                }),
                HasSubstr("needs the name"));
    EXPECT_THAT(refusal([](Plan& p) { p.ssid.clear(); }), HasSubstr("which one is it for"));
}

TEST(ArloPlan, RefusesPortsThatPairsDoNotFitInto) {
    const auto ports = [](int first, int last) {
        return [=](Plan& p) {
            p.rtp = {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
        };
    };
    EXPECT_THAT(refusal(ports(1022, 1999)), HasSubstr("privilege"));
    EXPECT_THAT(refusal(ports(50001, 50199)), HasSubstr("begin even and end odd"));
    EXPECT_THAT(refusal(ports(50000, 50100)), HasSubstr("begin even and end odd"));
    EXPECT_THAT(refusal(ports(50000, 50001)), HasSubstr("four ports"));
    EXPECT_THAT(refusal(ports(50000, 49999)), HasSubstr("too small"));
    Plan least = access_point();
    ports(1024, 1027)(least);
    EXPECT_TRUE(checked(least));
}

TEST(ArloPlan, RemarksOnPublicAddressSpace) {
    EXPECT_THAT(remarks_on(*checked(access_point())),
                Contains(HasSubstr("172.14.1.0/24 is public address space")));
    Plan private_one = access_point();
    private_one.gateway = address("192.168.4.1");
    const auto remarks = remarks_on(*checked(private_one));
    EXPECT_THAT(remarks, Not(Contains(HasSubstr("public"))));
    EXPECT_THAT(remarks, Contains(HasSubstr("video doorbell")));
    private_one.gateway = address("172.31.255.1");
    EXPECT_THAT(remarks_on(*checked(private_one)), Not(Contains(HasSubstr("public"))));
    private_one.gateway = address("172.32.0.1");
    EXPECT_THAT(remarks_on(*checked(private_one)), Contains(HasSubstr("public")));
}

TEST(ArloPlan, RemarksOnAMissingWayBack) {
    Plan plan = behind_router();
    EXPECT_THAT(remarks_on(*checked(plan)), Not(Contains(HasSubstr("default gateway"))));
    plan.router = Address();
    EXPECT_THAT(remarks_on(*checked(plan)), Contains(HasSubstr("default gateway")));
}

}  // namespace
}  // namespace casement::drivers::arlo::network
