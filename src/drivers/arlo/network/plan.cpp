#include "drivers/arlo/network/plan.hpp"

#include <algorithm>
#include <optional>

#include <boost/asio/ip/network_v4.hpp>

namespace casement::drivers::arlo::network {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using net::ip::network_v4;

// ISO 3166-1, two letters each.
constexpr std::string_view kCountries =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCM"
    "CNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGY"
    "HKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMF"
    "MGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARE"
    "RORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZ"
    "VAVCVEVGVIVNVUWFWSYEYTZAZMZW";
// Where the regulator ends 2.4 GHz at channel 11.
constexpr std::string_view kElevenChannels = "USCAPRGUASVIUM";

bool has_country(std::string_view list, std::string_view code) {
    for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
        if (list.substr(i, 2) == code) return true;
    }
    return false;
}

network_v4 network_of(const Plan& plan) {
    return {plan.gateway, static_cast<unsigned short>(plan.prefix)};
}

bool is_within(const Address& address, const Plan& plan) {
    const network_v4 wide = network_of(plan);
    return address > wide.network() && address < wide.broadcast();
}

bool is_set(const Address& address) { return !address.is_unspecified(); }

bool is_one_of(const Address& address, std::string_view network) {
    boost::system::error_code ec;
    const network_v4 of = net::ip::make_network_v4(std::string(network), ec);
    return !ec && network_v4(address, of.prefix_length()).canonical() == of.canonical();
}

/// RFC 1918, and RFC 6598 for what lies behind a carrier.
bool is_private(const Address& address) {
    constexpr std::string_view kPrivate[]{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                          "100.64.0.0/10"};
    return std::ranges::any_of(kPrivate,
                               [&](std::string_view net) { return is_one_of(address, net); });
}

Result<> check_interface(std::string_view what, const std::string& name) {
    // Linux: IFNAMSIZ is 16 with the final zero, no slash, no blank; the rest is what may stand in
    // every file that names it.
    const bool fine = !name.empty() && name.size() <= 15 && name != "." && name != ".." &&
                      name.front() != '-' && std::ranges::all_of(name, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
                      });
    if (fine) return {};
    return fail(ErrorKind::InvalidArgument,
                "\"{}\" is no {} interface: 1 to 15 letters, digits, dots and dashes, like wlan0 "
                "or eth1.20 (`ip link` lists them)",
                name, what);
}

Result<> check_interfaces(const Plan& plan) {
    CASEMENT_TRY(check_interface("camera", plan.camera_interface));
    CASEMENT_TRY(check_interface("uplink", plan.uplink_interface));
    if (plan.camera_interface != plan.uplink_interface) return {};
    return fail(ErrorKind::InvalidArgument,
                "{} cannot be the cameras' network and the way to the home network at once: the "
                "cameras would be on the home network; use a second interface or a VLAN",
                plan.camera_interface);
}

Result<> check_gateway(const Plan& plan) {
    if (plan.prefix < 8 || plan.prefix > 29)
        return fail(ErrorKind::InvalidArgument,
                    "a network of /{} cannot be: the prefix is 8 to 29, and /24 is right for a "
                    "house",
                    plan.prefix);
    const Address& gateway = plan.gateway;
    if (gateway.is_loopback() || gateway.is_multicast() || gateway.to_uint() < (1u << 24) ||
        gateway.to_uint() >= 0xF0000000 || is_one_of(gateway, "169.254.0.0/16"))
        return fail(ErrorKind::InvalidArgument,
                    "{} cannot be a gateway's address; 172.14.1.1 is that of the vendor's base",
                    gateway.to_string());
    if (!is_within(gateway, plan))
        return fail(ErrorKind::InvalidArgument,
                    "{} is the network itself or its broadcast address, not a gateway in {}; "
                    "{} would be the first address",
                    gateway.to_string(), subnet_of(plan),
                    Address(network_of(plan).network().to_uint() + 1).to_string());
    return {};
}

