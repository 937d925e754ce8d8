#include "base/time_scale.hpp"

#include <gtest/gtest.h>

namespace casement::base {
namespace {

using namespace std::chrono_literals;

TEST(TimeScale, ScalesAWaitAndLeavesNone) {
    EXPECT_EQ(scaled(10s, 1.0), 10s);
    EXPECT_EQ(scaled(10s, 0.01), 100ms);
    EXPECT_EQ(scaled(10s, 0.0001), 1ms);
    EXPECT_EQ(scaled(1ms, 0.0001), 1ms) << "a wait stays a wait";
    EXPECT_EQ(scaled(0ms, 0.5), 0ms) << "none stays none";
    EXPECT_EQ(scaled(1s, 100.0), 100s);
}

}  // namespace
}  // namespace casement::base
