// Who may talk to whom, and where the gateway's ports lead.

#include "drivers/arlo/network/files.hpp"

namespace casement::drivers::arlo::network {

namespace {

// Registrations, reports and alerts (4000, 4100), pictures that devices upload (5000).
constexpr std::string_view kControlPorts = "4000, 4100, 5000";

std::string rtp_ports(const Plan& plan) {
    return fmt::format("{}-{}", plan.rtp.first, plan.rtp.last);
}

/// The gateway itself: leases and names for the devices, and nothing else of this machine.
std::string input_chain(const Plan& plan, bool is_hub) {
    std::string out = fmt::format(
        "    # What the devices may ask of this machine.\n"
        "    chain input {{\n"
        "        type filter hook input priority filter; policy accept;\n"
        "        iifname != \"{0}\" return\n"
        "        ct state established,related accept\n"
        "        udp dport {{ 53, 67 }} accept\n"
        "        icmp type echo-request accept\n",
        plan.camera_interface);
    if (is_hub) {
        out += fmt::format(
            "        ip daddr {0} tcp dport {{ {1} }} accept\n"
            "        ip daddr {0} udp dport {2} accept\n",
            plan.gateway.to_string(), kControlPorts, rtp_ports(plan));
    }
    return out +
           "        drop\n"
           "    }\n";
}

std::string hub_rules(const Plan& plan) {
    return fmt::format(
        "table ip {0} {{\n"
        "{1}\n"
        "    # No way to the Internet or to the home network, and none from there to them: "
        "the hub is the only one.\n"
        "    chain forward {{\n"
        "        type filter hook forward priority filter; policy accept;\n"
        "        iifname \"{2}\" drop\n"
        "        oifname \"{2}\" drop\n"
        "    }}\n"
        "}}\n",
        kTable, input_chain(plan, true), plan.camera_interface);
}

std::string router_rules(const Plan& plan) {
    return fmt::format(
        "table ip {table} {{\n"
        "    # R1, R2: devices talk to their gateway only; what they mean is the hub. R2 is for "
        "pictures over UDP, which come to\n"
        "    # the address that asked for them: the gateway, after R3.\n"
        "    chain prerouting {{\n"
        "        type nat hook prerouting priority dstnat; policy accept;\n"
        "        iifname \"{cam}\" ip daddr {gw} tcp dport {{ {control} }} dnat to {hub}\n"
        "        iifname \"{cam}\" ip daddr {gw} udp dport {rtp} dnat to {hub}\n"
        "    }}\n"
        "\n"
        "    # R3: to the devices the hub is their gateway; a video doorbell talks to nobody "
        "else.\n"
        "    # The other way the address of the device stays, before any masquerading sees it: "
        "alerts carry no serial number.\n"
        "    chain postrouting {{\n"
        "        type nat hook postrouting priority srcnat - 1; policy accept;\n"
        "        oifname \"{cam}\" ip saddr {hub} snat to {gw}\n"
        "        ip saddr {net} ip daddr {hub} snat to ip saddr\n"
        "    }}\n"
        "\n"
        "    # R4: the hub reaches the devices, the devices reach the hub, and that is all.\n"
        "    chain forward {{\n"
        "        type filter hook forward priority filter; policy accept;\n"
        "        iifname \"{cam}\" ct state established,related accept\n"
        "        iifname \"{cam}\" ip daddr {hub} ct status dnat accept\n"
        "        iifname \"{cam}\" drop\n"
        "        oifname != \"{cam}\" return\n"
        "        ct state established,related accept\n"
        "        ip saddr {hub} tcp dport {{ 554, 555, 4000, 4100 }} accept\n"
        "        # Talk-back (5000), calls (8000), receiver reports (any: the device chooses).\n"
        "        ip saddr {hub} meta l4proto udp accept\n"
        "        ip saddr {hub} icmp type echo-request accept\n"
        "        drop\n"
        "    }}\n"
        "\n"
        "{input}"
        "}}\n",
        fmt::arg("table", kTable), fmt::arg("cam", plan.camera_interface),
        fmt::arg("gw", plan.gateway.to_string()), fmt::arg("hub", plan.hub.to_string()),
        fmt::arg("net", subnet_of(plan)), fmt::arg("control", kControlPorts),
        fmt::arg("rtp", rtp_ports(plan)), fmt::arg("input", input_chain(plan, false)));
}

}  // namespace

std::string firewall_rules(const Plan& plan) {
    const bool is_hub = is_on_hub(plan.set_up);
    return fmt::format(
        "#!/usr/sbin/nft -f\n"
        "# Arlo devices on {1}. A table of its own: loading this again replaces it, and nothing "
        "else is touched.\n"
        "table ip {0}\n"
        "delete table ip {0}\n"
        "table ip6 {0}\n"
        "delete table ip6 {0}\n"
        "\n"
        "{2}"
        "\n"
        "# The devices know IPv4 only; nothing shall happen behind its back.\n"
        "table ip6 {0} {{\n"
        "    chain forward {{\n"
        "        type filter hook forward priority filter; policy accept;\n"
        "        iifname \"{1}\" drop\n"
        "        oifname \"{1}\" drop\n"
        "    }}\n"
        "    chain input {{\n"
        "        type filter hook input priority filter; policy accept;\n"
        "        iifname \"{1}\" drop\n"
        "    }}\n"
        "}}\n",
        kTable, plan.camera_interface, is_hub ? hub_rules(plan) : router_rules(plan));
}

std::string config_gateway_json(const Plan& plan) {
    // Ports are named, so that the gateway goes on answering DHCP and DNS itself.
    return fmt::format(
        R"({{
  "service": {{
    "nat": {{
      "rule": {{
        "1": {{
          "description": "Arlo devices to the hub",
          "type": "destination",
          "protocol": "tcp_udp",
          "inbound-interface": "{cam}",
          "destination": {{
            "address": "{gw}",
            "port": "4000,4100,5000,{rtp}"
          }},
          "inside-address": {{
            "address": "{hub}"
          }},
          "log": "disable"
        }},
        "5001": {{
          "description": "The hub to Arlo devices, as their gateway",
          "type": "source",
          "protocol": "tcp_udp",
          "outbound-interface": "{cam}",
          "source": {{
            "address": "{hub}"
          }},
          "outside-address": {{
            "address": "{gw}"
          }},
          "log": "disable"
        }}
      }}
    }}
  }}
}}
)",
        fmt::arg("cam", plan.camera_interface), fmt::arg("gw", plan.gateway.to_string()),
        fmt::arg("hub", plan.hub.to_string()), fmt::arg("rtp", rtp_ports(plan)));
}

}  // namespace casement::drivers::arlo::network