void fill_pool(Plan& plan) {
    if (is_set(plan.pool_first) || is_set(plan.pool_last)) return;
    const std::uint32_t network = network_of(plan).network().to_uint();
    const std::uint32_t broadcast = network_of(plan).broadcast().to_uint();
    const bool is_wide = broadcast - network >= 255;
    plan.pool_first = Address(is_wide ? network + 100 : network + (broadcast - network) / 2 + 1);
    plan.pool_last = Address(is_wide ? network + 199 : broadcast - 1);
    if (plan.gateway == plan.pool_last) plan.pool_last = Address(plan.pool_last.to_uint() - 1);
}

Result<> check_pool(const Plan& plan) {
    for (const Address& end : {plan.pool_first, plan.pool_last}) {
        if (!is_within(end, plan))
            return fail(ErrorKind::InvalidArgument,
                        "the pool {} to {} is not inside the cameras' network {}",
                        plan.pool_first.to_string(), plan.pool_last.to_string(), subnet_of(plan));
    }
    if (plan.pool_first > plan.pool_last)
        return fail(ErrorKind::InvalidArgument, "the pool ends ({}) before it begins ({})",
                    plan.pool_last.to_string(), plan.pool_first.to_string());
    if (plan.gateway >= plan.pool_first && plan.gateway <= plan.pool_last)
        return fail(ErrorKind::InvalidArgument,
                    "the gateway {} is inside the pool {} to {}: a camera could be given its "
                    "address",
                    plan.gateway.to_string(), plan.pool_first.to_string(),
                    plan.pool_last.to_string());
    return {};
}

bool is_mac(std::string_view text) {
    if (text.size() != 17) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_hex = (text[i] >= '0' && text[i] <= '9') ||
                            (text[i] >= 'a' && text[i] <= 'f') ||
                            (text[i] >= 'A' && text[i] <= 'F');
        if (i % 3 == 2 ? text[i] != ':' : !is_hex) return false;
    }
    return true;
}

Result<> check_reserved(const Plan& plan) {
    std::vector<Address> seen;
    for (const auto& [mac, address] : plan.reserved) {
        if (!is_mac(mac))
            return fail(ErrorKind::InvalidArgument,
                        "\"{}\" is no MAC address; one looks like 4c:77:6d:01:02:03", mac);
        if (!is_within(address, plan) || address == plan.gateway)
            return fail(ErrorKind::InvalidArgument,
                        "{} cannot be reserved for {}: it is not an address of a device in {}",
                        address.to_string(), mac, subnet_of(plan));
        if (std::ranges::find(seen, address) != seen.end())
            return fail(ErrorKind::InvalidArgument,
                        "{} is reserved twice; an address is how alerts tell one camera from "
                        "another",
                        address.to_string());
        seen.push_back(address);
    }
    return {};
}

Result<> check_hub(const Plan& plan) {
    if (is_on_hub(plan.set_up)) {
        if (is_set(plan.hub) && plan.hub != plan.gateway)
            return fail(ErrorKind::InvalidArgument,
                        "in this set-up the hub is the gateway, {}; an address of its own ({}) "
                        "belongs to the set-ups router and unifi",
                        plan.gateway.to_string(), plan.hub.to_string());
        return {};
    }
    if (!is_set(plan.hub))
        return fail(ErrorKind::InvalidArgument,
                    "behind a router the hub's address on the home network is needed, like "
                    "192.168.1.10");
    if (plan.hub.is_loopback() || plan.hub.is_multicast())
        return fail(ErrorKind::InvalidArgument,
                    "{} is no address under which a router reaches the hub", plan.hub.to_string());
    if (network_v4(plan.hub, network_of(plan).prefix_length()).canonical() ==
        network_of(plan).canonical())
        return fail(ErrorKind::InvalidArgument,
                    "the hub's address {} is inside the cameras' network {}; there it would be "
                    "the set-up gateway",
                    plan.hub.to_string(), subnet_of(plan));
    if (is_set(plan.router) && plan.router == plan.hub)
        return fail(ErrorKind::InvalidArgument, "{} is given as the hub and as its router",
                    plan.hub.to_string());
    return {};
}

