#include "net/websocket.hpp"

#include <array>
#include <deque>
#include <list>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include "async/bell.hpp"
#include "base/byte_writer.hpp"
#include "base/random.hpp"

namespace casement::net {

namespace asio = boost::asio;
using base::ErrorKind;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto kGoodbyePatience = std::chrono::seconds(2);
constexpr int kSilentPings = 3;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kFramesPerWrite = 16;
constexpr std::size_t kMaxReasonBytes =
    123;  // RFC 6455 §5.5: 125 bytes of a control frame, two of them the code

/// One frame on its way out: `head` may hold all of it.
struct Outgoing {
    std::vector<std::uint8_t> head;
    std::shared_ptr<const void> owner;
    ByteSpan body;
    std::uint64_t number = 0;
    std::size_t size() const { return head.size() + body.size(); }
};

/// A coroutine that waits for its frame to be written, or (0) for room in the queue.
struct Waiter {
    asio::steady_timer timer;
    std::uint64_t until_sent = 0;
};

}  // namespace

struct WebSocket::State : std::enable_shared_from_this<State> {
    State(std::unique_ptr<Stream> s, WsParser::Role r, WebSocketOptions o)
        : stream(std::move(s)),
          executor(stream->executor()),
          role(r),
          options(o),
          parser(r, o.max_message_bytes),
          keepalive(executor),
          ended(executor) {}

    std::unique_ptr<Stream> stream;
    Executor executor;
    WsParser::Role role;
    WebSocketOptions options;
    WsParser parser;
    asio::steady_timer keepalive;
    Clock::time_point heard = Clock::now();

    std::deque<Outgoing> queue;
    std::size_t queued = 0;
    std::uint64_t last_number = 0;
    std::uint64_t last_sent = 0;
    bool pumping = false;
    std::list<Waiter> waiters;
    std::function<void(std::vector<std::uint8_t>)> sink;

    bool close_sent = false;
    bool close_received = false;
    bool dead = false;
    bool vanished = false;
    bool receiving = false;
    std::uint16_t close_code = 0;
    std::string close_reason;
    async::Bell ended;  // rung by die()
    std::array<std::uint8_t, kReadBytes> buffer;

    void die() {
        if (std::exchange(dead, true)) return;
        keepalive.cancel();
        stream->close();
        queue.clear();
        queued = 0;
        sink = nullptr;
        wake_waiters();
        ended.ring();
    }

    base::Error gone() const {
        if (vanished) return {ErrorKind::Unavailable, "websocket: the other side fell silent"};
        if (close_received)
            return {ErrorKind::Unavailable,
                    fmt::format("websocket: closed by the other side ({}) {}", close_code,
                                close_reason)};
        return {ErrorKind::Cancelled, "websocket: closed"};
    }

    std::vector<std::uint8_t> whole_frame(WsOpcode opcode, ByteSpan payload) const {
        if (role == WsParser::Role::Server) return ws_frame(opcode, payload, std::nullopt);
        std::array<std::uint8_t, 4> mask{};
        base::fill_random(mask);  // RFC 6455 §10.3: not to be guessed
        return ws_frame(opcode, payload, mask);
    }

    /// `first` stands in front of the payload.
    Outgoing outgoing(WsOpcode opcode, ByteSpan first, std::shared_ptr<const void> owner,
                      ByteSpan payload) const {
        if (role == WsParser::Role::Client) {
            std::vector<std::uint8_t> joined(first.begin(), first.end());
            joined.insert(joined.end(), payload.begin(), payload.end());
            return {whole_frame(opcode, joined), nullptr, {}};
        }
        const WsHead ws = ws_head(opcode, first.size() + payload.size());
        Outgoing out{{ws.view().begin(), ws.view().end()}, std::move(owner), payload};
        out.head.insert(out.head.end(), first.begin(), first.end());
        return out;
    }

    /// Room is the caller's question. Returns the frame's number.
    std::uint64_t enqueue(Outgoing frame) {
        frame.number = ++last_number;
        if (sink) {
            frame.head.insert(frame.head.end(), frame.body.begin(), frame.body.end());
            last_sent = frame.number;
            sink(std::move(frame.head));
            return last_number;
        }
        queued += frame.size();
        queue.push_back(std::move(frame));
        if (!std::exchange(pumping, true))
            asio::co_spawn(executor, pump(shared_from_this()), asio::detached);
        return last_number;
    }
    std::uint64_t enqueue_control(WsOpcode opcode, ByteSpan payload) {
        return enqueue({whole_frame(opcode, payload), nullptr, {}});
    }

    bool has_room(std::size_t bytes) const {
        return queued == 0 || queued + bytes <= options.max_queued_bytes;
    }

