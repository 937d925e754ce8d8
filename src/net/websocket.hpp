#pragma once
// WebSocket over any stream, both roles: one write in flight, a bounded queue, pings, polite ends.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/connect.hpp"
#include "net/http_message.hpp"
#include "net/stream.hpp"
#include "net/websocket_frames.hpp"

namespace casement::net {

struct WebSocketOptions {
    /// 64 KiB: signalling and control messages are far smaller. Larger messages end the connection
    /// with 1009.
    std::size_t max_message_bytes = 64 * 1024;
    /// Queued and unsent bytes; post() refuses and send() waits above it.
    std::size_t max_queued_bytes = 4 * 1024 * 1024;
    /// After this silence of the other side a ping is sent, after three times this the connection
    /// is closed. 0 = never.
    std::chrono::steady_clock::duration ping_every = std::chrono::seconds(20);
};

/// Lives on the stream's executor. Its destructor closes at once; a polite end is close().
class WebSocket {
public:
    /// After the upgrade. `early` are bytes that came behind the upgrade's head.
    static std::shared_ptr<WebSocket> over(std::unique_ptr<Stream> stream, WsParser::Role role,
                                           WebSocketOptions options, ByteSpan early = {});
    ~WebSocket();

    /// The next text or binary message. Pings are answered and closes are replied to inside.
    /// Unavailable when the other side closed (close_code() tells how) or vanished; InvalidArgument
    /// when it broke the protocol. One receiver at a time.
    Task<Result<WsMessage>> receive();

    /// Returns when the message has gone to the kernel. Waits for room in the queue. Any number of
    /// senders; order is that of the calls.
    Task<Result<>> send_text(std::string text);
    Task<Result<>> send_binary(std::vector<std::uint8_t> data);
    /// One message of two parts: `head` is copied (a few hundred bytes of this receiver's own, or
    /// none), `data` is not: `owner` keeps it alive. (A client has to mask, which copies.)
    Task<Result<>> send_binary(ByteSpan head, std::shared_ptr<const void> owner, ByteSpan data);
    /// Queues and returns at once; false when the queue is full or the connection is closed.
    bool post_text(std::string text);
    bool post_binary(std::shared_ptr<const void> owner, ByteSpan data);
    std::size_t queued_bytes() const;

    /// Says goodbye, waits for the reply at most two seconds, closes. Idempotent.
    Task<> close(std::uint16_t code = ws_close::kNormal, std::string reason = {});
    /// Closes at once.
    void abort();
    bool is_open() const;
    /// What the other side closed with; 0 = it did not say (1005 and 1006 are told as 0 too).
    std::uint16_t close_code() const;
    const std::string& close_reason() const;

    /// For a fan-out that writes prepared frames (ws_head) to stream() by itself: waits until the
    /// queue is empty; from then on frames that this object has to send (ping, pong, close, send_*)
    /// go to `sink`, whole and in order, to be written between two others. receive() goes on as
    /// before. The sink must not outlive what it captures: call abort() before that goes.
    Task<Result<>> divert_writes(std::function<void(std::vector<std::uint8_t> frame)> sink);
    Stream& stream();
    const Executor& executor() const;

private:
    struct State;
    explicit WebSocket(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;  // shared with the pump and the keep-alive timer
};

struct WebSocketTarget {
    std::string url{};  // ws://, wss://; http and https mean the same
    Headers headers{};  // Authorization, Cookie, Origin…
    std::vector<std::string> subprotocols{};
    ConnectOptions connect{};
    WebSocketOptions options{};
};
/// Client side: connects and upgrades. An HTTP refusal is an error with the kind of its status (401
/// Unauthenticated, 403 PermissionDenied, 404 NotFound, 429 ResourceExhausted, else Unavailable)
/// whose sentence holds the status.
Task<Result<std::shared_ptr<WebSocket>>> connect_websocket(WebSocketTarget target,
                                                           Deadline deadline);

}  // namespace casement::net
