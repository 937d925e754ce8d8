#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "async/deadline.hpp"
#include "hub/stream_hub.hpp"
#include "media/time.hpp"

namespace casement::hub {
namespace {

using namespace std::chrono_literals;

class FakeClock final : public base::Clock {
public:
    base::SteadyTime steady_now() const override { return base::SteadyTime{} + now; }
    base::WallTime wall_now() const override {
        return base::WallTime{} + std::chrono::duration_cast<std::chrono::microseconds>(now);
    }
    std::chrono::nanoseconds now{1h};
};

media::Track video_track(std::uint8_t profile = 1) {
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = media::Codec::H264;
    const std::vector<std::uint8_t> sps{0x67, profile};
    parameters->sps.push_back(media::Bytes::copy_of(sps));
    media::Track track;
    track.parameters = parameters;
    return track;
}

media::Track audio_track() {
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = media::Codec::Pcmu;
    parameters->sample_rate = 8000;
    parameters->channels = 1;
    media::Track track;
    track.id = 1;
    track.codec = media::Codec::Pcmu;
    track.clock_rate = 8000;
    track.parameters = parameters;
    return track;
}

struct Fixture : testing::Test {
    FakeClock clock;
    asio::io_context io{1};
    std::shared_ptr<Stream> stream =
        std::make_shared<Stream>("porch", GopLogLimits{}, clock, base::Log{});

    media::AccessUnit unit(bool key, std::int64_t dts, int track = 0, std::size_t size = 100) {
        media::AccessUnit u;
        u.track = track;
        u.key = key;
        u.pts = u.dts = dts;
        u.received_at = clock.steady_now();
        u.data = media::Bytes::from(std::vector<std::uint8_t>(size, 7));
        return u;
    }
    Reader reader() { return stream->subscribe(io.get_executor(), {}); }
};

media::AccessUnitPtr as_unit(const std::optional<Item>& item) {
    if (!item || !std::holds_alternative<media::AccessUnitPtr>(*item)) return nullptr;
    return std::get<media::AccessUnitPtr>(*item);
}

struct HubStream : Fixture {};

TEST_F(HubStream, GivesANewReaderTheNewestKeyFrameAfterItsParameters) {
    StreamWriter writer(stream);
    writer.set_tracks({video_track()});
    for (int i = 0; i < 5; ++i) writer.publish(unit(i % 2 == 0, i * 3600));
    Reader r = reader();
    const auto first = r.try_next();
    ASSERT_TRUE(first && std::holds_alternative<ParametersChanged>(*first));
    const auto key = as_unit(r.try_next());
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->key);
    EXPECT_FALSE(r.try_next());
}

TEST_F(HubStream, DropsWhatComesBeforeTheFirstKeyFrameAndCountsIt) {
    {
        StreamWriter writer(stream);
        writer.set_tracks({video_track(), audio_track()});
        writer.publish(unit(true, 0, 1));
        writer.publish(unit(false, 0));
        writer.publish(unit(true, 3600));
    }
    EXPECT_EQ(stream->status().counters.units_in, 1u);
    EXPECT_EQ(stream->status().counters.dropped_before_key, 2u);
}

TEST_F(HubStream, TellsAReaderThatFellOffHowMuchItLostAndGoesOnAtAKeyFrame) {
    StreamWriter writer(stream);
    writer.set_tracks({video_track()});
    writer.publish(unit(true, 0));
    Reader r = reader();
    (void)r.try_next();  // parameters
    for (int i = 1; i < 100; ++i) {
        clock.now += 100ms;
        writer.publish(unit(i % 10 == 0, i * 9000));
    }
    const auto gap = r.try_next();
    ASSERT_TRUE(gap && std::holds_alternative<Gap>(*gap));
    EXPECT_EQ(std::get<Gap>(*gap).lost, 90u);
    const auto next = as_unit(r.try_next());
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->key);
    EXPECT_EQ(stream->status().counters.reader_lost, 90u);
}

