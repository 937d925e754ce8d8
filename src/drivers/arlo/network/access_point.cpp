// The Wi-Fi of the cameras: hostapd, or a profile of NetworkManager.

#include "drivers/arlo/network/files.hpp"

namespace casement::drivers::arlo::network {

namespace {

/// A text in a keyfile of NetworkManager: a backslash hides what follows it. In the name of a
/// network a semicolon would make a list of bytes of it.
std::string keyfile_text(std::string_view text, bool is_name) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || (is_name && c == ';')) out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

std::string hostapd_conf(const Plan& plan) {
    const std::string& key = plan.key.reveal();
    std::string out = fmt::format(
        "# Wi-Fi of the Arlo devices. Holds its key: only root may read it.\n"
        "interface={}\n"
        "driver=nl80211\n"
        "country_code={}\n"
        "ssid={}\n"
        "# The devices know 2.4 GHz, 802.11n and WPA2 with CCMP; nothing else is offered.\n"
        "hw_mode=g\n"
        "channel={}\n"
        "ieee80211n=1\n"
        "beacon_int=100\n"
        "auth_algs=1\n"
        "macaddr_acl=0\n"
        "ignore_broadcast_ssid=0\n"
        "# Devices have no business with each other.\n"
        "ap_isolate=1\n"
        "wpa=2\n"
        "wpa_key_mgmt=WPA-PSK\n"
        "rsn_pairwise=CCMP\n"
        "{}={}\n"
        "ctrl_interface=/run/hostapd\n"
        "ctrl_interface_group=0\n",
        plan.camera_interface, plan.country, plan.ssid, plan.channel,
        key.size() == 64 ? "wpa_psk" : "wpa_passphrase", key);
    if (plan.wps) {
        out +=
            "\n# The WPS button: hostapd_cli wps_pbc, then SYNC on the device. No PIN can be "
            "guessed: the set-up is locked.\n"
            "eap_server=1\n"
            "wps_state=2\n"
            "ap_setup_locked=1\n"
            "config_methods=label display push_button keypad\n"
            "wps_pin_requests=/run/hostapd.pin-req\n";
    }
    return out;
}

std::string network_manager_profile(const Plan& plan) {
    return fmt::format(
        "# Wi-Fi of the Arlo devices. Holds its key: NetworkManager ignores it unless only root "
        "may read it.\n"
        "[connection]\n"
        "id=casement-arlo\n"
        "type=wifi\n"
        "interface-name={}\n"
        "autoconnect=true\n"
        "autoconnect-priority=10\n"
        "\n"
        "[wifi]\n"
        "mode=ap\n"
        "ssid={}\n"
        "band=bg\n"
        "channel={}\n"
        "# 2 is off: an access point that sleeps loses cameras.\n"
        "powersave=2\n"
        "ap-isolation=1\n"
        "\n"
        "[wifi-security]\n"
        "key-mgmt=wpa-psk\n"
        "proto=rsn;\n"
        "pairwise=ccmp;\n"
        "group=ccmp;\n"
        "psk={}\n"
        "\n"
        "[ipv4]\n"
        "method=shared\n"
        "address1={}/{}\n"
        "\n"
        "[ipv6]\n"
        "method=ignore\n",
        plan.camera_interface, keyfile_text(plan.ssid, true), plan.channel,
        keyfile_text(plan.key.reveal(), false), plan.gateway.to_string(), plan.prefix);
}

}  // namespace casement::drivers::arlo::network
