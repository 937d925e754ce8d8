#include "emulators/nanit/camera.hpp"

#include <gtest/gtest.h>

namespace casement::emulators::nanit {
namespace {

using namespace std::chrono_literals;

TEST(Camera, PushesEveryMinuteMoreOrLessOrOnceInUpToNinety) {
    const CameraOptions options;
    EXPECT_EQ(Camera::push_wait(options, false, 0), 54s);
    EXPECT_EQ(Camera::push_wait(options, false, 0.5), 60s);
    EXPECT_EQ(Camera::push_wait(options, false, 1), 66s);
    EXPECT_LT(Camera::push_wait(options, true, 0), 61s);
    EXPECT_EQ(Camera::push_wait(options, true, 1), 90min);
}

}  // namespace
}  // namespace casement::emulators::nanit
