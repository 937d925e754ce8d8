// The listener of the page while it moves: what is new comes in at the new address, what is open
// ends politely, and where that fails nothing changes.

#include "app/http_door.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "async/deadline.hpp"
#include "net/connect.hpp"
#include "net/http_client.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::app {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::Result;
using testing::HasSubstr;

struct Door : testing::Test {
    ~Door() override { fakes::run(io, door.close(0s)); }

    static config::Http at(const std::string& host, std::uint16_t port,
                           config::Tls tls = config::TlsMode::Off) {
        return {.listen = {host, port}, .tls = std::move(tls)};
    }
    static std::uint16_t port_of(const std::string& url) {
        return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    }
    std::uint16_t open_anywhere() {
        const auto opened = door.open(at("127.0.0.1", 0));
        EXPECT_TRUE(opened) << opened.error().message();
        return port_of(door.url());
    }
    /// A port that was free a moment ago.
    std::uint16_t free_port() {
        return (*net::Listener::listen(io.get_executor(),
                                       {.name = "probe", .address = "127.0.0.1:0"}))
            ->port();
    }

    /// 0: nobody answers.
    int status_at(const std::string& url) {
        auto ask = [](async::Executor executor, std::string address,
                      std::string fingerprint) -> Task<int> {
            net::HttpClientOptions options;
            if (!fingerprint.empty()) {
                options.connect.tls = net::TlsOptions{};
                options.connect.tls->pinned_sha256 = fingerprint;
            }
            net::HttpClient client(executor, options);
            net::ClientRequest request;
            request.url = address + "/who";
            const auto answer = co_await client.send(request, Deadline::in(5s));
            co_return answer ? answer->status : 0;
        };
        return fakes::run(io, ask(io.get_executor(), url, door.fingerprint()));
    }

    asio::io_context io{1};
    const fakes::TempDirectory data;
    int asked = 0;
    HttpDoor door{io.get_executor(),
                  {.connections = {io.get_executor()},
                   .data = data.path(),
                   .mount =
                       [this](net::HttpServer& server) {
                           server.route("GET", "/who", [this](net::Request) -> Task<net::Response> {
                               ++asked;
                               co_return net::Response::text(200, "casement");
                           });
                           server.route("GET", "/slow", [](net::Request) -> Task<net::Response> {
                               (void)co_await async::sleep_for(200ms);
                               co_return net::Response::text(200, "at last");
                           });
                       }},
                  base::Log{}};
};

TEST_F(Door, MovesToAnotherPort) {
    open_anywhere();
    const std::string before = door.url();
    EXPECT_EQ(status_at(before), 200);
    ASSERT_TRUE(door.open(at("127.0.0.1", free_port())));
    EXPECT_NE(door.url(), before);
    EXPECT_EQ(status_at(door.url()), 200);
    EXPECT_EQ(status_at(before), 0);
    EXPECT_EQ(asked, 2);
}

TEST_F(Door, LetsAnAnswerThatIsUnderWayEnd) {
    open_anywhere();
    auto move_meanwhile = [](Door& t) -> Task<Result<net::ClientResponse>> {
        net::HttpClient client(t.io.get_executor(), {});
        async::TaskGroup tasks(t.io.get_executor(), {});
        tasks.spawn("move", [&t]() -> Task<> {
            (void)co_await async::sleep_for(50ms);
            EXPECT_TRUE(t.door.open(at("127.0.0.1", t.free_port())));
        });
        net::ClientRequest request;
        request.url = t.door.url() + "/slow";
        auto answer = co_await client.send(request, Deadline::in(5s));
        co_await tasks.join();
        co_return answer;
    };
    const auto answer = fakes::run(io, move_meanwhile(*this));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "at last");
}

TEST_F(Door, StaysWhereItIsWhenTheNewPortIsTaken) {
    const auto taken =
        net::Listener::listen(io.get_executor(), {.name = "other", .address = "127.0.0.1:0"});
    open_anywhere();
    const std::string before = door.url();
    const auto moved = door.open(at("127.0.0.1", (*taken)->port()));
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().reason(), "port-taken");
    EXPECT_EQ(door.url(), before);
    EXPECT_EQ(status_at(before), 200);
}

TEST_F(Door, StaysWhereItIsWhenACertificateCannotBeRead) {
    open_anywhere();
    const std::string before = door.url();
    const auto moved = door.open(
        at("127.0.0.1", free_port(), config::TlsFiles{data.path("no.pem"), data.path("no.key")}));
    ASSERT_FALSE(moved);
    EXPECT_THAT(moved.error().message(), HasSubstr("no.pem"));
    EXPECT_EQ(status_at(before), 200);
}

TEST_F(Door, TakesACertificateOnItsOwnPort) {
    const std::uint16_t port = open_anywhere();
    ASSERT_TRUE(door.open(at("127.0.0.1", port, config::TlsMode::Auto)));
    EXPECT_EQ(door.url(), fmt::format("https://127.0.0.1:{}", port));
    EXPECT_EQ(door.name(), "HTTPS");
    EXPECT_EQ(status_at(door.url()), 200);
    ASSERT_TRUE(door.open(at("127.0.0.1", port)));
    EXPECT_EQ(door.fingerprint(), "");
    EXPECT_EQ(status_at(door.url()), 200);
}

TEST_F(Door, NarrowsAnAddressOnItsOwnPortAndGoesBackWhereItCannot) {
    ASSERT_TRUE(door.open(at("0.0.0.0", free_port())));
    const std::uint16_t port = port_of(door.url());
    ASSERT_TRUE(door.open(at("127.0.0.1", port)));
    EXPECT_EQ(status_at(door.url()), 200);
    EXPECT_FALSE(door.open(at("192.0.2.7", port)));  // RFC 5737: nobody's
    EXPECT_EQ(door.address(), fmt::format("127.0.0.1:{}", port));
    EXPECT_EQ(status_at(door.url()), 200);
}

TEST_F(Door, IsClosedAfterItsEnd) {
    open_anywhere();
    const std::string url = door.url();
    fakes::run(io, door.close(0s));
    EXPECT_EQ(status_at(url), 0);
}

}  // namespace
}  // namespace casement::app
