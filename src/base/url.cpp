#include "base/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace casement::base {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::unexpected<Error> refuse(std::string_view why) {
    return fail(ErrorKind::InvalidArgument, "not a usable URL: {}", why);
}

}  // namespace

std::string percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                                c == '~';
        if (unreserved) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > 4096) return refuse("longer than 4096 bytes");
    if (std::ranges::any_of(
            text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; })) {
        return refuse("it holds a space or a control character");
    }
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0)
        return refuse("it does not start with scheme://");

    Url url;
    for (const char c : text.substr(0, colon))
        url.scheme += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    std::string_view rest = text.substr(colon + 3);

    // Passwords with a slash or question mark are common in camera URLs; the last @ before the path
    // ends the credentials.
    const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    std::string_view authority = rest.substr(0, authority_end);
    rest.remove_prefix(authority_end);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        const std::string_view credentials = authority.substr(0, at);
        const std::size_t split = credentials.find(':');
        url.user = percent_decoded(credentials.substr(0, split));
        if (split != std::string_view::npos)
            url.password = Secret(percent_decoded(credentials.substr(split + 1)));
        authority.remove_prefix(at + 1);
    }

    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos)
            return refuse("the IPv6 address has no closing bracket");
        url.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
    } else {
        const std::size_t split = authority.rfind(':');
        url.host = authority.substr(0, split);
        if (split != std::string_view::npos) port = authority.substr(split);
    }
    if (url.host.empty()) return refuse("the host is missing");
    if (!port.empty()) {
        unsigned value = 0;
        const auto [end, ec] = std::from_chars(port.data() + 1, port.data() + port.size(), value);
        if (port[0] != ':' || ec != std::errc{} || end != port.data() + port.size() || value == 0 ||
            value > 65535) {
            return refuse("the port must be a number from 1 to 65535");
        }
        url.port = static_cast<std::uint16_t>(value);
    }

    rest = rest.substr(0, rest.find('#'));
    const std::size_t query = rest.find('?');
    url.path = rest.substr(0, query);
    if (query != std::string_view::npos) url.query = rest.substr(query + 1);
    return url;
}

std::uint16_t Url::port_or_default() const {
    if (port != 0) return port;
    struct Known {
        std::string_view scheme;
        std::uint16_t port;
    };
    constexpr std::array known{Known{"rtsp", 554},  Known{"rtsps", 322}, Known{"rtmp", 1935},
                               Known{"rtmps", 443}, Known{"http", 80},   Known{"https", 443},
                               Known{"ws", 80},     Known{"wss", 443},   Known{"mqtt", 1883},
                               Known{"mqtts", 8883}};
    const auto* found = std::ranges::find(known, std::string_view(scheme), &Known::scheme);
    return found == known.end() ? 0 : found->port;
}

std::string Url::authority() const {
    std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != 0) out += fmt::format(":{}", port);
    return out;
}

std::string Url::without_credentials() const {
    return scheme + "://" + authority() + path + (query.empty() ? "" : "?" + query);
}

std::string Url::target() const {
    return (path.empty() ? "/" : path) + (query.empty() ? "" : "?" + query);
}

}  // namespace casement::base
