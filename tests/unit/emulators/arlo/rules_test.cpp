// The two rules that need a clock: when a stream starves, and when motion becomes an alert.

#include <gtest/gtest.h>

#include "emulators/arlo/alert_gate.hpp"
#include "emulators/arlo/report_watchdog.hpp"
#include "tests/fakes/clock.hpp"

namespace casement::emulators::arlo {
namespace {

using namespace std::chrono_literals;
using Verdict = AlertGate::Verdict;

TEST(ReportWatchdog, NeverBarksAtWhoNeverSentAReport) {
    fakes::Clock clock;
    const ReportWatchdog watchdog(Arming::FirstReport, 6s, clock.steady_now());
    clock.advance(1h);
    EXPECT_FALSE(watchdog.is_armed());
    EXPECT_FALSE(watchdog.is_starved(clock.steady_now()));
}

TEST(ReportWatchdog, BarksSixSecondsAfterTheLastReport) {
    fakes::Clock clock;
    ReportWatchdog watchdog(Arming::FirstReport, 6s, clock.steady_now());
    clock.advance(20s);
    watchdog.heard(clock.steady_now());
    EXPECT_TRUE(watchdog.is_armed());
    clock.advance(5999ms);
    EXPECT_FALSE(watchdog.is_starved(clock.steady_now()));
    watchdog.heard(clock.steady_now());
    clock.advance(5999ms);
    EXPECT_FALSE(watchdog.is_starved(clock.steady_now()));
    clock.advance(1ms);
    EXPECT_TRUE(watchdog.is_starved(clock.steady_now()));
}

TEST(ReportWatchdog, TheSternerOneBarksWithoutAnyReport) {
    fakes::Clock clock;
    const ReportWatchdog watchdog(Arming::Play, 6s, clock.steady_now());
    clock.advance(5999ms);
    EXPECT_FALSE(watchdog.is_starved(clock.steady_now()));
    clock.advance(1ms);
    EXPECT_TRUE(watchdog.is_starved(clock.steady_now()));
}

TEST(ReportWatchdog, TellsTheLongestSilence) {
    fakes::Clock clock;
    ReportWatchdog watchdog(Arming::FirstReport, 6s, clock.steady_now());
    clock.advance(300ms);
    watchdog.heard(clock.steady_now());
    clock.advance(2s);
    watchdog.heard(clock.steady_now());
    clock.advance(1s);
    watchdog.heard(clock.steady_now());
    EXPECT_EQ(watchdog.longest_gap(clock.steady_now()), 2s);
    clock.advance(5s);
    EXPECT_EQ(watchdog.longest_gap(clock.steady_now()), 5s);
}

class Gate : public testing::Test {
protected:
    void set(std::string_view name, wire::Value value) {
        wire::Fields values;
        values.set(name, std::move(value));
        EXPECT_TRUE(registers_.apply(Door::Camera, values).empty());
    }
    Verdict judge(Notice notice = Notice::Motion) {
        return gate_.judge(notice, registers_, clock_.steady_now(), 1s);
    }
    fakes::Clock clock_;
    RegisterFile registers_{profile(Model::Pro2)};
    AlertGate gate_;
};

TEST_F(Gate, IsClosedUntilSomebodyArmsIt) {
    EXPECT_EQ(judge(), Verdict::Disarmed);
    set("PIRTargetState", "Armed");
    EXPECT_EQ(judge(), Verdict::Alert);
    EXPECT_EQ(judge(Notice::Sound), Verdict::Disarmed);
    set("AudioTargetState", "Armed");
    EXPECT_EQ(judge(Notice::Sound), Verdict::Alert);
    set("PIRTargetState", "Disarmed");
    EXPECT_EQ(judge(), Verdict::Disarmed);
}

TEST_F(Gate, HoldsBackWhatComesWithinTheBackoffTime) {
    set("PIRTargetState", "Armed");
    set("AlertBackoffTime", std::int64_t{30});
    EXPECT_EQ(judge(), Verdict::Alert);
    clock_.advance(29s);
    EXPECT_EQ(judge(), Verdict::HeldBack);
    clock_.advance(1s);
    EXPECT_EQ(judge(), Verdict::Alert);
}

TEST_F(Gate, LetsEverythingThroughWithoutBackoffTime) {
    set("PIRTargetState", "Armed");
    EXPECT_EQ(judge(), Verdict::Alert);
    EXPECT_EQ(judge(), Verdict::Alert);
}

TEST_F(Gate, AModelWithoutMicrophoneRegisterStaysDisarmed) {
    const RegisterFile bell(profile(Model::VideoBell));
    EXPECT_EQ(gate_.judge(Notice::Sound, bell, clock_.steady_now(), 1s), Verdict::Disarmed);
}

}  // namespace
}  // namespace casement::emulators::arlo
