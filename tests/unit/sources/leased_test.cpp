#include "sources/leased.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "async/task_group.hpp"
#include "hub/stream.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::sources {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::ErrorKind;

struct Endless final : hub::Source {
    explicit Endless(int& closes) : closes_(closes) {}
    Task<base::Result<>> run(hub::StreamWriter&) override {
        return async::sleep_for(1h);  // real time: until it is cancelled
    }
    Task<> close(Deadline) override {
        ++closes_;
        co_return;
    }
    std::string description() const override { return "endless"; }
    int& closes_;
};

struct LeasedStream : testing::Test {
    camera::Lease lease() {
        camera::Lease out{.expires_at = clock.wall_now() + life,
                          .margin = std::max(life / 10, 1s),
                          .again = 5s,
                          .extend = [this](Deadline) -> Task<base::Result<camera::Lease>> {
                              ++asked;
                              if (refuses) co_return base::fail(ErrorKind::Unavailable, "no");
                              co_return lease();
                          },
                          .release = [this](Deadline) -> Task<base::Result<>> {
                              ++released;
                              co_return base::Result<>{};
                          }};
        if (is_final) out.extend = nullptr;
        return out;
    }
    /// Runs the source while `body` moves the clock, and answers how it ended.
    std::optional<base::Result<>> play(std::function<Task<>()> body) {
        std::optional<base::Result<>> ended;
        source = std::make_unique<Leased>(std::make_unique<Endless>(closes), lease(), clock,
                                          base::Log{});
        fakes::run(io,
                   [](LeasedStream& t, std::function<Task<>()> b,
                      std::optional<base::Result<>>& out) -> Task<> {
                       async::TaskGroup group(t.io.get_executor(), base::Log{});
                       group.spawn("source", [&t, &out]() -> Task<> {
                           hub::StreamWriter writer(t.stream);
                           out = co_await t.source->run(writer);
                       });
                       co_await b();
                       co_await group.stop();
                       co_await t.source->close(Deadline::in(1s));
                   }(*this, std::move(body), ended));
        return ended;
    }
    Task<> pass(std::chrono::seconds time) {
        (void)co_await async::sleep_for(5ms);  // real time: it begins
        clock.advance(time);
        (void)co_await async::sleep_for(1050ms);  // real time: it is looked at every second
    }

    fakes::Clock clock;
    asio::io_context io{1};
    std::shared_ptr<hub::Stream> stream =
        std::make_shared<hub::Stream>("cam", hub::GopLogLimits{}, clock, base::Log{});
    std::unique_ptr<Leased> source;
    std::chrono::seconds life = 10min;
    bool refuses = false, is_final = false;
    int asked = 0, released = 0, closes = 0;
};

TEST_F(LeasedStream, IsExtendedInTimeAndGivenBackAtTheEnd) {
    const auto ended = play([this]() -> Task<> {
        co_await pass(8min);
        EXPECT_EQ(asked, 0);
        co_await pass(70s);
        EXPECT_EQ(asked, 1);
        co_await pass(9min + 10s);
        EXPECT_EQ(asked, 2);
        EXPECT_EQ(released, 0);
    });
    EXPECT_EQ(closes, 1);
    EXPECT_EQ(released, 1);
}

TEST_F(LeasedStream, IsExtendedWheneverItIsDueHoweverShortItIs) {
    life = 4s;
    (void)play([this]() -> Task<> {
        for (int times = 1; times <= 3; ++times) {
            co_await pass(3s);
            EXPECT_EQ(asked, times);
        }
    });
}

TEST_F(LeasedStream, IsNotAskedForWithoutEndWhereItIsShorterThanItsMargin) {
    life = 1s;
    (void)play([this]() -> Task<> {
        (void)co_await async::sleep_for(300ms);  // real time: it looks every 10 ms then
        EXPECT_EQ(asked, 1);
    });
}

TEST_F(LeasedStream, EndsWithItsLeaseWhenTheVendorGivesNoMoreTime) {
    refuses = true;
    const auto ended = play([this]() -> Task<> {
        co_await pass(9min + 30s);
        EXPECT_EQ(asked, 1);
        co_await pass(31s);
    });
    ASSERT_TRUE(ended && !*ended);
    EXPECT_EQ(ended->error().reason(), "lease-ended");
    EXPECT_EQ(released, 1);
}

TEST_F(LeasedStream, EndsWhenNobodyCanExtendIt) {
    is_final = true;
    const auto ended = play([this]() -> Task<> { co_await pass(601s); });
    ASSERT_TRUE(ended && !*ended);
    EXPECT_EQ(ended->error().reason(), "lease-ended");
}

}  // namespace
}  // namespace casement::sources
