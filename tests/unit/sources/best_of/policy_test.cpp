#include "sources/best_of/policy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/fakes/clock.hpp"

namespace casement::sources::best_of {
namespace {

using namespace std::chrono_literals;
using base::Error;
using base::ErrorKind;

camera::BestOf three_ways() {
    camera::BestOf rules;
    rules.choices.resize(3);
    return rules;
}

/// Three ways, best first, and time that the test moves.
struct BestOfPolicy : testing::Test {
    void step() {
        const Policy::Step out = policy.step(runs, clock.steady_now());
        std::vector<Policy::Run> kept;
        for (std::size_t i = 0; i < runs.size(); ++i) {
            if ((out.close >> i & 1U) == 0) kept.push_back(runs[i]);
        }
        runs = std::move(kept);
        if (!out.open) return;
        runs.push_back({.choice = *out.open, .opened_at = clock.steady_now()});
        opened.push_back(*out.open);
    }
    /// Looks ten times a second: a way that is well shows pictures, one that is not ends.
    void pass(std::chrono::milliseconds time) {
        for (auto left = time; left > 0ms; left -= 100ms) {
            clock.advance(100ms);
            for (Policy::Run& run : runs) {
                if (well[run.choice])
                    run.last_picture = clock.steady_now();
                else if (ends)
                    run.ended = Error(ErrorKind::Unavailable, "no", "it ended");
            }
            step();
        }
    }
    std::size_t count(std::size_t choice) const {
        return static_cast<std::size_t>(std::ranges::count(opened, choice));
    }

