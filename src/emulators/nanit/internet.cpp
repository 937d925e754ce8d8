#include "emulators/nanit/internet.hpp"

#include <sys/socket.h>

#include <set>
#include <utility>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/deadline.hpp"
#include "async/task_group.hpp"
#include "net/connect.hpp"
#include "net/listener.hpp"

namespace casement::emulators::nanit {

using base::Result;

namespace {

constexpr std::size_t kBufferBytes = 16 * 1024;
constexpr std::chrono::seconds kConnectTime{5};
// How often what is held back looks whether the outage is over.
constexpr std::chrono::milliseconds kLook{20};

/// So that its end is a reset: nobody says goodbye on a line that is gone.
void end_with_reset(net::Stream& stream) {
    const ::linger at_once{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(stream.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stream.close();
}

}  // namespace

// Shared with the tasks of its connections.
struct Internet::State : std::enable_shared_from_this<Internet::State> {
    State(async::Executor e, net::ip::tcp::endpoint s, const base::Log& log)
        : executor(std::move(e)), server(std::move(s)), tasks(executor, log) {}

    const async::Executor executor;
    const net::ip::tcp::endpoint server;
    std::shared_ptr<net::Listener> listener;  // none: refused
    net::ip::tcp::endpoint endpoint;
    Outage outage = Outage::None;
    std::set<net::Stream*> streams;  // both sides of each connection, which lives in its task
    async::TaskGroup tasks;

    Result<> listen(const std::string& address);
    static async::Task<> carry(std::shared_ptr<State> state,
                               std::shared_ptr<std::unique_ptr<net::PlainStream>> taken);
    static async::Task<Result<>> pump(std::shared_ptr<State> state, net::Stream& from,
                                      net::Stream& to);
    static async::Task<Result<>> passage(std::shared_ptr<State> state);
};

Result<> Internet::State::listen(const std::string& address) {
    net::ListenOptions where;
    where.name = "emulated internet";
    where.address = address;
    CASEMENT_TRY(auto opened, net::Listener::listen(executor, where));
    listener = std::move(opened);
    endpoint = listener->endpoint();
    tasks.spawn("emulated internet", [state = shared_from_this(), open = listener] {
        return open->run({state->executor}, [weak = std::weak_ptr(state)](
                                                std::unique_ptr<net::PlainStream> stream) {
            const auto alive = weak.lock();
            if (!alive) return;
            const auto taken =
                std::make_shared<std::unique_ptr<net::PlainStream>>(std::move(stream));
            alive->tasks.spawn("connection", [alive, taken] { return carry(alive, taken); });
        });
    });
    return {};
}

/// Returns when nothing is swallowed, or with Cancelled.
async::Task<Result<>> Internet::State::passage(std::shared_ptr<State> state) {
    while (state->outage == Outage::Swallowed) {
        CASEMENT_CO_TRY(co_await async::sleep_for(kLook));
    }
    co_return Result<>{};
}

async::Task<Result<>> Internet::State::pump(std::shared_ptr<State> state, net::Stream& from,
                                            net::Stream& to) {
    std::vector<std::uint8_t> buffer(kBufferBytes);
    for (;;) {
        const auto got = co_await from.read_some(buffer);
        // After a cancellation the next wait would throw.
        if (!got && got.error().is(base::ErrorKind::Cancelled))
            co_return std::unexpected(got.error());
        CASEMENT_CO_TRY(co_await passage(state));
        if (!got) {
            (void)co_await to.shut_down();
            co_return std::unexpected(got.error());
        }
        CASEMENT_CO_TRY(co_await to.write_all(base::ByteSpan(buffer).first(*got)));
    }
}

async::Task<> Internet::State::carry(std::shared_ptr<State> state,
                                     std::shared_ptr<std::unique_ptr<net::PlainStream>> taken) {
    using namespace boost::asio::experimental::awaitable_operators;
    struct Known {
        State& state;
        net::Stream& stream;
        Known(State& s, net::Stream& k) : state(s), stream(k) { state.streams.insert(&stream); }
        ~Known() { state.streams.erase(&stream); }
        Known(const Known&) = delete;
    };
    const std::unique_ptr<net::Stream> home = std::move(*taken);
    const Known known_home(*state, *home);
    if (!co_await passage(state)) co_return;
    auto server = co_await net::connect(state->server.address().to_string(), state->server.port(),
                                        {}, async::Deadline::in(kConnectTime));
    if (!server || !home->is_open()) co_return;
    const Known known_server(*state, **server);
    (void)co_await (pump(state, *home, **server) || pump(state, **server, *home));
    home->close();
    (*server)->close();
}

Result<std::unique_ptr<Internet>> Internet::open(async::Executor executor, std::string listen,
                                                 net::ip::tcp::endpoint server, base::Log log) {
    const auto state = std::make_shared<State>(std::move(executor), std::move(server), log);
    CASEMENT_TRY(state->listen(listen));
    return std::unique_ptr<Internet>(new Internet(state));
}

Internet::Internet(std::shared_ptr<State> state) : state_(std::move(state)) {}
Internet::~Internet() {
    if (state_->listener) state_->listener->close();
    state_->tasks.cancel();
}

async::Task<> Internet::stop() {
    const auto state = state_;
    if (state->listener) state->listener->close();
    co_await state->tasks.stop();
}

const net::ip::tcp::endpoint& Internet::endpoint() const { return state_->endpoint; }
std::size_t Internet::connections() const { return (state_->streams.size() + 1) / 2; }

Result<> Internet::set(Outage outage) {
    state_->outage = outage;
    if (outage != Outage::Refused)
        return state_->listener ? Result<>{} : state_->listen(net::to_text(state_->endpoint));
    if (state_->listener) std::exchange(state_->listener, nullptr)->close();
    for (net::Stream* stream : state_->streams) end_with_reset(*stream);
    return {};
}

}  // namespace casement::emulators::nanit
