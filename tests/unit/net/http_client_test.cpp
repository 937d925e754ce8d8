#include "net/http_client.hpp"

#include <gtest/gtest.h>

#include "tests/unit/net/loop.hpp"

namespace casement::net::tests {
namespace {

using base::ErrorKind;

class HttpClientTest : public Served {
protected:
    void add_routes(HttpServer& server) override {
        const auto moved = [](int status, std::string to) {
            return [status, to](Request) -> Task<Response> {
                co_return Response::empty(status).with("Location", to);
            };
        };
        server.route("GET", "/plain", [](Request request) -> Task<Response> {
            co_return Response::text(
                200, fmt::format("{}|{}|{}", request.headers.get("Authorization"),
                                 request.headers.get("Cookie"), request.headers.get("X-Own")));
        });
        server.route("POST", "/plain", [](Request request) -> Task<Response> {
            co_return Response::text(201, request.body);
        });
        server.route("GET", "/large", [](Request) -> Task<Response> {
            co_return Response::text(200, std::string(2000, 'x'));
        });
        server.route("GET", "/hop", moved(302, "/plain"));
        server.route("POST", "/hop", moved(303, "plain"));
        server.route("GET", "/loop", moved(307, "/loop"));
        server.route("GET", "/basic", [](Request request) -> Task<Response> {
            const auto credentials = parse_basic(request.headers.get("Authorization"));
            if (!credentials || credentials->password.reveal() != "pw")
                co_return Response::text(401, "no").with("WWW-Authenticate", "Basic realm=\"x\"");
            co_return Response::text(200, "in as " + credentials->user);
        });
        server.route("GET", "/digest", [this](Request request) -> Task<Response> {
            const std::string_view field = request.headers.get("Authorization");
            seen_.emplace_back(field);
            const DigestChallenge challenge{.realm = "cam",
                                            .nonce = fmt::format("n{}", nonce_),
                                            .opaque = "",
                                            .algorithm = "MD5",
                                            .qop_auth = true,
                                            .stale = false};
            for (unsigned count = 1; count < 4 && !field.empty(); ++count) {
                const std::size_t at = field.find("cnonce=\"") + 8;
                const std::string cnonce(field.substr(at, field.find('"', at) - at));
                if (field == digest_authorization({"ann", base::Secret("pw")}, challenge, "GET",
                                                  "/digest?a=1", count, cnonce))
                    co_return Response::text(200, "digested");
            }
            co_return Response::text(401, "no").with(
                "WWW-Authenticate",
                fmt::format("Digest realm=\"cam\", nonce=\"n{}\", qop=\"auth\", stale={}", nonce_,
                            !field.empty()));
        });
        server.route("GET", "/parts", [](Request) -> Task<Response> {
            co_return Response::stream("multipart/x-mixed-replace", [](BodyWriter& out) -> Task<> {
                for (int i = 0; i < 3; ++i)
                    (void)co_await out.write(base::as_bytes(fmt::format("part {};", i)));
                (void)co_await async::sleep_for(
                    seconds(60));  // real time: never waited for; the client gives up
            });
        });
    }
    Result<ClientResponse> send(ClientRequest request, Deadline deadline = soon()) {
        if (!client_) client_.emplace(loop_.executor());
        return loop_.run([&]() -> Task<Result<ClientResponse>> {
            co_return co_await client_->send(request, deadline);
        });
    }
    /// A server that answers each connection with the next of these, byte for byte, and closes.
    std::uint16_t scripted(std::vector<std::string> answers) {
        auto acceptor = std::make_shared<asio::ip::tcp::acceptor>(
            loop_.io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        const std::uint16_t port = acceptor->local_endpoint().port();
        loop_.spawn([acceptor, answers]() -> Task<> {
            for (const std::string& answer : answers) {
                auto [ec, socket] = co_await acceptor->async_accept(async::as_value);
                if (ec) co_return;
                PlainStream stream(std::move(socket));
                (void)co_await read_text(stream, "\r\n\r\n");
                (void)co_await stream.write_all(base::as_bytes(answer));
            }
        });
        return port;
    }

    std::optional<HttpClient> client_;
    std::vector<std::string> seen_;
    int nonce_ = 1;
};

TEST_F(HttpClientTest, GetsAndPosts) {
    start();
    EXPECT_EQ(send({.url = url("/plain"), .headers = {{"X-Own", "1"}}}).value().body, "||1");
    const auto posted = send({.method = "POST", .url = url("/plain"), .body = "payload"}).value();
    EXPECT_EQ(posted.status, 201);
    EXPECT_EQ(posted.body, "payload");
    EXPECT_EQ(listener_->stats().accepted, 1U);  // on one connection
}

TEST_F(HttpClientTest, LimitsTheBody) {
    start();
    EXPECT_TRUE(send({.url = url("/large"), .max_body_bytes = 2000}));
    const auto refused = send({.url = url("/large"), .max_body_bytes = 1999});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(ErrorKind::ResourceExhausted));
}

TEST_F(HttpClientTest, FollowsRedirectsABoundedNumberOfTimes) {
    start();
    EXPECT_EQ(send({.url = url("/hop")}).value().url, url("/plain"));
    EXPECT_EQ(send({.method = "POST", .url = url("/hop"), .body = "x"}).value().status,
              200);  // 303 makes it a GET
    EXPECT_EQ(send({.url = url("/hop"), .max_redirects = 0}).value().status, 302);
    EXPECT_FALSE(send({.url = url("/loop"), .max_redirects = 3}));
}

TEST_F(HttpClientTest, KeepsSecretsFromOtherHosts) {
    start();
    const std::string answer = fmt::format(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", url("/plain"));
    const std::uint16_t other = scripted({answer});
    const auto got = send(
        {.url = fmt::format("http://127.0.0.1:{}/", other),
         .headers = {{"Authorization", "Bearer secret"}, {"Cookie", "a=b"}, {"X-Own", "kept"}}});
    EXPECT_EQ(got.value().body, "||kept");
}

TEST_F(HttpClientTest, SignsInWithBasicWhenAsked) {
    start();
    EXPECT_EQ(send({.url = url("/basic")}).value().status, 401);
    EXPECT_EQ(send({.url = url("/basic"), .credentials = {"ann", base::Secret("pw")}}).value().body,
              "in as ann");
    EXPECT_EQ(
        send({.url = url("/basic"), .credentials = {"ann", base::Secret("wrong")}}).value().status,
        401);
    EXPECT_EQ(send({.url = fmt::format("http://bob:pw@127.0.0.1:{}/basic", listener_->port())})
                  .value()
                  .body,
              "in as bob");
    EXPECT_EQ(send({.url = url("/plain"), .credentials = {"ann", base::Secret("pw")}})
                  .value()
                  .body.substr(0, 5),
              "Basic");  // remembered for the origin
}

TEST_F(HttpClientTest, SignsInWithDigestAndCountsOn) {
    start();
    const ClientRequest request{.url = url("/digest?a=1"),
                                .credentials = {"ann", base::Secret("pw")}};
    EXPECT_EQ(send(request).value().body, "digested");
    EXPECT_EQ(seen_.size(), 2U);
    EXPECT_EQ(send(request).value().body, "digested");  // the nonce is used again: no second 401
    EXPECT_EQ(seen_.size(), 3U);
    EXPECT_NE(seen_[2].find("nc=00000002"), std::string::npos);
    nonce_ = 2;  // stale: a new nonce is taken without asking anybody
    EXPECT_EQ(send(request).value().body, "digested");
    EXPECT_EQ(send({.url = url("/digest?a=1"), .credentials = {"ann", base::Secret("wrong")}})
                  .value()
                  .status,
              401);
}

TEST_F(HttpClientTest, ReadsAnEndlessAnswerPieceByPiece) {
    start();
    client_.emplace(loop_.executor());
    const std::string got = loop_.run([&]() -> Task<std::string> {
        auto reader = co_await client_->open({.url = url("/parts")}, soon());
        std::string text;
        while (text.size() < 21) {
            const auto piece = co_await async::with_deadline(soon(), "piece", (*reader)->read());
            if (!piece) break;
            text += base::as_text(*piece);
        }
        EXPECT_EQ((*reader)->headers().get("content-type"), "multipart/x-mixed-replace");
        co_return text;
    });
    EXPECT_EQ(got, "part 0;part 1;part 2;");
}

TEST_F(HttpClientTest, GivesUpAtTheDeadline) {
    start();
    const auto late = send({.url = url("/parts")}, Deadline::in(milliseconds(50)));
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is(ErrorKind::DeadlineExceeded));
}

TEST_F(HttpClientTest, ReplacesAKeptConnectionThatDied) {
    const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    const std::uint16_t port = scripted({good + "a", good + "b"});  // says keep-alive, and closes
    const std::string where = fmt::format("http://127.0.0.1:{}/", port);
    EXPECT_EQ(send({.url = where}).value().body, "a");
    EXPECT_EQ(send({.url = where}).value().body, "b");
}

TEST_F(HttpClientTest, SkipsInterimAnswersAndReadsToTheEndOfTheConnection) {
    const std::uint16_t port =
        scripted({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: "
                  "x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nuntil the end"});
    EXPECT_EQ(send({.url = fmt::format("http://127.0.0.1:{}/", port)}).value().body,
              "until the end");
}

TEST_F(HttpClientTest, TellsBrokenAnswers) {
    for (const std::string& answer :
         {std::string("nonsense\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), std::string(""),
          "HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'x') + "\r\n\r\n",
          std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")}) {
        const std::uint16_t port = scripted({answer});
        EXPECT_FALSE(send({.url = fmt::format("http://127.0.0.1:{}/", port)}))
            << answer.substr(0, 40);
    }
}

TEST_F(HttpClientTest, AnswersHeadAndNoContentWithoutWaiting) {
    start();
    EXPECT_EQ(send({.method = "HEAD", .url = url("/large")}).value().body, "");
    const std::uint16_t port = scripted({"HTTP/1.1 204 No Content\r\n\r\n"});
    EXPECT_EQ(send({.url = fmt::format("http://127.0.0.1:{}/", port)}).value().status, 204);
}

TEST_F(HttpClientTest, NeverSendsInjectedLines) {
    start();
    EXPECT_EQ(
        send({.url = url("/plain"), .headers = {{"X-Other", "a\r\nX-Own: injected"}}}).value().body,
        "||");
}

TEST(StatusError, SaysWhatTheCallerShouldDo) {
    EXPECT_TRUE(status_error("x", 401).is(ErrorKind::Unauthenticated));
    EXPECT_TRUE(status_error("x", 404).is(ErrorKind::NotFound));
    EXPECT_EQ(status_error("x", 429).reason(), "quota");
    EXPECT_EQ(status_error("x", 503).reason(), "vendor-down");
    EXPECT_NE(status_error("sign-in", 503).message().find("sign-in: HTTP 503"), std::string::npos);
}

}  // namespace
}  // namespace casement::net::tests
