// From flags and a file to a plan.

#include <algorithm>
#include <array>

#include "app/cli/arlo_network.hpp"
#include "app/config/kinds.hpp"
#include "app/config/schema.hpp"
#include "app/suggest.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace casement::app::cli {

namespace network = drivers::arlo::network;
using base::ErrorKind;
using base::fail;
using base::Result;

/// The keys of `--from` are the flags' names.
const config::Fields<NetworkInputs>& fields_of(std::type_identity<NetworkInputs>) {
    using config::field;
    static const config::Fields<NetworkInputs> fields{
        field("set_up", &NetworkInputs::set_up, "gateway, router, unifi or networkmanager"),
        field("cameras", &NetworkInputs::cameras, "interface of the cameras' network"),
        field("uplink", &NetworkInputs::uplink, "interface of the home network"),
        field("hub", &NetworkInputs::hub, "the hub's address on the home network"),
        field("router", &NetworkInputs::router, "the router's address on the home network"),
        field("gateway", &NetworkInputs::gateway, "address and prefix, like 172.14.1.1/24"),
        field("pool", &NetworkInputs::pool, "first and last address for cameras"),
        field("reserve", &NetworkInputs::reserve, "MAC address to address"),
        field("country", &NetworkInputs::country, "two letters"),
        field("channel", &NetworkInputs::channel, "1 to 13"),
        field("ssid", &NetworkInputs::ssid, "name of the Wi-Fi network"),
        field("psk", &NetworkInputs::psk, "its key, as a reference"),
        field("wps", &NetworkInputs::wps, "pair with the WPS button"),
        field("rtp_ports", &NetworkInputs::rtp_ports, "UDP ports of the hub, like 50000-50199"),
    };
    return fields;
}

