#include "drivers/arlo/network/files.hpp"

namespace casement::drivers::arlo::network {

namespace {

constexpr std::string_view kRulesTarget = "/etc/casement/arlo.nft";

std::string networkd_unit(const Plan& plan) {
    return fmt::format(
        "# The cameras' network: this machine is the gateway.\n"
        "[Match]\n"
        "Name={}\n"
        "\n"
        "[Network]\n"
        "Address={}/{}\n"
        "DHCP=no\n"
        "LinkLocalAddressing=no\n"
        "IPv6AcceptRA=no\n"
        "# The address is there before the first camera is: the hub can listen on it from its "
        "start.\n"
        "ConfigureWithoutCarrier=yes\n"
        "\n"
        "[Link]\n"
        "RequiredForOnline=no\n",
        plan.camera_interface, plan.gateway.to_string(), plan.prefix);
}

std::string route_unit(const Plan& plan) {
    return fmt::format(
        "# The way from the hub back to the cameras: a drop-in for the unit of {1}. Its folder is "
        "named like that unit, with .d behind.\n"
        "[Route]\n"
        "Destination={0}\n"
        "Gateway={2}\n",
        subnet_of(plan), plan.uplink_interface, plan.router.to_string());
}

std::string sysctl_conf(const Plan& plan) {
    // Slashes: the name of an interface may have dots (sysctl.d(5)).
    const std::string quiet = fmt::format(
        "net/ipv6/conf/{0}/disable_ipv6 = 1\n"
        "net/ipv4/conf/{0}/accept_redirects = 0\n"
        "net/ipv4/conf/{0}/send_redirects = 0\n",
        plan.camera_interface);
    if (is_on_hub(plan.set_up)) {
        return "# The hub talks to the devices itself: nothing needs forwarding for them.\n" +
               quiet;
    }
    return "# Between the hub and the devices this machine forwards.\n"
           "net/ipv4/ip_forward = 1\n" +
           quiet;
}

std::string rules_unit() {
    return fmt::format(
        "[Unit]\n"
        "Description=Firewall of the Arlo devices\n"
        "# Before anything of the network is up, so that there is no moment without it. Should it "
        "fail to load, the network stays up: see its journal.\n"
        "DefaultDependencies=no\n"
        "Before=network-pre.target hostapd.service\n"
        "Wants=network-pre.target\n"
        "After=local-fs.target nftables.service\n"
        "Conflicts=shutdown.target\n"
        "Before=shutdown.target\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        "RemainAfterExit=yes\n"
        "ExecStart=/usr/sbin/nft -f {0}\n"
        "ExecReload=/usr/sbin/nft -f {0}\n"
        "ExecStop=/usr/sbin/nft delete table ip {1}\n"
        "ExecStop=/usr/sbin/nft delete table ip6 {1}\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n",
        kRulesTarget, kTable);
}

std::string hub_unit() {
    return "[Unit]\n"
           "Description=Casement, the hub for the cameras at home\n"
           "Wants=network-online.target\n"
           "After=network-online.target casement-arlo-firewall.service\n"
           "\n"
           "[Service]\n"
           "ExecStart=/usr/bin/casement serve -c /etc/casement/casement.yaml\n"
           "ExecReload=/bin/kill -HUP $MAINPID\n"
           "DynamicUser=yes\n"
           "StateDirectory=casement\n"
           "StateDirectoryMode=0700\n"
           "Restart=on-failure\n"
           "RestartSec=5\n"
           "# A camera that is not told of the end keeps streaming and takes nobody else: the hub "
           "needs up to 10 s to tell them all.\n"
           "TimeoutStopSec=20\n"
           "LimitNOFILE=65536\n"
           "NoNewPrivileges=yes\n"
           "ProtectSystem=strict\n"
           "ProtectHome=yes\n"
           "\n"
           "[Install]\n"
           "WantedBy=multi-user.target\n";
}

std::string restart_drop_in() {
    return "# An access point whose interface comes late, or that a driver threw out, is tried "
           "again.\n"
           "[Unit]\n"
           "StartLimitIntervalSec=0\n"
           "\n"
           "[Service]\n"
           "Restart=on-failure\n"
           "RestartSec=5\n";
}

std::string shared_dns_conf(const Plan& plan) {
    return fmt::format(
        "# What NetworkManager's own dnsmasq tells the Arlo devices beyond addresses.\n"
        "domain=arlo\n"
        "local=/arlo/\n"
        "address=/gateway.arlo/{}\n"
        "{}",
        plan.gateway.to_string(), [&] {
            std::string hosts;
            for (const auto& [mac, address] : plan.reserved)
                hosts += fmt::format("dhcp-host={},{},infinite\n", mac, address.to_string());
            return hosts;
        }());
}

std::string casement_yaml(const Plan& plan) {
    const std::string listen =
        is_on_hub(plan.set_up) ? plan.gateway.to_string() : plan.hub.to_string();
    return fmt::format(
        "# To be put into casement.yaml.\n"
        "arlo:\n"
        "  enabled: true\n"
        "  listen: \"{}\"\n"
        "  gateway: \"{}\"\n"
        "  rtp_ports: [{}, {}]\n"
        "  wifi_country: {}\n",
        listen, plan.gateway.to_string(), plan.rtp.first, plan.rtp.last, plan.country);
}

File rules(const Plan& plan, Host host) {
    return {.name = "arlo.nft",
            .target = std::string(kRulesTarget),
            .about = host == Host::Hub ? "firewall: devices reach the hub, and nothing else"
                                       : "firewall and address translation between hub and devices",
            .reader = Reader::Nft,
            .host = host,
            .text = firewall_rules(plan)};
}

File unit_of_rules(Host host) {
    return {.name = "casement-arlo-firewall.service",
            .target = "/etc/systemd/system/casement-arlo-firewall.service",
            .about = "loads the rules at every start",
            .reader = Reader::Systemd,
            .host = host,
            .text = rules_unit()};
}

File sysctl(const Plan& plan, Host host) {
    return {.name = "90-casement-arlo.conf",
            .target = "/etc/sysctl.d/90-casement-arlo.conf",
            .about = host == Host::Hub ? "no IPv6 on the cameras' interface"
                                       : "forwarding, and no IPv6 on the cameras' interface",
            .reader = Reader::Sysctl,
            .host = host,
            .text = sysctl_conf(plan)};
}

File hub_service() {
    return {.name = "casement.service",
            .target = "/etc/systemd/system/casement.service",
            .about = "runs the hub, and gives it the time to end every stream",
            .reader = Reader::Systemd,
            .host = Host::Hub,
            .text = hub_unit()};
}

File hub_section(const Plan& plan) {
    return {.name = "casement-arlo.yaml",
            .target = "/etc/casement/casement.yaml",
            .about = "the section `arlo` of the hub's configuration, to be put into that file",
            .reader = Reader::Casement,
            .host = Host::Hub,
            .text = casement_yaml(plan)};
}

void add_access_point(std::vector<File>& out, const Plan& plan, Host host) {
    if (plan.ssid.empty()) return;
    out.push_back({.name = "hostapd.conf",
                   .target = "/etc/hostapd/hostapd.conf",
                   .about = "the Wi-Fi of the devices, with its key",
                   .reader = Reader::Hostapd,
                   .host = host,
                   .is_secret = true,
                   .text = hostapd_conf(plan)});
    out.push_back({.name = "hostapd-restart.conf",
                   .target = "/etc/systemd/system/hostapd.service.d/casement.conf",
                   .about = "hostapd is started again when it fails",
                   .reader = Reader::Systemd,
                   .host = host,
                   .text = restart_drop_in()});
}

void add_gateway(std::vector<File>& out, const Plan& plan, Host host) {
    add_access_point(out, plan, host);
    out.push_back({.name = "dnsmasq-arlo.conf",
                   .target = "/etc/dnsmasq.d/casement-arlo.conf",
                   .about = "addresses and the one name that devices ask for",
                   .reader = Reader::Dnsmasq,
                   .host = host,
                   .text = dnsmasq_conf(plan)});
    out.push_back({.name = "20-casement-arlo.network",
                   .target = "/etc/systemd/network/20-casement-arlo.network",
                   .about = "the gateway's address on " + plan.camera_interface,
                   .reader = Reader::Networkd,
                   .host = host,
                   .text = networkd_unit(plan)});
    out.push_back(sysctl(plan, host));
    out.push_back(rules(plan, host));
    out.push_back(unit_of_rules(host));
}

void add_network_manager(std::vector<File>& out, const Plan& plan) {
    out.push_back({.name = "casement-arlo.nmconnection",
                   .target = "/etc/NetworkManager/system-connections/casement-arlo.nmconnection",
                   .about = "the Wi-Fi of the devices, with its key, and the gateway's address",
                   .reader = Reader::NetworkManager,
                   .host = Host::Hub,
                   .is_secret = true,
                   .text = network_manager_profile(plan)});
    out.push_back({.name = "dnsmasq-shared.conf",
                   .target = "/etc/NetworkManager/dnsmasq-shared.d/casement-arlo.conf",
                   .about = "the one name that devices ask for",
                   .reader = Reader::Dnsmasq,
                   .host = Host::Hub,
                   .text = shared_dns_conf(plan)});
    out.push_back(sysctl(plan, Host::Hub));
    out.push_back(rules(plan, Host::Hub));
    out.push_back(unit_of_rules(Host::Hub));
}

void add_copying(std::vector<std::string>& out, const Plan& plan, Host host) {
    for (const File& file : files_of(plan)) {
        if (file.host != host || file.reader == Reader::Casement || file.reader == Reader::Unifi)
            continue;
        out.push_back(fmt::format("install -D -m {} {} {}", file.is_secret ? "600" : "644",
                                  file.name, file.target));
    }
}

void add_gateway_steps(std::vector<std::string>& out, const Plan& plan) {
    out.emplace_back("systemctl daemon-reload");
    out.emplace_back("sysctl --system");
    out.emplace_back("systemctl enable --now casement-arlo-firewall");
    if (plan.set_up == SetUp::NetworkManager) {
        out.emplace_back("nmcli connection reload");
        out.emplace_back("nmcli connection up casement-arlo");
        return;
    }
    out.emplace_back("systemctl enable --now systemd-networkd");
    out.emplace_back("networkctl reload");
    if (!plan.ssid.empty()) {
        out.emplace_back("systemctl unmask hostapd");
        out.emplace_back("systemctl enable --now hostapd");
    }
    out.emplace_back("systemctl restart dnsmasq");
}

void add_hub_steps(std::vector<std::string>& out) {
    out.emplace_back("put casement-arlo.yaml into /etc/casement/casement.yaml");
    out.emplace_back("casement check /etc/casement/casement.yaml");
    out.emplace_back("systemctl daemon-reload && systemctl enable --now casement");
    out.emplace_back("casement doctor -c /etc/casement/casement.yaml");
}

}  // namespace

std::string dnsmasq_conf(const Plan& plan) {
    std::string out = fmt::format(
        "# Addresses and names for the Arlo devices on {0}, and for nobody else.\n"
        "interface={0}\n"
        "except-interface=lo\n"
        "bind-dynamic\n"
        "dhcp-authoritative\n"
        "# An address for good: it is how alerts tell one camera from another.\n"
        "dhcp-range={1},{2},{3},infinite\n"
        "dhcp-option=option:router,{4}\n"
        "dhcp-option=option:dns-server,{4}\n"
        "domain=arlo\n"
        "# The devices have no business on the Internet: one name is answered, all others do not "
        "exist.\n"
        "no-resolv\n"
        "no-hosts\n"
        "local=/arlo/\n"
        "address=/gateway.arlo/{4}\n",
        plan.camera_interface, plan.pool_first.to_string(), plan.pool_last.to_string(),
        netmask_of(plan), plan.gateway.to_string());
    for (const auto& [mac, address] : plan.reserved)
        out += fmt::format("dhcp-host={},{},infinite\n", mac, address.to_string());
    return out;
}

std::vector<File> files_of(const Plan& plan) {
    std::vector<File> out;
    switch (plan.set_up) {
        case SetUp::Gateway:
            add_gateway(out, plan, Host::Hub);
            break;
        case SetUp::Router:
            add_gateway(out, plan, Host::Router);
            if (!plan.router.is_unspecified()) {
                out.push_back({.name = "route-to-arlo.conf",
                               .target = fmt::format("/etc/systemd/network/{}.network.d/arlo.conf",
                                                     plan.uplink_interface),
                               .about = "the hub's way back to the devices",
                               .reader = Reader::Networkd,
                               .host = Host::Hub,
                               .text = route_unit(plan)});
            }
            break;
        case SetUp::Unifi:
            out.push_back({.name = "config.gateway.json",
                           .target = "data/sites/default/config.gateway.json",
                           .about = "the two rules, in the folder of the UniFi application's site",
                           .reader = Reader::Unifi,
                           .host = Host::Router,
                           .text = config_gateway_json(plan)});
            break;
        case SetUp::NetworkManager:
            add_network_manager(out, plan);
            break;
    }
    out.push_back(hub_section(plan));
    out.push_back(hub_service());
    return out;
}

std::vector<std::string> next_steps(const Plan& plan) {
    std::vector<std::string> out;
    switch (plan.set_up) {
        case SetUp::Gateway:
        case SetUp::NetworkManager:
            out.emplace_back("On this machine, as root:");
            add_copying(out, plan, Host::Hub);
            add_gateway_steps(out, plan);
            break;
        case SetUp::Router:
            out.emplace_back("On the router, as root:");
            add_copying(out, plan, Host::Router);
            add_gateway_steps(out, plan);
            out.emplace_back("On the hub, as root:");
            add_copying(out, plan, Host::Hub);
            if (!plan.router.is_unspecified())
                out.push_back(fmt::format("networkctl reload, or at once: ip route add {} via {}",
                                          subnet_of(plan), plan.router.to_string()));
            break;
        case SetUp::Unifi:
            out.push_back(fmt::format(
                "In the UniFi application: a network (VLAN) for the cameras with the gateway {} "
                "and {}, its own Wi-Fi of 2.4 GHz with the name and key of the old base",
                plan.gateway.to_string(), subnet_of(plan)));
            out.emplace_back(
                "From Network 8.3.32 on: Settings, Routing, NAT, and enter the two rules of "
                "config.gateway.json there. Older ones with a USG: copy config.gateway.json to "
                "the site's folder and provision the gateway again");
            out.emplace_back(
                "A firewall rule that drops what the cameras' network sends to the Internet");
            out.emplace_back("On the hub, as root:");
            add_copying(out, plan, Host::Hub);
            break;
    }
    add_hub_steps(out);
    return out;
}

}  // namespace casement::drivers::arlo::network
