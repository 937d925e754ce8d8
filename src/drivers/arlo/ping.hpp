#pragma once
// An ICMP echo makes an access point hold a packet for a dozing device, which wakes for it.

#include <string>

namespace casement::drivers::arlo {

/// Sends three echo requests and waits for nothing: no error either, for a hub may not be allowed
/// to (net.ipv4.ping_group_range), and commands wake a device as well. IPv4 only. `from`: own
/// address, or empty.
void ping(const std::string& to, const std::string& from);

}  // namespace casement::drivers::arlo
