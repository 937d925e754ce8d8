#pragma once
// The files of a plan, as text. Writing, copying and loading them is for others.

#include <string>
#include <string_view>
#include <vector>

#include "drivers/arlo/network/plan.hpp"

namespace casement::drivers::arlo::network {

/// Which program reads a file, and so can say whether it is right.
enum class Reader : std::uint8_t {
    Hostapd,
    Dnsmasq,
    Nft,
    Networkd,
    Systemd,  // unit files
    Sysctl,
    NetworkManager,
    Unifi,  // JSON
    Casement,
};

/// On which machine it belongs.
enum class Host : std::uint8_t { Hub, Router };

struct File {
    std::string name;    // in the folder they are written to
    std::string target;  // where it belongs, absolute
    std::string about;   // one line for a person
    Reader reader = Reader::Casement;
    Host host = Host::Hub;
    bool is_secret = false;  // holds the Wi-Fi key: mode 0600
    std::string text;
};

/// Of a plan that was checked. The key is in files with `is_secret` only.
std::vector<File> files_of(const Plan& plan);

/// What is still to be done by hand once they are where they belong: commands and short sentences,
/// in order.
std::vector<std::string> next_steps(const Plan& plan);

// The texts one by one, for files_of().
std::string hostapd_conf(const Plan& plan);
std::string network_manager_profile(const Plan& plan);
std::string firewall_rules(const Plan& plan);  // nftables, R1 to R4 where the hub is elsewhere
std::string config_gateway_json(const Plan& plan);
std::string dnsmasq_conf(const Plan& plan);

/// The name of the one table that firewall_rules() makes; loading them again replaces it.
inline constexpr std::string_view kTable = "casement_arlo";

}  // namespace casement::drivers::arlo::network
