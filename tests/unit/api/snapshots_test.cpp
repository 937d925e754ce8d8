#include "api/snapshots.hpp"

#include <gtest/gtest.h>

#include "hub/slate.hpp"
#include "media/jpeg.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/mp4_units.hpp"
#include "tests/fakes/scripted_driver.hpp"

namespace casement::api {
namespace {

using async::Task;
using base::ErrorKind;
using base::Result;
using namespace std::chrono_literals;

constexpr std::size_t kVendorBytes = 4;  // of the scripted driver's picture

class SnapshotsTest : public testing::Test {
protected:
    SnapshotsTest() {
        (void)registry_.add(std::make_unique<fakes::ScriptedDriver>(io_.get_executor(), device_));
        camera_.description.id = "nursery";
        camera_.description.capabilities = {camera::Capability::LiveVideo,
                                            camera::Capability::Snapshot};
        camera_.state.word = camera::StateWord::Live;
        fakes::settle(io_);
    }
    ~SnapshotsTest() override {
        fakes::run(io_, [this]() -> Task<> {
            co_await registry_.stop();
            co_await hub_.stop();
        }());
    }

    /// A stream that runs only on demand, and whose camera answers nothing by itself.
    void add_stream() {
        hub::StreamOptions options;
        options.supervisor.always = false;
        stream_ = *hub_.add(
            "nursery",
            [this]() -> Task<Result<std::unique_ptr<hub::Source>>> {
                ++starts_;
                if (sends_when_started_) publish();
                co_return base::fail(ErrorKind::Unavailable, "no more");
            },
            options);
    }
    void publish() {
        static const auto tracks =
            fakes::units_of(formats::MemorySource(fakes::data_file("media/ffmpeg_h264_aac.mp4")));
        hub::StreamWriter writer(stream_);
        writer.set_tracks({tracks[0].track});
        writer.publish(*tracks[0].units[0]);
    }
    Result<Snapshot> take(SnapshotWish wish = {}) {
        return fakes::run(io_,
                          snapshots_.take(std::make_shared<const camera::Camera>(camera_), wish));
    }

