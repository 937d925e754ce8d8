#include "net/connect.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/net/loop.hpp"

namespace casement::net::tests {
namespace {

using base::ErrorKind;

TEST(Endpoint, IsReadAndWrittenAsText) {
    EXPECT_EQ(to_text(parse_endpoint("127.0.0.1:80").value()), "127.0.0.1:80");
    EXPECT_EQ(to_text(parse_endpoint("[::1]:8554").value()), "[::1]:8554");
    EXPECT_EQ(to_text(parse_endpoint("[::ffff:10.0.0.1]:1").value()), "10.0.0.1:1");
    for (const char* text : {"", "127.0.0.1", "::1:80", "localhost:80", "127.0.0.1:65536",
                             "127.0.0.1:-1", "[::1]", ":80", "1.2.3:80"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
}

TEST(Endpoint, KnowsThisMachineAloneFromEveryNetwork) {
    for (const char* text : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(is_loopback(text)) << text;
        EXPECT_FALSE(is_everywhere(text)) << text;
    }
    for (const char* text : {"0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"}) {
        EXPECT_TRUE(is_everywhere(text)) << text;
        EXPECT_FALSE(is_loopback(text)) << text;
    }
    for (const char* text : {"", "localhost", "127.0.0.1:80", "[::1]", "128.0.0.1", "::2",
                             "::ffff:10.0.0.1", "0.0.0.1", "127.1"}) {
        EXPECT_FALSE(is_loopback(text)) << text;
        EXPECT_FALSE(is_everywhere(text)) << text;
    }
}

TEST(Endpoint, KnowsAddressesThatNoNetworkOutsideCanHave) {
    for (const char* text :
         {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0",
          "192.168.255.255", "169.254.0.0", "169.254.255.255", "127.0.0.1", "::1", "fe80::1",
          "febf::1", "fc00::1", "fdff::1", "::ffff:192.168.1.9"})
        EXPECT_TRUE(is_in_house(ip::make_address(text))) << text;
    for (const char* text :
         {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
          "192.169.0.0", "169.253.255.255", "169.255.0.0", "8.8.8.8", "0.0.0.0", "::", "fec0::1",
          "fbff::1", "fe00::1", "2001:db8::1", "::ffff:8.8.8.8", "100.64.0.1"})
        EXPECT_FALSE(is_in_house(ip::make_address(text))) << text;
}

class Listening : public testing::Test {
protected:
    std::unique_ptr<Listener> listen(ListenOptions options = {}) {
        options.name = "test";
        if (options.address.empty()) options.address = "127.0.0.1:0";
        auto listener = Listener::listen(loop_.executor(), options);
        EXPECT_TRUE(listener) << listener.error().message();
        return std::move(*listener);
    }
    void accept_all(Listener& listener) {
        loop_.spawn([this, &listener]() -> Task<> {
            co_await listener.run({loop_.executor()}, [this](std::unique_ptr<PlainStream> stream) {
                accepted_.push_back(std::move(stream));
            });
        });
    }
    Result<std::unique_ptr<Stream>> dial(std::string host, std::uint16_t port,
                                         ConnectOptions options = {}, Deadline deadline = soon()) {
        return loop_.run([&]() -> Task<Result<std::unique_ptr<Stream>>> {
            co_return co_await connect(host, port, options, deadline);
        });
    }
    void wait_for(auto condition) {
        loop_.run([&]() -> Task<> {
            while (!condition()) (void)co_await async::sleep_for(milliseconds(1));
        });
    }

    Loop loop_;
    std::vector<std::unique_ptr<PlainStream>> accepted_;
};

TEST_F(Listening, ConnectsByNameThroughAnOverride) {
    const auto listener = listen();
    accept_all(*listener);
    ConnectOptions options;
    options.resolve["camera.example:443"] = fmt::format("127.0.0.1:{}", listener->port());
    options.bind_address = "127.0.0.7";
    auto stream = dial("Camera.Example", 443, options);
    ASSERT_TRUE(stream) << stream.error().message();
    EXPECT_TRUE((*stream)->local_endpoint().starts_with("127.0.0.7:"));
    wait_for([&] { return accepted_.size() == 1; });
    EXPECT_EQ(accepted_[0]->remote_endpoint(), (*stream)->local_endpoint());
    listener->close();
}

TEST_F(Listening, SaysRefusedWhenNobodyListens) {
    auto listener = listen();
    const std::uint16_t port = listener->port();
    listener.reset();
    const auto stream = dial("127.0.0.1", port);
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().reason(), "refused");
    EXPECT_TRUE(stream.error().is(ErrorKind::Unavailable));
    EXPECT_EQ(stream.error().message(), fmt::format("It answers, but not on port {}.", port));
}

TEST_F(Listening, SaysNoRouteWhenTheDeadlinePasses) {
    // A full backlog of a listener that never accepts: the handshake hangs as with a host that
    // drops packets.
    asio::ip::tcp::acceptor deaf(loop_.io,
                                 asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    deaf.listen(0);
    std::vector<std::unique_ptr<Stream>> fillers;
    Result<std::unique_ptr<Stream>> stream = std::unexpected(base::Error(ErrorKind::Internal, ""));
    for (int i = 0; i < 8; ++i) {
        stream =
            dial("127.0.0.1", deaf.local_endpoint().port(), {}, Deadline::in(milliseconds(100)));
        if (!stream) break;
        fillers.push_back(std::move(*stream));
    }
    ASSERT_FALSE(stream);
    EXPECT_TRUE(stream.error().is(ErrorKind::DeadlineExceeded));
    EXPECT_EQ(stream.error().reason(), "no-route");
}

TEST_F(Listening, NamesTheOwnerOfATakenPort) {
    const auto first = listen();
    auto second =
        Listener::listen(loop_.executor(), {.name = "RTSP", .address = to_text(first->endpoint())});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().reason(), "port-taken");
    EXPECT_TRUE(second.error().is(ErrorKind::FailedPrecondition));
    EXPECT_NE(second.error().message().find(fmt::format("pid {}", ::getpid())), std::string::npos)
        << second.error().message();
    EXPECT_NE(second.error().message().find("RTSP"), std::string::npos);
    EXPECT_EQ(port_owner(0), "");
}

TEST_F(Listening, RefusesAddressesOfOtherMachines) {
    auto foreign = Listener::listen(loop_.executor(), {.name = "x", .address = "203.0.113.1:0"});
    ASSERT_FALSE(foreign);
    EXPECT_TRUE(foreign.error().is(ErrorKind::InvalidArgument));
    EXPECT_FALSE(Listener::listen(loop_.executor(), {.name = "x", .address = "localhost:0"}));
}

TEST_F(Listening, BindsExactlyTheGivenAddress) {
    const auto listener = listen({.address = "127.0.0.9:0"});
    accept_all(*listener);
    EXPECT_TRUE(dial("127.0.0.9", listener->port()));
    EXPECT_FALSE(dial("127.0.0.1", listener->port()));
    listener->close();
}

TEST_F(Listening, CapsConnectionsPerAddressAndInAll) {
    const auto listener =
        listen({.max_connections = 3, .max_per_address = 2, .cap_loopback = true});
    accept_all(*listener);
    ConnectOptions other;
    other.bind_address = "127.0.0.2";
    std::vector<std::unique_ptr<Stream>> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(dial("127.0.0.1", listener->port()).value());
    wait_for([&] { return listener->stats().refused_per_address == 1; });
    EXPECT_EQ(listener->stats().open, 2U);
    clients.push_back(dial("127.0.0.1", listener->port(), other).value());
    wait_for([&] { return listener->stats().open == 3; });
    clients.push_back(dial("127.0.0.1", listener->port(), other).value());
    wait_for([&] { return listener->stats().refused_total == 1; });

    // The one turned away hears it at once, and a place that becomes free is given again.
    std::array<std::uint8_t, 1> byte;
    EXPECT_FALSE(loop_.run([&]() -> Task<Result<std::size_t>> {
        co_return co_await clients.back()->read_some(byte);
    }));
    accepted_.clear();
    EXPECT_EQ(listener->stats().open, 0U);
    clients.push_back(dial("127.0.0.1", listener->port()).value());
    wait_for([&] { return listener->stats().open == 1; });
    listener->close();
}

TEST_F(Listening, SurvivesRunningOutOfDescriptors) {
#if __has_feature(undefined_behavior_sanitizer)
    GTEST_SKIP() << "UBSan looks at virtual tables through a pipe of its own and gives up when "
                    "there is no descriptor left for it";
#endif
    const auto listener = listen();
    accept_all(*listener);
    auto before = dial("127.0.0.1", listener->port());
    wait_for([&] { return accepted_.size() == 1; });

    // The client's socket is made before the last descriptor is used up.
    asio::ip::tcp::socket client(loop_.io);
    client.open(asio::ip::tcp::v4());
    rlimit old{};
    ::getrlimit(RLIMIT_NOFILE, &old);
    const rlimit tight{64, old.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    std::vector<int> eaten;
    for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY))
        eaten.push_back(fd);
    client.connect(listener->endpoint());
    wait_for([&] { return listener->stats().failed > 0; });
    for (const int fd : eaten) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &old);

    auto after = dial("127.0.0.1", listener->port());
    ASSERT_TRUE(after);
    wait_for([&] { return accepted_.size() == 2; });
    listener->close();
}

TEST_F(Listening, DealsConnectionsOutInTurns) {
    asio::io_context other{1};
    const auto listener = listen();
    std::vector<int> homes;
    loop_.spawn([&]() -> Task<> {
        co_await listener->run(
            {loop_.executor(), other.get_executor()}, [&](std::unique_ptr<PlainStream> stream) {
                homes.push_back(stream->executor() == Executor(other.get_executor()) ? 1 : 0);
            });
    });
    std::vector<std::unique_ptr<Stream>> clients;
    for (int i = 0; i < 4; ++i) clients.push_back(dial("127.0.0.1", listener->port()).value());
    wait_for([&] {
        other.restart();
        other.poll();
        return homes.size() == 4;
    });
    EXPECT_EQ(std::ranges::count(homes, 1), 2);
    listener->close();
    loop_.run([]() -> Task<> {
        (void)co_await async::sleep_for(milliseconds(1));
    });  // real time: lets the listener end
}

}  // namespace
}  // namespace casement::net::tests
