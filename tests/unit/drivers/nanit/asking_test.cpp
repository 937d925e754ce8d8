#include "drivers/nanit/asking.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/fakes/clock.hpp"

namespace casement::drivers::nanit {
namespace {

using namespace std::chrono_literals;
using base::Error;
using base::ErrorKind;
using Due = Asking::Due;

/// A camera that answers as the test says, and notes when it was asked.
struct NanitAsking : testing::Test {
    NanitAsking() { asking.want(clock.steady_now()); }

    int now_s() const { return static_cast<int>((clock.steady_now() - begin) / 1s); }
    void pass(std::chrono::milliseconds time) {
        for (auto left = time; left >= 0ms; left -= 100ms) {
            const auto now = clock.steady_now();
            switch (asking.due(now)) {
                case Due::Ask:
                    asked_at.push_back(now_s());
                    asking.sent(now);
                    if (refusal.empty())
                        asking.accepted(now);
                    else
                        asking.refused(Error(ErrorKind::FailedPrecondition, refusal, "no"), now);
                    break;
                case Due::Refresh:
                    refreshed_at.push_back(now_s());
                    break;
                case Due::GiveUp:
                    ++given_up;
                    break;
                case Due::Nothing:
                    break;
            }
            if (left > 0ms) clock.advance(100ms);
        }
    }
    void goes_live() {
        asking.came(clock.steady_now());
        asking.picture(clock.steady_now());
    }

