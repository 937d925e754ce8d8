#pragma once
// Addresses as text, both ways. Names are resolved in connect.hpp, never here.

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "base/error.hpp"

namespace casement::net {

namespace ip = boost::asio::ip;

/// "192.168.1.10:8790", "[::1]:8554". Port 0 lets the system choose. Names are refused: a listener
/// binds exactly what it is given.
base::Result<ip::tcp::endpoint> parse_endpoint(std::string_view text);

/// An IPv4 address as such, also where a socket for both families tells it as ::ffff:a.b.c.d.
ip::address unmapped(const ip::address& address);

/// Is this text an address of this machine alone, also as ::ffff:127.0.0.1? A name is none.
bool is_loopback(std::string_view address);
/// Does a listener with this address, "0.0.0.0" or "::", listen on all that the machine has?
bool is_everywhere(std::string_view address);

/// An address that no network outside can have: RFC 1918, RFC 4193 (unique local), link-local
/// (RFC 3927, RFC 4291) and loopback.
bool is_in_house(const ip::address& address);

/// The opposite of parse_endpoint; IPv4 addresses mapped into IPv6 are written as IPv4.
std::string to_text(const ip::tcp::endpoint& endpoint);
std::string to_text(const ip::udp::endpoint& endpoint);
/// The address alone, without port and brackets.
std::string to_text(const ip::address& address);

}  // namespace casement::net
