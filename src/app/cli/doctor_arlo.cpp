// What the base station for Arlo devices needs of this machine and of the network around it.

#include <algorithm>
#include <sstream>

#include <boost/asio/ip/network_v4.hpp>

#include "app/cli/doctor.hpp"
#include "base/text.hpp"
#include "drivers/arlo/network/files.hpp"
#include "net/endpoint.hpp"

namespace casement::app::cli {

namespace network = drivers::arlo::network;
using drivers::arlo::KnownDevice;
using net::ip::make_address_v4;
using net::ip::network_v4;

namespace {

constexpr std::chrono::milliseconds kPatience{5'000};
constexpr std::string_view kGuide = "casement arlo network makes the files for it";

struct Lease {
    std::string mac, address, name;
};

/// dnsmasq's: "0 4c:77:6d:01:02:03 172.14.1.103 VMC4030P-A1B2C *" (expiry, MAC, address, name, id).
std::vector<Lease> read_leases(const std::string& text) {
    std::vector<Lease> out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && out.size() < 1000;) {
        std::istringstream words(line);
        std::string expiry;
        Lease lease;
        words >> expiry >> lease.mac >> lease.address >> lease.name;
        boost::system::error_code ec;
        (void)make_address_v4(lease.address, ec);  // the rest of the file is DHCPv6
        if (ec || lease.name.empty()) continue;
        for (std::string* const word : {&lease.mac, &lease.name})
            std::erase_if(*word, [](char c) { return c < 0x21 || c > 0x7E; });
        out.push_back(std::move(lease));
    }
    return out;
}

/// One examination: what several lines need is looked at once.
class ArloExamination {
public:
    ArloExamination(const Patient& patient, Findings& out)
        : patient_(patient),
          arlo_(patient.config.arlo),
          machine_(patient.machine),
          interfaces_(machine_.interfaces()),
          out_(out) {
        for (const Machine::Interface& one : interfaces_) {
            if (one.address == arlo_.gateway) gateway_ = &one;
            if (one.address == arlo_.listen) listen_ = &one;
        }
        if (auto known = machine_.arlo_devices(patient.data)) devices_ = std::move(*known);
    }

    void run() {
        ports();
        listen_address();
        gateway();
        read_rules();
        forwarding();
        rules();
        reachable();
        leases();
        doorbells();
        second_base();
    }

private:
    void say(Verdict verdict, std::string topic, std::string says, std::string looked_at,
             std::string remedy = {}) {
        out_.push_back({.verdict = verdict,
                        .topic = std::move(topic),
                        .says = std::move(says),
                        .looked_at = std::move(looked_at),
                        .remedy = std::move(remedy)});
    }

    bool is_loopback() const { return net::is_loopback(arlo_.listen); }
    bool is_everywhere() const { return net::is_everywhere(arlo_.listen); }
    /// The hub's machine is the gateway, and the hub listens on its address.
    bool is_the_gateway() const { return arlo_.listen == arlo_.gateway; }

    void ports() {
        for (const std::uint16_t port : arlo_.ports) {
            if (port != 0)
                out_.push_back(
                    examine_port(patient_, "Arlo devices", "arlo.ports", {arlo_.listen, port}));
        }
        out_.push_back(examine_port(patient_, "pictures of Arlo devices", "arlo.upload_port",
                                    {arlo_.listen, arlo_.upload_port}));
        if (arlo_.rest)
            out_.push_back(
                examine_port(patient_, "Arlo's older clients", "arlo.rest", *arlo_.rest, false));
    }

    std::string own_addresses() const {
        std::string out;
        for (const Machine::Interface& one : interfaces_) {
            if (!one.address.starts_with("127.") && !one.address.contains(':'))
                out += fmt::format("{}{} on {}", out.empty() ? "" : ", ", one.address, one.name);
        }
        return out.empty() ? "none" : out;
    }

    void listen_address() {
        const std::string topic = "arlo.listen";
        if (is_everywhere())
            return say(Verdict::Warn, topic,
                       arlo_.listen +
                           ": everybody on every network can talk to the base station, which "
                           "knows no passwords",
                       "the configuration", "name the address on the cameras' network");
        if (is_loopback())
            return say(Verdict::Warn, topic,
                       arlo_.listen + ": only emulated devices on this machine can call",
                       "the configuration", "name the address on the cameras' network");
        if (listen_ != nullptr)
            return say(Verdict::Ok, topic, fmt::format("{} is on {}", arlo_.listen, listen_->name),
                       "the interfaces");
        say(Verdict::Bad, topic, arlo_.listen + " is on no interface of this machine",
            "the interfaces, which have: " + own_addresses(),
            "bring up the cameras' interface (networkctl status), or name one of these addresses");
    }