Result<> check_country(const std::string& code) {
    if (code == "UK")
        return fail(ErrorKind::InvalidArgument, "the country code of the United Kingdom is GB");
    if (has_country(kCountries, code)) return {};
    return fail(ErrorKind::InvalidArgument,
                "\"{}\" is no country; the Wi-Fi rules are those of a country, like US or DE{}",
                code, code == "EU" ? " (the EU has none of its own)" : "");
}

Result<> check_channel(const Plan& plan) {
    const int channel = plan.channel;
    if (channel >= 36 && channel <= 177)
        return fail(ErrorKind::InvalidArgument,
                    "channel {} is of 5 GHz, where these cameras are not; take 1, 6 or 11",
                    channel);
    if (channel < 1 || channel > 14)
        return fail(ErrorKind::InvalidArgument, "there is no channel {}; take 1, 6 or 11", channel);
    const bool ends_at_eleven = has_country(kElevenChannels, plan.country);
    if (channel == 14)
        return fail(ErrorKind::InvalidArgument, "channel 14 is {}; take 1, 6 or 11",
                    plan.country == "JP" ? "for 802.11b only, too slow for a camera"
                                         : fmt::format("not allowed in {}", plan.country));
    if (channel > 11 && ends_at_eleven)
        return fail(ErrorKind::InvalidArgument,
                    "channel {} is not allowed in {}, where 2.4 GHz ends at 11; take 1, 6 or 11",
                    channel, plan.country);
    return {};
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

Result<> check_ssid(const std::string& ssid) {
    // IEEE 802.11: 0 to 32 bytes. Anything printable travels through every file of ours unharmed.
    if (ssid.size() > 32)
        return fail(ErrorKind::InvalidArgument,
                    "the name of a Wi-Fi network has at most 32 bytes; \"{}\" has {}", ssid,
                    ssid.size());
    if (!is_printable(ssid))
        return fail(ErrorKind::InvalidArgument,
                    "the name of the Wi-Fi network may hold printable ASCII characters only");
    if (ssid.front() == ' ' || ssid.back() == ' ')
        return fail(ErrorKind::InvalidArgument,
                    "the name of the Wi-Fi network begins or ends with a blank, which gets lost "
                    "in configuration files");
    return {};
}

/// Never shows the key.
Result<> check_key(const base::Secret& key) {
    const std::string& text = key.reveal();
    const bool is_raw =
        text.size() == 64 && std::ranges::all_of(text, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        });
    if (is_raw) return {};
    if (text.size() < 8 || text.size() > 63)
        return fail(ErrorKind::InvalidArgument,
                    "the key has {} characters; a WPA2 key has 8 to 63, or is 64 hex digits",
                    text.size());
    if (!is_printable(text))
        return fail(ErrorKind::InvalidArgument,
                    "the key may hold printable ASCII characters only (is there a line break in "
                    "its file?)");
    if (text.front() == ' ' || text.back() == ' ')
        return fail(ErrorKind::InvalidArgument,
                    "the key begins or ends with a blank, which gets lost in configuration files");
    return {};
}

Result<> check_access_point(const Plan& plan) {
    if (plan.ssid.empty()) {
        if (plan.set_up == SetUp::NetworkManager)
            return fail(ErrorKind::InvalidArgument,
                        "an access point needs the name of its network (SSID), like NETGEAR42");
        if (plan.wps || !plan.key.empty())
            return fail(ErrorKind::InvalidArgument,
                        "a key or WPS without the name of a network (SSID): which one is it for?");
        return {};
    }
    if (plan.set_up == SetUp::Unifi)
        return fail(ErrorKind::InvalidArgument,
                    "a UniFi network gets its name and key in the UniFi application, not here");
    CASEMENT_TRY(check_ssid(plan.ssid));
    if (plan.key.empty())
        return fail(ErrorKind::InvalidArgument,
                    "the access point needs the key of the network: that of the old base, or with "
                    "WPS a new one");
    CASEMENT_TRY(check_key(plan.key));
    if (plan.wps && plan.set_up == SetUp::NetworkManager)
        return fail(ErrorKind::Unsupported,
                    "NetworkManager's access point has no WPS button; take the set-up gateway to "
                    "pair cameras, or give the key of the old base");
    CASEMENT_TRY(check_country(plan.country));
    return check_channel(plan);
}

