#include "analysis/sound_watch.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace casement::analysis {
namespace {

using namespace std::chrono_literals;

struct SoundWatchTest : testing::Test {
    SoundWatch watch;
    const base::WallTime begin{std::chrono::seconds{1'800'000'000}};
    base::WallTime now = begin;
    std::vector<SoundWatch::Begin> begins;
    std::vector<SoundWatch::End> ends;

    /// So loud for so long, in units of 64 ms as of AAC at 16 kHz.
    void hear(double level, std::chrono::milliseconds length) {
        for (const auto until = now + length; now < until; now += 64ms) {
            const auto news = watch.heard(level, now, 64ms);
            if (news.begin) begins.push_back(*news.begin);
            if (news.end) ends.push_back(*news.end);
        }
    }
};

TEST_F(SoundWatchTest, ACryInAQuietRoomBeginsAtItsFirstSoundAndEndsAtItsLast) {
    hear(-55, 5s);
    const auto first = now;
    hear(-20, 3s);
    const auto last = now;
    ASSERT_EQ(begins.size(), 1U);
    EXPECT_EQ(begins[0].at, first);
    EXPECT_EQ(begins[0].loudest, -20);
    hear(-55, 9s);
    EXPECT_TRUE(ends.empty()) << "a child that draws breath has not stopped";
    hear(-55, 2s);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].at, last);
}

TEST_F(SoundWatchTest, AClickIsNoSound) {
    hear(-55, 5s);
    for (int i = 0; i < 20; ++i) {
        hear(-10, 64ms);
        hear(-55, 2s);
    }
    EXPECT_TRUE(begins.empty());
}

TEST_F(SoundWatchTest, ShortCriesOneAfterTheOtherAreOneSound) {
    hear(-55, 5s);
    for (int i = 0; i < 10; ++i) {
        hear(-15, 640ms);
        hear(-55, 3s);
    }
    EXPECT_EQ(begins.size(), 1U);
    EXPECT_TRUE(ends.empty());
}

TEST_F(SoundWatchTest, AWhisperInASilentRoomIsNone) {
    hear(-100, 10s);
    hear(-50, 10s);
    EXPECT_TRUE(begins.empty());
}

TEST_F(SoundWatchTest, WhiteNoiseBecomesTheRoomAndACryIsHeardAboveIt) {
    hear(-60, 5s);
    hear(-32, 180s);
    ASSERT_EQ(begins.size(), 1U) << "when it is switched on";
    ASSERT_EQ(ends.size(), 1U) << "and then it is the room";
    const auto cry = now;
    hear(-12, 2s);
    ASSERT_EQ(begins.size(), 2U);
    EXPECT_EQ(begins[1].at, cry);
    hear(-32, 11s);
    EXPECT_EQ(ends.size(), 2U);
}

TEST_F(SoundWatchTest, ACryOfAMinuteIsOneSound) {
    hear(-55, 5s);
    hear(-15, 60s);
    hear(-55, 11s);
    EXPECT_EQ(begins.size(), 1U);
    EXPECT_EQ(ends.size(), 1U);
}

TEST_F(SoundWatchTest, AnOutageEndsWhatGoesOn) {
    hear(-55, 5s);
    hear(-20, 2s);
    const auto last = now;
    const auto news = watch.gone();
    ASSERT_TRUE(news.end);
    EXPECT_EQ(news.end->at, last);
    EXPECT_FALSE(watch.gone().end);
}

TEST_F(SoundWatchTest, ARoomThatGrowsQuietIsFollowedSoon) {
    hear(-30, 20s);
    hear(-60, 10s);
    hear(-35, 1s);
    EXPECT_EQ(begins.size(), 1U);
}

}  // namespace
}  // namespace casement::analysis
