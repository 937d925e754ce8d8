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

Bytes joined(const std::vector<Bytes>& packets) {
    Bytes all;
    for (const Bytes& packet : packets) all.insert(all.end(), packet.begin(), packet.end());
    return all;
}

class StreamWire final : public LiveWire {
public:
    StreamWire(std::unique_ptr<net::Stream> stream, const Messages& how)
        : stream_(std::move(stream)), how_(how) {}

    async::Task<Result<Bytes>> receive() override {
        CASEMENT_CO_TRY(const std::size_t count, co_await stream_->read_some(buffer_));
        co_return Bytes(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    async::Task<Result<>> send(std::vector<Bytes> packets) override {
        if (how_ != Messages::Whole) packets = {joined(packets)};
        for (const Bytes& packet : packets) {
            const std::size_t at_once = how_ == Messages::EveryByte ? 1 : packet.size();
            for (base::ByteSpan rest(packet); !rest.empty(); rest = rest.subspan(at_once)) {
                CASEMENT_CO_TRY(co_await stream_->write_all(rest.first(at_once)));
            }
        }
        co_return Result<>{};
    }
    void close() override { stream_->close(); }
    void reset() override { end_with_reset(*stream_); }

private:
    const std::unique_ptr<net::Stream> stream_;
    const Messages& how_;  // the host's, who outlives it
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
        switch (how_) {
            case Messages::Whole:
                for (Bytes& packet : packets) {
                    CASEMENT_CO_TRY(co_await socket_->send_binary(std::move(packet)));
                }
                break;
            case Messages::EveryByte:
                for (const std::uint8_t byte : joined(packets)) {
                    CASEMENT_CO_TRY(co_await socket_->send_binary(Bytes{byte}));
                }
                break;
            case Messages::Several:
                CASEMENT_CO_TRY(co_await socket_->send_binary(joined(packets)));
                CASEMENT_CO_TRY(co_await socket_->send_binary(Bytes{}));
                break;
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

std::unique_ptr<LiveWire> make_wire(std::unique_ptr<net::Stream> stream, const Messages& how) {
    return std::make_unique<StreamWire>(std::move(stream), how);
}
std::unique_ptr<LiveWire> make_wire(std::shared_ptr<net::WebSocket> socket, const Messages& how) {
    return std::make_unique<SocketWire>(std::move(socket), how);
}

}  // namespace casement::emulators::nest
