#include "outputs/mjpeg/pictures.hpp"

#include <gtest/gtest.h>

#include "async/task_group.hpp"
#include "hub/slate.hpp"
#include "hub/stream_writer.hpp"
#include "media/jpeg.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/mp4_units.hpp"

namespace casement::outputs::mjpeg {
namespace {

using async::Task;
using base::Result;
using namespace std::chrono_literals;

const fakes::TrackUnits& recorded() {
    static const auto tracks =
        fakes::units_of(formats::MemorySource(fakes::data_file("media/ffmpeg_h264_aac.mp4")));
    return tracks[0];
}

class PicturesTest : public testing::Test {
protected:
    PicturesTest() { writer_.set_tracks({recorded().track}); }

    /// Publishes the recording's only kind of key frame once more.
    hub::LogEntry key_frame() {
        media::AccessUnit unit = *recorded().units[0];
        unit.dts = unit.pts = ticks_ += 1024;
        writer_.publish(std::move(unit));
        return *stream_->newest_key_frame();
    }
    Result<Snapshot> picture(const hub::LogEntry& key, ffmpeg::JpegOptions options = {}) {
        return fakes::run(io_, pictures_.picture_of(stream_, key, options));
    }

    fakes::Clock clock_;
    asio::io_context io_{1};
    async::BlockingPool pool_{"codecs", 2};
    Pictures pictures_{pool_};
    std::shared_ptr<hub::Stream> stream_ =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock_, base::Log{});
    hub::StreamWriter writer_{stream_};
    std::int64_t ticks_ = 0;
};

TEST_F(PicturesTest, DecodesAKeyFrameOnceForAllWhoAskAtTheSameTime) {
    const auto key = key_frame();
    std::vector<Snapshot> made;
    fakes::run(io_, [&]() -> Task<> {
        async::TaskGroup group(io_.get_executor(), {});
        for (int i = 0; i < 8; ++i) {
            group.spawn("viewer", [&]() -> Task<> {
                const auto one = co_await pictures_.picture_of(stream_, key, {.width = 64});
                EXPECT_TRUE(one) << one.error().message();
                made.push_back(one.value_or(Snapshot{}));
            });
        }
        co_await group.join();
    }());
    ASSERT_EQ(made.size(), 8u);
    for (const Snapshot& one : made) EXPECT_EQ(one.jpeg.data(), made[0].jpeg.data());
    EXPECT_EQ(media::jpeg::parse(made[0].jpeg)->width, 64);
    EXPECT_EQ(made[0].taken_at, fakes::Clock::kBegin);
}

TEST_F(PicturesTest, RemembersEachSizeAndDecodesTheNextKeyFrameAnew) {
    const auto key = key_frame();
    const auto whole = picture(key), narrow = picture(key, {.width = 64}),
               coarse = picture(key, {.width = 64, .quality = 10});
    ASSERT_TRUE(whole && narrow && coarse);
    EXPECT_EQ(media::jpeg::parse(whole->jpeg)->width, 128);
    EXPECT_LT(coarse->jpeg.size(), narrow->jpeg.size());
    EXPECT_EQ(picture(key)->jpeg.data(), whole->jpeg.data());
    EXPECT_EQ(picture(key, {.width = 64})->jpeg.data(), narrow->jpeg.data());
    clock_.advance(1s);
    const auto later = picture(key_frame());
    EXPECT_NE(later->jpeg.data(), whole->jpeg.data());
    EXPECT_EQ(later->taken_at, fakes::Clock::kBegin + 1s);
    EXPECT_EQ(pictures_.taken_at("porch"), later->taken_at);
}

TEST_F(PicturesTest, KeepsTheLastPictureAndOffersAnotherSizeWhereThisOneIsMissing) {
    EXPECT_FALSE(pictures_.kept("porch", {}));
    EXPECT_FALSE(pictures_.taken_at("porch"));
    const auto narrow = picture(key_frame(), {.width = 64});
    ASSERT_TRUE(narrow);
    EXPECT_EQ(pictures_.kept("porch", {.width = 64})->jpeg, narrow->jpeg);
    EXPECT_EQ(pictures_.kept("porch", {.width = 320})->jpeg, narrow->jpeg);
    pictures_.keep("porch", {.width = 320}, {media::Bytes::from({1}), fakes::Clock::kBegin});
    EXPECT_EQ(pictures_.kept("porch", {.width = 320})->jpeg.size(), 1u);
    EXPECT_FALSE(pictures_.kept("attic", {}));
}

TEST_F(PicturesTest, RemembersFewSizesOfACamera) {
    const auto key = key_frame();
    const auto first = picture(key, {.width = 64});
    for (int width = 20; width < 28; ++width) ASSERT_TRUE(picture(key, {.width = width}));
    EXPECT_NE(pictures_.kept("porch", {.width = 64})->jpeg.data(), first->jpeg.data());
    EXPECT_EQ(media::jpeg::parse(pictures_.kept("porch", {.width = 20})->jpeg)->width, 20);
}

TEST_F(PicturesTest, GivesASlateTheTimeOfThePictureThatItRepeats) {
    const auto whole = picture(key_frame());
    const auto slate = hub::Slate::make(stream_);
    clock_.advance(1h);
    slate->write_until(std::chrono::steady_clock::now());
    const auto key = stream_->newest_key_frame();
    ASSERT_TRUE(key->unit->slate);
    EXPECT_EQ(picture(*key)->jpeg.data(), whole->jpeg.data());
    const auto narrow =
        picture(*key, {.width = 64});  // in this size it is decoded for the first time
    EXPECT_EQ(media::jpeg::parse(narrow->jpeg)->width, 64);
    EXPECT_EQ(narrow->taken_at, fakes::Clock::kBegin);
}

TEST_F(PicturesTest, PassesAJpegThroughAndNamesWhatCannotBeDecoded) {
    media::AccessUnit unit = *recorded().units[0];
    unit.data = fakes::hex("00000004 65ffffff");
    writer_.publish(unit);
    EXPECT_FALSE(picture(*stream_->newest_key_frame()));
    media::Track track = recorded().track;
    const media::Bytes jpeg = fakes::data_file("media/picture.jpg");
    track.codec = media::Codec::Mjpeg;
    track.parameters = std::make_shared<media::CodecParameters>(
        media::jpeg::make_parameters(*media::jpeg::parse(jpeg)));
    writer_.set_tracks({track});
    unit.data = jpeg;
    writer_.publish(unit);
    EXPECT_EQ(picture(*stream_->newest_key_frame())->jpeg, jpeg);
}

TEST_F(PicturesTest, ReadsPictureAfterPictureButNoneFromBefore) {
    (void)key_frame();
    PictureReader all(pictures_, stream_, io_.get_executor(), {.kind = "mjpeg", .remote = {}});
    PictureReader fresh(pictures_, stream_, io_.get_executor(), {.kind = "snapshot", .remote = {}},
                        {.width = 64});
    EXPECT_EQ(fakes::run(io_, all.next())->taken_at, fakes::Clock::kBegin);
    clock_.advance(5s);
    const auto slate = hub::Slate::make(stream_);
    slate->write_until(std::chrono::steady_clock::now());
    hub::StreamWriter next(stream_);
    next.set_tracks({recorded().track});
    next.publish(*recorded().units[0]);
    const auto came = fakes::run(io_, fresh.next(fakes::Clock::kBegin + 4s));
    ASSERT_TRUE(came);
    EXPECT_EQ(came->taken_at, fakes::Clock::kBegin + 5s);
    EXPECT_EQ(media::jpeg::parse(came->jpeg)->width, 64);
}

}  // namespace
}  // namespace casement::outputs::mjpeg
