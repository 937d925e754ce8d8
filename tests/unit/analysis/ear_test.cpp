#include "analysis/ear.hpp"

#include <gtest/gtest.h>

#include "async/task_group.hpp"
#include "base/byte_reader.hpp"
#include "ffmpeg/sound.hpp"
#include "hub/stream_writer.hpp"
#include "store/store.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/footage.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/fakes/tones.hpp"

namespace casement::analysis {
namespace {

using namespace std::chrono_literals;

struct EarTest : testing::Test {
    fakes::TempDirectory dir;
    fakes::Clock clock;
    asio::io_context io{1};
    std::unique_ptr<store::Store> store = store::Store::open(dir.path("a.db")).value();
    std::unique_ptr<events::EventLog> log = events::EventLog::open(*store, clock).value();
    async::BlockingPool codecs{"codecs", 1};
    std::shared_ptr<hub::Stream> stream = std::make_shared<hub::Stream>(
        "nursery", hub::GopLogLimits{.keep = 60s}, clock, base::Log{});
    std::optional<hub::StreamWriter> writer;
    media::Track track = fakes::aac_track(0);
    std::int64_t pts = 0;
    std::optional<async::TaskGroup> tasks;

    void SetUp() override {
        writer.emplace(stream);
        writer->set_tracks({track});
        tasks.emplace(io.get_executor(), base::Log{});
        tasks->spawn("ear", [this] { return listen(stream, {*log, codecs, {}}); });
        fakes::settle(io);
    }
    void TearDown() override { fakes::run(io, tasks->stop()); }

    /// A tone, or silence, arrives: as fast as it can be written, dated as if it had taken its
    /// time.
    void sound(double hertz, double seconds) {
        const std::string wav = fakes::wav_of_tone(hertz, seconds);
        const auto file = base::as_bytes(wav);
        auto units = ffmpeg::Sound::read(file, 60s).value().encode(*track.parameters).value();
        for (media::AccessUnit& unit : units) {
            unit.track = 0;
            unit.key = true;
            unit.pts = unit.dts = pts;
            unit.wall = clock.kBegin + media::ticks_to_us(pts, track.clock_rate);
            pts += 1024;
            writer->publish(std::move(unit));
        }
    }
    std::vector<events::EventPtr> sounds() {
        events::Query query;
        query.kinds = {std::string(events::kind::kSound)};
        return fakes::run(io, log->list(query)).value().events;
    }
    template <typename Condition>
    void until(Condition condition) {
        const auto give_up = std::chrono::steady_clock::now() + 20s;
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), give_up);
            io.restart();
            io.run_one_for(10ms);
        }
    }
};

TEST_F(EarTest, ACryIsAnEventWithItsBeginningAndEnd) {
    sound(0, 4);
    sound(1000, 2);
    until([&] { return sounds().size() == 1; });
    const auto begun = sounds().front();
    EXPECT_EQ(begun->camera, "nursery");
    EXPECT_FALSE(begun->end);
    EXPECT_NEAR(std::chrono::duration<double>(begun->start - clock.kBegin).count(), 4, 0.2);
    EXPECT_NE(begun->data.find("\"heard_by\":\"hub\""), std::string::npos);

    sound(0, 12);
    until([&] { return sounds().front()->end.has_value(); });
    EXPECT_NEAR(std::chrono::duration<double>(*sounds().front()->end - clock.kBegin).count(), 6,
                0.3);
    EXPECT_EQ(sounds().size(), 1U);
}

TEST_F(EarTest, WhatGoesOnEndsWithTheStream) {
    sound(0, 3);
    sound(700, 2);
    until([&] { return sounds().size() == 1; });
    stream->close();
    until([&] { return sounds().front()->end.has_value(); });
}

TEST_F(EarTest, WhatGoesOnEndsWithTheHub) {
    sound(0, 3);
    sound(700, 2);
    until([&] { return sounds().size() == 1; });
    fakes::run(io, tasks->stop());
    EXPECT_TRUE(sounds().front()->end);
}

TEST_F(EarTest, SilenceIsNoEvent) {
    sound(0, 20);
    until([&, waits = 0]() mutable { return ++waits > 60; });
    EXPECT_TRUE(sounds().empty());
}

}  // namespace
}  // namespace casement::analysis