    void gateway() {
        const std::string topic = "gateway";
        if (gateway_ != nullptr)
            return say(Verdict::Ok, topic,
                       fmt::format("{} is this machine, on {}", arlo_.gateway, gateway_->name),
                       "the interfaces");
        if (arlo_.gateway.starts_with("127."))
            return say(Verdict::Ok, topic, arlo_.gateway + " is this machine's loopback",
                       "the configuration");
        if (is_the_gateway() && !is_everywhere())
            return say(Verdict::Bad, topic,
                       arlo_.gateway + " should be this machine, and is on none of its interfaces",
                       "the interfaces", std::string(kGuide));
        const auto way = machine_.way_to(arlo_.gateway);
        if (!way)
            return say(Verdict::Bad, topic,
                       fmt::format("no way leads to {}: {}", arlo_.gateway, way.error().message()),
                       "the routing table",
                       fmt::format("ip route add {}/24 via the router, or make it the default "
                                   "gateway of this machine",
                                   arlo_.gateway.substr(0, arlo_.gateway.rfind('.')) + ".0"));
        say(Verdict::Ok, topic,
            fmt::format("{} is another machine; packets to it leave from {}", arlo_.gateway, *way),
            "the routing table");
    }

    void read_rules() {
        const std::string table(network::kTable);
        const auto ours = machine_.run({"nft", "list", "table", "ip", table}, kPatience);
        if (ours && ours->status == 0) {
            has_table_ = true;
            rules_ = ours->text;
            return;
        }
        const auto all = machine_.run({"nft", "list", "ruleset"}, kPatience);
        if (!all) {
            rules_error_ = all.error().message();
            rules_remedy_ = "install nftables, and run this command with sudo";
        } else if (all->status != 0) {
            rules_error_ = "nft shows the rules to root only";
        } else {
            rules_ = all->text;
        }
    }

    void forwarding() {
        const std::string topic = "forwarding";
        const std::string file = "/proc/sys/net/ipv4/ip_forward";
        if (gateway_ == nullptr)
            return say(Verdict::Ok, topic, "is the router's business, not this machine's",
                       "the interfaces: the gateway is none of them");
        const auto value = machine_.read_file(file);
        if (!value)
            return say(Verdict::Unknown, topic, value.error().message(), file,
                       "sysctl net.ipv4.ip_forward");
        const bool is_on = base::trimmed(*value) == "1";
        if (!is_the_gateway() && !is_everywhere()) {
            if (is_on) return say(Verdict::Ok, topic, "is on", file);
            return say(
                Verdict::Bad, topic,
                fmt::format("is off: nothing passes between the devices and {}", arlo_.listen),
                file, "sysctl -w net.ipv4.ip_forward=1");
        }
        if (!is_on) return say(Verdict::Ok, topic, "is off, and the devices need none", file);
        if (has_table_)
            return say(Verdict::Ok, topic, "is on, and our rules keep the devices out of it", file);
        if (!rules_)
            return say(Verdict::Unknown, topic,
                       "is on; whether a rule keeps the devices from the Internet is not known: " +
                           rules_error_,
                       file, rules_remedy_);
        say(Verdict::Warn, topic,
            "is on, and no rules of ours keep the devices from the Internet and the home network",
            file + ", nft list ruleset", std::string(kGuide));
    }

