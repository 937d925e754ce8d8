#include "protocols/rtp/time_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/rtcp/rtcp.hpp"

namespace casement::protocols::rtp {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint32_t kVideoRate = 90'000;
constexpr std::uint32_t kAudioRate = 8'000;
constexpr base::WallTime kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h};

/// A camera with a video and an audio track, whose clocks the tests turn as they like. Times are
/// since the start.
class Camera {
public:
    TimeLine line{{kVideoRate, kAudioRate}};
    std::uint32_t video_offset = 4'000'000'000, audio_offset = 12'345;
    milliseconds latency = 50ms;
    microseconds clock_error{0};  // of the camera's wall clock

    static std::int64_t ticks(microseconds time, std::uint32_t rate) {
        return time.count() * rate / 1'000'000;
    }
    static base::SteadyTime steady(microseconds at) { return base::SteadyTime{1h} + at; }
    static base::WallTime wall(microseconds at) { return kNoon + at; }

    /// A unit captured at `time`, arriving `latency` later.
    TimeLine::Stamp video(microseconds time) {
        return line.stamp(0, video_offset + static_cast<std::uint32_t>(ticks(time, kVideoRate)),
                          steady(time + latency), wall(time + latency));
    }
    TimeLine::Stamp audio(microseconds time) {
        return line.stamp(1, audio_offset + static_cast<std::uint32_t>(ticks(time, kAudioRate)),
                          steady(time + latency), wall(time + latency));
    }
    void video_report(microseconds time) {
        line.on_sender_report(0, rtcp::to_ntp(wall(time) + clock_error),
                              video_offset + static_cast<std::uint32_t>(ticks(time, kVideoRate)));
    }
    void audio_report(microseconds time) {
        line.on_sender_report(1, rtcp::to_ntp(wall(time) + clock_error),
                              audio_offset + static_cast<std::uint32_t>(ticks(time, kAudioRate)));
    }
};

/// Seconds of media time.
double video_seconds(const TimeLine::Stamp& stamp) {
    return static_cast<double>(stamp.pts) / kVideoRate;
}
double audio_seconds(const TimeLine::Stamp& stamp) {
    return static_cast<double>(stamp.pts) / kAudioRate;
}
double seconds_between(base::WallTime a, base::WallTime b) {
    return std::chrono::duration<double>(a - b).count();
}

TEST(TimeLine, StartsAtZeroAndCountsTicks) {
    Camera camera;
    EXPECT_EQ(camera.video(0s).pts, 0);
    EXPECT_EQ(camera.video(40ms).pts, 3600);
    EXPECT_EQ(camera.video(80ms).pts, 7200);
}

TEST(TimeLine, WalksOverTheWrapOf32Bits) {
    Camera camera;
    camera.video_offset = 0xFFFFFFFF - 3600;
    for (int i = 0; i < 10; ++i) {
        const auto stamp = camera.video(i * 40ms);
        EXPECT_EQ(stamp.pts, i * 3600);
        EXPECT_FALSE(stamp.reanchored);
    }
}

TEST(TimeLine, CountsOnOverManyWraps) {
    TimeLine line({kVideoRate});
    std::int64_t pts = 0;
    for (std::int64_t hour = 0; hour <= 30; ++hour)
        pts = line.stamp(0, static_cast<std::uint32_t>(hour * 3600 * kVideoRate),
                         Camera::steady(std::chrono::hours(hour)), kNoon)
                  .pts;
    EXPECT_EQ(pts, 30ll * 3600 * kVideoRate);
}

TEST(TimeLine, LetsPicturesStepBack) {
    Camera camera;
    const std::int64_t expected[] = {0, 3 * 3600, 1 * 3600, 2 * 3600};
    const int frames[] = {0, 3, 1, 2};
    for (int i = 0; i < 4; ++i) EXPECT_EQ(camera.video(frames[i] * 40ms).pts, expected[i]);
}