    fakes::Clock clock_;
    asio::io_context io_{1};
    async::BlockingPool pool_{"codecs", 1};
    std::unique_ptr<store::Store> store_ = std::move(*store::Store::open(":memory:"));
    std::unique_ptr<events::EventLog> log_ = std::move(*events::EventLog::open(*store_, clock_));
    std::unique_ptr<camera::DesiredState> desired_ =
        std::move(*camera::DesiredState::open(*store_));
    fakes::ScriptedCamera device_;
    camera::DriverRegistry registry_{io_.get_executor(), clock_, *log_, *desired_};
    camera::CommandRouter router_{registry_};
    hub::StreamHub hub_{{io_.get_executor()}, clock_, base::Log{}};
    std::shared_ptr<hub::Stream> stream_;
    outputs::mjpeg::Pictures pictures_{pool_};
    Snapshots snapshots_{hub_, router_, pictures_, clock_};
    camera::Camera camera_;
    int starts_ = 0;
    bool sends_when_started_ = false;
};

TEST_F(SnapshotsTest, TakesTheNewestKeyFrameInTheWidthAskedFor) {
    add_stream();
    publish();
    EXPECT_EQ(media::jpeg::parse(take()->jpeg)->width, 128);
    EXPECT_EQ(media::jpeg::parse(take({.jpeg = {.width = 64}, .max_age = {}})->jpeg)->width, 64);
    EXPECT_EQ(starts_, 0);
    EXPECT_TRUE(device_.commands.empty());
}

TEST_F(SnapshotsTest, SaysHowOldThePictureIs) {
    add_stream();
    publish();
    const auto picture = take();
    ASSERT_TRUE(picture);
    clock_.advance(1500ms);
    const net::Response response = snapshots_.respond(*picture);
    EXPECT_EQ(response.headers.get("X-Snapshot-Age"), "1500");
    EXPECT_EQ(response.headers.get("Last-Modified"), "Fri, 20 Nov 2026 21:00:00 GMT");
    EXPECT_EQ(response.headers.get("X-Casement-Taken-At"),
              base::format_rfc3339(fakes::Clock::kBegin));
    EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
}

TEST_F(SnapshotsTest, ShowsNothingWhileTheShuttersAreClosed) {
    add_stream();
    publish();
    ASSERT_TRUE(take());
    camera_.state.word = camera::StateWord::Privacy;
    const auto refused = take({.jpeg = {}, .max_age = 0ms});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(refused.error().reason(), "privacy");
    EXPECT_EQ(starts_, 0);
}

TEST_F(SnapshotsTest, StartsTheCameraForWhoeverTakesNoOldPicture) {
    add_stream();
    publish();
    clock_.advance(1min);
    EXPECT_EQ(take({.jpeg = {}, .max_age = 2min})->taken_at, fakes::Clock::kBegin);
    EXPECT_EQ(starts_, 0);
    sends_when_started_ = true;
    EXPECT_EQ(take({.jpeg = {}, .max_age = 30s})->taken_at, fakes::Clock::kBegin + 1min);
    EXPECT_EQ(starts_, 1);
    EXPECT_EQ(stream_->status().viewers, 0);
}

TEST_F(SnapshotsTest, WakesNoBattery) {
    add_stream();
    device_.sleeps = true;
    camera_.description.capabilities = {camera::Capability::LiveVideo, camera::Capability::Snapshot,
                                        camera::Capability::Battery};
    auto refused = take({.jpeg = {}, .max_age = 0ms});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason(), "no-picture");
    publish();
    clock_.advance(1min);
    EXPECT_EQ(take({.jpeg = {}, .max_age = 0ms})->taken_at, fakes::Clock::kBegin);
    EXPECT_EQ(starts_, 0);
    EXPECT_EQ(device_.wakes, 0);
}

TEST_F(SnapshotsTest, APersonMayWakeABattery) {
    device_.sleeps = true;
    camera_.description.capabilities = {camera::Capability::LiveVideo, camera::Capability::Snapshot,
                                        camera::Capability::Battery};
    camera_.state.word = camera::StateWord::Asleep;
    const auto woken = take({.jpeg = {}, .max_age = {}, .wake = true});
    ASSERT_TRUE(woken) << woken.error().message();
    EXPECT_EQ(woken->jpeg.size(), kVendorBytes);
    EXPECT_EQ(device_.wakes, 1);
    // What came then is what everybody sees, without another wake.
    clock_.advance(1h);
    const auto seen = take();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->taken_at, fakes::Clock::kBegin);
    EXPECT_EQ(device_.wakes, 1);
}

TEST_F(SnapshotsTest, TheDriversYoungerPictureIsShownInsteadOfAnOldStreams) {
    add_stream();
    publish();
    const auto old = take();
    ASSERT_TRUE(old);
    camera_.description.capabilities = {camera::Capability::LiveVideo, camera::Capability::Snapshot,
                                        camera::Capability::Battery};
    clock_.advance(1h);
    EXPECT_EQ(take()->jpeg.size(), kVendorBytes);
    EXPECT_EQ(take()->taken_at, fakes::Clock::kBegin + 1h);
    EXPECT_EQ(device_.wakes, 0);
}

TEST_F(SnapshotsTest, AsksTheVendorLastAndNotForEachTile) {
    const auto asked = take();
    ASSERT_TRUE(asked) << asked.error().message();
    EXPECT_EQ(asked->jpeg.size(), kVendorBytes);
    EXPECT_EQ(asked->taken_at, fakes::Clock::kBegin);
    clock_.advance(9s);
    ASSERT_TRUE(take());
    EXPECT_EQ(device_.commands.size(), 1u);
    clock_.advance(2s);
    EXPECT_EQ(take()->taken_at, fakes::Clock::kBegin + 11s);
    EXPECT_EQ(device_.commands.size(), 2u);
}

TEST_F(SnapshotsTest, KeepsTheLastPictureWhenTheCameraIsGone) {
    add_stream();
    publish();
    const auto seen = take();
    ASSERT_TRUE(seen);
    fakes::run(io_, [this]() -> Task<> { (void)co_await hub_.remove("nursery"); }());
    clock_.advance(1h);
    camera_.description.capabilities = {camera::Capability::LiveVideo};
    EXPECT_EQ(take()->jpeg, seen->jpeg);
    EXPECT_EQ(take()->taken_at, fakes::Clock::kBegin);
    EXPECT_EQ(take({.jpeg = {.width = 320}, .max_age = {}})->jpeg, seen->jpeg);
}

}  // namespace
}  // namespace casement::api