    void rules() {
        const std::string topic = "firewall and NAT";
        const std::string looked_at = fmt::format("nft list table ip {}", network::kTable);
        if (gateway_ == nullptr && !is_the_gateway())
            return say(Verdict::Unknown, topic,
                       fmt::format("ports 4000 and 4100 of {} must lead to {}, with the devices' "
                                   "own addresses kept; that is on the router",
                                   arlo_.gateway, arlo_.listen),
                       "the configuration: the gateway is another machine",
                       "on the router: " + looked_at + "; " + std::string(kGuide) +
                           " (--set-up router or unifi)");
        if (!rules_) return say(Verdict::Unknown, topic, rules_error_, looked_at, rules_remedy_);
        if (is_the_gateway() || is_everywhere()) {
            if (has_table_) return say(Verdict::Ok, topic, "our rules are loaded", looked_at);
            return say(Verdict::Warn, topic,
                       "our rules are not loaded: the devices may reach more than the hub",
                       looked_at, std::string(kGuide));
        }
        if (rules_->find("dnat to " + arlo_.listen) != std::string::npos)
            return say(Verdict::Ok, topic,
                       fmt::format("what is for {} goes to {}", arlo_.gateway, arlo_.listen),
                       looked_at);
        say(Verdict::Bad, topic,
            fmt::format("nothing leads from {} to {}: devices call, and nobody answers",
                        arlo_.gateway, arlo_.listen),
            looked_at, std::string(kGuide) + " (--set-up router)");
    }

    void reachable() {
        const std::string topic = "base station";
        if (arlo_.ports.empty() || arlo_.ports.front() == 0) return;
        const config::ListenAddress address{is_everywhere() ? "127.0.0.1" : arlo_.listen,
                                            arlo_.ports.front()};
        if (patient_.hub == nullptr)
            return say(Verdict::Unknown, topic, "the hub does not run", address.text(),
                       "casement serve");
        const auto reached = machine_.connect(address);
        if (reached)
            return say(Verdict::Ok, topic, "takes calls at " + address.text(),
                       "a connection to it from this machine");
        say(Verdict::Bad, topic, reached.error().message(), "a connection to it from this machine",
            "casement health says why it does not listen; a firewall on this machine may stand "
            "in front");
    }

    bool is_registered(const std::string& address) const {
        return std::ranges::any_of(devices_, [&](const KnownDevice& device) {
            return device.address == address && !device.model.empty();
        });
    }

    void leases() {
        const std::string topic = "addresses of devices";
        std::vector<std::string> files{"/var/lib/misc/dnsmasq.leases"};
        if (gateway_ != nullptr)
            files.push_back(
                fmt::format("/var/lib/NetworkManager/dnsmasq-{}.leases", gateway_->name));
        std::string looked_at;
        std::vector<Lease> found;
        bool is_readable = false;
        for (const std::string& file : files) {
            const auto text = machine_.read_file(file);
            looked_at += (looked_at.empty() ? "" : ", ") + file;
            if (!text) continue;
            is_readable = true;
            for (Lease& lease : read_leases(*text)) {
                if (is_in_camera_network(lease.address)) found.push_back(std::move(lease));
            }
        }
        if (!is_readable)
            return say(Verdict::Unknown, topic, "no leases of dnsmasq can be read here", looked_at,
                       gateway_ != nullptr ? "run this command with sudo; is dnsmasq running?"
                                           : "look at the leases on the router");
        std::size_t strangers = 0;
        for (const Lease& lease : found) {
            if (is_registered(lease.address)) continue;
            ++strangers;
            say(Verdict::Warn, "device " + lease.address,
                fmt::format("{} ({}) has an address, and has not registered", lease.name,
                            lease.mac),
                looked_at,
                fmt::format("its calls go to port 4000 or 4100 of {}: do they arrive? Take its "
                            "battery out and in, and wait a minute",
                            arlo_.gateway));
        }
        say(Verdict::Ok, topic,
            fmt::format("{} given out, {} of them to registered devices", found.size(),
                        found.size() - strangers),
            looked_at);
    }

    bool is_in_camera_network(const std::string& address) const {
        boost::system::error_code ec;
        const auto gateway = make_address_v4(arlo_.gateway, ec);
        if (ec) return true;
        const unsigned prefix =
            gateway_ != nullptr && gateway_->prefix > 0 && gateway_->prefix <= 32 ? gateway_->prefix
                                                                                  : 24;
        const auto bits = static_cast<unsigned short>(prefix);
        return network_v4(gateway, bits).canonical() ==
               network_v4(make_address_v4(address), bits).canonical();
    }

