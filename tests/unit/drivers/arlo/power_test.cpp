// What a battery may spend, and when a device was awake.

#include "drivers/arlo/power.hpp"

#include <cstdlib>
#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace casement::drivers::arlo {
namespace {

using namespace std::chrono_literals;
using camera::Awake;
using camera::WakeCause;
using testing::ElementsAre;

base::WallTime at(const char* text) { return base::parse_rfc3339(text).value(); }

/// The hub stands somewhere else for a moment.
struct Zone {
    explicit Zone(const char* name) {
        if (const char* const now = std::getenv("TZ")) before = now;
        ::setenv("TZ", name, 1);
        ::tzset();
    }
    ~Zone() {
        before.empty() ? ::unsetenv("TZ") : ::setenv("TZ", before.c_str(), 1);
        ::tzset();
    }
    std::string before;
};

TEST(DayCount, EndsAtTheMidnightOfTheHub) {
    const Zone zone("EET-2");  // two hours east of UTC
    DayCount count;
    count.add(60s, at("2026-11-20T20:00:00Z"));
    count.add(30s, at("2026-11-20T21:59:59Z"));
    EXPECT_EQ(count.today(at("2026-11-20T21:59:59Z")), 90s);
    EXPECT_EQ(count.today(at("2026-11-20T22:00:00Z")), 0s);
    count.add(5s, at("2026-11-20T22:00:00Z"));
    EXPECT_EQ(count.today(at("2026-11-21T21:00:00Z")), 5s);
}

TEST(AwakeLog, JoinsWhatFollowsCloselyForOneCause) {
    AwakeLog log;
    const auto t = at("2026-11-20T20:00:00Z");
    EXPECT_EQ(log.add(WakeCause::Viewer, t, t + 2s), 2s);
    EXPECT_EQ(log.add(WakeCause::Viewer, t + 10s, t + 30s), 28s);
    EXPECT_EQ(log.add(WakeCause::Viewer, t + 30s + AwakeLog::kJoin, t + 50s), 20s);
    EXPECT_EQ(log.add(WakeCause::Viewer, t + 51s + AwakeLog::kJoin, t + 70s), 4s);
    EXPECT_THAT(log.list(), ElementsAre(Awake{WakeCause::Viewer, t, t + 50s},
                                        Awake{WakeCause::Viewer, t + 66s, t + 70s}));
}

TEST(AwakeLog, CountsNoMomentTwice) {
    AwakeLog log;
    const auto t = at("2026-11-20T20:00:00Z");
    EXPECT_EQ(log.add(WakeCause::Event, t, t + 20s), 20s);
    EXPECT_EQ(log.add(WakeCause::Viewer, t + 5s, t + 15s), 0s);
    EXPECT_EQ(log.add(WakeCause::Viewer, t + 10s, t + 25s), 5s);
    EXPECT_EQ(log.add(WakeCause::Viewer, t, t + 25s), 0s);
    EXPECT_THAT(log.list(), ElementsAre(Awake{WakeCause::Event, t, t + 20s},
                                        Awake{WakeCause::Viewer, t + 20s, t + 25s}));
}

TEST(AwakeLog, KeepsTheNewest) {
    AwakeLog log;
    const auto t = at("2026-11-20T20:00:00Z");
    for (std::size_t i = 0; i < AwakeLog::kMost + 1; ++i) {
        const auto from = t + i * 1min;
        (void)log.add(WakeCause::Command, from, from + 1s);
    }
    ASSERT_EQ(log.list().size(), AwakeLog::kMost);
    EXPECT_EQ(log.list().front().from, t + 1min);
    EXPECT_EQ(AwakeLog(log.list()).list(), log.list());
}

TEST(Policy, SparesBatteriesUnlessSomebodyWishesOtherwise) {
    EXPECT_EQ(policy_of({}, true), (Policy{5min, 3min, false}));
    EXPECT_EQ(policy_of({}, false), (Policy{0min, 0min, false}));
    camera::Wishes wishes;
    wishes["daily_minutes"].value = 20.0;
    wishes["session_minutes"].value = 0.0;
    wishes["may_restart"].value = true;
    EXPECT_EQ(policy_of(wishes, true), (Policy{20min, 0min, true}));
    EXPECT_EQ(policy_of(wishes, false), (Policy{20min, 0min, true}));
    wishes["daily_minutes"].value = camera::Value{};  // only a refusal is remembered
    EXPECT_EQ(policy_of(wishes, true).daily, 5min);
}

TEST(Policy, IsDeclaredAsSettings) {
    std::vector<std::string> ids;
    for (const auto& setting : policy_settings(traits_of(Family::Pro4), {5min, 3min, false})) {
        ids.push_back(setting.id);
        EXPECT_TRUE(is_policy_setting(setting.id));
        EXPECT_TRUE(camera::validate(setting, setting.reported)) << setting.id;
    }
    EXPECT_THAT(ids, ElementsAre("daily_minutes", "session_minutes", "may_restart"));
    EXPECT_EQ(policy_settings(traits_of(Family::Pro), {}).size(), 2u) << "it cannot restart";
    EXPECT_TRUE(policy_settings(traits_of(Family::AudioDoorbell), {}).empty());
}

TEST(Allowance, IsWhatIsLeftOfTheDayOrOneView) {
    const Policy policy{5min, 3min, false};
    EXPECT_EQ(allowance_of(policy, 0s, false).value()->at_most, 3min);
    const auto rest = allowance_of(policy, 4min, false).value();
    EXPECT_EQ(rest->at_most, 1min);
    EXPECT_EQ(rest->then.reason(), "battery-budget");
    EXPECT_EQ(allowance_of(policy, 5min - 2s, false).value()->at_most, 2s);
    const auto none = allowance_of(policy, 5min - 1999ms, false);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind(), base::ErrorKind::ResourceExhausted);
    EXPECT_EQ(allowance_of(policy, 24h, true).value()->at_most, kEventShare);
    EXPECT_EQ(allowance_of(policy, 1min, true).value()->at_most, 4min) << "no limit of one view";
    EXPECT_EQ(allowance_of({0min, 0min, false}, 24h, false).value(), std::nullopt);
}

}  // namespace
}  // namespace casement::drivers::arlo