TEST_F(HubStream, KeepsTimeMonotoneAndAudioAlignedAcrossReconnects) {
    Reader r = reader();
    std::int64_t last_video = -1;
    for (int run = 0; run < 3; ++run) {
        StreamWriter writer(stream);
        writer.set_tracks({video_track(), audio_track()});
        const std::int64_t origin = run == 1 ? 4'000'000'000 : -500'000;  // cameras start anywhere
        for (int i = 0; i < 10; ++i) {
            writer.publish(unit(i == 0, origin + i * 9000));
            writer.publish(unit(true, media::rescale(origin, 90'000, 8000) + i * 800, 1));
            clock.now += 100ms;
        }
        clock.now += 7s;
    }
    std::int64_t video_us = 0;
    while (auto item = r.try_next()) {
        const auto u = as_unit(item);
        if (!u) continue;
        if (u->track == 0) {
            EXPECT_GT(u->dts, last_video);
            last_video = u->dts;
            video_us = media::ticks_to_us(u->dts, 90'000).count();
        } else {
            EXPECT_NEAR(static_cast<double>(media::ticks_to_us(u->dts, 8000).count()),
                        static_cast<double>(video_us), 200.0);
        }
    }
    // An outage of 7 s is 7 s of media time.
    EXPECT_NEAR(static_cast<double>(video_us), 16.9e6, 2e5);
}

TEST_F(HubStream, SaysParametersChangedOnlyWhenTheyDid) {
    Reader r = reader();
    int changes = 0;
    for (const std::uint8_t profile : std::vector<std::uint8_t>{1, 1, 2}) {
        StreamWriter writer(stream);
        writer.set_tracks({video_track(profile)});
        writer.publish(unit(true, 0));
        clock.now += 1s;
    }
    while (auto item = r.try_next())
        changes += std::holds_alternative<ParametersChanged>(*item) ? 1 : 0;
    EXPECT_EQ(changes, 2);
}

TEST_F(HubStream, TakesNothingFromAWriterThatWasReplaced) {
    StreamWriter old_writer(stream);
    old_writer.set_tracks({video_track()});
    old_writer.publish(unit(true, 0));
    const auto new_writer = old_writer.hand_over();
    new_writer->set_tracks({video_track()});
    new_writer->publish(unit(true, 0));
    old_writer.publish(unit(false, 3600));
    EXPECT_EQ(stream->status().counters.units_in, 2u);
}

TEST_F(HubStream, LeavesTheSoundOutWhereverItStandsAmongTheTracks) {
    StreamWriter writer(stream);
    writer.leave_out_audio();
    media::Track sound = audio_track(), picture = video_track();
    sound.id = 0;
    picture.id = 1;
    writer.set_tracks({sound, picture});  // some publishers show their sound first
    writer.publish(unit(true, 0, 0));
    writer.publish(unit(true, 0, 1));
    writer.publish(unit(true, 80, 0));
    writer.publish(unit(false, 3600, 1));
    writer.publish(unit(false, 7200, 2));  // no track at all
    const StreamStatus status = stream->status();
    ASSERT_EQ(status.tracks.size(), 1u);
    EXPECT_EQ(status.tracks[0].codec, media::Codec::H264);
    EXPECT_EQ(status.tracks[0].id, 0);
    EXPECT_EQ(status.counters.units_in, 2u);
}

TEST_F(HubStream, LeavesTheSoundOutOfWhatAPublisherWritesToo) {
    StreamWriter writer(stream);
    writer.leave_out_audio();
    const auto lent = writer.hand_over();
    lent->set_tracks({audio_track()});
    lent->publish(unit(true, 0, 0));
    EXPECT_EQ(stream->status().counters.units_in, 0u);
    lent->set_tracks({video_track(), audio_track()});
    lent->publish(unit(true, 0, 0));
    lent->publish(unit(true, 0, 1));
    EXPECT_EQ(stream->status().tracks.size(), 1u);
    EXPECT_EQ(stream->status().counters.units_in, 1u);
}

/// Two ways in and what a reader sees of them.
struct ChangeOfPen : Fixture {
    /// A picture of 100 ms, from `way`, which its size tells.
    void picture(StreamWriter& writer, int way, int n, bool key) {
        writer.publish(unit(key, n * 9000, 0, static_cast<std::size_t>(way)));
    }
    /// The ways of all pictures so far; fails where time does not grow.
    std::vector<std::size_t> seen() {
        std::vector<std::size_t> ways;
        while (const auto item = reader_.try_next()) {
            const auto u = as_unit(item);
            if (!u || u->track != 0) continue;
            EXPECT_GT(u->dts, last_);
            last_ = u->dts;
            ways.push_back(u->data.size());
        }
        return ways;
    }
    Reader reader_ = reader();
    std::int64_t last_ = -1;
};

TEST_F(ChangeOfPen, ASpareWritesFromItsFirstKeyFrameOnAndNotBefore) {
    StreamWriter first(stream, Claim::Preferred);
    first.set_tracks({video_track()});
    picture(first, 1, 0, true);
    const auto spare = first.hand_over(Claim::Spare);
    spare->set_tracks({video_track()});
    for (int i = 0; i < 3; ++i) {
        clock.now += 100ms;
        picture(*spare, 2, 900 + i, i == 2);
        picture(first, 1, 1 + i, false);
    }
    EXPECT_THAT(seen(), testing::ElementsAre(1, 1, 1, 2));
    EXPECT_EQ(stream->status().counters.dropped_before_key, 0u);
}

TEST_F(ChangeOfPen, TimeGoesOnWhereARunWasAheadOfItsClock) {
    StreamWriter first(stream, Claim::Preferred);
    first.set_tracks({video_track()});
    for (int i = 0; i < 20; ++i) picture(first, 1, i, i == 0);  // two seconds at once
    const auto spare = first.hand_over(Claim::Spare);
    spare->set_tracks({video_track()});
    picture(*spare, 2, 0, true);
    EXPECT_EQ(seen().size(), 21u);
}

TEST_F(ChangeOfPen, APreferredWayTakesThePenBackWithAKeyFrameAndASpareDoesNot) {
    StreamWriter first(stream, Claim::Preferred);
    first.set_tracks({video_track()});
    const auto spare = first.hand_over(Claim::Spare);
    spare->set_tracks({video_track()});
    picture(first, 1, 0, true);
    picture(*spare, 2, 0, true);
    picture(first, 1, 1, false);
    picture(*spare, 2, 1, false);
    picture(first, 1, 2, true);
    picture(*spare, 2, 2, true);
    picture(first, 1, 3, false);
    EXPECT_THAT(seen(), testing::ElementsAre(1, 2, 2, 1, 1));
}

TEST_F(ChangeOfPen, OfTwoPreferredTheNewerStays) {
    StreamWriter older(stream, Claim::Preferred);
    older.set_tracks({video_track()});
    picture(older, 1, 0, true);
    const auto newer = older.hand_over();
    newer->set_tracks({video_track()});
    picture(*newer, 2, 0, true);
    picture(older, 1, 1, false);
    picture(older, 1, 2, true);
    picture(*newer, 2, 1, false);
    EXPECT_THAT(seen(), testing::ElementsAre(1, 2, 2));
}

TEST_F(ChangeOfPen, AFillerGivesWayToAWriterThatIsBack) {
    StreamWriter first(stream, Claim::Preferred);
    first.set_tracks({video_track()});
    picture(first, 1, 0, true);
    StreamWriter filler(stream, Claim::Filler);
    filler.set_tracks({video_track()});
    clock.now += 5s;
    picture(filler, 3, 0, true);
    picture(first, 1, 50, false);
    picture(first, 1, 51, true);
    picture(filler, 3, 1, true);
    EXPECT_THAT(seen(), testing::ElementsAre(1, 3, 1));
}

TEST_F(ChangeOfPen, SoundOfATimeThatWasShownIsLeftOut) {
    StreamWriter first(stream, Claim::Preferred);
    first.set_tracks({video_track(), audio_track()});
    clock.now += 1s;
    picture(first, 1, 0, true);
    first.publish(unit(true, 0, 1));
    const auto spare = first.hand_over(Claim::Spare);
    spare->set_tracks({video_track(), audio_track()});
    picture(*spare, 2, 10, true);
    spare->publish(unit(true, 8000 - 400, 1));  // 50 ms before its picture
    spare->publish(unit(true, 8000 + 400, 1));
    std::int64_t last = -1;
    int sounds = 0;
    while (const auto item = reader_.try_next()) {
        const auto u = as_unit(item);
        if (!u || u->track != 1) continue;
        EXPECT_GT(u->dts, last);
        last = u->dts;
        ++sounds;
    }
    EXPECT_EQ(sounds, 2);
}

TEST_F(ChangeOfPen, AnAudioOnlyWayBeginsWithItsFirstSound) {
    StreamWriter first(stream, Claim::Preferred);
    first.set_tracks({audio_track()});
    const auto spare = first.hand_over(Claim::Spare);
    media::Track sound = audio_track();
    sound.id = 0;
    spare->set_tracks({sound});
    spare->publish(unit(true, 0, 0));
    EXPECT_EQ(stream->status().counters.units_in, 1u);
}

TEST_F(ChangeOfPen, ProgressTellsWhenAWayBeganAndItsNewestPicture) {
    const auto progress = std::make_shared<Progress>();
    StreamWriter first(stream, Claim::Preferred);
    first.tell(progress);
    const auto lent = first.hand_over();
    lent->set_tracks({video_track(), audio_track()});
    picture(*lent, 1, 0, false);
    EXPECT_EQ(progress->runs(), 0u);
    EXPECT_EQ(progress->last_picture(), base::SteadyTime{});
    picture(*lent, 1, 1, true);
    EXPECT_EQ(progress->runs(), 1u);
    const auto at = clock.steady_now();
    clock.now += 3s;
    lent->publish(unit(true, 0, 1));  // a camera whose picture froze still sends its sound
    EXPECT_EQ(progress->last_picture(), at);
}

TEST(GopLog, NeverGrowsPastItsBytesEvenWithoutKeyFrames) {
    GopLog log({.max_bytes = 10'000});
    auto tracks = std::make_shared<const media::Tracks>(media::Tracks{video_track()});
    for (int i = 0; i < 1000; ++i) {
        auto u = std::make_shared<media::AccessUnit>();
        u->key = i == 0;
        u->data = media::Bytes::from(std::vector<std::uint8_t>(100));
        log.append({u, tracks});
        ASSERT_LE(log.size_bytes(), 10'000u);
    }
    EXPECT_FALSE(log.newest_key());
    EXPECT_EQ(log.end(), 1000u);
}

TEST(GopLog, KeepsThePreviousGopUntilTheNewestIsOldEnough) {
    GopLog log({.keep = 1000ms});
    auto tracks = std::make_shared<const media::Tracks>(media::Tracks{video_track()});
    base::SteadyTime now{};
    for (int i = 0; i < 31; ++i) {
        auto u = std::make_shared<media::AccessUnit>();
        u->key = i % 10 == 0;
        u->received_at = now;
        log.append({u, tracks});
        now += 100ms;
    }
    EXPECT_EQ(log.first(), 20u);  // the GOP at 30 has just begun, so the one at 20 stays
    EXPECT_EQ(*log.newest_key(), 30u);
}

TEST(GopLog, KeepsMoreFromWhenItIsAskedTo) {
    GopLog log({.keep = 1000ms});
    auto tracks = std::make_shared<const media::Tracks>(media::Tracks{video_track()});
    base::SteadyTime now{};
    const auto second = [&] {
        for (int i = 0; i < 10; ++i, now += 100ms) {
            auto u = std::make_shared<media::AccessUnit>();
            u->key = i == 0;
            u->received_at = now;
            log.append({u, tracks});
        }
    };
    for (int i = 0; i < 5; ++i) second();
    const std::uint64_t before = log.first();
    log.set_keep(5s);
    for (int i = 0; i < 4; ++i) second();
    EXPECT_EQ(log.first(), before);
    for (int i = 0; i < 4; ++i) second();
    EXPECT_EQ(log.end() - log.first(), 60u);  // five whole seconds besides the newest
}

class ScriptedSource final : public Source {
public:
    struct Record {
        int open = 0, most_open = 0, runs = 0, closes = 0;
    };
    ScriptedSource(Record& record, bool fails) : record_(record), fails_(fails) {}
    async::Task<base::Result<>> run(StreamWriter& writer) override {
        record_.runs += 1;
        record_.open += 1;
        record_.most_open = std::max(record_.most_open, record_.open);
        writer.set_tracks({video_track()});
        for (int i = 0;; ++i) {
            media::AccessUnit u;
            u.key = true;
            u.dts = u.pts = i * 900;
            u.data = media::Bytes::from(std::vector<std::uint8_t>(10));
            writer.publish(std::move(u));
            if (fails_)
                co_return base::fail_because("no-route", base::ErrorKind::Unavailable,
                                             "it does not answer");
            CASEMENT_CO_TRY(co_await async::sleep_for(1ms));  // real time: a camera's pace
        }
    }
    async::Task<> close(async::Deadline) override {
        (void)co_await async::sleep_for(5ms);  // real time: a TEARDOWN takes a moment
        record_.open -= 1;
        record_.closes += 1;
    }
    std::string description() const override { return "scripted"; }

private:
    Record& record_;
    bool fails_;
};

struct SupervisorTest : testing::Test {
    base::SystemClock clock;
    asio::io_context io{1};
    ScriptedSource::Record record;
    StreamHub hub{{io.get_executor()}, clock, base::Log{}};

    std::shared_ptr<Stream> add(bool fails, bool always) {
        StreamOptions options;
        options.supervisor.always = always;
        options.supervisor.linger = 20ms;
        options.supervisor.backoff = {.first = 5ms, .cap = 10ms};
        auto factory = [this, fails]() -> async::Task<base::Result<std::unique_ptr<Source>>> {
            co_return std::make_unique<ScriptedSource>(record, fails);
        };
        return *hub.add("cam", factory, options);
    }
    void play(std::function<async::Task<>()> body) {
        bool done = false;
        asio::co_spawn(
            io,
            [&]() -> async::Task<> {
                co_await body();
                co_await hub.stop();
                done = true;
            },
            asio::detached);
        io.run_for(20s);
        ASSERT_TRUE(done);
    }
};

TEST_F(SupervisorTest, RetriesAfterEveryGoodbyeAndNeverOpensTwoSessions) {
    const auto stream = add(true, true);
    play([&]() -> async::Task<> {
        while (record.runs < 5) (void)co_await async::sleep_for(1ms);
        EXPECT_GE(stream->status().counters.failures, 4u);
    });
    EXPECT_EQ(record.most_open, 1);
    EXPECT_EQ(record.closes, record.runs);
}

TEST_F(SupervisorTest, StartsOnDemandAndStopsAfterTheLinger) {
    const auto stream = add(false, false);
    play([&]() -> async::Task<> {
        (void)co_await async::sleep_for(20ms);  // real time: nothing may happen
        EXPECT_EQ(record.runs, 0);
        {
            Reader r = stream->subscribe(io.get_executor(), {});
            const auto ready = co_await stream->wait_ready(async::Deadline::in(2s));
            EXPECT_TRUE(ready.has_value());
            EXPECT_EQ(stream->status().phase, Phase::Live);
        }
        while (stream->status().phase != Phase::Idle) (void)co_await async::sleep_for(5ms);
    });
    EXPECT_EQ(record.runs, 1);
    EXPECT_EQ(record.closes, 1);
}

TEST_F(SupervisorTest, TakesOverAnotherDemandWithoutDisturbingARun) {
    const auto stream = add(false, true);
    const auto reaches = [&](Phase phase) {
        const auto until = std::chrono::steady_clock::now() + 10s;
        while (stream->status().phase != phase && std::chrono::steady_clock::now() < until) {
            io.run_one_for(100ms);
        }
        return stream->status().phase == phase;
    };
    ASSERT_TRUE(reaches(Phase::Live));
    hub.set_demand("cam", true, 1h);
    hub.set_demand("nobody", true, 1h);
    io.run_for(20ms);
    EXPECT_EQ(record.runs, 1);
    EXPECT_EQ(record.closes, 0);

    hub.set_demand("cam", false, 0ms);
    ASSERT_TRUE(reaches(Phase::Idle));
    EXPECT_EQ(record.closes, 1);

    hub.set_demand("cam", true, 0ms);
    ASSERT_TRUE(reaches(Phase::Live));
    EXPECT_EQ(record.runs, 2);
    play([]() -> async::Task<> { co_return; });
}

TEST_F(SupervisorTest, ShowsTheLastPictureWhileTheCameraIsAway) {
    const auto stream = add(true, true);
    play([&]() -> async::Task<> {
        Reader r = stream->subscribe(io.get_executor(), {});
        for (int slates = 0; slates < 2;) {
            const auto item = co_await r.next();
            if (!item) break;
            const auto u = as_unit(*item);
            if (u && u->slate) {
                ++slates;
                EXPECT_TRUE(u->key);
            }
        }
    });
}

TEST_F(SupervisorTest, TellsWhoeverWaitsWhyThereIsNoPicture) {
    StreamOptions options;
    options.supervisor.always = false;
    auto factory = []() -> async::Task<base::Result<std::unique_ptr<Source>>> {
        co_return base::fail_because("wrong-password", base::ErrorKind::Unauthenticated,
                                     "the camera did not accept the password");
    };
    const auto stream = *hub.add("cam", factory, options);
    play([&]() -> async::Task<> {
        Reader r = stream->subscribe(io.get_executor(), {});
        const auto ready = co_await stream->wait_ready(async::Deadline::in(2s));
        EXPECT_FALSE(ready.has_value());
        EXPECT_EQ(ready.error().reason(), "wrong-password");
    });
}

TEST_F(SupervisorTest, TellsEachReasonOfAWaitOnce) {
    /// Waits to be called, and knows why nobody comes.
    struct Waiting final : Source {
        explicit Waiting(std::string& why) : why_(why) {}
        async::Task<base::Result<>> run(StreamWriter&) override {
            return async::sleep_for(1h);  // real time: until it is cancelled
        }
        async::Task<> close(async::Deadline) override { co_return; }
        bool waits_for_peer() const override { return true; }
        std::optional<base::Error> waits_because() const override {
            return base::Error(base::ErrorKind::FailedPrecondition, why_, why_);
        }
        std::string description() const override { return "waiting"; }
        std::string& why_;
    };
    std::string why = "seats-full";
    auto factory = [&why]() -> async::Task<base::Result<std::unique_ptr<Source>>> {
        co_return std::make_unique<Waiting>(why);
    };
    const auto stream = *hub.add("cam", factory, {});
    play([&]() -> async::Task<> {
        (void)co_await async::sleep_for(1200ms);  // real time: it looks twice a second
        EXPECT_EQ(stream->status().phase, Phase::Waiting);
        EXPECT_EQ(stream->status().error->reason(), "seats-full");
        EXPECT_EQ(stream->status().counters.failures, 1u);
        why = "p2p-blocked";
        (void)co_await async::sleep_for(700ms);  // real time: the same
        EXPECT_EQ(stream->status().error->reason(), "p2p-blocked");
        EXPECT_EQ(stream->status().counters.failures, 2u);
    });
}

TEST_F(SupervisorTest, NoSlateTakesThePenFromAWayWhosePicturesHaveBegun) {
    /// Opens its way beside, and learns a moment later that it has pictures.
    struct Slow final : Source {
        async::Task<base::Result<>> run(StreamWriter& writer) override {
            const auto spare = writer.hand_over(Claim::Spare);
            spare->set_tracks({video_track()});
            for (int i = 0;; ++i) {
                media::AccessUnit u;
                u.key = i == 0;
                u.dts = u.pts = i * 1800;
                u.data = media::Bytes::from(std::vector<std::uint8_t>(10));
                spare->publish(std::move(u));
                has_noticed = i >= 5;
                CASEMENT_CO_TRY(co_await async::sleep_for(20ms));  // real time: a camera's pace
            }
        }
        async::Task<> close(async::Deadline) override { co_return; }
        bool waits_for_peer() const override { return !has_noticed; }
        std::string description() const override { return "slow"; }
        bool has_noticed = false;
    };
    auto factory = []() -> async::Task<base::Result<std::unique_ptr<Source>>> {
        co_return std::make_unique<Slow>();
    };
    StreamOptions options;
    options.supervisor.always = false;
    const auto stream = *hub.add("cam", factory, options);
    play([&]() -> async::Task<> {
        const Reader stays = stream->subscribe(io.get_executor(), {});
        // Viewers that come have the supervisor look, several times between two pictures.
        for (int i = 0; i < 100; ++i) {
            const Reader comes = stream->subscribe(io.get_executor(), {});
            (void)co_await async::sleep_for(3ms);  // real time: as above
        }
        const auto before = stream->status().counters.units_in;
        (void)co_await async::sleep_for(200ms);  // real time: as above
        EXPECT_GT(stream->status().counters.units_in, before);
        EXPECT_EQ(stream->status().phase, Phase::Live);
        EXPECT_EQ(stream->status().counters.failures, 0u);
    });
}

TEST(PushDoor, RefusesUnknownKeysWithoutRepeatingThem) {
    PushDoor door;
    const auto knocked = door.knock("secret-key", "10.0.0.9", {});
    ASSERT_FALSE(knocked);
    EXPECT_EQ(knocked.error().kind(), base::ErrorKind::PermissionDenied);
    EXPECT_THAT(knocked.error().message(), testing::Not(testing::HasSubstr("secret-key")));
}

}  // namespace
}  // namespace casement::hub
