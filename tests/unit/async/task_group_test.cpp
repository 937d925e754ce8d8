#include "async/task_group.hpp"

#include <gtest/gtest.h>

#include "async/bell.hpp"

namespace casement::async {
namespace {

/// As the io threads have it: what waits can be dropped before the context goes.
struct Context : asio::io_context {
    Context() : asio::io_context(1) {}
    using asio::io_context::shutdown;
};

Task<> wait_for_ever() {
    Bell never(co_await asio::this_coro::executor);
    (void)co_await never.wait();
}

TEST(TaskGroup, EndsItsTasksWhenCancelled) {
    Context context;
    TaskGroup group(context.get_executor(), base::Log{});
    group.spawn("one", wait_for_ever);
    group.spawn("two", wait_for_ever);
    context.poll();
    EXPECT_EQ(group.size(), 2u);
    group.cancel();
    context.restart();
    context.poll();
    EXPECT_EQ(group.size(), 0u);
}

// The signals of such tasks point at timers and sockets that went with them: whoever cancels
// afterwards must find none.
TEST(TaskGroup, ForgetsTasksThatWereDroppedWithTheirContext) {
    Context context;
    TaskGroup group(context.get_executor(), base::Log{});
    group.spawn("waits", wait_for_ever);
    context.poll();
    group.spawn("has not begun", wait_for_ever);
    EXPECT_EQ(group.size(), 2u);
    context.shutdown();
    EXPECT_EQ(group.size(), 0u);
    group.cancel();
}

}  // namespace
}  // namespace casement::async
