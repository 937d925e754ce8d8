#pragma once
// The network that Arlo devices live on, as a plan: who is the access point, which addresses, which
// ports. Pure values; nothing here looks at this machine.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "net/endpoint.hpp"

namespace casement::drivers::arlo::network {

using Address = net::ip::address_v4;

enum class SetUp : std::uint8_t {
    Gateway,         // the hub's machine is access point and gateway of the cameras
    Router,          // a Linux router is the gateway, the hub stands behind it
    Unifi,           // a UniFi gateway is, through config.gateway.json
    NetworkManager,  // as Gateway, where NetworkManager owns the interface
};

/// Those of the command line: "gateway", "router", "unifi", "networkmanager".
std::string_view to_string(SetUp set_up);

struct PortRange {
    std::uint16_t first = 0, last = 0;  // both belong to it
    bool operator==(const PortRange&) const = default;
};

struct Plan {
    SetUp set_up = SetUp::Gateway;
    std::string camera_interface = "wlan0";
    std::string uplink_interface = "eth0";
    /// The hub on the home network, and its way to the cameras: only where it stands behind a
    /// router. 0.0.0.0 is none.
    Address hub, router;

    Address gateway{0xAC0E0101};  // 172.14.1.1, that of the vendor's base
    unsigned prefix = 24;
    /// Leases; 0.0.0.0 is .100 to .199, or the upper half of a smaller network.
    Address pool_first, pool_last;
    std::map<std::string, Address> reserved;  // by MAC address, as six pairs of hex digits

    /// Empty: no access point of ours, another device is.
    std::string ssid;
    base::Secret key;  // WPA2: 8 to 63 printable characters, or 64 hex digits
    std::string country = "US";
    int channel = 6;
    bool wps = false;  // the push button, to pair cameras without their old base

    /// Where the hub receives pictures over UDP: two tracks of a camera take four ports.
    PortRange rtp{50000, 50199};
};

/// Fills what was left open (the pool) and refuses what cannot work: InvalidArgument, with a
/// sentence that says what is wrong and what would be right.
base::Result<Plan> checked(Plan plan);

/// What works, but that a person should know; for a plan that was checked.
std::vector<std::string> remarks_on(const Plan& plan);

/// "172.14.1.0/24", "255.255.255.0".
std::string subnet_of(const Plan& plan);
std::string netmask_of(const Plan& plan);

/// Whether the hub's machine is the cameras' gateway.
bool is_on_hub(SetUp set_up);

}  // namespace casement::drivers::arlo::network
