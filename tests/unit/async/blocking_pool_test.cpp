#include "async/blocking_pool.hpp"

#include <atomic>

#include <gtest/gtest.h>

namespace casement::async {
namespace {

TEST(BlockingPool, DrainWaitsForTheQueueAndForWhatRuns) {
    BlockingPool pool("test", 2);
    pool.drain();
    std::atomic<int> done{0};
    for (int i = 0; i < 100; ++i) pool.post([&done] { ++done; });
    pool.drain();
    EXPECT_EQ(done, 100);
    EXPECT_EQ(pool.depth(), 0u);
}

}  // namespace
}  // namespace casement::async
