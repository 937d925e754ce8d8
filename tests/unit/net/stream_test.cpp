#include "net/stream.hpp"

#include <gtest/gtest.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "net/watchdog.hpp"
#include "tests/unit/net/loop.hpp"

namespace casement::net::tests {
namespace {

using base::ErrorKind;

TEST(PlainStream, CarriesGatheredBytesBothWays) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    const std::string got = loop.run([&]() -> Task<std::string> {
        std::string one = "hello ", two = "world";
        const std::array parts{iovec{one.data(), one.size()}, iovec{nullptr, 0},
                               iovec{two.data(), two.size()}};
        EXPECT_TRUE(co_await near->write_all(std::span<const iovec>(parts)));
        std::array<std::uint8_t, 11> buffer;
        EXPECT_TRUE(co_await far->read_exactly(buffer));
        co_return std::string(base::as_text(buffer));
    });
    EXPECT_EQ(got, "hello world");
    EXPECT_EQ(near->remote_endpoint(), far->local_endpoint());
    EXPECT_TRUE(near->is_plain());
}

TEST(PlainStream, WritesMoreThanTheKernelTakesAtOnce) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    const std::vector<std::uint8_t> large(20'000'000, 9);
    loop.spawn([&]() -> Task<> {
        (void)co_await near->write_all(large);
        near->close();
    });
    const std::size_t got = loop.run([&]() -> Task<std::size_t> {
        std::vector<std::uint8_t> buffer(100'000);
        std::size_t total = 0;
        while (const auto n = co_await far->read_some(buffer)) total += *n;
        co_return total;
    });
    EXPECT_EQ(got, large.size());
    EXPECT_TRUE(far->ended());
}

TEST(PlainStream, TellsAnOrderlyEndFromAReset) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    near->close();
    std::array<std::uint8_t, 4> buffer;
    auto end =
        loop.run([&]() -> Task<Result<std::size_t>> { co_return co_await far->read_some(buffer); });
    ASSERT_FALSE(end);
    EXPECT_TRUE(end.error().is(ErrorKind::Unavailable));
    EXPECT_TRUE(far->ended());

    auto [left, right] = connected_pair(loop);
    const linger hard{1, 0};
    ASSERT_EQ(::setsockopt(left->native_handle(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
    left->close();
    auto reset = loop.run(
        [&]() -> Task<Result<std::size_t>> { co_return co_await right->read_some(buffer); });
    ASSERT_FALSE(reset);
    EXPECT_FALSE(right->ended());
}

TEST(PlainStream, EndsItsReadsWhenItIsClosed) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    loop.spawn([&]() -> Task<> {
        near->close();
        co_return;
    });
    std::array<std::uint8_t, 4> buffer;
    auto end = loop.run(
        [&]() -> Task<Result<std::size_t>> { co_return co_await near->read_some(buffer); });
    ASSERT_FALSE(end);
    EXPECT_TRUE(end.error().is(ErrorKind::Cancelled));
    EXPECT_FALSE(near->is_open());
    EXPECT_EQ(near->native_handle(), -1);
    near->close();  // once more is fine
}

TEST(PlainStream, TriesWithoutWaiting) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    std::array<std::uint8_t, 16> buffer;
    EXPECT_EQ(far->try_read(buffer).value(), 0U);
    std::string text = "abc";
    const std::array parts{iovec{text.data(), text.size()}};
    EXPECT_EQ(near->try_write(parts).value(), 3U);
    loop.run([&]() -> Task<> { EXPECT_TRUE(co_await far->wait_readable()); });
    EXPECT_EQ(far->try_peek(buffer).value(), 3U);
    EXPECT_EQ(far->try_read(buffer).value(), 3U);
    EXPECT_EQ(far->try_read(buffer).value(), 0U);

    std::vector<std::uint8_t> block(1 << 20);
    const std::array big{iovec{block.data(), block.size()}};
    std::size_t written = 1;
    while (written > 0) written = near->try_write(big).value();  // 0 = full
    near->close();
    EXPECT_FALSE(near->try_write(parts));
}

TEST(PlainStream, IsCancelledWithItsCoroutine) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    std::array<std::uint8_t, 4> buffer;
    auto late = loop.run([&]() -> Task<Result<std::size_t>> {
        co_return co_await async::with_deadline(Deadline::in(milliseconds(20)), "read",
                                                near->read_some(buffer));
    });
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is(ErrorKind::DeadlineExceeded));
    // Nothing was lost by it.
    std::string text = "abcd";
    const std::array parts{iovec{text.data(), text.size()}};
    ASSERT_EQ(far->try_write(parts).value(), 4U);
    EXPECT_EQ(loop.run([&]() -> Task<std::size_t> {
        co_return (co_await near->read_some(buffer)).value();
    }),
              4U);
}

TEST(Watchdog, ClosesAStreamThatIsNotFed) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    Watchdog dog(*near, milliseconds(20));
    std::array<std::uint8_t, 4> buffer;
    auto end = loop.run(
        [&]() -> Task<Result<std::size_t>> { co_return co_await near->read_some(buffer); });
    ASSERT_FALSE(end);
    EXPECT_TRUE(dog.barked());
}

TEST(Watchdog, LetsAFedStreamLive) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    Watchdog dog(*near, milliseconds(60));
    loop.run([&]() -> Task<> {
        for (int i = 0; i < 15; ++i) {
            (void)co_await async::sleep_for(
                milliseconds(10));  // real time: shorter than its patience
            dog.feed();
        }
    });
    EXPECT_FALSE(dog.barked());
    dog.feed(milliseconds(5));  // shorter from now on
    std::array<std::uint8_t, 4> buffer;
    (void)loop.run(
        [&]() -> Task<Result<std::size_t>> { co_return co_await near->read_some(buffer); });
    EXPECT_TRUE(dog.barked());
}

TEST(Watchdog, SleepsWhilePaused) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    Watchdog dog(*near, milliseconds(10));
    dog.pause();
    loop.run([&]() -> Task<> {
        (void)co_await async::sleep_for(milliseconds(50));
    });  // real time: longer than it
    EXPECT_FALSE(dog.barked());
}

TEST(Watchdog, MayGoBeforeItsTimer) {
    Loop loop;
    auto [near, far] = connected_pair(loop);
    {
        Watchdog dog(*near, milliseconds(5));
    }
    loop.run([&]() -> Task<> {
        (void)co_await async::sleep_for(milliseconds(20));
    });  // real time: longer than it
    EXPECT_TRUE(near->is_open());
}

}  // namespace
}  // namespace casement::net::tests
