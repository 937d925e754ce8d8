#include "base/log.hpp"

#include <gtest/gtest.h>

namespace casement::base {
namespace {

TEST(LogMask, HidesALongSecretThatBeginsWithAShortOne) {
    mask_in_logs("mask-test-short");
    mask_in_logs("mask-test-short-and-longer");
    EXPECT_EQ(masked("a mask-test-short-and-longer b mask-test-short c"), "a *** b *** c");
}

}  // namespace
}  // namespace casement::base
