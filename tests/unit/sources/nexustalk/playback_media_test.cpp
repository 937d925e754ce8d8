#include "protocols/nest/playback_media.hpp"

#include <gtest/gtest.h>

#include "ffmpeg/snapshot.hpp"
#include "hub/stream.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/unit/ffmpeg/bursts.hpp"
#include "tests/unit/ffmpeg/pictures.hpp"
#include "tests/unit/sources/nexustalk/playback.hpp"

namespace casement::protocols::nest {
namespace {

using test::Feed;
using test::kAudio;
using test::kVideo;

struct Heard {
    std::vector<media::AccessUnit> video, audio;
    std::vector<int> versions;  // at each picture
};

struct NexustalkMedia : testing::Test {
    void push(const Frame& frame) {
        media.push(frame, {});
        drain();
    }
    void drain() {
        while (auto unit = media.next()) {
            auto& list = unit->track == 0 ? heard.video : heard.audio;
            list.push_back(std::move(*unit));
            if (unit->track == 0) heard.versions.push_back(media.version());
        }
    }
    void push(int pictures, Feed& feed) {
        for (int i = 0; i < pictures; ++i) {
            for (const Frame& frame : feed.next()) push(frame);
        }
    }
    void finish() {
        media.finish();
        drain();
    }
    std::vector<std::int64_t> counters() const {
        std::vector<std::int64_t> out;
        for (const auto& picture :
             ffmpeg::test::decode_all(*media.tracks()[0].parameters, heard.video))
            out.push_back(ffmpeg::read_test_picture(picture)->frame);
        return out;
    }
    static Frame nal(std::int64_t delta, std::vector<std::uint8_t> bytes) {
        return {kVideo, delta, std::move(bytes)};
    }

