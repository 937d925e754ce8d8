// The real machine, for doctor.

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "app/cli/doctor.hpp"
#include "async/deadline.hpp"
#include "net/connect.hpp"
#include "net/listener.hpp"
#include "store/database.hpp"
#include "store/files.hpp"

namespace casement::app::cli {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

constexpr std::chrono::seconds kConnectTime{2};
constexpr std::size_t kMaxFileBytes = 1 << 20;

Result<> try_listen(const config::ListenAddress& address) {
    async::asio::io_context context(1);
    const auto listener = net::Listener::listen(context.get_executor(),
                                                {.name = "doctor", .address = address.text()});
    if (!listener) return std::unexpected(listener.error());
    return {};
}

Result<> try_connect(const config::ListenAddress& address) {
    async::asio::io_context context(1);
    Result<> out = fail(ErrorKind::Internal, "no answer");
    const auto attempt = [address]() -> async::Task<Result<>> {
        const auto stream = co_await net::connect(address.host, address.port, {},
                                                  async::Deadline::in(kConnectTime));
        if (!stream) co_return std::unexpected(stream.error());
        co_return Result<>{};
    };
    async::asio::co_spawn(context, attempt(), [&](const std::exception_ptr& error, Result<> done) {
        if (!error) out = std::move(done);
    });
    context.run();
    return out;
}

/// adjtimex(2) without any change tells whether NTP or the like holds the clock.
std::optional<bool> clock_is_kept() {
    timex state{};
    const int answer = ::adjtimex(&state);
    if (answer < 0) return std::nullopt;
    return answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

std::optional<Machine::Space> space_of(const fs::path& path) {
    struct statvfs disk{};
    if (::statvfs(path.c_str(), &disk) != 0) return std::nullopt;
    return Machine::Space{disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize};
}

std::vector<Machine::Interface> interfaces() {
    std::vector<Machine::Interface> out;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return out;
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
        std::array<char, INET_ADDRSTRLEN> text{};
        sockaddr_in address{};
        std::memcpy(&address, at->ifa_addr, sizeof address);
        ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
        unsigned prefix = 32;
        if (at->ifa_netmask != nullptr) {
            sockaddr_in mask{};
            std::memcpy(&mask, at->ifa_netmask, sizeof mask);
            prefix = static_cast<unsigned>(std::popcount(mask.sin_addr.s_addr));
        }
        out.push_back({at->ifa_name, text.data(), prefix});
    }
    return out;
}

/// A connected datagram socket: the kernel chooses its own address by the routing table, and
/// nothing is sent.
Result<std::string> way_to(const std::string& address) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(9);
    if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1)
        return fail(ErrorKind::InvalidArgument, "{} is no address", address);
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0)
        return fail(ErrorKind::Unavailable, "{}", std::generic_category().message(errno));
    sockaddr_in own{};
    socklen_t size = sizeof own;
    const bool fine = ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
                      ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0;
    const int error = errno;
    ::close(socket);
    if (!fine) return fail(ErrorKind::Unavailable, "{}", std::generic_category().message(error));
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &own.sin_addr, text.data(), text.size());
    return std::string(text.data());
}

Result<std::vector<drivers::arlo::KnownDevice>> arlo_devices(const fs::path& data) {
    const fs::path file = data / "casement.db";
    std::error_code ec;
    if (!fs::exists(file, ec)) return std::vector<drivers::arlo::KnownDevice>{};
    CASEMENT_TRY(const auto database, store::Database::open_to_read(file.string()));
    return drivers::arlo::known_devices(*database);
}

}  // namespace

Machine this_machine() {
    return {.port_owner = net::port_owner,
            .listen = try_listen,
            .connect = try_connect,
            .clock_is_kept = clock_is_kept,
            .space = space_of,
            .interfaces = interfaces,
            .way_to = way_to,
            .read_file =
                [](const fs::path& path) { return store::read_file(path.string(), kMaxFileBytes); },
            .run = run_tool,
            .arlo_devices = arlo_devices};
}

}  // namespace casement::app::cli
