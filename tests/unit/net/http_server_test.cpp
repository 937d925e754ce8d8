#include "net/http_server.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "net/http_client.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::net::tests {
namespace {

using testing::Test;

class HttpServerTest : public Served {
protected:
    HttpServerTest() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "casement-http-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        std::ofstream(directory_ / "file.txt") << "0123456789";
    }
    ~HttpServerTest() override { std::filesystem::remove_all(directory_); }

    struct Sink final : BodySink {
        explicit Sink(HttpServerTest& t) : test(t) { ++test.sinks_; }
        ~Sink() override { --test.sinks_; }
        Task<Result<>> write(std::string piece) override {
            if (test.sink_error_) co_return std::unexpected(*test.sink_error_);
            ++test.pieces_;
            test.sunk_ += piece.size();
            co_return Result<>{};
        }
        HttpServerTest& test;
    };

    void add_routes(HttpServer& server) override {
        server.route("GET", "/hello/{name}", [](Request request) -> Task<Response> {
            co_return Response::text(200, fmt::format("hello {} from {}", request.capture("name"),
                                                      request.remote_address));
        });
        server.route(
            "POST", "/echo",
            [](Request request) -> Task<Response> { co_return Response::text(200, request.body); },
            {.max_body_bytes = 100});
        server.route("PUT", "/sink/{word}",
                     [this](Request request) -> Task<Response> {
                         EXPECT_TRUE(request.body.empty());
                         co_return Response::text(200, fmt::format("{} bytes", sunk_));
                     },
                     {.max_body_bytes = 100'000,
                      .access = {},
                      .websocket = {},
                      .sinks = [this](const Request& request)
                          -> std::expected<std::shared_ptr<BodySink>, Response> {
                          if (request.capture("word") != "yes")
                              return std::unexpected(Response::text(404, "no"));
                          return std::make_shared<Sink>(*this);
                      }});
        server.route("GET", "/file", [this](Request) -> Task<Response> {
            co_return Response::file(directory_ / "file.txt", "text/plain");
        });
        server.route("GET", "/gone", [this](Request) -> Task<Response> {
            co_return Response::file(directory_ / "gone.txt", "text/plain");
        });
        server.route("GET", "/bug", [](Request) -> Task<Response> {
            throw std::runtime_error("a bug");
            co_return Response{};
        });
        server.route("GET", "/stream", [this](Request) -> Task<Response> {
            co_return Response::stream("text/plain", [this](BodyWriter& out) -> Task<> {
                for (int i = 0; i < 3; ++i) {
                    if (!co_await out.write(base::as_bytes(fmt::format("piece {}\n", i))))
                        co_return;
                }
                ++streams_finished_;
            });
        });
        server.route("GET", "/endless", [this](Request) -> Task<Response> {
            co_return Response::stream("text/event-stream", [this](BodyWriter& out) -> Task<> {
                const std::shared_ptr<void> end(nullptr, [this](void*) { ++endless_ended_; });
                (void)co_await out.write(base::as_bytes(": here\n\n"));
                asio::steady_timer never(co_await asio::this_coro::executor,
                                         asio::steady_timer::time_point::max());
                co_await never.async_wait(async::as_value);
            });
        });
        server.route("GET", "/broken", [](Request) -> Task<Response> {
            co_return Response::stream("text/plain", [](BodyWriter& out) -> Task<> {
                (void)co_await out.write(base::as_bytes("half"));
                throw std::runtime_error("a bug");
            });
        });
        server.route("GET", "/large", [](Request) -> Task<Response> {
            co_return Response::bytes("video/mp4", std::vector<std::uint8_t>(30'000'000, 7));
        });
        server.route("GET", "/tagged", [](Request) -> Task<Response> {
            co_return Response::text(200, "content").with("ETag", "\"v1\"");
        });
        server.route("GET", "/slow", [](Request) -> Task<Response> {
            (void)co_await async::sleep_for(milliseconds(50));  // real time: a handler that works
            co_return Response::text(200, "done");
        });
    }

    static std::string get(std::string_view path, std::string_view more = {}) {
        return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n", path, more);
    }
    void wait_for(auto condition) {
        loop_.run([&]() -> Task<> {
            while (!condition()) (void)co_await async::sleep_for(milliseconds(1));
        });
    }

    std::filesystem::path directory_;
    int streams_finished_ = 0;
    int endless_ended_ = 0;
    int sinks_ = 0, pieces_ = 0;
    std::size_t sunk_ = 0;
    std::optional<base::Error> sink_error_;
};

