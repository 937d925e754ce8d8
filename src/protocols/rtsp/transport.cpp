#include "protocols/rtsp/transport.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace casement::protocols::rtsp {

namespace {

/// "4588-4589", or "4588" alone.
template <typename Pair, typename Number>
std::optional<Pair> parse_pair(std::string_view text, Number second_default(Number first)) {
    const auto first = base::parse_number<Number>(base::trimmed(base::take_until(text, '-')));
    if (!first) return std::nullopt;
    const auto second = base::parse_number<Number>(base::trimmed(text));
    return Pair{*first, second.value_or(second_default(*first))};
}

std::string_view unquoted(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return text;
}

/// RFC 2326 §12.39: RTP/AVP[/UDP|/TCP].
bool parse_protocol(std::string_view text, Transport& out) {
    if (!base::iequals(base::take_until(text, '/'), "RTP")) return false;
    const std::string_view profile = base::take_until(text, '/');
    out.secure = base::iequals(profile, "SAVP") || base::iequals(profile, "SAVPF");
    if (!out.secure && !base::iequals(profile, "AVP") && !base::iequals(profile, "AVPF"))
        return false;
    if (text.empty() || base::iequals(text, "UDP")) return true;
    out.lower = Transport::Lower::Tcp;
    return base::iequals(text, "TCP");
}

void parse_parameter(std::string_view name, std::string_view value, Transport& out) {
    const auto no_rtcp = [](std::uint16_t) -> std::uint16_t { return 0; };
    const auto next_channel = [](std::uint8_t first) {
        return static_cast<std::uint8_t>(first + 1);
    };
    if (base::iequals(name, "multicast"))
        out.multicast = true;
    else if (base::iequals(name, "interleaved"))
        out.interleaved = parse_pair<ChannelPair, std::uint8_t>(value, next_channel);
    else if (base::iequals(name, "client_port"))
        out.client_port = parse_pair<PortPair, std::uint16_t>(value, no_rtcp);
    else if (base::iequals(name, "server_port"))
        out.server_port = parse_pair<PortPair, std::uint16_t>(value, no_rtcp);
    else if (base::iequals(name, "ssrc"))
        out.ssrc = base::parse_number<std::uint32_t>(value, 16);
    else if (base::iequals(name, "source"))
        out.source = value;
    else if (base::iequals(name, "destination"))
        out.destination = value;
    else if (base::iequals(name, "mode"))
        out.record =
            base::iequals(unquoted(value), "record") || base::iequals(unquoted(value), "receive");
}

std::string range(std::uint32_t first, std::uint32_t second) {
    return second == 0 ? fmt::format("{}", first) : fmt::format("{}-{}", first, second);
}

}  // namespace

std::string Transport::to_header() const {
    std::string out =
        fmt::format("RTP/{}{};{}", secure ? "SAVP" : "AVP", lower == Lower::Tcp ? "/TCP" : "",
                    multicast ? "multicast" : "unicast");
    if (!destination.empty()) out += ";destination=" + destination;
    if (!source.empty()) out += ";source=" + source;
    if (interleaved) out += fmt::format(";interleaved={}-{}", interleaved->rtp, interleaved->rtcp);
    if (client_port) out += ";client_port=" + range(client_port->rtp, client_port->rtcp);
    if (server_port) out += ";server_port=" + range(server_port->rtp, server_port->rtcp);
    if (ssrc) out += fmt::format(";ssrc={:08X}", *ssrc);
    if (record) out += ";mode=record";
    return out;
}

std::vector<Transport> parse_transports(std::string_view header_value) {
    std::vector<Transport> out;
    while (!header_value.empty() && out.size() < kMaxTransports) {
        std::string_view alternative = base::take_until(header_value, ',');
        Transport transport;
        if (!parse_protocol(base::trimmed(base::take_until(alternative, ';')), transport)) continue;
        while (!alternative.empty()) {
            std::string_view value = base::take_until(alternative, ';');
            const std::string_view name = base::trimmed(base::take_until(value, '='));
            parse_parameter(name, base::trimmed(value), transport);
        }
        out.push_back(std::move(transport));
    }
    return out;
}

}  // namespace casement::protocols::rtsp