    fakes::Clock clock;
    const base::SteadyTime begin = clock.steady_now();
    Asking asking{AskingTimes{}};
    std::string refusal;
    std::vector<int> asked_at, refreshed_at;
    int given_up = 0;
};

TEST_F(NanitAsking, IsAskedAtOnceAndThenEveryFiveMinutesSoThatTwentyNeverPass) {
    pass(0ms);
    goes_live();
    pass(65min);
    EXPECT_EQ(asked_at, std::vector<int>{0});
    ASSERT_GE(refreshed_at.size(), 12u);
    for (std::size_t i = 0; i < refreshed_at.size(); ++i)
        EXPECT_NEAR(refreshed_at[i], 300 * (static_cast<int>(i) + 1), static_cast<int>(i) + 1);
}

TEST_F(NanitAsking, IsLeftAloneForFiveMinutesWhenItsSeatsAreFull) {
    refusal = "slots-full";
    pass(299s);
    EXPECT_EQ(asked_at, std::vector<int>{0});
    EXPECT_EQ(asking.refusal()->reason(), "slots-full");
    refusal.clear();
    pass(2s);
    EXPECT_EQ(asked_at, (std::vector<int>{0, 300}));
    EXPECT_FALSE(asking.refusal());
}

TEST_F(NanitAsking, FullSeatsAreWaitedForWhateverHappensMeanwhile) {
    refusal = "slots-full";
    pass(0ms);
    asking.connected(clock.steady_now());
    asking.missing(clock.steady_now());
    asking.unwant();
    pass(10s);
    asking.want(clock.steady_now());
    pass(280s);
    EXPECT_EQ(asked_at, std::vector<int>{0});
}

TEST_F(NanitAsking, IsAskedEveryMinuteWhileAFirewallIsInTheWay) {
    refusal = "p2p-blocked";
    pass(125s);
    EXPECT_EQ(asked_at, (std::vector<int>{0, 60, 120}));
}

TEST_F(NanitAsking, IsNotAskedWhileItSleepsAndTwoSecondsAfterItWakes) {
    refusal = "sleeping";
    pass(1h);
    EXPECT_EQ(asked_at, std::vector<int>{0});
    refusal.clear();
    asking.set_sleeping(false, clock.steady_now());
    pass(1900ms);
    EXPECT_EQ(asked_at.size(), 1u);
    pass(200ms);
    EXPECT_EQ(asked_at.size(), 2u);
}

TEST_F(NanitAsking, SleepThatOnlyARefusalToldEndsWithAnotherConnection) {
    refusal = "sleeping";
    pass(0ms);
    asking.connected(clock.steady_now());
    pass(0ms);
    EXPECT_EQ(asked_at.size(), 2u);
    asking.set_sleeping(true, clock.steady_now());
    asking.connected(clock.steady_now());
    pass(1h);
    EXPECT_EQ(asked_at.size(), 2u);
}

TEST_F(NanitAsking, IsAskedThreeTimesInARowAndThenAfter30_60_120_240And300Seconds) {
    refusal = "vendor-down";
    pass(1100s);
    EXPECT_EQ(asked_at, (std::vector<int>{0, 5, 10, 40, 100, 220, 460, 760, 1060}));
}

TEST_F(NanitAsking, OneThatSaysYesAndDoesNotComeIsGivenUpAfterTwentySecondsAndAskedAfterSixty) {
    pass(19'900ms);
    EXPECT_EQ(given_up, 0);
    EXPECT_TRUE(asking.is_awaited());
    pass(200ms);
    EXPECT_EQ(given_up, 1);
    EXPECT_EQ(asking.refusal()->reason(), "hub-unreachable");
    pass(39s);
    EXPECT_EQ(asked_at.size(), 1u);
    pass(1s);
    EXPECT_EQ(asked_at, (std::vector<int>{0, 60}));
}

TEST_F(NanitAsking, IsAskedAtOnceWhenItsPublisherIsLostOrStandsStill) {
    pass(0ms);
    goes_live();
    pass(60s);
    asking.missing(clock.steady_now());
    pass(0ms);
    EXPECT_EQ(asked_at, (std::vector<int>{0, 60}));
    EXPECT_FALSE(asking.refusal());
}

TEST_F(NanitAsking, OneThatComesAndGoesIsAskedLessAndLess) {
    for (int i = 0; i < 3000; ++i) {
        const auto before = asked_at.size();
        pass(100ms);
        if (asked_at.size() == before) continue;
        goes_live();
        asking.missing(clock.steady_now());
    }
    EXPECT_GE(asked_at.size(), 4u);
    EXPECT_LE(asked_at.size(), 7u);
}

TEST_F(NanitAsking, IsAskedAtOnceOnANewConnectionAlsoWhilePicturesCome) {
    pass(0ms);
    goes_live();
    pass(30s);
    asking.connected(clock.steady_now());
    pass(100ms);
    EXPECT_EQ(asked_at, (std::vector<int>{0, 30}));
    asking.missing(clock.steady_now());  // the one before ended with its connection
    pass(4900ms);
    EXPECT_EQ(asked_at.size(), 3u);
}

TEST_F(NanitAsking, IsLeftAloneWhenNobodyWantsIt) {
    pass(0ms);
    goes_live();
    asking.unwant();
    asking.missing(clock.steady_now());
    asking.connected(clock.steady_now());
    pass(1h);
    EXPECT_EQ(asked_at.size(), 1u);
    EXPECT_TRUE(refreshed_at.empty());
    EXPECT_EQ(asking.next(), base::SteadyTime::max());
}

TEST_F(NanitAsking, AYesThatComesTooLateIsNotWaitedFor) {
    EXPECT_EQ(asking.due(clock.steady_now()), Due::Ask);
    asking.sent(clock.steady_now());
    asking.unwant();
    asking.accepted(clock.steady_now());
    clock.advance(1h);
    asking.want(clock.steady_now());
    EXPECT_EQ(asking.due(clock.steady_now()), Due::Ask);
}

TEST_F(NanitAsking, IsOverdueAfterTwiceWhatItTookBeforeAndNeverSoonerThan700Milliseconds) {
    asking.other_way_took(18s);
    pass(0ms);
    EXPECT_FALSE(asking.returns());
    clock.advance(2s);
    goes_live();
    pass(60s);
    asking.missing(clock.steady_now());
    pass(3900ms);
    EXPECT_TRUE(asking.returns());
    EXPECT_FALSE(asking.is_overdue(clock.steady_now()));
    pass(100ms);
    EXPECT_TRUE(asking.is_overdue(clock.steady_now()));
    goes_live();
    pass(60s);
    asking.missing(clock.steady_now());
    pass(0ms);
    goes_live();  // at once: this is what it can
    pass(60s);
    asking.missing(clock.steady_now());
    pass(600ms);
    EXPECT_FALSE(asking.is_overdue(clock.steady_now()));
    pass(100ms);
    EXPECT_TRUE(asking.is_overdue(clock.steady_now()));
}

TEST_F(NanitAsking, IsOverdueInTimeForAnotherWayThatIsQuick) {
    pass(0ms);
    clock.advance(2s);
    goes_live();
    const auto overdue_after = [this](AskingTimes::Time time) {
        pass(60s);
        asking.missing(clock.steady_now());
        pass(time - 100ms);
        EXPECT_FALSE(asking.is_overdue(clock.steady_now())) << time.count();
        pass(100ms);
        EXPECT_TRUE(asking.is_overdue(clock.steady_now())) << time.count();
        goes_live();
    };
    overdue_after(1100ms);  // nobody knows yet what the other way takes
    asking.other_way_took(1800ms);
    overdue_after(900ms);
    asking.other_way_took(2400ms);
    overdue_after(700ms);
    asking.other_way_took(15s);
    overdue_after(1400ms);  // twice what it took at its best
}

TEST_F(NanitAsking, ScalesEveryTime) {
    const AskingTimes fast = AskingTimes{}.scaled(0.01);
    EXPECT_EQ(fast.publisher, 200ms);
    EXPECT_EQ(fast.refresh, 3s);
    EXPECT_EQ(fast.sacrifice, 18s);
    EXPECT_EQ(fast.after_sleep, 20ms);
}

}  // namespace
}  // namespace casement::drivers::nanit
