#include "drivers/arlo/network/steps.hpp"

#include <algorithm>

namespace casement::drivers::arlo::network {

namespace {

// Only root reads it: the key will stand in it.
constexpr std::string_view kSupplicantFile = "/root/arlo-wps.conf";

}  // namespace

std::string shell_word(std::string_view text) {
    const bool is_plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.' || c == '/';
    });
    if (is_plain) return std::string(text);
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

std::vector<Step> capture_steps(const std::string& interface, const std::string& ssid) {
    const std::string file(kSupplicantFile);
    const std::string ours =
        ssid.empty() ? "the name of the base's network (NETGEARnn or ARLO_VMB_nnnnnnnnnn)" : ssid;
    return {
        {.does = "Put the old base within a few metres, powered, with its light steady. This "
                 "works on Linux only, with a Wi-Fi interface that nothing else uses.",
         .commands = {"apt-get install wpasupplicant iw", "iw dev " + interface + " info"},
         .sees = "the interface, with `type managed`.",
         .otherwise = "`ip link` lists the interfaces of this machine."},
        {.does = "Take the interface away from NetworkManager, which would fight for it.",
         .commands = {"nmcli device set " + interface + " managed no",
                      "ip link set " + interface + " up"},
         .sees = "nothing; `nmcli device` says unmanaged.",
         .otherwise = "No such command: NetworkManager is not here, go on."},
        {.does = "Find the network of the base, and note its channel.",
         .commands = {"iw dev " + interface + " scan | grep -B 9 -A 3 'SSID: NETGEAR\\|ARLO_VMB'"},
         .sees = fmt::format("{} and a `freq`: 2412 is channel 1, 2437 is 6, 2462 is 11.", ours),
         .otherwise = "Nothing: press SYNC on the base once, it hides its network otherwise."},
        {.does = "Write the file that wpa_supplicant keeps the key in. The base gives it to "
                 "devices that look like its cameras; these two names are theirs.",
         .commands = {"umask 077",
                      "printf '%s\\n' ctrl_interface=/run/wpa_supplicant "
                      "ctrl_interface_group=0 update_config=1 device_name=NTGRDEV "
                      "'manufacturer=broadcom technology, Inc.' > " +
                          file},
         .sees = "nothing.",
         .otherwise = {}},
        {.does = "Start wpa_supplicant on it; it stays in this terminal and tells what happens.",
         .commands = {fmt::format("wpa_supplicant -t -D nl80211 -i {} -c {}", interface, file)},
         .sees = "`Successfully initialized wpa_supplicant`.",
         .otherwise = fmt::format(
             "The driver is refused: the older way is `wpa_supplicant -t -D wext -i {} -c {}`. "
             "Newer versions than 2.9 were seen to fail with some bases.",
             interface, file)},
        {.does = "Press SYNC on the base (or add a device in the vendor's app), and within two "
                 "minutes, in a second terminal:",
         .commands = {fmt::format("wpa_cli -i {} wps_pbc", interface)},
         .sees = "`OK` here; in the first terminal WPS-PBC-ACTIVE, `Associated with`, "
                 "CTRL-EVENT-EAP-STARTED and WPS-CRED-RECEIVED. One disconnection with reason=0 "
                 "on the way is normal.",
         .otherwise = "WPS-OVERLAP-DETECTED: another device near by is being paired; wait two "
                      "minutes. WPS-TIMEOUT: again, nearer to the base."},
        {.does = "Read what the base gave, and end wpa_supplicant with Ctrl-C in its terminal.",
         .commands = {"grep -A 9 'network=' " + file},
         .sees = "`ssid=\"...\"` and `psk=`: a text in quotes, or 64 hex digits.",
         .otherwise = "No such block: the step before did not end with WPS-CRED-RECEIVED."},
        {.does = "Keep the key where only you can read it, without its quotes, and make the files "
                 "with it.",
         .commands = {"sed -n 's/^[[:space:]]*psk=//p' " + file +
                          " | tail -n 1 | sed 's/^\"\\(.*\\)\"$/\\1/' > /root/arlo.key",
                      fmt::format("casement arlo network --set-up gateway --ssid {} --channel "
                                  "CHANNEL --psk-file /root/arlo.key --into arlo-files --check",
                                  ssid.empty() ? "SSID" : shell_word(ssid)),
                      "shred -u " + file},
         .sees = "the list of files, and what to do with each.",
         .otherwise = {}},
        {.does = "Unplug the old base, for good: two of the same name fight for the cameras. Then "
                 "wait some minutes.",
         .commands = {"casement events --follow", "casement cameras"},
         .sees = "the cameras appear one by one, as each finds its network and registers.",
         .otherwise = "`casement doctor` says which of them has an address and did not register."},
    };
}

std::vector<Step> pairing_steps(const Plan& plan) {
    return {
        {.does = "This pairs cameras with our own access point, without their old base. It was "
                 "reported to work with VMC3030; others and all doorbells are unproven, and the "
                 "key of the old base (capture) is the safer way. A camera that was paired with "
                 "the vendor's app straight to the house's Wi-Fi must be reset first.",
         .commands = {"systemctl status hostapd"},
         .sees = fmt::format("active (running), with the network {} on channel {}.", plan.ssid,
                             plan.channel),
         .otherwise = "`journalctl -u hostapd` says what it misses."},
        {.does = "Open the door for two minutes.",
         .commands = {fmt::format("hostapd_cli -i {} wps_pbc", plan.camera_interface),
                      fmt::format("hostapd_cli -i {} wps_get_status", plan.camera_interface)},
         .sees = "`OK`, then `PBC Status: Active`.",
         .otherwise = "FAIL: hostapd runs without WPS; make its file with --wps."},
        {.does = "Hold the camera near the access point and press its SYNC button until the light "
                 "blinks.",
         .commands = {},
         .sees = "within some 15 s the camera's light blinks fast, then goes out.",
         .otherwise = "Amber: it found no access point with an open door; press SYNC again while "
                      "the two minutes last."},
        {.does = "See it arrive.",
         .commands = {fmt::format("hostapd_cli -i {} all_sta", plan.camera_interface),
                      "casement cameras"},
         .sees = "its MAC address, and after some seconds the camera itself.",
         .otherwise = "An address but no camera: `casement doctor`."},
        {.does = "When all are there, close the door for good: the same files without WPS, with "
                 "the key that the cameras have now.",
         .commands = {"umask 077",
                      "sed -n 's/^wpa_passphrase=//p' /etc/hostapd/hostapd.conf > "
                      "/root/arlo.key",
                      fmt::format("casement arlo network --ssid {} --channel {} --country {} "
                                  "--cameras {} --psk-file /root/arlo.key --into arlo-files",
                                  shell_word(plan.ssid), plan.channel, plan.country,
                                  plan.camera_interface),
                      "install -m 600 arlo-files/hostapd.conf /etc/hostapd/hostapd.conf",
                      "systemctl restart hostapd"},
         .sees = "the cameras come back by themselves.",
         .otherwise = {}},
    };
}

std::string to_text(const std::vector<Step>& steps) {
    std::string out;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Step& step = steps[i];
        out += fmt::format("{}. {}\n", i + 1, step.does);
        for (const std::string& command : step.commands) out += fmt::format("\n       {}", command);
        if (!step.commands.empty()) out += "\n\n";
        out += fmt::format("   You see: {}\n", step.sees);
        if (!step.otherwise.empty()) out += fmt::format("   If not: {}\n", step.otherwise);
        out += "\n";
    }
    return out;
}

}  // namespace casement::drivers::arlo::network
