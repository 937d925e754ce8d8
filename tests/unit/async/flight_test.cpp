#include "async/flight.hpp"

#include <gtest/gtest.h>

#include <vector>

#include <boost/asio/co_spawn.hpp>

#include "tests/fakes/coroutine.hpp"

namespace casement::async {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using base::Result;

struct Work {
    static Task<Result<>> slow(int& count) {
        ++count;
        (void)co_await sleep_for(20ms);  // real time: longer than those who give up wait
        co_return Result<>{};
    }
    static Task<Result<>> failing() { co_return base::fail(ErrorKind::Unavailable, "no"); }
};

TEST(Flight, IsOneHoweverManyAskAndOutlivesThoseWhoGiveUp) {
    asio::io_context io{1};
    TaskGroup tasks(io.get_executor(), base::Log{});
    Flight flight(tasks);
    int count = 0;
    std::vector<Result<>> outcomes;
    const auto ask = [&](Deadline deadline) -> Task<> {
        outcomes.push_back(
            co_await flight.join("work", [&count] { return Work::slow(count); }, deadline));
    };
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(io, ask(i == 0 ? Deadline::in(1ms) : Deadline::never()),
                       [](std::exception_ptr) {});
    io.run();
    EXPECT_EQ(count, 1);
    ASSERT_EQ(outcomes.size(), 3u);
    EXPECT_TRUE(outcomes[0].error().is(ErrorKind::DeadlineExceeded));
    EXPECT_TRUE(outcomes[1] && outcomes[2]);
    EXPECT_FALSE(flight.is_under_way());
}

TEST(Flight, AFailureIsEverybodysAndTheNextIsAnother) {
    asio::io_context io{1};
    TaskGroup tasks(io.get_executor(), base::Log{});
    Flight flight(tasks);
    int count = 0;
    EXPECT_FALSE(fakes::run(io, flight.join("work", &Work::failing, Deadline::never())));
    io.restart();
    EXPECT_TRUE(fakes::run(
        io, flight.join("work", [&count] { return Work::slow(count); }, Deadline::never())));
    EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace casement::async
