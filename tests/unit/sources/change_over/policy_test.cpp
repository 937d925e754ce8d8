#include "sources/change_over/policy.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/fakes/clock.hpp"

namespace casement::sources::change_over {
namespace {

using namespace std::chrono_literals;
using base::Error;
using base::ErrorKind;
using Showing = Policy::Showing;

/// A camera, its spare ways, and time that the test moves.
struct ChangeOverPolicy : testing::Test {
    ChangeOverPolicy() : policy(camera::ChangeOver{}, clock.steady_now()) {}

    Policy::Step step() {
        const Policy::Step out = policy.step(first, spares, clock.steady_now());
        std::vector<Policy::Spare> kept;
        for (std::size_t i = 0; i < spares.size(); ++i) {
            if ((out.close >> i & 1U) == 0) kept.push_back(spares[i]);
        }
        closed += spares.size() - kept.size();
        spares = std::move(kept);
        if (out.open) {
            spares.push_back({.opened_at = clock.steady_now()});
            ++opened;
        }
        return out;
    }
    /// Looks ten times a second; what writes goes on writing.
    void pass(std::chrono::milliseconds time) {
        for (auto left = time; left > 0ms; left -= 100ms) {
            clock.advance(100ms);
            for (Policy::Spare& spare : spares) {
                if (spare.last_picture != base::SteadyTime{} && spare_runs)
                    spare.last_picture = clock.steady_now();
            }
            step();
        }
    }
    void live() {
        first = {.is_live = true};
        step();
    }
    void lost() {
        first = {};
        step();
    }
    void refused(std::string reason) {
        first = {.is_refused = true,
                 .sleeps = reason == camera::kSleeping,
                 .why = Error(ErrorKind::FailedPrecondition, reason, reason)};
    }
    void spare_writes() { spares.back().last_picture = clock.steady_now(); }