    void say_close(std::uint16_t code, std::string_view reason) {
        if (dead || std::exchange(close_sent, true)) return;
        base::ByteWriter payload;
        if (code != 0) payload.u16(code).text(reason.substr(0, kMaxReasonBytes));
        enqueue_control(WsOpcode::Close, payload.view());
    }

    void wake_waiters() {
        for (Waiter& waiter : waiters) {
            if (dead || waiter.until_sent == 0 || last_sent >= waiter.until_sent)
                waiter.timer.cancel();
        }
    }

    /// Waits until `done()` or death.
    template <typename Done>
    static Task<Result<>> wait(std::shared_ptr<State> s, std::uint64_t until_sent, Done done) {
        while (!s->dead && !done()) {
            const auto waiter = s->waiters.insert(
                s->waiters.end(),
                Waiter{asio::steady_timer(s->executor, Clock::time_point::max()), until_sent});
            const std::shared_ptr<void> leave(nullptr,
                                              [s, waiter](void*) { s->waiters.erase(waiter); });
            co_await waiter->timer.async_wait(async::as_value);
        }
        if (s->dead) co_return std::unexpected(s->gone());
        co_return Result<>{};
    }
    static Task<Result<>> wait_sent(std::shared_ptr<State> s, std::uint64_t number) {
        co_return co_await wait(s, number,
                                [p = s.get(), number] { return p->last_sent >= number; });
    }

    static Task<> pump(std::shared_ptr<State> s) {
        while (!s->dead && !s->queue.empty()) {
            std::vector<Outgoing> batch;
            std::vector<iovec> parts;
            std::size_t bytes = 0;
            while (!s->queue.empty() && batch.size() < kFramesPerWrite) {
                batch.push_back(std::move(s->queue.front()));
                s->queue.pop_front();
                bytes += batch.back().size();
            }
            for (Outgoing& frame : batch) {
                parts.push_back({frame.head.data(), frame.head.size()});
                parts.push_back({const_cast<std::uint8_t*>(frame.body.data()), frame.body.size()});
            }
            const Result<> written = co_await s->stream->write_all(parts);
            if (s->dead) break;
            if (!written) {
                s->die();
                break;
            }
            s->queued -= bytes;
            s->last_sent = batch.back().number;
            s->wake_waiters();
        }
        s->pumping = false;
        s->wake_waiters();
    }

    static Task<Result<>> send(std::shared_ptr<State> s, WsOpcode opcode, ByteSpan first,
                               std::shared_ptr<const void> owner, ByteSpan payload) {
        CASEMENT_CO_TRY(co_await wait(
            s, 0, [p = s.get(), n = first.size() + payload.size()] { return p->has_room(n); }));
        if (s->close_sent) co_return std::unexpected(s->gone());
        const std::uint64_t number =
            s->enqueue(s->outgoing(opcode, first, std::move(owner), payload));
        co_return co_await wait_sent(s, number);
    }

    bool post(WsOpcode opcode, std::shared_ptr<const void> owner, ByteSpan payload) {
        if (dead || close_sent || !has_room(payload.size())) return false;
        enqueue(outgoing(opcode, {}, std::move(owner), payload));
        return true;
    }

