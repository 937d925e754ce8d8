#include "formats/flv_clock.hpp"

#include <gtest/gtest.h>

namespace casement::formats::flv {
namespace {

using namespace std::chrono_literals;

const base::SteadyTime kStart{1h};

TEST(FlvTimeline, UnwrapsThirtyTwoBits) {
    Timeline timeline;
    EXPECT_EQ(timeline.at(0xFFFFFFF0, kStart).ms, 0xFFFFFFF0);
    EXPECT_EQ(timeline.at(0x00000010, kStart).ms, 0x100000010);
    EXPECT_EQ(timeline.at(0xFFFFFFF8, kStart).ms, 0xFFFFFFF8)
        << "audio may lag behind video over the edge";
    EXPECT_EQ(timeline.at(0x00000020, kStart).ms, 0x100000020);
}

TEST(FlvTimeline, GoesOnWithLocalTimeWhenTheSenderStartsAgain) {
    Timeline timeline;
    EXPECT_EQ(timeline.at(50'000, kStart).ms, 50'000);
    const auto again = timeline.at(0, kStart + 700ms);
    EXPECT_TRUE(again.restarted);
    EXPECT_EQ(again.ms, 50'700);
    const auto next = timeline.at(40, kStart + 740ms);
    EXPECT_FALSE(next.restarted);
    EXPECT_EQ(next.ms, 50'740);
}

TEST(FlvTimeline, TakesJumpsAtTheLimitAsTimeAndBeyondAsRestart) {
    Timeline timeline;
    timeline.at(100'000, kStart);
    EXPECT_FALSE(timeline.at(100'000 - Timeline::kMaxStepBackMs, kStart).restarted);
    EXPECT_TRUE(timeline.at(100'000 - 2 * Timeline::kMaxStepBackMs - 1, kStart).restarted);
    Timeline forward;
    forward.at(0, kStart);
    EXPECT_FALSE(forward.at(Timeline::kMaxStepForwardMs, kStart).restarted);
    EXPECT_TRUE(forward.at(2 * Timeline::kMaxStepForwardMs + 1, kStart).restarted);
}

TEST(FlvTimeline, NeverStepsBackOnARestartWithinOneInstant) {
    Timeline timeline;
    timeline.at(90'000, kStart);
    EXPECT_EQ(timeline.at(0, kStart).ms, 90'001);
}

TEST(FlvSampleClock, CountsAacFramesDespiteRoundedMilliseconds) {
    SampleClock clock;
    for (std::int64_t n = 0; n < 200'000;
         ++n) {  // 71 minutes at 48 kHz, stamps cut to whole milliseconds
        const std::int64_t stamp = n * 1024 * 1000 / 48'000;
        ASSERT_EQ(clock.at(stamp, 1024, 48'000), n * 1024) << n;
    }
}

TEST(FlvSampleClock, FollowsASenderWhoseClockDrifts) {
    SampleClock clock;
    std::int64_t last = -1024;
    std::int64_t at = 0;
    for (std::int64_t n = 0; n < 10'000; ++n) {
        const std::int64_t stamp = n * 21;  // a sender that takes 21.33 ms for 21
        at = clock.at(stamp, 1024, 48'000);
        ASSERT_GT(at, last);
        ASSERT_NEAR(static_cast<double>(at - last), 1024, 64) << "no step that one would hear";
        last = at;
    }
    EXPECT_NEAR(static_cast<double>(at), 9'999 * 21 * 48, 20 * 48);
}

TEST(FlvSampleClock, AnchorsAnewAfterAGap) {
    SampleClock clock;
    EXPECT_EQ(clock.at(1000, 1024, 48'000), 48'000);
    EXPECT_EQ(clock.at(1021, 1024, 48'000), 49'024);
    EXPECT_EQ(clock.at(2000, 1024, 48'000), 96'000);
}

TEST(FlvSampleClock, LeadsBackSlowlyAndNeverBackwards) {
    SampleClock clock;
    std::int64_t last = clock.at(5000, 960, 48'000);
    for (int n = 1; n < 400; ++n) {  // the sender stands two seconds earlier all at once
        const std::int64_t at = clock.at(3000 + n * 20, 960, 48'000);
        ASSERT_GE(at, last + 480);
        last = at;
    }
    EXPECT_NEAR(static_cast<double>(last), (3000 + 399 * 20) * 48.0, 3 * 48);
}

TEST(FlvSampleClock, StartsAgainWithAnotherSampleRate) {
    SampleClock clock;
    clock.at(1000, 1024, 48'000);
    EXPECT_EQ(clock.at(1021, 1024, 16'000), 16'336);
}

}  // namespace
}  // namespace casement::formats::flv
