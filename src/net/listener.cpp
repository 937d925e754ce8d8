#include "net/listener.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <map>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "async/deadline.hpp"
#include "base/mutex.hpp"

namespace casement::net {

namespace {

using async::as_value;
using base::ErrorKind;
using Socket = ip::tcp::socket;

// Out of descriptors is a state that lasts: look again at human speed instead of spinning.
constexpr auto kPauseWhenExhausted = std::chrono::milliseconds(100);

/// How many connections are open, in all and per address. Thread-safe: streams end on their own io
/// threads.
class Census {
public:
    Census(std::size_t total, std::size_t per_address, bool cap_loopback)
        : max_total_(total), max_per_address_(per_address), cap_loopback_(cap_loopback) {}

    enum class Verdict { Welcome, TotalFull, AddressFull };

    Verdict enter(const ip::address& address) {
        const base::MutexLock lock(mutex_);
        if (open_ >= max_total_) return Verdict::TotalFull;
        std::size_t& count = by_address_[address];
        const bool capped = cap_loopback_ || !address.is_loopback();
        if (capped && count >= max_per_address_) return Verdict::AddressFull;
        ++count;
        ++open_;
        return Verdict::Welcome;
    }
    void leave(const ip::address& address) {
        const base::MutexLock lock(mutex_);
        --open_;
        const auto it = by_address_.find(address);
        if (--it->second == 0) by_address_.erase(it);
    }
    std::size_t open() const {
        const base::MutexLock lock(mutex_);
        return open_;
    }

private:
    const std::size_t max_total_;
    const std::size_t max_per_address_;
    const bool cap_loopback_;
    mutable base::Mutex mutex_;
    std::size_t open_ CASEMENT_GUARDED_BY(mutex_) = 0;
    std::map<ip::address, std::size_t> by_address_ CASEMENT_GUARDED_BY(mutex_);
};

std::shared_ptr<void> permit_for(std::shared_ptr<Census> census, ip::address address) {
    // The pointee is of no interest: the deleter is what ends the visit.
    return {census.get(), [census, address](void*) { census->leave(address); }};
}

std::unexpected<base::Error> refuse_bind(const ListenOptions& options, const ip::tcp::endpoint& at,
                                         const boost::system::error_code& ec) {
    namespace err = boost::asio::error;
    if (ec == err::address_in_use) {
        const std::string owner = port_owner(at.port());
        return base::fail_because(
            "port-taken", ErrorKind::FailedPrecondition,
            "{} cannot listen on {}: {} has the port; everything else keeps running", options.name,
            to_text(at), owner.empty() ? "another program" : owner);
    }
    if (ec == boost::system::errc::address_not_available) {
        return base::fail(ErrorKind::InvalidArgument,
                          "{} cannot listen on {}: this machine does not have that address",
                          options.name, to_text(at));
    }
    if (ec == err::access_denied) {
        return base::fail(ErrorKind::PermissionDenied,
                          "{} cannot listen on {}: ports below 1024 need CAP_NET_BIND_SERVICE",
                          options.name, to_text(at));
    }
    return std::unexpected(async::to_error(ec, fmt::format("{} on {}", options.name, to_text(at))));
}

}  // namespace

struct Listener::State {
    State(const Executor& executor, const ListenOptions& o)
        : options(o),
          census(std::make_shared<Census>(o.max_connections, o.max_per_address, o.cap_loopback)),
          acceptor(executor) {}
    ~State() {
        if (spare_descriptor >= 0) ::close(spare_descriptor);
    }

    // Constant after construction.
    ListenOptions options;
    base::Log log;
    ip::tcp::endpoint endpoint;
    std::shared_ptr<Census> census;

    // On the listener's executor.
    ip::tcp::acceptor acceptor;
    int spare_descriptor = -1;
    std::size_t turn = 0;

    // Read by metrics from anywhere.
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> refused_total{0};
    std::atomic<std::uint64_t> refused_per_address{0};
    std::atomic<std::uint64_t> failed{0};