TEST(TimeLine, GoesOnWhereArrivalSaysWhenTheCameraResetsItsClock) {
    for (const std::uint32_t new_offset : {0u, 100'000'000u, 3'000'000'000u}) {
        Camera camera;
        camera.video(0s);
        camera.video(1s);
        camera.video_offset = new_offset;
        const auto stamp = camera.video(1040ms);
        EXPECT_TRUE(stamp.reanchored) << new_offset;
        EXPECT_NEAR(video_seconds(stamp), 1.04, 0.001);
        EXPECT_NEAR(video_seconds(camera.video(1080ms)), 1.08, 0.001);
    }
}

TEST(TimeLine, StaysMonotoneWhenAJumpComesWithoutAnyTimePassing) {
    Camera camera;
    const auto before = camera.video(1s);
    camera.latency = -200ms;  // arrives earlier than the unit before
    camera.video_offset += 50'000'000;
    EXPECT_GT(camera.video(1040ms).pts, before.pts);
}

TEST(TimeLine, TakesALongPauseForWhatItIs) {
    Camera camera;
    camera.video(0s);
    const auto stamp = camera.video(20min);
    EXPECT_FALSE(stamp.reanchored);
    EXPECT_NEAR(video_seconds(stamp), 1200, 0.001);
}

TEST(TimeLine, TakesABacklogForWhatItIs) {
    Camera camera;
    camera.video(0s);
    camera.latency = 15s;  // the network hung; then all comes at once
    EXPECT_FALSE(camera.video(40ms).reanchored);
    EXPECT_EQ(camera.video(80ms).pts, 7200);
}

TEST(TimeLine, AlignsByArrivalAtFirst) {
    Camera camera;
    camera.video(0s);
    EXPECT_NEAR(audio_seconds(camera.audio(100ms)), 0.1, 0.001);
}

TEST(TimeLine, AlignsByReportsThatCameFirst) {
    Camera camera;
    camera.video_report(0s);
    camera.audio_report(0s);
    camera.video(0s);
    camera.latency = 800ms;  // audio is queued longer
    const auto audio = camera.audio(100ms);
    EXPECT_NEAR(audio_seconds(audio), 0.1, 0.001);
    camera.audio(120ms);
    EXPECT_TRUE(camera.line.aligned_by_reports(1));
}

TEST(TimeLine, SlewsASmallErrorOnceReportsCome) {
    Camera camera;
    camera.video(0s);
    camera.latency = 250ms;
    double audio = audio_seconds(camera.audio(0s));
    EXPECT_NEAR(audio, 0.2, 0.001);  // by arrival: 200 ms too late
    camera.video_report(0s);
    camera.audio_report(0s);
    for (auto time = 20ms; time <= 6s; time += 20ms) {
        camera.latency = 50ms;
        if (time % 40ms == 0ms) camera.video(time);
        camera.latency = 250ms;
        const double now = audio_seconds(camera.audio(time));
        EXPECT_GE(now, audio + 0.018);  // 5 % slower at most, never back
        EXPECT_LE(now, audio + 0.022);
        audio = now;
    }
    EXPECT_NEAR(audio, 6.0, 0.001);
}

TEST(TimeLine, MovesForwardAtOnceWhenTheErrorIsLarge) {
    // Audio 3 s behind the picture: it alone moves.
    Camera late;
    late.latency = 3050ms;
    late.video(0s);
    late.latency = 50ms;
    late.audio(3s);  // arrives with the picture of 0 s
    late.video_report(3s);
    late.audio_report(3s);
    EXPECT_NEAR(audio_seconds(late.audio(3020ms)), 3.02, 0.001);
    EXPECT_NEAR(video_seconds(late.video(3040ms)), 3.04, 0.001);

    // Audio 3 s ahead of the picture: it may not go back, so the picture moves.
    Camera early;
    early.video(0s);
    early.latency = 3050ms;
    const double before = audio_seconds(early.audio(0s));
    EXPECT_NEAR(before, 3.0, 0.001);
    early.latency = 50ms;
    early.video_report(20ms);
    early.audio_report(20ms);
    const double audio = audio_seconds(early.audio(20ms));
    EXPECT_GT(audio, before);
    EXPECT_NEAR(video_seconds(early.video(40ms)) - audio, 0.02, 0.001);
}

TEST(TimeLine, DoesNotBelieveTracksThatAreTooFarApart) {
    Camera camera;
    camera.video(0s);
    camera.audio(0s);
    camera.video_report(0s);
    camera.clock_error = 3600s;  // the audio's reports come from another clock
    camera.audio_report(0s);
    EXPECT_NEAR(audio_seconds(camera.audio(20ms)), 0.02, 0.001);
    EXPECT_FALSE(camera.line.aligned_by_reports(1));
}

TEST(TimeLine, IgnoresReportsWithoutTimeOrOfAnotherRtpClock) {
    Camera camera;
    camera.video(0s);
    camera.audio(0s);
    camera.line.on_sender_report(0, 0, camera.video_offset);
    camera.line.on_sender_report(1, rtcp::to_ntp(kNoon), camera.audio_offset + 1'000'000'000);
    camera.audio(20ms);
    EXPECT_FALSE(camera.line.aligned_by_reports(1));
    EXPECT_FALSE(camera.line.wall_from_reports());
}

TEST(TimeLine, KeepsItsAlignmentWhenTheCameraSetsItsClock) {
    Camera camera;
    camera.clock_error = -20s;
    camera.video_report(0s);
    camera.audio_report(0s);
    camera.video(0s);
    camera.audio(0s);
    camera.clock_error =
        0s;  // now it has heard from its time server, by way of the audio's report first
    camera.audio_report(5s);
    for (auto time = 5s + 0ms; time < 6s; time += 20ms) {
        EXPECT_NEAR(video_seconds(camera.video(time)), static_cast<double>(time / 1ms) / 1000,
                    0.002);
        EXPECT_NEAR(audio_seconds(camera.audio(time)), static_cast<double>(time / 1ms) / 1000,
                    0.002);
    }
    camera.video_report(6s);
    camera.audio_report(10s);
    camera.video(10s);
    EXPECT_NEAR(audio_seconds(camera.audio(10s)), 10, 0.002);
    EXPECT_TRUE(camera.line.aligned_by_reports(1));
}

TEST(TimeLine, FollowsAudioClocksThatDrift) {
    Camera camera;
    double worst = 0;
    // An hour with an audio clock 200 ppm fast: 720 ms in all.
    for (auto time = 0ms; time < 3'600'000ms; time += 200ms) {
        const auto fast = std::chrono::duration_cast<microseconds>(time) * 1'000'200 / 1'000'000;
        const double video = video_seconds(camera.video(time));
        const auto stamp =
            camera.line.stamp(1, static_cast<std::uint32_t>(Camera::ticks(fast, kAudioRate)),
                              Camera::steady(time + 50ms), Camera::wall(time + 50ms));
        worst = std::max(worst, std::abs(audio_seconds(stamp) - video));
        if (time % 5s == 0ms) {
            camera.video_report(time);
            camera.line.on_sender_report(
                1, rtcp::to_ntp(Camera::wall(time)),
                static_cast<std::uint32_t>(Camera::ticks(fast, kAudioRate)));
        }
    }
    EXPECT_LT(worst, 0.06);
    EXPECT_GT(worst, 0.03);  // it is left alone below what anybody notices
}

TEST(TimeLine, UnderstandsACachedGopWithoutReports) {
    // The server bursts two seconds of old pictures, the sound is live.
    Camera camera;
    for (auto time = 0ms; time <= 2s; time += 40ms) {
        camera.latency = 2050ms - time;
        camera.video(time);
    }
    camera.latency = 50ms;
    double difference = 0;
    for (auto time = 2s + 40ms; time < 20s; time += 40ms) {
        const double video = video_seconds(camera.video(time));
        difference = audio_seconds(camera.audio(time)) - video;
    }
    EXPECT_NEAR(difference, 0, 0.05);
}

TEST(TimeLine, SurvivesTracksThatStartLate) {
    Camera camera;
    camera.video(0s);
    camera.video(60s);
    EXPECT_NEAR(audio_seconds(camera.audio(60s)), 60, 0.001);
}

TEST(TimeLineWall, ComesFromArrivalWithoutReports) {
    Camera camera;
    camera.video(0s);
    const auto stamp = camera.video(10s);
    EXPECT_NEAR(seconds_between(stamp.wall, Camera::wall(10s)), 0.05,
                0.001);  // capture and the least latency
    EXPECT_FALSE(camera.line.wall_from_reports());
}

TEST(TimeLineWall, IgnoresLateArrivals) {
    Camera camera;
    for (auto time = 0ms; time < 9s; time += 40ms) {
        camera.latency = time > 8s ? 500ms : 50ms;
        const auto stamp = camera.video(time);
        EXPECT_NEAR(seconds_between(stamp.wall, Camera::wall(time)), 0.05, 0.02);
    }
}

TEST(TimeLineWall, ComesFromReportsWhenTheyAreSane) {
    Camera camera;
    camera.latency = 400ms;
    camera.clock_error = -100ms;
    camera.video_report(0s);
    EXPECT_NEAR(seconds_between(camera.video(0s).wall, Camera::wall(0s)), -0.1, 0.001);
    EXPECT_TRUE(camera.line.wall_from_reports());
    EXPECT_NEAR(seconds_between(camera.video(5s).wall, Camera::wall(5s)), -0.1, 0.001);
}

TEST(TimeLineWall, DoesNotBelieveACameraThatLivesIn1970OrInTheFuture) {
    for (const auto error : {microseconds(-(kNoon.time_since_epoch())), microseconds(-11s),
                             microseconds(2s), microseconds(365 * 24h)}) {
        Camera camera;
        camera.clock_error = error;
        camera.video_report(0s);
        camera.audio_report(0s);
        EXPECT_NEAR(seconds_between(camera.video(0s).wall, Camera::wall(0s)), 0.05, 0.001)
            << error.count();
        EXPECT_FALSE(camera.line.wall_from_reports());
        // Its two tracks agree all the same.
        camera.audio(20ms);
        EXPECT_TRUE(camera.line.aligned_by_reports(1));
    }
}

TEST(TimeLineWall, StepsWhenAReportTurnsSaneAndIsSlewedOtherwise) {
    Camera camera;
    camera.latency = 3050ms;
    EXPECT_NEAR(seconds_between(camera.video(0s).wall, Camera::wall(0s)), 3.05, 0.001);
    camera.video_report(1s);
    EXPECT_NEAR(seconds_between(camera.video(1s).wall, Camera::wall(1s)), 0, 0.001);
    camera.clock_error = 200ms;
    camera.video_report(2s);
    double last = seconds_between(camera.video(2s).wall, Camera::wall(2s));
    for (auto time = 2s + 40ms; time < 30s; time += 40ms) {
        const double now = seconds_between(camera.video(time).wall, Camera::wall(time));
        EXPECT_LE(std::abs(now - last), 0.00041);  // 1 % of 40 ms
        last = now;
    }
    EXPECT_NEAR(last, 0.2, 0.001);
}

TEST(TimeLineWall, FollowsTheHubsOwnClockWhenThatIsSet) {
    TimeLine line({kVideoRate});
    (void)line.stamp(0, 0, Camera::steady(0s), kNoon - 100h);  // booted without a time server
    const auto stamp = line.stamp(0, 90'000, Camera::steady(1s), kNoon + 1s);
    EXPECT_NEAR(seconds_between(stamp.wall, kNoon + 1s), 0, 0.001);
}

}  // namespace
}  // namespace casement::protocols::rtp
