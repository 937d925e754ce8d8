#include "net/websocket.hpp"

#include <gtest/gtest.h>

#include "tests/unit/net/loop.hpp"

namespace casement::net::tests {
namespace {

using base::ErrorKind;

class WebSocketTest : public Served {
protected:
    void add_routes(HttpServer& server) override {
        server.websocket("/echo", [](Request, std::shared_ptr<WebSocket> socket) -> Task<> {
            while (auto message = co_await socket->receive()) {
                if (message->is_text()) {
                    if (!co_await socket->send_text(std::string(message->text()))) break;
                } else if (!co_await socket->send_binary(std::move(message->data))) {
                    break;
                }
            }
        });
        server.websocket("/push", [this](Request, std::shared_ptr<WebSocket> socket) -> Task<> {
            pushing_ = socket;
            while (co_await socket->receive()) {
            }
            ++ended_;
        });
        server.websocket("/brief", [](Request, std::shared_ptr<WebSocket> socket) -> Task<> {
            (void)co_await socket->send_text("bye");
            co_await socket->close(ws_close::kTryLater, "come back later");
        });
    }
    std::shared_ptr<WebSocket> open(std::string_view path, WebSocketOptions options = {}) {
        auto socket = loop_.run([&]() -> Task<Result<std::shared_ptr<WebSocket>>> {
            co_return co_await connect_websocket({.url = url(path, "ws"), .options = options},
                                                 soon());
        });
        EXPECT_TRUE(socket) << socket.error().message();
        return *socket;
    }
    void wait_for(auto condition) {
        loop_.run([&]() -> Task<> {
            while (!condition()) (void)co_await async::sleep_for(milliseconds(1));
        });
    }
    static std::string upgrade(std::string_view more = {}) {
        return fmt::format(
            "GET /echo HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: keep-alive, "
            "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
            more);
    }

    std::weak_ptr<WebSocket> pushing_;
    int ended_ = 0;
};

TEST_F(WebSocketTest, EchoesTextAndBinaryOfManySizes) {
    start();
    const auto socket = open("/echo");
    loop_.run([&]() -> Task<> {
        for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65'535UL, 65'536UL}) {
            EXPECT_TRUE(co_await socket->send_binary(std::vector<std::uint8_t>(size, 3)));
            const auto back = co_await socket->receive();
            EXPECT_EQ(back.value().data, std::vector<std::uint8_t>(size, 3)) << size;
        }
        EXPECT_TRUE(
            co_await socket->send_text("K\xC3\xBC"
                                       "che"));
        EXPECT_EQ((co_await socket->receive()).value().text(),
                  "K\xC3\xBC"
                  "che");
        co_await socket->close();
    });
    EXPECT_EQ(socket->close_code(), ws_close::kNormal);
    EXPECT_FALSE(socket->is_open());
}

