#pragma once
// Coroutines over real sockets on loopback, port 0, in one thread, with an end that always comes.

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/connect.hpp"
#include "net/http_server.hpp"
#include "net/listener.hpp"

namespace casement::net::tests {

namespace asio = boost::asio;
using async::Deadline;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline Deadline soon() { return Deadline::in(seconds(10)); }

class Loop {
public:
    asio::io_context io{1};
    Executor executor() { return io.get_executor(); }

    /// Runs `body()` until it ended; the callable lives as long as its coroutine. Fails the test
    /// after 30 s.
    template <typename Body>
    auto run(Body body) {
        using T = typename std::invoke_result_t<Body>::value_type;
        std::exception_ptr error;
        bool done = false;
        const auto until = std::chrono::steady_clock::now() + seconds(30);
        const auto turn = [&] {
            io.restart();
            while (!done) {
                if (io.run_one_until(until) == 0 && std::chrono::steady_clock::now() >= until)
                    throw std::runtime_error("the test hangs");
                if (io.stopped()) io.restart();
            }
            if (error) std::rethrow_exception(error);
        };
        if constexpr (std::is_void_v<T>) {
            asio::co_spawn(io, body(), [&](std::exception_ptr e) { error = e, done = true; });
            turn();
        } else {
            std::optional<T> value;
            asio::co_spawn(io, body(), [&](std::exception_ptr e, T v) {
                error = e, done = true;
                if (!e) value.emplace(std::move(v));
            });
            turn();
            return std::move(*value);
        }
    }
    /// Beside what the test does; ends with the loop.
    template <typename Body>
    void spawn(Body body) {
        asio::co_spawn(
            io, [body = std::move(body)]() -> Task<> { co_await body(); }, asio::detached);
    }
};

/// Two connected plain streams.
struct StreamPair {
    std::unique_ptr<PlainStream> near;
    std::unique_ptr<PlainStream> far;
};
inline StreamPair connected_pair(Loop& loop) {
    namespace tcp_ip = asio::ip;
    tcp_ip::tcp::acceptor acceptor(loop.io, {tcp_ip::address_v4::loopback(), 0});
    tcp_ip::tcp::socket one(loop.io);
    one.connect(acceptor.local_endpoint());
    tcp_ip::tcp::socket other = acceptor.accept();
    return {std::make_unique<PlainStream>(std::move(one)),
            std::make_unique<PlainStream>(std::move(other))};
}

/// An HTTP server on a free loopback port.
class Served : public testing::Test {
protected:
    void start(HttpServerOptions options = {}, ListenOptions listen = {}) {
        options_ = options;
        server_.emplace(std::move(options));
        add_routes(*server_);
        listen.name = "test";
        listen.address = "127.0.0.1:0";
        auto listener = Listener::listen(loop_.executor(), listen);
        ASSERT_TRUE(listener) << listener.error().message();
        listener_ = std::move(*listener);
        loop_.spawn([this]() -> Task<> {
            co_await listener_->run({loop_.executor()}, server_->acceptor());
        });
    }
    virtual void add_routes(HttpServer&) {}

    void TearDown() override {
        if (!server_) return;
        listener_->close();
        loop_.run([this]() -> Task<> { co_await server_->stop(milliseconds(0)); });
    }

    std::string url(std::string_view path, std::string_view scheme = "http") const {
        return fmt::format("{}://127.0.0.1:{}{}", scheme, listener_->port(), path);
    }
    std::unique_ptr<PlainStream> dial() {
        auto stream = loop_.run([this]() -> Task<Result<std::unique_ptr<Stream>>> {
            co_return co_await connect("127.0.0.1", listener_->port(), {}, soon());
        });
        return std::unique_ptr<PlainStream>(static_cast<PlainStream*>(stream.value().release()));
    }
    /// Sends bytes as they are and answers all that comes until the server closes (or `until` has
    /// come).
    std::string raw(std::string text, std::string until = {}) {
        auto stream = dial();
        return loop_.run([&]() -> Task<std::string> {
            (void)co_await stream->write_all(base::as_bytes(text));
            co_return co_await read_text(*stream, until);
        });
    }
    static Task<std::string> read_text(Stream& stream, std::string until) {
        std::string out;
        std::array<std::uint8_t, 4096> buffer;
        while (until.empty() || out.find(until) == std::string::npos) {
            const auto n = co_await stream.read_some(buffer);
            if (!n) break;
            out += base::as_text(std::span(buffer).first(*n));
        }
        co_return out;
    }

    Loop loop_;
    HttpServerOptions options_;
    std::optional<HttpServer> server_;
    std::unique_ptr<Listener> listener_;
};

}  // namespace casement::net::tests
