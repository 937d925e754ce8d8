#include "drivers/arlo/ping.hpp"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

namespace casement::drivers::arlo {

namespace {

constexpr int kEchoes = 3;

bool read_address(const std::string& text, sockaddr_in& out) {
    out = {};
    out.sin_family = AF_INET;
    return ::inet_pton(AF_INET, text.c_str(), &out.sin_addr) == 1;
}

}  // namespace

void ping(const std::string& to, const std::string& from) {
    sockaddr_in device{}, own{};
    if (!read_address(to, device)) return;
    // The kernel fills in identifier and checksum of such a socket, and lets nothing but echoes
    // out.
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (socket < 0) return;
    const bool is_bound =
        from.empty() || (read_address(from, own) &&
                         ::bind(socket, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
    for (std::uint16_t i = 0; is_bound && i < kEchoes; ++i) {
        icmphdr echo{};
        echo.type = ICMP_ECHO;
        echo.un.echo.sequence = htons(i);
        (void)::sendto(socket, &echo, sizeof echo, 0, reinterpret_cast<const sockaddr*>(&device),
                       sizeof device);
    }
    ::close(socket);
}

}  // namespace casement::drivers::arlo
