#include "sources/nexustalk/link.hpp"

#include <utility>

#include "net/websocket.hpp"
#include "protocols/nest/packet.hpp"

namespace casement::sources::nexustalk {

using async::Task;
using base::Result;

namespace {

/// One key frame of 2 Mbit/s in one or two reads.
constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

class StreamLink final : public Link {
public:
    explicit StreamLink(std::unique_ptr<net::Stream> stream)
        : stream_(std::move(stream)), buffer_(kBufferBytes) {}

    Task<Result<base::ByteSpan>> read() override {
        CASEMENT_CO_TRY(const std::size_t count, co_await stream_->read_some(buffer_));
        co_return base::ByteSpan(buffer_).first(count);
    }
    Task<Result<>> write(std::vector<std::uint8_t> bytes) override {
        co_return co_await stream_->write_all(base::ByteSpan(bytes));
    }
    void close() override { stream_->close(); }

private:
    const std::unique_ptr<net::Stream> stream_;
    std::vector<std::uint8_t> buffer_;
};

class WebSocketLink final : public Link {
public:
    explicit WebSocketLink(std::shared_ptr<net::WebSocket> socket) : socket_(std::move(socket)) {}

    /// A message may be empty, and holds packets as it comes.
    Task<Result<base::ByteSpan>> read() override {
        do {
            CASEMENT_CO_TRY(message_, co_await socket_->receive());
        } while (message_.data.empty());
        co_return base::ByteSpan(message_.data);
    }
    Task<Result<>> write(std::vector<std::uint8_t> bytes) override {
        co_return co_await socket_->send_binary(std::move(bytes));
    }
    void close() override { socket_->abort(); }

private:
    const std::shared_ptr<net::WebSocket> socket_;
    net::WsMessage message_;
};

}  // namespace

Task<Result<std::unique_ptr<Link>>> open_link(LinkTarget target, async::Deadline deadline) {
    if (!target.is_websocket) {
        CASEMENT_CO_TRY(auto stream, co_await net::connect(target.host, target.port,
                                                           std::move(target.connect), deadline));
        co_return std::make_unique<StreamLink>(std::move(stream));
    }
    net::WebSocketTarget socket;
    base::Url url;
    url.scheme = target.connect.tls ? "wss" : "ws";
    url.host = target.host;
    url.port = target.port;
    url.path = "/nexustalk";
    socket.url = url.without_credentials();
    socket.connect = std::move(target.connect);
    socket.options.max_message_bytes = protocols::nest::kMaxPacketBytes + 64;
    CASEMENT_CO_TRY(auto opened, co_await net::connect_websocket(std::move(socket), deadline));
    co_return std::make_unique<WebSocketLink>(std::move(opened));
}

}  // namespace casement::sources::nexustalk
