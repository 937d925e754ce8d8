#include "async/turns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include "tests/fakes/coroutine.hpp"

namespace casement::async {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Turns, AreGivenInTheOrderOfAskingAndNeverLost) {
    asio::io_context io{1};
    Turns turns(io.get_executor(), {.max_waiting = 3});
    std::vector<int> order;
    std::optional<Turns::Turn> first(fakes::run(io, turns.take(Deadline::never())).value());
    const auto wait = [&](int number, Deadline deadline) -> Task<> {
        const auto turn = co_await turns.take(deadline);
        order.push_back(turn ? number : -number);
    };
    asio::cancellation_signal cancel;
    asio::co_spawn(io, wait(1, Deadline::never()), [](std::exception_ptr) {});
    asio::co_spawn(io, wait(2, Deadline::never()),
                   asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {}));
    asio::co_spawn(io, wait(3, Deadline::never()), [](std::exception_ptr) {});
    asio::co_spawn(io, wait(4, Deadline::never()), [](std::exception_ptr) {});
    fakes::settle(io);
    EXPECT_THAT(order, ElementsAre(-4));  // one too many
    EXPECT_EQ(turns.waiting(), 3u);
    first.reset();  // given to 1, which wakes only later
    cancel.emit(asio::cancellation_type::terminal);
    fakes::settle(io);
    EXPECT_THAT(order, testing::Contains(1));
    EXPECT_THAT(order, testing::Contains(3));
    EXPECT_EQ(turns.waiting(), 0u);
    EXPECT_TRUE(fakes::run(io, turns.take(Deadline::never())));
}

TEST(Turns, AWaitEndsAtItsDeadline) {
    asio::io_context io{1};
    Turns turns(io.get_executor(), {.max_waiting = 3});
    const auto held = fakes::run(io, turns.take(Deadline::never()));
    const auto late = fakes::run(io, turns.take(Deadline::in(1ms)));
    EXPECT_EQ(late.error().kind(), base::ErrorKind::DeadlineExceeded);
}

}  // namespace
}  // namespace casement::async