TEST_F(WebSocketTest, JoinsFragmentsAndAnswersPings) {
    start();
    const std::array<std::uint8_t, 4> mask{1, 2, 3, 4};
    auto first = ws_frame(WsOpcode::Text, base::as_bytes("Hel"), mask);
    first[0] = 0x01;
    auto last = ws_frame(WsOpcode::Continuation, base::as_bytes("lo"), mask);
    std::string bytes = upgrade();
    for (const auto& frame : {first, ws_frame(WsOpcode::Ping, base::as_bytes("p"), mask), last})
        bytes += base::as_text(frame);
    const std::string answer = raw(bytes, "Hello");
    EXPECT_NE(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
    EXPECT_NE(answer.find("\x8A\x01p"),
              std::string::npos);  // the pong came before the message was whole
    EXPECT_NE(answer.find("\x81\x05Hello"), std::string::npos);
}

TEST_F(WebSocketTest, ClosesWith1009OverTheLimit) {
    start();
    const auto socket = open("/echo");
    const auto end = loop_.run([&]() -> Task<Result<WsMessage>> {
        (void)co_await socket->send_binary(std::vector<std::uint8_t>(64 * 1024 + 1));
        co_return co_await socket->receive();
    });
    EXPECT_FALSE(end);
    EXPECT_EQ(socket->close_code(), ws_close::kTooBig);
}

TEST_F(WebSocketTest, TellsWhyTheOtherSideClosed) {
    start();
    const auto socket = open("/brief");
    loop_.run([&]() -> Task<> {
        EXPECT_EQ((co_await socket->receive()).value().text(), "bye");
        const auto end = co_await socket->receive();
        EXPECT_FALSE(end);
        EXPECT_TRUE(end.error().is(ErrorKind::Unavailable));
    });
    EXPECT_EQ(socket->close_code(), ws_close::kTryLater);
    EXPECT_EQ(socket->close_reason(), "come back later");
}

TEST_F(WebSocketTest, RefusesForeignPagesAndOldVersions) {
    start();
    EXPECT_TRUE(
        raw(upgrade("Origin: https://hub:1234\r\n"), "\r\n\r\n").starts_with("HTTP/1.1 101 "));
    EXPECT_TRUE(raw(upgrade("Origin: https://evil.example\r\n")).starts_with("HTTP/1.1 403 "));
    EXPECT_TRUE(raw("GET /echo HTTP/1.1\r\nHost: hub\r\n\r\n").starts_with("HTTP/1.1 426 "));
    std::string old = upgrade();
    old.replace(old.find("Version: 13"), 11, "Version: 12");
    EXPECT_TRUE(raw(old).starts_with("HTTP/1.1 426 "));
}

TEST_F(WebSocketTest, ToldOnlyWhatTheHttpAnswerWas) {
    start();
    const auto missing = loop_.run([&]() -> Task<Result<std::shared_ptr<WebSocket>>> {
        co_return co_await connect_websocket({.url = url("/nothing", "ws")}, soon());
    });
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().is(ErrorKind::NotFound));
}

TEST_F(WebSocketTest, KeepsTheOrderOfManySenders) {
    start();
    const auto socket = open("/push");
    wait_for([&] { return !pushing_.expired(); });
    const auto server_side = pushing_.lock();
    for (int i = 0; i < 50; ++i) {
        loop_.spawn([server_side, i]() -> Task<> {
            (void)co_await server_side->send_text(std::to_string(i));
        });
    }
    loop_.run([&]() -> Task<> {
        for (int i = 0; i < 50; ++i)
            EXPECT_EQ((co_await socket->receive()).value().text(), std::to_string(i));
    });
    socket->abort();
    wait_for([&] { return ended_ == 1; });
}

TEST_F(WebSocketTest, BoundsWhatASlowReaderMayOwe) {
    start();
    const auto socket = open("/push");
    wait_for([&] { return !pushing_.expired(); });
    const auto server_side = pushing_.lock();
    const auto block = std::make_shared<const std::vector<std::uint8_t>>(1'000'000);
    int posted = 0;
    while (server_side->post_binary(block, *block))
        ++posted;  // nothing runs in between: all stays queued
    EXPECT_EQ(posted, 4);
    EXPECT_LE(server_side->queued_bytes(), 4U * 1024 * 1024);
    bool waited = false;
    loop_.spawn([&]() -> Task<> {
        (void)co_await server_side->send_binary({}, block, *block);
        waited = true;
    });
    std::size_t got = 0;
    socket->abort();  // a reader that leaves frees the sender too
    wait_for([&] { return waited; });
    EXPECT_EQ(got, 0U);
    EXPECT_FALSE(server_side->post_text("x"));
}

TEST_F(WebSocketTest, SendsAMessageOfTwoParts) {
    start();
    const auto socket = open("/push");
    wait_for([&] { return !pushing_.expired(); });
    const auto shared =
        std::make_shared<const std::vector<std::uint8_t>>(std::vector<std::uint8_t>{3, 4});
    const auto got = loop_.run([&]() -> Task<Result<WsMessage>> {
        const std::vector<std::uint8_t> own{1, 2};
        EXPECT_TRUE(co_await pushing_.lock()->send_binary(own, shared, *shared));
        co_return co_await socket->receive();
    });
    ASSERT_TRUE(got);
    EXPECT_EQ(got->data, (std::vector<std::uint8_t>{1, 2, 3, 4}));
}