    Result<> open(const ip::tcp::endpoint& at) {
        boost::system::error_code ec;
        acceptor.open(at.protocol(), ec);
        if (!ec) acceptor.set_option(ip::tcp::acceptor::reuse_address(true), ec);
        // "[::]" means IPv6 only: never more than what was asked for.
        if (!ec && at.address().is_v6()) acceptor.set_option(ip::v6_only(true), ec);
        if (!ec) acceptor.bind(at, ec);
        if (!ec) acceptor.listen(options.backlog, ec);
        if (!ec) endpoint = acceptor.local_endpoint(ec);
        if (ec) return refuse_bind(options, at, ec);
        spare_descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        return {};
    }

    void welcome(Socket socket, const ip::tcp::endpoint& from, const Handler& handler) {
        const Census::Verdict verdict = census->enter(from.address());
        if (verdict == Census::Verdict::Welcome) {
            accepted.fetch_add(1, std::memory_order_relaxed);
            auto permit = permit_for(census, from.address());
            const Executor home = socket.get_executor();
            boost::asio::post(
                home, [socket = std::move(socket), permit = std::move(permit), handler]() mutable {
                    handler(std::make_unique<PlainStream>(std::move(socket), std::move(permit)));
                });
            return;
        }
        auto& counter = verdict == Census::Verdict::TotalFull ? refused_total : refused_per_address;
        if (counter.fetch_add(1, std::memory_order_relaxed) == 0) {
            log.warn("{} turns {} away: too many connections {}", options.name,
                     to_text(from.address()),
                     verdict == Census::Verdict::TotalFull ? "in all" : "from this address");
        }
    }

    // With every descriptor in use, accept() fails and the queue stays: give up the spare one, take
    // the connection, and drop it, so that the client learns at once instead of waiting.
    void shed_one() {
        if (spare_descriptor < 0) return;
        ::close(spare_descriptor);
        boost::system::error_code ec;
        acceptor.non_blocking(true, ec);
        Socket dropped = acceptor.accept(ec);
        dropped.close(ec);
        spare_descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
};

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() { close(); }

Result<std::unique_ptr<Listener>> Listener::listen(const Executor& executor,
                                                   ListenOptions options) {
    CASEMENT_TRY(const ip::tcp::endpoint at, parse_endpoint(options.address));
    auto state = std::make_shared<State>(executor, options);
    state->log = base::Log().with("listener", options.name);
    CASEMENT_TRY(state->open(at));
    return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

Task<> Listener::run(std::vector<Executor> executors, Handler handler) {
    const std::shared_ptr<State> state = state_;
    bool exhausted = false;
    while (state->acceptor.is_open()) {
        const Executor& home = executors[state->turn++ % executors.size()];
        ip::tcp::endpoint from;
        auto [ec, socket] = co_await state->acceptor.async_accept(home, from, as_value);
        if (!ec) {
            exhausted = false;
            state->welcome(std::move(socket), from, handler);
            continue;
        }
        if (ec == boost::asio::error::operation_aborted || ec == boost::asio::error::bad_descriptor)
            break;
        state->failed.fetch_add(1, std::memory_order_relaxed);
        // ECONNABORTED, EPROTO…: that one client is gone. accept(2) says to go on.
        if (ec != boost::asio::error::no_descriptors &&
            ec != boost::system::errc::too_many_files_open_in_system &&
            ec != boost::asio::error::no_memory && ec != boost::asio::error::no_buffer_space) {
            continue;
        }
        if (!exhausted)
            state->log.error("{} cannot accept: {}. Raise LimitNOFILE, or close some viewers",
                             state->options.name, ec.message());
        exhausted = true;
        state->shed_one();
        (void)co_await async::sleep_for(kPauseWhenExhausted);
    }
}

void Listener::close() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
}

const ip::tcp::endpoint& Listener::endpoint() const { return state_->endpoint; }

ListenerStats Listener::stats() const {
    return {.accepted = state_->accepted,
            .refused_total = state_->refused_total,
            .refused_per_address = state_->refused_per_address,
            .failed = state_->failed,
            .open = state_->census->open()};
}

}  // namespace casement::net