    fakes::Clock clock;
    Policy policy;
    Policy::First first;
    std::vector<Policy::Spare> spares;
    bool spare_runs = true;
    std::size_t opened = 0, closed = 0;
};

TEST_F(ChangeOverPolicy, GivesACameraThatWasAskedTwentySecondsBeforeItsSpareIsOpened) {
    pass(19'900ms);
    EXPECT_EQ(opened, 0u);
    EXPECT_FALSE(policy.why());
    pass(200ms);
    EXPECT_EQ(opened, 1u);
}

TEST_F(ChangeOverPolicy, OpensTheSpareAtOnceWhenTheCameraRefuses) {
    refused("slots-full");
    step();
    EXPECT_EQ(opened, 1u);
    EXPECT_EQ(policy.showing(), Showing::Nothing);
    EXPECT_EQ(policy.why()->reason(), "slots-full");
    spare_writes();
    step();
    EXPECT_EQ(policy.showing(), Showing::Spare);
}

TEST_F(ChangeOverPolicy, OpensTheSpareASecondAfterALossAndClosesItWhenTheCameraIsBack) {
    live();
    pass(60s);
    lost();
    EXPECT_EQ(policy.why()->reason(), "no-publisher");
    pass(900ms);
    EXPECT_EQ(opened, 0u);
    pass(200ms);
    EXPECT_EQ(opened, 1u);
    spare_writes();
    pass(60s);
    EXPECT_EQ(opened, 1u);
    live();
    EXPECT_EQ(closed, 1u);
    EXPECT_EQ(policy.showing(), Showing::First);
    EXPECT_FALSE(policy.why());
}

TEST_F(ChangeOverPolicy, KeepsASpareThatTookThePenInTheSameMomentUntilTheCameraWritesAgain) {
    live();
    lost();
    pass(1100ms);
    ASSERT_EQ(opened, 1u);
    // Both key frames came since the last look, the spare's last.
    first = {.is_live = true, .last_picture = clock.steady_now()};
    spare_writes();
    pass(1900ms);
    EXPECT_EQ(closed, 0u);
    EXPECT_EQ(policy.showing(), Showing::First);
    first.last_picture = clock.steady_now();  // its next key frame
    pass(100ms);
    EXPECT_EQ(closed, 1u);
    EXPECT_EQ(opened, 1u);
}

TEST_F(ChangeOverPolicy, LetsASpareGoASettlingTimeAfterTheCameraIsBackOrAtOnceWithoutAPicture) {
    live();
    lost();
    pass(1100ms);
    spare_writes();
    first = {.is_live = true, .last_picture = clock.steady_now()};
    step();
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(closed, 0u);
        first.last_picture = clock.steady_now() + 100ms;
        pass(100ms);
    }
    EXPECT_EQ(closed, 1u);
    lost();
    pass(1100ms);
    first = {.is_live = true, .last_picture = clock.steady_now()};
    step();
    EXPECT_EQ(closed, 2u);  // it had shown none
}

TEST_F(ChangeOverPolicy, OpensNothingWhileTheCameraSleepsAndEndsWhatRuns) {
    refused("slots-full");
    step();
    spare_writes();
    refused("sleeping");
    pass(10min);
    EXPECT_EQ(opened, 1u);
    EXPECT_EQ(closed, 1u);
    EXPECT_EQ(policy.why()->reason(), "sleeping");
}

TEST_F(ChangeOverPolicy, TriesASpareThatFailsAfter5_10_20_40AndThenEvery60Seconds) {
    refused("p2p-blocked");
    std::vector<int> seconds;
    for (int i = 0; i < 2000; ++i) {
        const auto before = opened;
        pass(100ms);
        if (opened != before) {
            seconds.push_back(i / 10);
            spares.back().ended = Error(ErrorKind::Unavailable, "no");
        }
    }
    EXPECT_EQ(seconds, (std::vector<int>{0, 5, 15, 35, 75, 135, 195}));
}

TEST_F(ChangeOverPolicy, GivesUpASpareThatBringsNoPictureInThirtySeconds) {
    refused("slots-full");
    step();
    pass(29'900ms);
    EXPECT_EQ(closed, 0u);
    pass(200ms);
    EXPECT_EQ(closed, 1u);
}

TEST_F(ChangeOverPolicy, OpensASpareThatWasGoodAgainAtOnceWhenItStalls) {
    refused("slots-full");
    step();
    spare_writes();
    pass(60s);
    spare_runs = false;
    pass(4900ms);
    EXPECT_EQ(closed, 0u);
    EXPECT_EQ(policy.showing(), Showing::Spare);
    pass(200ms);
    EXPECT_EQ(closed, 1u);
    EXPECT_EQ(opened, 2u);
}

TEST_F(ChangeOverPolicy, ReplacesASpareThatEndsByANewerOneThatWritesFirst) {
    refused("slots-full");
    step();
    spare_writes();
    spares.back().ends_at = clock.steady_now() + 45min;
    pass(44min + 29s);
    EXPECT_EQ(opened, 1u);
    pass(1100ms);
    ASSERT_EQ(spares.size(), 2u);
    pass(10s);
    EXPECT_EQ(closed, 0u);
    EXPECT_EQ(opened, 2u);
    spare_writes();
    step();
    EXPECT_EQ(closed, 1u);
    ASSERT_EQ(spares.size(), 1u);
    EXPECT_FALSE(spares.back().ends_at);
    EXPECT_EQ(policy.showing(), Showing::Spare);
}

TEST_F(ChangeOverPolicy, ASuccessorThatFailsLeavesTheOlderOneAndIsTriedAgainLater) {
    refused("slots-full");
    step();
    spare_writes();
    spares.back().ends_at = clock.steady_now() + 10s;  // due already
    pass(59'900ms);
    EXPECT_EQ(opened, 1u);  // but a moment ago it was opened itself
    pass(200ms);
    ASSERT_EQ(opened, 2u);
    spares.back().ended = Error(ErrorKind::Unavailable, "no");
    step();
    EXPECT_EQ(spares.size(), 1u);
    pass(4900ms);
    EXPECT_EQ(opened, 2u);
    pass(200ms);
    EXPECT_EQ(opened, 3u);
}

TEST_F(ChangeOverPolicy, ClosesBothSparesWhenTheCameraIsBackMeanwhile) {
    refused("slots-full");
    step();
    spare_writes();
    spares.back().ends_at = clock.steady_now() + 70s;
    pass(61s);
    ASSERT_EQ(spares.size(), 2u);
    live();
    EXPECT_EQ(closed, 2u);
    EXPECT_TRUE(spares.empty());
}

}  // namespace
}  // namespace casement::sources::change_over