    fakes::Clock clock;
    Policy policy{three_ways()};
    std::vector<Policy::Run> runs;
    std::vector<std::size_t> opened;
    bool well[3] = {true, true, true};
    bool ends = true;
};

TEST_F(BestOfPolicy, OpensTheBestAndNothingElseWhileThatIsWell) {
    step();
    pass(1h);
    EXPECT_EQ(opened, (std::vector<std::size_t>{0}));
    EXPECT_EQ(policy.showing(), 0U);
    EXPECT_FALSE(policy.why());
}

TEST_F(BestOfPolicy, FallsToTheNextThatIsWellAndSaysWhy) {
    well[0] = well[1] = false;
    step();
    pass(1s);
    EXPECT_EQ(opened, (std::vector<std::size_t>{0, 1, 2}));
    EXPECT_EQ(policy.showing(), 2U);
    EXPECT_EQ(policy.why()->message(), "it ended");
}

TEST_F(BestOfPolicy, TriesTheBetterOnesBesideTheShownOneEverMoreRarely) {
    well[0] = well[1] = false;
    step();
    pass(1s);
    pass(15s);
    EXPECT_EQ(count(0), 2U);
    EXPECT_EQ(count(1), 2U);
    pass(30s);
    EXPECT_EQ(count(0), 3U);
    pass(2h);
    // After 15, 30, 60, 120, 240 and 480 s, then every ten minutes.
    EXPECT_NEAR(static_cast<double>(count(0)), 7 + (7200 - 900) / 600.0, 2);
    EXPECT_EQ(count(2), 1U);
    EXPECT_EQ(policy.showing(), 2U);
}

TEST_F(BestOfPolicy, GoesBackToTheBestWithItsFirstPictureAndThenClosesTheOther) {
    well[0] = false;
    step();
    pass(1s);
    EXPECT_EQ(policy.showing(), 1U);
    ends = false;  // it connects, and brings nothing yet
    pass(20s);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(policy.showing(), 1U);
    well[0] = true;
    pass(200ms);
    ASSERT_EQ(runs.size(), 1U);
    EXPECT_EQ(policy.showing(), 0U);
    EXPECT_FALSE(policy.why());
}

TEST_F(BestOfPolicy, OpensAWayThatWasWellForAWhileAgainAtOnce) {
    step();
    pass(60s);
    runs[0].ended = Error(ErrorKind::Unavailable, "no", "it ended");
    step();
    EXPECT_EQ(opened, (std::vector<std::size_t>{0, 0}));
}

TEST_F(BestOfPolicy, GivesUpAWayThatBringsNoPictureInTwentySecondsOrNoneForFifteen) {
    well[0] = ends = false;
    step();
    pass(19'900ms);
    EXPECT_EQ(count(1), 0U);
    pass(200ms);
    EXPECT_EQ(count(1), 1U);
    EXPECT_EQ(policy.why()->reason(), "no-keyframe");
    pass(5s);
    well[1] = false;
    pass(14'900ms);
    EXPECT_EQ(policy.showing(), 1U);
    pass(300ms);
    EXPECT_NE(policy.showing(), 1U);
}

TEST_F(BestOfPolicy, GivesTheWorseOnesTheirTurnHoweverLongTheBetterOnesTakeToFail) {
    well[0] = well[1] = ends = false;
    step();
    pass(45s);
    EXPECT_EQ((std::vector<std::size_t>{opened.begin(), opened.begin() + 3}),
              (std::vector<std::size_t>{0, 1, 2}));
    EXPECT_EQ(policy.showing(), 2U);
}

TEST_F(BestOfPolicy, WaitsLongerWherePicturesAreRare) {
    well[0] = well[1] = well[2] = ends = false;
    step();
    runs[0].stall = 180s;
    pass(170s);
    EXPECT_EQ(opened, (std::vector<std::size_t>{0}));
    pass(11s);
    EXPECT_EQ(opened, (std::vector<std::size_t>{0, 1}));
}

TEST_F(BestOfPolicy, KeepsAWayWhoseCameraIsOffAndTriesTheBetterOnesWhenItIsOnAgain) {
    well[0] = well[1] = false;
    step();
    pass(4h);
    const auto before = count(0);
    ASSERT_EQ(runs.size(), 1U);
    ASSERT_EQ(runs[0].choice, 2U);
    runs[0].waits = Error(ErrorKind::NotFound, "off", "the camera is off");
    well[2] = false;
    ends = false;
    step();
    EXPECT_FALSE(policy.showing());
    EXPECT_EQ(policy.why()->reason(), "off");
    pass(60s);
    EXPECT_EQ(runs[0].choice, 2U);
    runs[0].waits.reset();
    runs[0].last_picture = clock.steady_now();
    well[0] = well[1] = well[2] = true;
    step();
    EXPECT_EQ(count(0), before + 1);
    pass(200ms);
    EXPECT_EQ(policy.showing(), 0U);
}

TEST_F(BestOfPolicy, TriesAllWaysAtOnceWhenTheyMayWorkAgain) {
    well[0] = well[1] = well[2] = false;
    step();
    pass(2h);
    const auto before = opened.size();
    well[0] = true;
    pass(1s);
    ASSERT_EQ(opened.size(), before);
    policy.try_all(clock.steady_now());
    pass(200ms);
    EXPECT_EQ(policy.showing(), 0U);
}

TEST(BestOfPolicyRules, SayHowLongBeforeItsEndAWayIsReplaced) {
    fakes::Clock clock;
    camera::BestOf rules = three_ways();
    rules.renew_before = 600ms;
    Policy policy(rules);
    Policy::Run run{.choice = 0, .opened_at = clock.steady_now()};
    clock.advance(1300ms);
    run.last_picture = clock.steady_now();
    run.ends_at = clock.steady_now() + 700ms;
    EXPECT_FALSE(policy.step(std::array{run}, clock.steady_now()).open);
    clock.advance(100ms);
    run.last_picture = clock.steady_now();
    EXPECT_EQ(policy.step(std::array{run}, clock.steady_now()).open, 0U);
}

TEST_F(BestOfPolicy, ReplacesAWayThatEndsForGoodWhileItStillWrites) {
    step();
    pass(60s);
    runs[0].ends_at = clock.steady_now() + 240s;
    pass(209s);
    EXPECT_EQ(runs.size(), 1U);
    pass(1100ms);
    EXPECT_EQ(opened, (std::vector<std::size_t>{0, 0}));
    pass(200ms);
    EXPECT_EQ(runs.size(), 1U);
    EXPECT_EQ(policy.showing(), 0U);
}

}  // namespace
}  // namespace casement::sources::best_of