    /// A video doorbell cuts RTSP from everybody but its gateway.
    void doorbells() {
        const std::string topic = "source address";
        std::string bells;
        for (const KnownDevice& device : devices_) {
            if (device.model.starts_with("AVD"))
                bells += fmt::format("{}{}", bells.empty() ? "" : ", ", device.serial);
        }
        const std::string whom = bells.empty() ? "a video doorbell" : "the doorbell " + bells;
        if (is_the_gateway())
            return say(Verdict::Ok, topic,
                       fmt::format("what goes to the devices leaves from their gateway, {}",
                                   arlo_.gateway),
                       "the configuration");
        const std::string needed = fmt::format(
            "{} shows pictures to its gateway only, so what leaves {} must become {} on the way "
            "(rule R3)",
            whom, arlo_.listen, arlo_.gateway);
        if (gateway_ == nullptr)
            return say(Verdict::Unknown, topic, needed + "; that is on the router",
                       "the configuration", std::string(kGuide) + " (--set-up router or unifi)");
        if (!rules_)
            return say(Verdict::Unknown, topic, needed + "; " + rules_error_, "nft list ruleset",
                       rules_remedy_);
        if (rules_->find("snat to " + arlo_.gateway) != std::string::npos)
            return say(
                Verdict::Ok, topic,
                fmt::format("{} becomes {} on its way to the devices", arlo_.listen, arlo_.gateway),
                "nft list ruleset");
        say(bells.empty() ? Verdict::Warn : Verdict::Bad, topic, needed + "; no rule does it",
            "nft list ruleset", std::string(kGuide) + " (--set-up router)");
    }

    /// The old base, still powered, answers at the same address with the same network.
    void second_base() {
        const std::string topic = "second base station";
        if (gateway_ == nullptr || is_loopback())
            return say(Verdict::Unknown, topic,
                       "whether the old base is still powered cannot be seen from here",
                       "the interfaces: the gateway is another machine",
                       "unplug it; two of the same name fight for the devices");
        // RFC 5227: asks who else has our address. Ends with 1 when somebody answers.
        const auto asked = machine_.run(
            {"arping", "-D", "-q", "-c", "2", "-w", "3", "-I", gateway_->name, arlo_.gateway},
            kPatience);
        if (asked && asked->status == 1 && !asked->is_timed_out && asked->text.empty())
            return say(Verdict::Bad, topic,
                       fmt::format("another machine on {} has the address {}", gateway_->name,
                                   arlo_.gateway),
                       "arping -D", "unplug the old base, for good");
        // What the interface heard lately; nothing is sent for it.
        const auto heard = machine_.run({"iw", "dev", gateway_->name, "scan", "dump"}, kPatience);
        const bool has_heard = heard && heard->status == 0;
        if (has_heard) {
            std::istringstream lines(heard->text);
            for (std::string line; std::getline(lines, line);) {
                std::string_view word = base::trimmed(line);
                if (!word.starts_with("SSID: ")) continue;
                word.remove_prefix(6);
                if (word.starts_with("ARLO_VMB_") || is_netgear_base(word))
                    return say(Verdict::Warn, topic,
                               fmt::format("the Wi-Fi {} of a vendor's base is on the air", word),
                               "iw dev scan dump", "if it is your old base, unplug it, for good");
            }
        }
        const bool has_asked = asked && asked->status == 0;
        if (has_asked || has_heard)
            return say(Verdict::Ok, topic, "nobody else was seen",
                       has_asked && has_heard ? "arping -D, iw dev scan dump"
                       : has_asked            ? "arping -D"
                                              : "iw dev scan dump");
        say(Verdict::Unknown, topic, "nothing here can look for one", "arping -D, iw dev scan dump",
            "install iputils-arping or iw and run this command with sudo; unplug the old base");
    }

    /// "NETGEAR42": two digits; home routers of that maker have other names behind.
    static bool is_netgear_base(std::string_view name) {
        if (!name.starts_with("NETGEAR") || name.size() != 9) return false;
        return base::parse_number<unsigned>(name.substr(7)).has_value();
    }

    const Patient& patient_;
    const config::Arlo& arlo_;
    const Machine& machine_;
    const std::vector<Machine::Interface> interfaces_;
    const Machine::Interface* gateway_ = nullptr;  // where it is this machine's
    const Machine::Interface* listen_ = nullptr;
    std::vector<KnownDevice> devices_;
    bool has_table_ = false;
    std::optional<std::string> rules_;  // as nft shows them
    std::string rules_error_, rules_remedy_ = "run this command with sudo";
    Findings& out_;
};

}  // namespace

void examine_arlo(const Patient& patient, Findings& out) {
    if (!patient.config.arlo.enabled) return;
    ArloExamination(patient, out).run();
}

}  // namespace casement::app::cli