Result<> check_rtp(const PortRange& range) {
    // RFC 3550 §11: RTP on an even port, RTCP on the next. Sound and picture are four.
    if (range.first < 1024)
        return fail(ErrorKind::InvalidArgument,
                    "UDP ports below 1024 need a privilege; 50000-50199 is a good range");
    if (range.first % 2 != 0 || range.last % 2 == 0)
        return fail(ErrorKind::InvalidArgument,
                    "the UDP ports come in pairs: {}-{} must begin even and end odd", range.first,
                    range.last);
    if (range.last < range.first + 3)
        return fail(ErrorKind::InvalidArgument,
                    "{}-{} is too small: one camera with sound takes four ports", range.first,
                    range.last);
    return {};
}

}  // namespace

std::string_view to_string(SetUp set_up) {
    switch (set_up) {
        case SetUp::Gateway:
            return "gateway";
        case SetUp::Router:
            return "router";
        case SetUp::Unifi:
            return "unifi";
        case SetUp::NetworkManager:
            return "networkmanager";
    }
    return "gateway";
}

bool is_on_hub(SetUp set_up) { return set_up == SetUp::Gateway || set_up == SetUp::NetworkManager; }

std::string subnet_of(const Plan& plan) { return network_of(plan).canonical().to_string(); }

std::string netmask_of(const Plan& plan) { return network_of(plan).netmask().to_string(); }

base::Result<Plan> checked(Plan plan) {
    CASEMENT_TRY(check_interfaces(plan));
    CASEMENT_TRY(check_gateway(plan));
    CASEMENT_TRY(check_hub(plan));
    fill_pool(plan);
    CASEMENT_TRY(check_pool(plan));
    CASEMENT_TRY(check_reserved(plan));
    CASEMENT_TRY(check_access_point(plan));
    CASEMENT_TRY(check_rtp(plan.rtp));
    return plan;
}

std::vector<std::string> remarks_on(const Plan& plan) {
    std::vector<std::string> out;
    if (!is_private(plan.gateway)) {
        out.push_back(fmt::format(
            "{} is public address space (of 172, private is 172.16 to 172.31): it is used here "
            "because {}; real hosts in it cannot be reached from this network, and {} leave {}.",
            subnet_of(plan),
            is_one_of(plan.gateway, "172.14.0.0/16") ? "the vendor's base uses it"
                                                     : "the plan says so",
            plan.set_up == SetUp::Unifi ? "it must never" : "the rules never let it",
            plan.camera_interface));
    }
    if (plan.gateway.to_string() != "172.14.1.1")
        out.emplace_back(
            "A video doorbell (AVD1001) may insist on the gateway 172.14.1.1, that of its first "
            "base; cameras take any.");
    if (!plan.ssid.empty() && plan.channel != 1 && plan.channel != 6 && plan.channel != 11)
        out.push_back(fmt::format("Channel {} overlaps with its neighbours; 1, 6 and 11 do not.",
                                  plan.channel));
    if (!plan.ssid.empty() && !plan.wps)
        out.emplace_back(
            "Cameras look for their network on the channel of the old base first: the same channel "
            "saves minutes.");
    if (plan.set_up == SetUp::Router && plan.router.is_unspecified())
        out.push_back(fmt::format(
            "The hub's answers to {} must go through this router: either it is the hub's default "
            "gateway, or give its address on the home network, and a route is written for the hub.",
            subnet_of(plan)));
    return out;
}

}  // namespace casement::drivers::arlo::network
