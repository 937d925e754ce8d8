#include "drivers/arlo/door.hpp"

#include <boost/asio/this_coro.hpp>

#include "net/endpoint.hpp"
#include "protocols/arlo/shown.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using protocols::arlo::FrameReader;
using protocols::arlo::Message;
using protocols::arlo::shown;

/// A device says one thing per connection; what two bursts of one firmware may hold.
constexpr int kMaxMessages = 4;
constexpr std::chrono::seconds kComplainEvery{1};
/// An acknowledgement has 60 bytes: only a peer that reads nothing lets it wait.
constexpr std::chrono::seconds kSendWithin{5};

std::string address_of(const net::PlainStream& stream) {
    const auto endpoint = net::parse_endpoint(stream.remote_endpoint());
    return endpoint ? net::to_text(endpoint->address()) : stream.remote_endpoint();
}

std::string at(const std::string& address, std::uint16_t port) {
    return address.contains(':') ? fmt::format("[{}]:{}", address, port)
                                 : fmt::format("{}:{}", address, port);
}

}  // namespace

Door::Door(async::Executor executor, DoorOptions options, const base::Clock& clock, base::Log log)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      clock_(clock),
      log_(std::move(log)) {}

Result<std::unique_ptr<Door>> Door::open(async::Executor executor, DoorOptions options,
                                         const base::Clock& clock, base::Log log) {
    std::unique_ptr<Door> door(
        new Door(std::move(executor), std::move(options), clock, std::move(log)));
    for (const std::uint16_t port : door->options_.ports) {
        if (door->entrances_.size() == 2) break;
        const bool is_first = door->entrances_.empty();
        const std::string name = is_first ? "Arlo cameras" : "Arlo doorbells";
        CASEMENT_TRY(auto listener,
                     net::Listener::listen(door->executor_,
                                           {.name = name,
                                            .address = at(door->options_.address, port),
                                            .max_connections = door->options_.max_connections,
                                            .max_per_address = door->options_.max_per_address,
                                            .cap_loopback = true}));
        door->entrances_.push_back({is_first ? Port::Camera : Port::Doorbell, std::move(listener)});
    }
    return door;
}

std::uint16_t Door::port(Port which) const {
    for (const Entrance& entrance : entrances_) {
        if (entrance.port == which) return entrance.listener->port();
    }
    return 0;
}

async::Task<> Door::run(Handler handler) {
    const auto conversations = std::make_shared<async::TaskGroup>(executor_, log_);
    for (const Entrance& entrance : entrances_) {
        // A connection that was accepted while we end finds nobody.
        const auto welcome =
            [this, handler, port = entrance.port,
             weak = std::weak_ptr(conversations)](std::unique_ptr<net::PlainStream> stream) {
                const auto open = weak.lock();
                if (!open) return;
                open->spawn("Arlo conversation",
                            [this, port, handler,
                             shared = std::shared_ptr<net::PlainStream>(std::move(stream))] {
                                return serve(shared, port, handler);
                            });
            };
        conversations->spawn("Arlo listener", [this, &entrance, welcome] {
            return entrance.listener->run({executor_}, welcome);
        });
    }
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer forever(executor_, asio::steady_timer::time_point::max());
    (void)co_await forever.async_wait(async::as_value);
    for (const Entrance& entrance : entrances_) entrance.listener->close();
    // The end of the conversations is awaited though we are cancelled ourselves.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await conversations->stop();
}

async::Task<> Door::serve(std::shared_ptr<net::PlainStream> stream, Port port, Handler handler) {
    FrameReader frames;
    const auto done = co_await talk(*stream, port, handler, frames);
    if (done) {
        // What was written arrives before the connection goes.
        (void)co_await async::with_deadline(async::Deadline::in(kSendWithin), "goodbye",
                                            stream->shut_down());
    } else if (!done.error().is(ErrorKind::Cancelled)) {
        ++stats_.refused;
        complain(address_of(*stream), port, done.error(), frames.pending());
    }
    stream->close();
}

async::Task<Result<>> Door::talk(net::PlainStream& stream, Port port, const Handler& handler,
                                 FrameReader& frames) {
    const auto deadline = async::Deadline::in(options_.message_within);
    for (int i = 0; i < kMaxMessages; ++i) {
        // More than one message is taken when it lies there already, but not waited for.
        if (i > 0 && frames.pending().empty()) co_return Result<>{};
        CASEMENT_CO_TRY(auto json, co_await read_frame(stream, frames, deadline));
        if (!json) {
            if (i == 0) ++stats_.silent;
            co_return Result<>{};
        }
        auto message = protocols::arlo::parse_message(*json);
        if (!message)
            co_return std::unexpected(message.error().within(
                fmt::format("{} bytes that begin with {}", json->size(), shown(*json))));
        ++stats_.messages;
        Message answer{message->id, protocols::arlo::make_ack()};
        CASEMENT_CO_TRY(
            co_await handler({address_of(stream), port, std::move(*message), std::move(*json)}));
        CASEMENT_CO_TRY(const std::string frame, protocols::arlo::to_frame(answer));
        CASEMENT_CO_TRY(co_await async::with_deadline(async::Deadline::in(kSendWithin),
                                                      "acknowledgement",
                                                      stream.write_all(base::as_bytes(frame))));
    }
    if (!frames.pending().empty())
        co_return fail(ErrorKind::ResourceExhausted, "more than {} messages on one connection",
                       kMaxMessages);
    co_return Result<>{};
}

void Door::complain(const std::string& address, Port port, const base::Error& error,
                    std::string_view bytes) {
    const auto now = clock_.steady_now();
    if (complained_ != base::SteadyTime{} && now - complained_ < kComplainEvery) {
        ++unsaid_;
        return;
    }
    complained_ = now;
    const std::string more =
        unsaid_ == 0 ? std::string() : fmt::format(" and_as_many_before={}", unsaid_);
    unsaid_ = 0;
    log_.warn("{} on port {} was sent away: {}{}{}", address, this->port(port), error.message(),
              bytes.empty() ? std::string() : fmt::format(" bytes={}", shown(bytes)), more);
}

}  // namespace casement::drivers::arlo
