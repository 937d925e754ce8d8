// Who has a port: /proc/net/tcp knows the socket's inode, /proc/<pid>/fd knows whose it is (root
// sees all, others their own).

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "net/listener.hpp"

namespace casement::net {

namespace {

namespace fs = std::filesystem;

// proc(5): "sl local_address rem_address st ... uid timeout inode"; 0A is LISTEN; addresses are
// hex, port behind the colon.
void collect_inodes(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
    std::ifstream in(table);
    std::string line;
    std::getline(in, line);  // the heading
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
        fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
            timeout >> inode;
        const std::size_t colon = local.rfind(':');
        if (state != "0A" || colon == std::string::npos) continue;
        if (base::parse_number<std::uint16_t>(std::string_view(local).substr(colon + 1), 16) ==
            port)
            inodes.insert("socket:[" + inode + "]");
    }
}

bool holds_one_of(const fs::path& descriptors, const std::set<std::string>& inodes) {
    std::error_code ec;
    for (fs::directory_iterator it(descriptors, ec), end; !ec && it != end; it.increment(ec)) {
        std::array<char, 64> target{};
        const ssize_t n = ::readlink(it->path().c_str(), target.data(), target.size());
        if (n > 0 && inodes.contains(std::string(target.data(), static_cast<std::size_t>(n))))
            return true;
    }
    return false;
}

}  // namespace

std::string port_owner(std::uint16_t port) {
    std::set<std::string> inodes;
    collect_inodes("/proc/net/tcp", port, inodes);
    collect_inodes("/proc/net/tcp6", port, inodes);
    if (inodes.empty()) return {};
    std::error_code ec;
    for (fs::directory_iterator it("/proc", ec), end; !ec && it != end; it.increment(ec)) {
        const std::string pid = it->path().filename().string();
        if (!base::parse_number<int>(pid) || !holds_one_of(it->path() / "fd", inodes)) continue;
        std::string name;
        std::ifstream comm(it->path() / "comm");
        std::getline(comm, name);
        return fmt::format("{} (pid {})", name, pid);
    }
    return {};
}

}  // namespace casement::net
