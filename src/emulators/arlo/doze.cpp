#include "emulators/arlo/doze.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <boost/asio/ip/address_v4.hpp>

#include "base/text.hpp"
#include "net/connect.hpp"
#include "net/listener.hpp"

namespace casement::emulators::arlo {

using base::Result;

namespace {

constexpr std::string_view kSynSent = "02";

}  // namespace

struct DozingPort::State {
    std::unique_ptr<net::Listener> listener;
    std::unique_ptr<net::Stream> occupant;
};

DozingPort::DozingPort(std::unique_ptr<State> state) : state_(std::move(state)) {}

DozingPort::~DozingPort() {
    state_->listener->close();
    if (state_->occupant) state_->occupant->close();
}

async::Task<Result<std::unique_ptr<DozingPort>>> DozingPort::hold(async::Executor executor,
                                                                  std::string address,
                                                                  std::uint16_t port) {
    auto state = std::make_unique<State>();
    net::ListenOptions where;
    where.name = "sleeping Arlo device";
    where.address = fmt::format("{}:{}", address, port);
    where.backlog = 0;  // room for one
    CASEMENT_CO_TRY(state->listener, net::Listener::listen(executor, where));
    net::ConnectOptions from;
    from.bind_address = address;
    CASEMENT_CO_TRY(state->occupant,
                    co_await net::connect(address, state->listener->port(), from,
                                          async::Deadline::in(std::chrono::seconds{1})));
    co_return std::unique_ptr<DozingPort>(new DozingPort(std::move(state)));
}

bool somebody_knocks(std::string_view proc_net_tcp, const std::string& address,
                     const std::vector<std::uint16_t>& ports) {
    boost::system::error_code ec;
    const auto own = boost::asio::ip::make_address_v4(address, ec);
    if (ec) return false;
    // The table shows addresses as the machine's own integers of what is in network order.
    const auto bytes = own.to_bytes();
    const std::string host =
        fmt::format("{:02X}{:02X}{:02X}{:02X}", bytes[3], bytes[2], bytes[1], bytes[0]);
    while (!proc_net_tcp.empty()) {
        std::istringstream line{std::string(base::take_until(proc_net_tcp, '\n'))};
        std::string number, local, remote, state;
        if (!(line >> number >> local >> remote >> state) || state != kSynSent) continue;
        if (std::ranges::any_of(ports, [&](std::uint16_t port) {
                return remote == fmt::format("{}:{:04X}", host, port);
            }))
            return true;
    }
    return false;
}

bool somebody_knocks(const std::string& address, const std::vector<std::uint16_t>& ports) {
    std::ifstream file("/proc/net/tcp");
    std::ostringstream text;
    text << file.rdbuf();
    return somebody_knocks(text.str(), address, ports);
}

}  // namespace casement::emulators::arlo
