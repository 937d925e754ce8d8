#include "net/endpoint.hpp"

#include <optional>

#include "base/text.hpp"

namespace casement::net {

using base::ErrorKind;

base::Result<ip::tcp::endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return base::fail(ErrorKind::InvalidArgument, "\"{}\" has no port: write address:port",
                          text);
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return base::fail(ErrorKind::InvalidArgument,
                          "\"{}\": an IPv6 address stands in brackets, as in [::1]:8790", text);
    }
    const auto port = base::parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!port)
        return base::fail(ErrorKind::InvalidArgument,
                          "\"{}\": the port must be a number from 0 to 65535", text);
    boost::system::error_code ec;
    const ip::address address = ip::make_address(std::string(host), ec);
    if (ec)
        return base::fail(ErrorKind::InvalidArgument,
                          "\"{}\" is not an IP address (names are not accepted here)", host);
    return ip::tcp::endpoint(address, *port);
}

ip::address unmapped(const ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

namespace {

/// Of text that is none: no value.
std::optional<ip::address> read_address(std::string_view text) {
    boost::system::error_code ec;
    const ip::address address = ip::make_address(std::string(text), ec);
    if (ec) return std::nullopt;
    return unmapped(address);
}

}  // namespace

bool is_loopback(std::string_view address) {
    const auto read = read_address(address);
    return read && read->is_loopback();
}

bool is_everywhere(std::string_view address) {
    const auto read = read_address(address);
    return read && read->is_unspecified();
}

bool is_in_house(const ip::address& mapped) {
    const ip::address address = unmapped(mapped);
    if (address.is_loopback()) return true;
    if (address.is_v6()) {
        const auto bytes = address.to_v6().to_bytes();
        return address.to_v6().is_link_local() || (bytes[0] & 0xFE) == 0xFC;
    }
    const std::uint32_t value = address.to_v4().to_uint();
    const auto is_under = [value](std::uint32_t network, int bits) {
        return value >> (32 - bits) == network >> (32 - bits);
    };
    return is_under(0x0A000000, 8) || is_under(0xAC100000, 12) || is_under(0xC0A80000, 16) ||
           is_under(0xA9FE0000, 16);
}

std::string to_text(const ip::address& address) { return unmapped(address).to_string(); }

namespace {

std::string join(const ip::address& address, std::uint16_t port) {
    const std::string host = to_text(address);
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

}  // namespace

std::string to_text(const ip::tcp::endpoint& endpoint) {
    return join(endpoint.address(), endpoint.port());
}
std::string to_text(const ip::udp::endpoint& endpoint) {
    return join(endpoint.address(), endpoint.port());
}

}  // namespace casement::net