TEST_F(HttpServerTest, AnswersARoute) {
    start();
    const std::string answer = raw(get("/hello/front%20door"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhello front door from 127.0.0.1")) << answer;
    EXPECT_NE(answer.find("Content-Length: 31\r\n"), std::string::npos) << answer;
}

TEST_F(HttpServerTest, KeepsTheConnectionForPipelinedRequests) {
    start();
    const std::string answer =
        raw("\r\nGET /hello/a HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: "
            "x\r\nContent-Length: 3\r\n\r\nabc" +
            get("/hello/b"));
    EXPECT_NE(answer.find("hello a"), std::string::npos);
    EXPECT_NE(answer.find("\r\n\r\nabcHTTP/1.1 200"), std::string::npos) << answer;
    EXPECT_NE(answer.find("hello b"), std::string::npos);
}

TEST_F(HttpServerTest, ClosesAfterAnOldRequestUnlessAskedToStay) {
    start();
    EXPECT_NE(raw("GET /hello/a HTTP/1.0\r\n\r\n").find("Connection: close"), std::string::npos);
    const std::string both =
        raw("GET /hello/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello/b HTTP/1.0\r\n\r\n");
    EXPECT_NE(both.find("Connection: keep-alive"), std::string::npos);
    EXPECT_NE(both.find("hello b"), std::string::npos);
}

TEST_F(HttpServerTest, EndsAfterTheLastAllowedRequest) {
    HttpServerOptions options;
    options.max_requests = 2;
    start(options);
    const std::string one = "GET /hello/a HTTP/1.1\r\nHost: x\r\n\r\n";
    const std::string answer = raw(one + one + one);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = answer.find("HTTP/1.1 200", at)) != std::string::npos; ++at)
        ++count;
    EXPECT_EQ(count, 2U);
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
    start();
    const std::string answer =
        raw("HEAD /hello/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(answer.find("Content-Length: 22"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
    EXPECT_TRUE(
        raw("HEAD /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ends_with("\r\n\r\n"));
    EXPECT_EQ(streams_finished_, 0);
}

TEST_F(HttpServerTest, TellsUnknownPathsAndMethods) {
    start();
    EXPECT_TRUE(raw(get("/nothing")).starts_with("HTTP/1.1 404 "));
    const std::string wrong = raw("DELETE /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405 "));
    EXPECT_NE(wrong.find("Allow: POST, OPTIONS\r\n"), std::string::npos) << wrong;
    const std::string asked =
        raw("OPTIONS /hello/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(asked.starts_with("HTTP/1.1 204 "));
    EXPECT_NE(asked.find("Allow: GET, HEAD, OPTIONS\r\n"), std::string::npos) << asked;
}

TEST_F(HttpServerTest, RefusesWhatIsMalformed) {
    start();
    EXPECT_TRUE(raw("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(raw("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));  // no Host
    EXPECT_TRUE(raw("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(raw("GET /../x HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(raw("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n")
                    .starts_with("HTTP/1.1 501 "));
    EXPECT_TRUE(raw("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                    "chunked\r\nContent-Length: 3\r\n\r\nabc")
                    .starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(raw("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
                    .starts_with("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, LimitsTheHead) {
    start();
    const auto with_field = [](std::size_t bytes) {
        return "GET /hello/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: " +
               std::string(bytes, 'x') + "\r\n\r\n";
    };
    EXPECT_TRUE(raw(with_field(16'000)).starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(raw(with_field(17'000)).starts_with("HTTP/1.1 431 "));
    EXPECT_TRUE(raw(with_field(1'000'000)).starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, LimitsTheBodyOfEachRoute) {
    start();
    const auto post = [](std::size_t bytes) {
        return fmt::format(
            "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
            bytes, std::string(bytes, 'y'));
    };
    EXPECT_TRUE(raw(post(100)).ends_with(std::string(100, 'y')));
    EXPECT_TRUE(raw(post(101)).starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(raw(post(5'000'000)).starts_with("HTTP/1.1 413 "));
    const std::string chunked =
        "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_TRUE(raw(chunked + "40\r\n" + std::string(64, 'a') + "\r\n24\r\n" +
                    std::string(36, 'b') + "\r\n0\r\n\r\n")
                    .ends_with(std::string(36, 'b')));
    EXPECT_TRUE(raw(chunked + "40\r\n" + std::string(64, 'a') + "\r\n25\r\n" +
                    std::string(37, 'b') + "\r\n0\r\n\r\n")
                    .starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(raw(chunked + "5;" + std::string(100'000, 'e'))
                    .starts_with("HTTP/1.1 400 "));  // a chunk extension without end
}

TEST_F(HttpServerTest, SaysContinueBeforeABodyThatWaitsForIt) {
    start();
    auto stream = dial();
    const std::string answer = loop_.run([&]() -> Task<std::string> {
        (void)co_await stream->write_all(
            base::as_bytes("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: "
                           "100-continue\r\nContent-Length: 2\r\n\r\n"));
        const std::string first = co_await read_text(*stream, "\r\n\r\n");
        (void)co_await stream->write_all(base::as_bytes("ok"));
        co_return first + co_await read_text(*stream, {});
    });
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")) << answer;
}

TEST_F(HttpServerTest, GivesABodyToItsSinkInPieces) {
    start();
    const std::string body(90'000, 'x');
    EXPECT_TRUE(raw("PUT /sink/yes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    "Content-Length: 90000\r\n\r\n" +
                    body)
                    .ends_with("90000 bytes"));
    EXPECT_GT(pieces_, 1);
    wait_for([&] { return sinks_ == 0; });
    EXPECT_TRUE(raw("PUT /sink/yes HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n")
                    .starts_with("HTTP/1.1 413 "));
    wait_for([&] { return sinks_ == 0; });
}

TEST_F(HttpServerTest, ASinkRefusesBeforeItSaysContinue) {
    start();
    EXPECT_TRUE(raw("PUT /sink/no HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                    "Content-Length: 2\r\n\r\n")
                    .starts_with("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, ASinkThatFailsEndsTheRequest) {
    start();
    sink_error_ = base::Error(base::ErrorKind::ResourceExhausted, "enough");
    const std::string request =
        "PUT /sink/yes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    EXPECT_TRUE(raw(request).starts_with("HTTP/1.1 413 "));
    sink_error_ = base::Error(base::ErrorKind::Unavailable, "the disk is gone");
    EXPECT_EQ(raw(request), "");
    wait_for([&] { return sinks_ == 0; });
}

TEST_F(HttpServerTest, ASinkGoesWithTheRequestThatWasCut) {
    start();
    auto stream = dial();
    loop_.run([&]() -> Task<> {
        (void)co_await stream->write_all(base::as_bytes(
            "PUT /sink/yes HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\nabc"));
    });
    wait_for([&] { return sunk_ == 3; });
    EXPECT_EQ(sinks_, 1);
    stream->close();
    wait_for([&] { return sinks_ == 0; });
}

TEST_F(HttpServerTest, CutsOffAHeadThatTrickles) {
    HttpServerOptions options;
    options.header_patience = milliseconds(60);
    start(options);
    auto stream = dial();
    const auto began = std::chrono::steady_clock::now();
    loop_.run([&]() -> Task<> {
        // A byte every 5 ms would go on for ever; each must not buy more time.
        while (co_await stream->write_all(base::as_bytes("G"))) {
            if (std::chrono::steady_clock::now() - began > seconds(5)) break;
            (void)co_await async::sleep_for(milliseconds(5));  // real time: a client that dawdles
        }
    });
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
    wait_for([&] { return server_->connections() == 0; });
}

TEST_F(HttpServerTest, ClosesIdleConnections) {
    HttpServerOptions options;
    options.idle_patience = milliseconds(30);
    start(options);
    EXPECT_NE(raw("GET /hello/a HTTP/1.1\r\nHost: x\r\n\r\n").find("hello a"),
              std::string::npos);  // returns because the server closes
}

TEST_F(HttpServerTest, CutsOffAReaderThatTakesNothing) {
    HttpServerOptions options;
    options.send_patience = milliseconds(80);
    start(options);
    auto stream = dial();
    loop_.run([&]() -> Task<> { (void)co_await stream->write_all(base::as_bytes(get("/large"))); });
    wait_for([&] { return server_->connections() == 1; });
    wait_for([&] { return server_->connections() == 0; });
}

TEST_F(HttpServerTest, SendsFilesWholeInPartAndNotAtAll) {
    start();
    const std::string whole = raw(get("/file"));
    EXPECT_TRUE(whole.ends_with("\r\n\r\n0123456789")) << whole;
    EXPECT_NE(whole.find("Accept-Ranges: bytes"), std::string::npos);
    const std::size_t at = whole.find("ETag: ") + 6;
    const std::string etag = whole.substr(at, whole.find("\r\n", at) - at);
    const std::string part = raw(get("/file", "Range: bytes=2-4\r\n"));
    EXPECT_TRUE(part.starts_with("HTTP/1.1 206 "));
    EXPECT_NE(part.find("Content-Range: bytes 2-4/10\r\n"), std::string::npos);
    EXPECT_TRUE(part.ends_with("\r\n\r\n234"));
    EXPECT_TRUE(raw(get("/file", "Range: bytes=2-4\r\nIf-Range: " + etag + "\r\n"))
                    .ends_with("\r\n\r\n234"));
    EXPECT_TRUE(raw(get("/file", "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n"))
                    .ends_with("\r\n\r\n0123456789"));
    const std::string beyond = raw(get("/file", "Range: bytes=10-\r\n"));
    EXPECT_TRUE(beyond.starts_with("HTTP/1.1 416 "));
    EXPECT_NE(beyond.find("Content-Range: bytes */10\r\n"), std::string::npos);
    const std::string known = raw(get("/file", "If-None-Match: " + etag + "\r\n"));
    EXPECT_TRUE(known.starts_with("HTTP/1.1 304 "));
    EXPECT_TRUE(known.ends_with("\r\n\r\n"));
    EXPECT_TRUE(raw(get("/gone")).starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(raw(get("/tagged", "If-None-Match: \"v1\"\r\n")).starts_with("HTTP/1.1 304 "));
}

TEST_F(HttpServerTest, ReadsFilesOnAPoolWhenItHasOne) {
    async::BlockingPool pool("files", 1);
    std::ofstream(directory_ / "file.txt") << std::string(1'000'000, 'f');
    HttpServerOptions options;
    options.file_pool = &pool;
    start(options);
    const std::string answer = raw(get("/file"));
    EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 1'000'000U);
    TearDown();
    server_.reset();
}

TEST_F(HttpServerTest, StreamsInChunksAndGoesOn) {
    start();
    const std::string answer = raw("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" + get("/hello/after"));
    EXPECT_NE(answer.find("Transfer-Encoding: chunked"), std::string::npos);
    EXPECT_NE(answer.find("8\r\npiece 0\n\r\n8\r\npiece 1\n\r\n8\r\npiece 2\n\r\n0\r\n\r\n"),
              std::string::npos)
        << answer;
    EXPECT_NE(answer.find("hello after"), std::string::npos);
    EXPECT_TRUE(
        raw("GET /stream HTTP/1.0\r\n\r\n").ends_with("\r\n\r\npiece 0\npiece 1\npiece 2\n"));
    EXPECT_EQ(streams_finished_, 2);
}

TEST_F(HttpServerTest, EndsAStreamWhenItsClientLeaves) {
    start();
    auto stream = dial();
    loop_.run([&]() -> Task<> {
        (void)co_await stream->write_all(base::as_bytes(get("/endless")));
        (void)co_await read_text(*stream, ": here");
        stream->close();
    });
    wait_for([&] { return endless_ended_ == 1; });
}

TEST_F(HttpServerTest, CutsTheConnectionWhenABodyFails) {
    base::capture_log([](base::LogLevel, std::string_view) {});
    start();
    const std::string answer =
        raw("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");  // returns because the server closes
    EXPECT_NE(answer.find("4\r\nhalf\r\n"), std::string::npos);
    EXPECT_FALSE(answer.ends_with("0\r\n\r\n"));
    base::capture_log({});
}

TEST_F(HttpServerTest, AnswersABugWith500) {
    base::capture_log([](base::LogLevel, std::string_view) {});
    start();
    EXPECT_TRUE(raw(get("/bug")).starts_with("HTTP/1.1 500 "));
    base::capture_log({});
}

TEST_F(HttpServerTest, AsksTheGuardBeforeEverything) {
    start();
    server_->set_guard([](Request& request, const RouteOptions&) -> Task<std::optional<Response>> {
        if (request.headers.get("X-Key") == "yes") co_return std::nullopt;
        co_return Response::text(401, "who are you?");
    });
    EXPECT_TRUE(raw(get("/hello/a")).starts_with("HTTP/1.1 401 "));
    EXPECT_TRUE(raw(get("/nothing")).starts_with("HTTP/1.1 401 "));
    EXPECT_TRUE(raw(get("/hello/a", "X-Key: yes\r\n")).starts_with("HTTP/1.1 200 "));
    // A refused body is not read as the next request.
    const std::string smuggled = "GET /hello/smuggled HTTP/1.1\r\nHost: x\r\nX-Key: yes\r\n\r\n";
    const std::string answer =
        raw(fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                        smuggled.size(), smuggled));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 "));
    EXPECT_EQ(answer.find("smuggled"), std::string::npos);
}

TEST_F(HttpServerTest, StopsPolitely) {
    start();
    auto idle = dial();
    loop_.run([&]() -> Task<> {
        (void)co_await idle->write_all(base::as_bytes("GET /hello/a HTTP/1.1\r\nHost: x\r\n\r\n"));
        (void)co_await read_text(*idle, "hello a");
    });
    auto busy = dial();
    auto endless = dial();
    const std::string answer = loop_.run([&]() -> Task<std::string> {
        (void)co_await endless->write_all(base::as_bytes(get("/endless")));
        (void)co_await read_text(*endless, ": here");
        (void)co_await busy->write_all(base::as_bytes("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"));
        (void)co_await async::sleep_for(milliseconds(10));  // real time: the request is under way
        co_await server_->stop(milliseconds(200));
        co_return co_await read_text(*busy, {});
    });
    EXPECT_TRUE(answer.ends_with("done")) << answer;  // the running request got its answer
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_EQ(endless_ended_, 1);  // what had no end was cut
    EXPECT_EQ(server_->connections(), 0U);
}

class HttpsServerTest : public HttpServerTest {
protected:
    void start_tls() {
        certificate_ = make_self_signed("Casement", {}, std::chrono::days(10)).value();
        HttpServerOptions options;
        options.tls = TlsServerContext::make(certificate_).value();
        options.header_patience = milliseconds(300);
        start(options);
    }
    Certificate certificate_;
};

TEST_F(HttpsServerTest, ServesOverTls) {
    start_tls();
    HttpClient client(
        loop_.executor(),
        {.connect = {.tls = TlsOptions{.pinned_sha256 =
                                           fingerprint_of(certificate_.certificate_pem).value()}}});
    const auto answer = loop_.run([&]() -> Task<Result<ClientResponse>> {
        co_return co_await client.get(url("/hello/tls", "https"), soon());
    });
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "hello tls from 127.0.0.1");
    const auto stream = loop_.run([&]() -> Task<Result<ClientResponse>> {
        co_return co_await client.get(url("/stream", "https"), soon());
    });
    ASSERT_TRUE(stream) << stream.error().message();
    EXPECT_EQ(stream->body, "piece 0\npiece 1\npiece 2\n");
    const auto again = loop_.run([&]() -> Task<Result<ClientResponse>> {
        co_return co_await client.get(url("/hello/again", "https"), soon());
    });
    EXPECT_EQ(again.value().body, "hello again from 127.0.0.1");
    EXPECT_EQ(listener_->stats().accepted, 1U);  // one connection carried all three
}

TEST_F(HttpsServerTest, TellsPlainHttpWhatIsSpokenHere) {
    start_tls();
    const std::string answer = raw("GET / HTTP/1.1\r\nHost: hub.local:8790\"<x>\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_NE(answer.find("This port speaks HTTPS: use https://hub.local:8790x/"),
              std::string::npos)
        << answer;
}

TEST_F(HttpsServerTest, ClosesOnWhatIsNeither) {
    start_tls();
    EXPECT_EQ(raw(std::string("\x80\x01\x02", 3)), "");
    EXPECT_EQ(raw(std::string("\x16\x03\x01\x00\x05hello", 10)).find("HTTP"), std::string::npos);
    EXPECT_EQ(raw(""), "");  // says nothing at all: ended by patience
}

TEST(Origin, MustBeTheHostThatWasAsked) {
    EXPECT_TRUE(origin_is_own({{"Host", "hub.local:8790"}}));
    EXPECT_TRUE(origin_is_own({{"Host", "hub.local:8790"}, {"Origin", "https://Hub.Local"}}));
    EXPECT_TRUE(origin_is_own({{"Host", "[::1]:8790"}, {"Origin", "https://[::1]:443"}}));
    EXPECT_FALSE(origin_is_own({{"Host", "hub.local:8790"}, {"Origin", "https://evil.example"}}));
    EXPECT_FALSE(
        origin_is_own({{"Host", "hub.local:8790"}, {"Origin", "https://hub.local.evil.example"}}));
    EXPECT_FALSE(origin_is_own({{"Host", "hub.local"}, {"Origin", "null"}}));
    EXPECT_FALSE(origin_is_own({{"Origin", "https://x"}}));
}

}  // namespace
}  // namespace casement::net::tests
