#include "app/web_root.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace casement::app {

namespace {

namespace fs = std::filesystem;

bool is_page(const fs::path& folder) {
    std::error_code ignored;
    return fs::exists(folder / "index.html", ignored);
}

}  // namespace

fs::path web_root() {
    if (const char* named = std::getenv("CASEMENT_WEB"); named && is_page(named)) return named;
    std::error_code ec;
    const fs::path program = fs::read_symlink("/proc/self/exe", ec);
    if (ec) return {};
    for (const fs::path& candidate :
         {program.parent_path().parent_path() / "share/casement/web",
          program.parent_path() / "../../../web", program.parent_path() / "../../web"}) {
        if (is_page(candidate)) return fs::weakly_canonical(candidate, ec);
    }
    return {};
}

std::vector<std::string> own_names() {
    std::vector<std::string> names;
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0')
        names.emplace_back(host.data());
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return names;
    for (const ifaddrs* i = list; i; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) != 0)
            continue;
        std::array<char, INET_ADDRSTRLEN> text{};
        const auto* address = reinterpret_cast<const sockaddr_in*>(i->ifa_addr);
        if (::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()))
            names.emplace_back(text.data());
    }
    ::freeifaddrs(list);
    return names;
}

std::string own_address() {
    // Asks the routing table which address a packet into the world would leave from; connecting a
    // datagram socket sends nothing. 192.0.2.1 is nobody's (RFC 5737 §3).
    sockaddr_in away{};
    away.sin_family = AF_INET;
    away.sin_port = htons(9);
    ::inet_pton(AF_INET, "192.0.2.1", &away.sin_addr);
    sockaddr_in own{};
    socklen_t size = sizeof own;
    const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool is_known =
        descriptor >= 0 &&
        ::connect(descriptor, reinterpret_cast<const sockaddr*>(&away), sizeof away) == 0 &&
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) == 0;
    if (descriptor >= 0) ::close(descriptor);
    std::array<char, INET_ADDRSTRLEN> text{};
    if (is_known && ::inet_ntop(AF_INET, &own.sin_addr, text.data(), text.size()))
        return text.data();
    // A network without a way out: any address is better than a name that a camera may not resolve.
    const std::vector<std::string> names = own_names();
    return names.empty() ? "127.0.0.1" : names.back();
}

std::string local_time_zone() {
    if (const char* zone = std::getenv("TZ"); zone && *zone && *zone != ':') return zone;
    std::error_code ec;
    const std::string target = fs::read_symlink("/etc/localtime", ec).string();
    constexpr std::string_view kFolder = "zoneinfo/";
    const std::size_t at = target.find(kFolder);
    return ec || at == std::string::npos ? "UTC" : target.substr(at + kFolder.size());
}

}  // namespace casement::app