namespace {

constexpr std::array kSetUps{network::SetUp::Gateway, network::SetUp::Router, network::SetUp::Unifi,
                             network::SetUp::NetworkManager};

Result<NetworkInputs> read_inputs(const std::string& path, const config::Environment& environment) {
    NetworkInputs out;
    if (path.empty()) return out;
    CASEMENT_TRY(const std::string text, environment.read_file(path));
    config::Problems problems;
    const config::Node root = config::parse_yaml(text, path, problems);
    config::Reading reading{problems, environment};
    if (problems.empty()) config::read_fields(config::Value(reading, root, ""), out);
    if (problems.empty()) return out;
    std::string sentence;
    for (const config::Problem& problem : problems)
        sentence += (sentence.empty() ? "" : "\n") + problem.text();
    return fail(ErrorKind::InvalidArgument, "{}", sentence);
}

void overlay(NetworkInputs& under, const NetworkInputs& over) {
    for (std::string NetworkInputs::* const text :
         {&NetworkInputs::set_up, &NetworkInputs::cameras, &NetworkInputs::uplink,
          &NetworkInputs::hub, &NetworkInputs::router, &NetworkInputs::gateway,
          &NetworkInputs::pool, &NetworkInputs::country, &NetworkInputs::channel,
          &NetworkInputs::ssid, &NetworkInputs::rtp_ports}) {
        if (!(over.*text).empty()) under.*text = over.*text;
    }
    for (const auto& [mac, address] : over.reserve) under.reserve[mac] = address;
    under.wps = under.wps || over.wps;
}

Result<network::Address> address(std::string_view what, std::string_view text) {
    boost::system::error_code ec;
    const network::Address out = net::ip::make_address_v4(std::string(text), ec);
    if (ec)
        return fail(ErrorKind::InvalidArgument,
                    "\"{}\" is no {}: four numbers with dots are needed, like 192.168.1.10", text,
                    what);
    return out;
}

Result<network::SetUp> set_up_of(const std::string& word) {
    std::vector<std::string> known;
    for (const network::SetUp set_up : kSetUps) {
        known.emplace_back(to_string(set_up));
        if (known.back() == word) return set_up;
    }
    return fail(ErrorKind::InvalidArgument,
                "there is no set-up \"{}\"{}; there are gateway (this machine is the access "
                "point), router, unifi and networkmanager",
                word, did_you_mean(word, known));
}

/// "50000-50199".
Result<network::PortRange> ports_of(std::string_view text) {
    std::string_view rest = text;
    const auto first = base::parse_number<std::uint16_t>(base::take_until(rest, '-'));
    const auto last = base::parse_number<std::uint16_t>(rest);
    if (!first || !last)
        return fail(ErrorKind::InvalidArgument,
                    "\"{}\" is no range of UDP ports; one looks like 50000-50199", text);
    return network::PortRange{*first, *last};
}

Result<> read_addresses(network::Plan& plan, const NetworkInputs& inputs) {
    if (!inputs.hub.empty()) {
        CASEMENT_TRY(plan.hub, address("address of the hub", inputs.hub));
    }
    if (!inputs.router.empty()) {
        CASEMENT_TRY(plan.router, address("address of the router", inputs.router));
    }
    if (!inputs.gateway.empty()) {
        std::string_view rest = inputs.gateway;
        CASEMENT_TRY(plan.gateway, address("address of the gateway", base::take_until(rest, '/')));
        if (!rest.empty()) {
            const auto prefix = base::parse_number<unsigned>(rest);
            if (!prefix)
                return fail(ErrorKind::InvalidArgument,
                            "\"{}\" is no address with a prefix; one looks like 172.14.1.1/24",
                            inputs.gateway);
            plan.prefix = *prefix;
        }
    }
    if (!inputs.pool.empty()) {
        std::string_view rest = inputs.pool;
        CASEMENT_TRY(plan.pool_first,
                     address("first address of the pool", base::take_until(rest, '-')));
        CASEMENT_TRY(plan.pool_last, address("last address of the pool", rest));
    }
    for (const auto& [mac, text] : inputs.reserve) {
        CASEMENT_TRY(plan.reserved[mac], address("address for " + mac, text));
    }
    return {};
}

/// From one place only, and never from the command line itself, where every user of the machine
/// can read it.
Result<base::Secret> key_of(const ArloNetwork& command, const NetworkInputs& inputs,
                            const config::Environment& environment) {
    const int places = (command.psk_file.empty() ? 0 : 1) + (command.psk_env.empty() ? 0 : 1) +
                       (inputs.psk.empty() ? 0 : 1);
    if (places > 1)
        return fail(ErrorKind::InvalidArgument,
                    "the key is given twice; one of --psk-file, --psk-env and psk is enough");
    if (!command.psk_file.empty()) {
        CASEMENT_TRY(const std::string text, environment.read_file(command.psk_file));
        std::string_view line = text;
        while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty())
            return fail(ErrorKind::InvalidArgument, "{} is empty; the key was expected in it",
                        command.psk_file);
        return base::Secret(std::string(line));
    }
    if (!command.psk_env.empty()) {
        const std::string value = environment.variable(command.psk_env);
        if (value.empty())
            return fail(ErrorKind::InvalidArgument,
                        "the variable {} of the environment is not set; the key was expected in it",
                        command.psk_env);
        return base::Secret(value);
    }
    return inputs.psk;
}

}  // namespace

Result<network::Plan> plan_of(const ArloNetwork& command, const config::Environment& environment,
                              bool& made_key) {
    made_key = false;
    CASEMENT_TRY(NetworkInputs inputs, read_inputs(command.from, environment));
    overlay(inputs, command.inputs);
    network::Plan plan;
    if (!inputs.set_up.empty()) {
        CASEMENT_TRY(plan.set_up, set_up_of(inputs.set_up));
    }
    if (!inputs.cameras.empty()) plan.camera_interface = inputs.cameras;
    if (!inputs.uplink.empty()) plan.uplink_interface = inputs.uplink;
    CASEMENT_TRY(read_addresses(plan, inputs));
    if (!inputs.country.empty()) plan.country = inputs.country;
    if (!inputs.channel.empty()) {
        const auto channel = base::parse_number<int>(inputs.channel);
        if (!channel)
            return fail(ErrorKind::InvalidArgument, "\"{}\" is no channel; take 1, 6 or 11",
                        inputs.channel);
        plan.channel = *channel;
    }
    plan.ssid = inputs.ssid;
    plan.wps = inputs.wps;
    CASEMENT_TRY(plan.key, key_of(command, inputs, environment));
    if (plan.key.empty() && plan.wps && !plan.ssid.empty()) {
        // Some 118 bits: nobody types it, WPS hands it out.
        plan.key = base::Secret(base::random_code(24));
        made_key = true;
    }
    if (!inputs.rtp_ports.empty()) {
        CASEMENT_TRY(plan.rtp, ports_of(inputs.rtp_ports));
    }
    return network::checked(std::move(plan));
}

}  // namespace casement::app::cli
