#include "events/feed.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "async/blocking_pool.hpp"
#include "events/id.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::events {
namespace {

using Numbers = Feed<int>;
using Item = Subscription<int>::Item;

TEST(Feed, DeliversInOrderToEverySubscriber) {
    asio::io_context io{1};
    Numbers feed;
    auto a = feed.subscribe(io.get_executor()), b = feed.subscribe(io.get_executor());
    feed.publish(1);
    feed.publish(2);
    for (auto* s : {&a, &b}) {
        EXPECT_EQ(s->try_next(), Item{1});
        EXPECT_EQ(s->try_next(), Item{2});
        EXPECT_EQ(s->try_next(), std::nullopt);
    }
}

TEST(Feed, ASlowSubscriberLosesTheOldestAndIsToldHowMany) {
    asio::io_context io{1};
    Numbers feed;
    auto slow = feed.subscribe(io.get_executor(), 3);
    for (int i = 1; i <= 3; ++i) feed.publish(i);
    EXPECT_EQ(slow.try_next(), Item{1}) << "at the edge nothing is lost";
    for (int i = 4; i <= 6; ++i) feed.publish(i);
    EXPECT_EQ(slow.try_next(), Item{Lost{2}});
    for (int i = 4; i <= 6; ++i) EXPECT_EQ(slow.try_next(), Item{i});
    EXPECT_EQ(slow.try_next(), std::nullopt);
}

TEST(Feed, NextWaitsForWhatAnotherThreadPublishes) {
    asio::io_context io{1};
    Numbers feed;
    auto subscription = feed.subscribe(io.get_executor(), 100'000);
    async::BlockingPool pool("publisher", 1);
    pool.post([&] {
        for (int i = 0; i < 10'000; ++i) feed.publish(i);
    });
    const int sum = fakes::run(io, [](Subscription<int>& s) -> async::Task<int> {
        int in_order = 0;
        while (in_order < 10'000) {
            const auto item = co_await s.next();
            if (std::get<int>(*item) != in_order) co_return -1;
            ++in_order;
        }
        co_return in_order;
    }(subscription));
    EXPECT_EQ(sum, 10'000);
}

TEST(Feed, ASubscriberMayLeaveBeforeOrAfterTheFeed) {
    asio::io_context io{1};
    auto feed = std::make_unique<Numbers>();
    auto stays = feed->subscribe(io.get_executor());
    {
        auto leaves = feed->subscribe(io.get_executor());
        feed->publish(1);
        EXPECT_EQ(feed->subscribers(), 2u);
    }
    fakes::settle(io);  // its wake-up was on the way
    EXPECT_EQ(feed->subscribers(), 1u);
    feed->publish(2);
    feed.reset();
    fakes::settle(io);
    EXPECT_EQ(stays.try_next(), Item{1});
    EXPECT_EQ(stays.try_next(), Item{2});
}

TEST(Feed, WaitingEndsWithCancellation) {
    asio::io_context io{1};
    Numbers feed;
    auto subscription = feed.subscribe(io.get_executor());
    asio::cancellation_signal cancel;
    bool ended = false;
    asio::co_spawn(io, subscription.next(),
                   asio::bind_cancellation_slot(cancel.slot(),
                                                [&](std::exception_ptr, auto) { ended = true; }));
    fakes::settle(io);
    EXPECT_FALSE(ended);
    cancel.emit(asio::cancellation_type::terminal);
    fakes::settle(io);
    EXPECT_TRUE(ended);
}

TEST(EventId, RisesWithinAMillisecondAndWhenTheClockStepsBack) {
    fakes::Clock clock;
    IdMaker ids(clock);
    std::string last;
    for (int i = 0; i < 3000; ++i) {
        if (i == 1000) clock.advance(std::chrono::seconds{1});
        if (i == 2000) clock.jump_wall(-std::chrono::hours{1});
        const std::string id = ids.next();
        EXPECT_TRUE(is_id(id));
        ASSERT_LT(last, id);
        last = id;
    }
}

TEST(EventId, StartsAfterTheNewestOfTheLog) {
    fakes::Clock clock;
    IdMaker before(clock), after(clock);
    clock.advance(std::chrono::seconds{60});
    const std::string newest = before.next();
    clock.jump_wall(-std::chrono::hours{1});
    after.start_after(newest);
    EXPECT_LT(newest, after.next());
    IdMaker untouched(clock);
    untouched.start_after("not an id");
    EXPECT_LT(untouched.next(), newest);
}

TEST(EventId, HoldsItsTimeInFront) {
    fakes::Clock clock;
    IdMaker ids(clock);
    // 2026-11-20T21:00:00Z = 1795208400000 ms; Crockford base 32 of it, worked out apart.
    EXPECT_EQ(ids.next().substr(0, 10), "01M7XC4K40");
}

TEST(EventId, KnowsWhatIsNoId) {
    EXPECT_TRUE(is_id("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
    EXPECT_FALSE(is_id("01ARZ3NDEKTSV4RRFFQ69G5FA"));
    EXPECT_FALSE(is_id("01ARZ3NDEKTSV4RRFFQ69G5FAU"));  // U is not in the alphabet
    EXPECT_FALSE(is_id("81ARZ3NDEKTSV4RRFFQ69G5FAV"));  // over 128 bits
}

}  // namespace
}  // namespace casement::events
