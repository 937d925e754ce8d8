#include "emulators/nest/live_wire.hpp"

#include <sys/socket.h>

#include <array>
#include <utility>

namespace casement::emulators::nest {

using base::Result;
using Bytes = std::vector<std::uint8_t>;

namespace {

void end_with_reset(net::Stream& stream) {
    const ::linger at_once{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(stream.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stream.close();
}

class StreamWire final : public LiveWire {
public:
    explicit StreamWire(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {}

    async::Task<Result<Bytes>> receive() override {
        CASEMENT_CO_TRY(const std::size_t count, co_await stream_->read_some(buffer_));
        co_return Bytes(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    async::Task<Result<>> send(std::vector<Bytes> packets) override {
        for (const Bytes& packet : packets) {
            CASEMENT_CO_TRY(co_await stream_->write_all(base::ByteSpan(packet)));
        }
        co_return Result<>{};
    }
    void close() override { stream_->close(); }
    void reset() override { end_with_reset(*stream_); }

private:
    const std::unique_ptr<net::Stream> stream_;
    std::array<std::uint8_t, 16 * 1024> buffer_{};
};

class SocketWire final : public LiveWire {
public:
    SocketWire(std::shared_ptr<net::WebSocket> socket, const Messages& how)
        : socket_(std::move(socket)), how_(how) {}

    async::Task<Result<Bytes>> receive() override {
        CASEMENT_CO_TRY(auto message, co_await socket_->receive());
        co_return std::move(message.data);
    }
    async::Task<Result<>> send(std::vector<Bytes> packets) override {
        Bytes all;
        for (Bytes& packet : packets) {
            if (how_ == Messages::Whole) {
                CASEMENT_CO_TRY(co_await socket_->send_binary(std::move(packet)));
            } else {
                all.insert(all.end(), packet.begin(), packet.end());
            }
        }
        if (how_ == Messages::EveryByte) {
            for (const std::uint8_t byte : all) {
                CASEMENT_CO_TRY(co_await socket_->send_binary(Bytes{byte}));
            }
        }
        if (how_ == Messages::Several) {
            CASEMENT_CO_TRY(co_await socket_->send_binary(std::move(all)));
            CASEMENT_CO_TRY(co_await socket_->send_binary(Bytes{}));
        }
        co_return Result<>{};
    }
    void close() override { socket_->abort(); }
    void reset() override { end_with_reset(socket_->stream()); }

private:
    const std::shared_ptr<net::WebSocket> socket_;
    const Messages& how_;  // the host's, who outlives it
};

}  // namespace

std::unique_ptr<LiveWire> make_wire(std::unique_ptr<net::Stream> stream) {
    return std::make_unique<StreamWire>(std::move(stream));
}
std::unique_ptr<LiveWire> make_wire(std::shared_ptr<net::WebSocket> socket, const Messages& how) {
    return std::make_unique<SocketWire>(std::move(socket), how);
}

}  // namespace casement::emulators::nest