TEST_F(WebSocketTest, PingsTheSilentAndDropsTheDead) {
    start();
    const auto alive = open("/push", {.ping_every = milliseconds(20)});
    bool alive_ended = false;
    loop_.spawn([&]() -> Task<> {
        (void)co_await alive->receive();
        alive_ended = true;
    });
    // A peer that accepts the upgrade and then never reads nor answers.
    auto [near, far] = connected_pair(loop_);
    const auto dead =
        WebSocket::over(std::move(near), WsParser::Role::Client, {.ping_every = milliseconds(20)});
    const auto end =
        loop_.run([&]() -> Task<Result<WsMessage>> { co_return co_await dead->receive(); });
    ASSERT_FALSE(end);
    EXPECT_NE(end.error().message().find("silent"), std::string::npos) << end.error().message();
    EXPECT_FALSE(alive_ended);
    alive->abort();
    wait_for([&] { return alive_ended; });
}

TEST_F(WebSocketTest, HandsItsFramesToAFanOut) {
    start();
    const auto socket = open("/push");
    wait_for([&] { return !pushing_.expired(); });
    const auto server_side = pushing_.lock();
    std::vector<std::vector<std::uint8_t>> frames;
    loop_.run([&]() -> Task<> {
        EXPECT_TRUE(co_await server_side->divert_writes(
            [&](std::vector<std::uint8_t> frame) { frames.push_back(std::move(frame)); }));
    });
    EXPECT_TRUE(server_side->post_text("hi"));
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0], ws_frame(WsOpcode::Text, base::as_bytes("hi"), std::nullopt));
    auto& plain = static_cast<PlainStream&>(server_side->stream());
    const std::array parts{iovec{frames[0].data(), frames[0].size()}};
    EXPECT_EQ(plain.try_write(parts).value(), frames[0].size());
    EXPECT_EQ(loop_.run([&]() -> Task<std::string> {
        co_return std::string((co_await socket->receive()).value().text());
    }),
              "hi");
    server_side->abort();
    socket->abort();
    wait_for([&] { return ended_ == 1; });
}

TEST_F(WebSocketTest, SaysGoingAwayWhenTheServerStops) {
    start();
    const auto socket = open("/push");
    wait_for([&] { return !pushing_.expired(); });
    loop_.spawn([this]() -> Task<> { co_await server_->stop(seconds(3)); });
    const auto end =
        loop_.run([&]() -> Task<Result<WsMessage>> { co_return co_await socket->receive(); });
    EXPECT_FALSE(end);
    EXPECT_EQ(socket->close_code(), ws_close::kGoingAway);
    wait_for([&] { return server_->connections() == 0; });
}

TEST_F(WebSocketTest, RunsOverTls) {
    const Certificate certificate = make_self_signed("Casement", {}, std::chrono::days(10)).value();
    HttpServerOptions options;
    options.tls = TlsServerContext::make(certificate).value();
    start(options);
    const auto socket = loop_.run([&]() -> Task<Result<std::shared_ptr<WebSocket>>> {
        co_return co_await connect_websocket(
            {.url = url("/echo", "wss"),
             .connect = {.tls =
                             TlsOptions{.pinned_sha256 =
                                            fingerprint_of(certificate.certificate_pem).value()}}},
            soon());
    });
    ASSERT_TRUE(socket) << socket.error().message();
    loop_.run([&]() -> Task<> {
        EXPECT_TRUE(co_await (*socket)->send_text("over tls"));
        EXPECT_EQ((co_await (*socket)->receive()).value().text(), "over tls");
        co_await (*socket)->close();
    });
}

}  // namespace
}  // namespace casement::net::tests