    void keep_alive() {
        if (options.ping_every == Clock::duration::zero() || dead) return;
        keepalive.expires_after(options.ping_every);
        keepalive.async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
            if (const auto s = weak.lock(); s && !ec) s->look_at_silence();
        });
    }
    void look_at_silence() {
        const auto silence = Clock::now() - heard;
        if (silence >= options.ping_every * kSilentPings) {
            vanished = true;
            return die();
        }
        // Behind a full queue a ping would only come later still.
        if (silence >= options.ping_every && queue.empty() && !close_sent)
            enqueue_control(WsOpcode::Ping, {});
        keep_alive();
    }

    void remember_close(const WsMessage& message) {
        close_received = true;
        if (message.data.size() < 2) return;
        close_code = static_cast<std::uint16_t>(message.data[0] << 8 | message.data[1]);
        close_reason = message.text().substr(2);
    }

    /// Lets the goodbye go out, then closes; with a sink the writer has to send it and the owner to
    /// close.
    static Task<> finish(std::shared_ptr<State> s) {
        if (s->sink) co_return;
        (void)co_await async::with_deadline(Deadline::in(kGoodbyePatience), "websocket goodbye",
                                            wait_sent(s, s->last_number));
        s->die();
    }

    /// A message for the caller, or nothing when it was a control frame.
    static Task<Result<std::optional<WsMessage>>> handle(std::shared_ptr<State> s,
                                                         WsMessage message) {
        switch (message.opcode) {
            case WsOpcode::Ping:
                // A flood of pings behind a stuck connection must not fill memory.
                if (s->has_room(message.data.size()) && !s->close_sent)
                    s->enqueue_control(WsOpcode::Pong, message.data);
                co_return std::nullopt;
            case WsOpcode::Pong:
                co_return std::nullopt;
            case WsOpcode::Close:
                s->remember_close(message);
                s->say_close(s->close_code, {});
                co_await finish(s);
                co_return std::unexpected(s->gone());
            default:
                co_return std::move(message);
        }
    }

    static Task<Result<WsMessage>> receive(std::shared_ptr<State> s) {
        while (!s->dead) {
            auto parsed = s->parser.next();
            if (!parsed) {
                const base::Error error = parsed.error();
                s->say_close(s->parser.error_close_code(), error.message());
                co_await finish(s);
                co_return std::unexpected(error);
            }
            if (*parsed) {
                CASEMENT_CO_TRY(std::optional<WsMessage> message,
                                co_await handle(s, std::move(**parsed)));
                if (message) co_return std::move(*message);
                continue;
            }
            const auto n = co_await s->stream->read_some(s->buffer);
            if (s->dead) break;
            if (!n) {
                s->die();
                co_return std::unexpected(n.error().within("websocket"));
            }
            s->heard = Clock::now();
            s->parser.push({s->buffer.data(), *n});
        }
        co_return std::unexpected(s->gone());
    }

    static Task<Result<>> drain(std::shared_ptr<State> s) {
        while (!s->dead) {
            CASEMENT_CO_TRY(co_await receive(s));
        }
        co_return Result<>{};
    }
    static Task<Result<>> wait_ended(std::shared_ptr<State> s) {
        if (!s->dead) co_return co_await s->ended.wait();
        co_return Result<>{};
    }
};

WebSocket::WebSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}
WebSocket::~WebSocket() { abort(); }

std::shared_ptr<WebSocket> WebSocket::over(std::unique_ptr<Stream> stream, WsParser::Role role,
                                           WebSocketOptions options, ByteSpan early) {
    auto state = std::make_shared<State>(std::move(stream), role, options);
    state->parser.push(early);
    state->keep_alive();
    return std::shared_ptr<WebSocket>(new WebSocket(std::move(state)));
}

Task<Result<WsMessage>> WebSocket::receive() {
    const auto s = state_;
    s->receiving = true;
    const std::shared_ptr<void> done(nullptr, [s](void*) { s->receiving = false; });
    co_return co_await State::receive(s);
}

Task<Result<>> WebSocket::send_text(std::string text) {
    const auto owner = std::make_shared<const std::string>(std::move(text));
    co_return co_await State::send(state_, WsOpcode::Text, {}, owner, base::as_bytes(*owner));
}

Task<Result<>> WebSocket::send_binary(std::vector<std::uint8_t> data) {
    const auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(data));
    co_return co_await State::send(state_, WsOpcode::Binary, {}, owner, *owner);
}

Task<Result<>> WebSocket::send_binary(ByteSpan head, std::shared_ptr<const void> owner,
                                      ByteSpan data) {
    co_return co_await State::send(state_, WsOpcode::Binary, head, std::move(owner), data);
}

bool WebSocket::post_text(std::string text) {
    const auto owner = std::make_shared<const std::string>(std::move(text));
    return state_->post(WsOpcode::Text, owner, base::as_bytes(*owner));
}

bool WebSocket::post_binary(std::shared_ptr<const void> owner, ByteSpan data) {
    return state_->post(WsOpcode::Binary, std::move(owner), data);
}
std::size_t WebSocket::queued_bytes() const { return state_->queued; }

Task<> WebSocket::close(std::uint16_t code, std::string reason) {
    const auto s = state_;
    if (s->dead) co_return;
    s->say_close(code, reason);
    // Somebody has to read the reply: a running receive(), or this call.
    auto reply = s->receiving ? State::wait_ended(s) : State::drain(s);
    (void)co_await async::with_deadline(Deadline::in(kGoodbyePatience), "websocket goodbye",
                                        std::move(reply));
    s->die();
}

void WebSocket::abort() { state_->die(); }
bool WebSocket::is_open() const { return !state_->dead && !state_->close_sent; }
std::uint16_t WebSocket::close_code() const { return state_->close_code; }
const std::string& WebSocket::close_reason() const { return state_->close_reason; }

Task<Result<>> WebSocket::divert_writes(std::function<void(std::vector<std::uint8_t>)> sink) {
    const auto s = state_;
    CASEMENT_CO_TRY(co_await State::wait(s, 0, [p = s.get()] { return !p->pumping; }));
    s->sink = std::move(sink);
    co_return Result<>{};
}

Stream& WebSocket::stream() { return *state_->stream; }
const Executor& WebSocket::executor() const { return state_->executor; }

}  // namespace casement::net