    PlaybackMedia media = PlaybackMedia::begin(test::channels()).value();
    Heard heard;
};

TEST_F(NexustalkMedia, JoinsNalUnitsToPicturesAtTheirTimes) {
    Feed feed;
    push(30, feed);
    finish();
    ASSERT_EQ(heard.video.size(), 30U);
    for (std::size_t i = 0; i < 30; ++i) {
        EXPECT_EQ(counters().at(i), static_cast<std::int64_t>(i));
        EXPECT_EQ(heard.video[i].pts, 90'000 + static_cast<std::int64_t>(i) * 3750);
        EXPECT_EQ(heard.video[i].key, i % 12 == 0);
    }
    EXPECT_EQ(media.tracks()[0].parameters->width, 320);
    EXPECT_EQ(media.take_lost(), 0U);
}

TEST_F(NexustalkMedia, KnowsItsSoundBeforeTheFirstPictureIsSeen) {
    Feed feed;
    std::vector<Frame> sound;
    for (int i = 0; i < 3; ++i) {
        for (const Frame& frame : feed.next()) {
            if (frame.channel == kAudio)
                sound.push_back(frame);
            else
                push(frame);
        }
    }
    EXPECT_TRUE(heard.video.empty());
    push(sound.front());
    EXPECT_EQ(heard.video.size(), 2U);  // the third is not known to be whole
    EXPECT_EQ(heard.versions.front(), media.version());
    EXPECT_TRUE(media.tracks()[1].parameters);
}

TEST_F(NexustalkMedia, WaitsHalfASecondForSoundThatIsPromised) {
    const auto pictures_before_the_first = [this](std::int64_t delta) {
        media = PlaybackMedia::begin(test::channels()).value();
        heard = {};
        Feed feed;
        int count = 0;
        for (; heard.video.empty() && count < 100; ++count) {
            for (Frame frame : feed.next()) {
                if (frame.channel == kAudio) continue;
                if (frame.delta > 0) frame.delta = delta;
                push(frame);
            }
        }
        return count;
    };
    EXPECT_EQ(pictures_before_the_first(3750), 14);   // 13 are whole, and lie 0.5 s apart
    EXPECT_EQ(pictures_before_the_first(24'000), 4);  // it is dim
    EXPECT_EQ(pictures_before_the_first(0), 31);      // its clock stands still
}

TEST_F(NexustalkMedia, TakesSoundOutOfItsFramesOnItsOwnClock) {
    Feed feed;
    push(48, feed);
    ASSERT_GT(heard.audio.size(), 90U);
    for (std::size_t i = 0; i < heard.audio.size(); ++i)
        EXPECT_EQ(heard.audio[i].pts, 48'000 + static_cast<std::int64_t>(i) * 1024);
    EXPECT_EQ(media.tracks()[1].clock_rate, 48'000U);
    EXPECT_EQ(media.tracks()[1].parameters->channels, 1);
    EXPECT_EQ(media.tracks()[1].parameters->rfc6381(), "mp4a.40.2");
}

TEST_F(NexustalkMedia, TakesSoundWithoutFramesForMonoOfTheChannelsRate) {
    push({kAudio, 0, {0x01, 0x02, 0x03}});
    push({kAudio, 1024, {0x01, 0x02}});
    ASSERT_EQ(heard.audio.size(), 2U);
    EXPECT_EQ(heard.audio[0].data.size(), 3U);
    EXPECT_EQ(media.tracks()[1].parameters->sample_rate, 48'000);
    EXPECT_EQ(media.tracks()[1].parameters->channels, 1);
}

TEST_F(NexustalkMedia, KeepsTheTimeOfACameraThatBecomesSlow) {
    Feed feed;
    for (int i = 0; i < 12; ++i) {
        for (Frame frame : feed.next()) {
            if (i > 5 && frame.delta == 3750) frame.delta = 24'000;
            push(frame);
        }
    }
    finish();
    EXPECT_EQ(heard.video.back().pts - heard.video.front().pts, 5 * 3750 + 6 * 24'000);
}

TEST_F(NexustalkMedia, TakesNoTimeFromDeltasThatAreNone) {
    Feed feed;
    const std::int64_t limit = 60 * 90'000;
    const std::int64_t deltas[] = {0,         -3750, std::numeric_limits<std::int64_t>::max(),
                                   limit + 1, limit, 3750};
    for (const std::int64_t delta : deltas) {
        for (Frame frame : feed.next()) {
            if (frame.channel == kVideo && frame.delta != 0) frame.delta = delta;
            push(frame);
        }
    }
    finish();
    ASSERT_EQ(heard.video.size(), 6U);
    EXPECT_EQ(heard.video[3].pts, 90'000);
    EXPECT_EQ(heard.video[4].pts, 90'000 + limit);
    EXPECT_EQ(counters().size(), 6U);
}

TEST_F(NexustalkMedia, BelievesAQuarterOfASecondBetweenTheChannels) {
    const auto first_sound = [](double later) {
        auto begun = PlaybackMedia::begin(test::channels(1.7e9, 1.7e9 + later)).value();
        begun.push({kAudio, 0, {0x01, 0x02}}, {});
        return begun.next()->pts;
    };
    EXPECT_EQ(first_sound(0.1), 48'000 + 4800);
    EXPECT_EQ(first_sound(-0.1), 48'000 - 4800);
    EXPECT_EQ(first_sound(3), 48'000 + 12'000);
    EXPECT_EQ(first_sound(-1e9), 48'000 - 12'000);
    EXPECT_EQ(first_sound(std::numeric_limits<double>::quiet_NaN()), 48'000);
}

TEST_F(NexustalkMedia, DropsAPictureThatIsTooBigAndGoesOn) {
    Feed feed;
    push(1, feed);
    const auto pieces = [](std::size_t count, std::size_t bytes) {
        std::vector<Frame> out;
        for (std::size_t i = 0; i < count; ++i) {
            // Slices of one picture: the first says that it begins with macroblock 0.
            std::vector<std::uint8_t> slice(bytes, 0x55);
            slice[0] = 0x41;
            slice[1] = i == 0 ? 0x9a : 0x4a;
            out.push_back(nal(i == 0 ? 3750 : 0, std::move(slice)));
        }
        return out;
    };
    push({kAudio, 0, {0x01, 0x02}});  // nothing is waited for
    for (const Frame& frame : pieces(PlaybackMedia::kMaxNals, 8)) push(frame);
    for (const Frame& frame : pieces(PlaybackMedia::kMaxNals + 1, 8)) push(frame);
    push(nal(3750, {0x41, 0x9a, 0x00}));
    EXPECT_EQ(heard.video.size(), 2U);
    EXPECT_EQ(media.take_lost(), 1U);
    for (const Frame& frame : pieces(2, PlaybackMedia::kMaxPictureBytes / 2 + 1)) push(frame);
    push(nal(3750, {0x41, 0x9a, 0x00}));
    EXPECT_EQ(heard.video.size(), 3U);
    EXPECT_EQ(media.take_lost(), 1U);
}

TEST_F(NexustalkMedia, TakesNalUnitsThatBringTheirStartCode) {
    Feed feed;
    for (int i = 0; i < 5; ++i) {
        for (Frame frame : feed.next()) {
            if (frame.channel == kVideo) {
                const std::uint8_t code[] = {0, 0, 0, 1};
                frame.payload.insert(frame.payload.begin(), code, code + 4);
            }
            push(frame);
        }
    }
    finish();
    EXPECT_EQ(counters().size(), 5U);
}

/// Ten playbacks of a minute each, as a token after another makes them, in one stream.
TEST_F(NexustalkMedia, KeepsSoundWithItsPictureForTenMinutes) {
    constexpr int kFps = 24, kPictures = 60 * kFps;
    fakes::Clock clock;
    asio::io_context io;
    const auto stream =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock, base::Log{});
    auto reader = stream->subscribe(io.get_executor(), {});
    std::vector<media::AccessUnit> video, audio;  // of the newest playback
    hub::TracksPtr tracks;
    Feed feed(320, 180, kFps);
    double first = -1;
    const auto began = clock.steady_now();
    for (int minute = 0; minute < 10; ++minute) {
        feed.begin();
        std::vector<Frame> early = feed.next();
        std::ranges::move(feed.next(), std::back_inserter(early));
        media = PlaybackMedia::begin(test::channels(1.7e9, 1.7e9 + feed.sound_lag())).value();
        hub::StreamWriter writer(stream);
        video.clear(), audio.clear();
        const auto take = [&](const std::vector<Frame>& frames) {
            for (const Frame& frame : frames) media.push(frame, {});
            while (auto unit = media.next()) {
                writer.set_tracks(media.tracks());
                writer.publish(std::move(*unit));
            }
            while (auto item = reader.try_next()) {
                ASSERT_FALSE(std::holds_alternative<hub::Gap>(*item));
                if (const auto* change = std::get_if<hub::ParametersChanged>(&*item))
                    tracks = change->tracks;
                if (const auto* unit = std::get_if<media::AccessUnitPtr>(&*item))
                    ((*unit)->track == 0 ? video : audio).push_back(**unit);
            }
        };
        take(early);
        for (int i = 2; i < kPictures; ++i) {
            clock.advance(std::chrono::microseconds(1'000'000 / kFps));
            take(feed.next());
        }
        if (minute == 0) first = static_cast<double>(video.front().pts) / 90'000;
        clock.advance(std::chrono::milliseconds(300));  // until the next token is shown
    }
    const auto pictures = ffmpeg::test::decode_all(*(*tracks)[0].parameters, video);
    ASSERT_EQ(pictures.size(), video.size());
    std::vector<double> flashes;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        if (ffmpeg::read_test_picture(pictures[i])->frame % kFps == 0)
            flashes.push_back(static_cast<double>(video[i].pts) / 90'000);
    }
    const auto beeps = ffmpeg::test::onsets((*tracks)[1], audio);
    EXPECT_GE(beeps.size(), 58U);
    double most = 0;
    for (const double beep : beeps) {
        const auto near =
            std::ranges::min(flashes, {}, [beep](double at) { return std::abs(at - beep); });
        most = std::max(most, std::abs(near - beep));
    }
    RecordProperty("offset_ms", std::to_string(most * 1000));
    EXPECT_LT(most, 0.05);
    // And both are as late as the clock, but for the last wait.
    const auto passed = std::chrono::duration<double>(clock.steady_now() - began).count();
    EXPECT_GT(passed, 600);
    EXPECT_NEAR(static_cast<double>(video.back().pts) / 90'000 - first, passed - 0.3, 0.1);
}

TEST_F(NexustalkMedia, SaysWhenTheParametersChange) {
    Feed feed;
    push(3, feed);
    ASSERT_TRUE(feed.picture().resize(640, 360));
    push(3, feed);
    finish();
    ASSERT_EQ(heard.video.size(), 6U);
    EXPECT_EQ(heard.versions[1], heard.versions[2]);  // the first one's sound came behind it
    EXPECT_NE(heard.versions[2], heard.versions[3]);
    EXPECT_TRUE(heard.video[3].key);
    EXPECT_EQ(media.tracks()[0].parameters->width, 640);
}

TEST_F(NexustalkMedia, HoldsBackWhatCannotBeDecoded) {
    push(nal(0, {0x41, 0x9a, 0x00}));
    push(nal(3750, {0x65, 0x88, 0x84, 0x21}));
    push(nal(3750, {}));
    push({kAudio, 0, {0xff, 0xf1, 0x4c}});  // a frame that is cut short
    push({99, 0, {1, 2, 3}});
    finish();
    EXPECT_TRUE(heard.video.empty());
    EXPECT_TRUE(heard.audio.empty());
    EXPECT_EQ(media.take_lost(), 1U);
}

TEST_F(NexustalkMedia, NeedsPicturesAndCanDoWithoutSound) {
    auto only = test::channels();
    std::swap(only[0], only[1]);
    EXPECT_EQ(PlaybackMedia::begin(only)->tracks().size(), 2U);
    only.erase(only.begin());
    EXPECT_EQ(PlaybackMedia::begin(only)->tracks().size(), 1U);
    EXPECT_EQ(PlaybackMedia::begin({}).error().reason(), "codec");
}

}  // namespace
}  // namespace casement::protocols::nest
