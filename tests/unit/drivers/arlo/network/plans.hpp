#pragma once
// Plans that the tests of this folder begin with.

#include "drivers/arlo/network/plan.hpp"

namespace casement::drivers::arlo::network {

inline Address address(const char* text) { return net::ip::make_address_v4(text); }

inline Plan access_point() {
    Plan plan;
    plan.ssid = "NETGEAR42";
    plan.key = base::Secret("correct horse");
    return plan;
}

inline Plan behind_router() {
    Plan plan = access_point();
    plan.set_up = SetUp::Router;
    plan.camera_interface = "eth1.20";
    plan.hub = address("192.168.1.10");
    plan.router = address("192.168.1.1");
    plan.ssid.clear();
    plan.key = base::Secret();
    return plan;
}

}  // namespace casement::drivers::arlo::network
