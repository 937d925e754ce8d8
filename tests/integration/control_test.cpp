// A command and a hub over real TLS: the certificate is pinned, the token is sent, answers and
// streams come through.

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/hub.hpp"
#include "net/http_server.hpp"

namespace casement::app::cli {
namespace {

using testing::HasSubstr;

const net::Certificate& certificate() {
    static const net::Certificate made =
        *net::make_self_signed("Casement", {}, std::chrono::days(1));
    return made;
}

/// An HTTPS server on a thread of its own, with the routes that the tests ask.
class ControlOverTls : public testing::Test {
protected:
    ControlOverTls() : server_({.tls = *net::TlsServerContext::make(certificate())}) {
        server_.route("GET", "/api/v1/who", [](net::Request request) -> async::Task<net::Response> {
            co_return net::Response::json(
                200,
                nlohmann::json{{"authorization", request.headers.get("Authorization")}}.dump());
        });
        server_.route("POST", "/api/v1/echo",
                      [](net::Request request) -> async::Task<net::Response> {
                          co_return net::Response::json(201, request.body);
                      });
        server_.route("GET", "/api/v1/problem", [](net::Request) -> async::Task<net::Response> {
            co_return net::Response::text(409,
                                          R"({"detail": "It is being recorded.", "code": "busy"})",
                                          "application/problem+json");
        });
        server_.route("GET", "/api/v1/footage", [](net::Request) -> async::Task<net::Response> {
            co_return net::Response::stream("video/mp4", &ControlOverTls::write_footage)
                .with("X-Casement-Start", "2026-11-20T20:59:58.000Z");
        });
        listener_ = *net::Listener::listen(context_.get_executor(),
                                           {.name = "HTTPS", .address = "127.0.0.1:0"});
        async::asio::co_spawn(context_,
                              listener_->run({context_.get_executor()}, server_.acceptor()),
                              async::asio::detached);
        thread_ = std::thread([this] { context_.run(); });
    }
    ~ControlOverTls() override {
        context_.stop();
        thread_.join();
    }

    static async::Task<> write_footage(net::BodyWriter& writer) {
        const std::vector<std::uint8_t> piece(100'000, 'x');
        for (int i = 0; i < 30; ++i) {
            if (!co_await writer.write(net::ByteSpan(piece))) co_return;
        }
    }

    Control control() const {
        return {fmt::format("https://127.0.0.1:{}", listener_->port()),
                *net::fingerprint_of(certificate().certificate_pem), base::Secret("ct_0123456789"),
                1};
    }

private:
    async::asio::io_context context_{1};
    net::HttpServer server_;
    std::unique_ptr<net::Listener> listener_;
    std::thread thread_;
};

TEST_F(ControlOverTls, SendsItsToken) {
    const auto hub = connect_to(control());
    const auto answer = ask_json(*hub, {.method = "GET", .path = "/api/v1/who", .body = {}});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ((*answer)["authorization"], "Bearer ct_0123456789");
}

TEST_F(ControlOverTls, SendsABodyAndAsksSeveralTimes) {
    const auto hub = connect_to(control());
    for (int i = 0; i < 3; ++i) {
        const auto answer = ask_json(*hub, {.method = "POST",
                                            .path = "/api/v1/echo",
                                            .body = fmt::format(R"({{"value": {}}})", i)});
        ASSERT_TRUE(answer) << answer.error().message();
        EXPECT_EQ((*answer)["value"], i);
    }
}

TEST_F(ControlOverTls, PassesOnTheSentenceOfTheHub) {
    const auto hub = connect_to(control());
    const auto answer = ask_json(*hub, {.method = "GET", .path = "/api/v1/problem", .body = {}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message(), "It is being recorded.");
    EXPECT_EQ(answer.error().reason(), "busy");
}

TEST_F(ControlOverTls, StreamsWithoutKeepingItAll) {
    const auto hub = connect_to(control());
    std::size_t size = 0;
    const auto answer = hub->stream({.method = "GET", .path = "/api/v1/footage", .body = {}},
                                    [&](std::string_view bytes) -> base::Result<> {
                                        size += bytes.size();
                                        return {};
                                    });
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(size, 3'000'000u);
    EXPECT_EQ(answer->start, "2026-11-20T20:59:58.000Z");
    EXPECT_EQ(answer->body, "");
}

TEST_F(ControlOverTls, EndsAStreamWhenItsSinkFails) {
    const auto hub = connect_to(control());
    const auto answer =
        hub->stream({.method = "GET", .path = "/api/v1/footage", .body = {}},
                    [](std::string_view) -> base::Result<> {
                        return base::fail(base::ErrorKind::ResourceExhausted, "the disk is full");
                    });
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message(), "the disk is full");
}

TEST_F(ControlOverTls, TalksToNobodyWithAnotherCertificate) {
    Control other = control();
    other.fingerprint = *net::fingerprint_of(
        net::make_self_signed("Other", {}, std::chrono::days(1))->certificate_pem);
    const auto answer =
        connect_to(other)->ask({.method = "GET", .path = "/api/v1/who", .body = {}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason(), "certificate");
}

TEST(ControlWithoutHub, SaysThatItDoesNotAnswer) {
    // A port that was free a moment ago.
    async::asio::io_context context{1};
    const auto listener =
        net::Listener::listen(context.get_executor(), {.name = "HTTPS", .address = "127.0.0.1:0"});
    const std::string url = fmt::format("https://127.0.0.1:{}", (*listener)->port());
    (*listener)->close();
    const auto answer = connect_to({url, "AA", base::Secret("ct_0123456789"), 42})
                            ->ask({.method = "GET", .path = "/", .body = {}});
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message(),
                HasSubstr("the hub (process 42) does not answer at " + url));
}

}  // namespace
}  // namespace casement::app::cli
