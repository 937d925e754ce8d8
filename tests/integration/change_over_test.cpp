// A nursery camera that publishes here, its vendor's relay, and a viewer who must not notice which
// of the two it is. All over loopback, the waits as they are in life.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "drivers/nanit/media.hpp"
#include "emulators/testcam/rtmp_publisher.hpp"
#include "hub/stream_hub.hpp"
#include "outputs/rtmp/server.hpp"
#include "outputs/rtsp/server.hpp"
#include "sources/open_source.hpp"
#include "sources/rtmp/rtmp_source.hpp"
#include "sources/rtsp/rtsp_source.hpp"
#include "tests/fakes/co_assert.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/one_token.hpp"
#include "tests/unit/drivers/nanit/scripted_control.hpp"

namespace casement {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::Result;
using drivers::nanit::Media;
using drivers::nanit::Road;
using drivers::nanit::ScriptedControl;
using emulators::testcam::Feed;
using emulators::testcam::RtmpPublisher;

constexpr const char* kBaby = "a1b2c3d4";
constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";
// At this relay the second half of the token says who may watch.
constexpr const char* kToken = "t0k3n?user=ana&pass=token";

/// Listens for RTMP and, for viewers, RTSP.
struct Hub {
    explicit Hub(asio::io_context& io, const base::Clock& clock)
        : streams({io.get_executor()}, clock, log),
          rtmp(outputs::rtmp::protocol(), io.get_executor(), {streams, fan_out, gatekeeper, clock},
               log),
          rtsp(outputs::rtsp::protocol(), io.get_executor(), {streams, fan_out, gatekeeper, clock},
               log) {
        EXPECT_TRUE(rtmp.open({.listen = "127.0.0.1:0", .start_time = 20s}));
        EXPECT_TRUE(rtsp.open({.listen = "127.0.0.1:0", .start_time = 20s}));
    }
    Task<> stop() {
        co_await streams.stop();
        co_await rtmp.stop();
        co_await rtsp.stop();
    }
    base::Log log;
    fakes::OneToken gatekeeper;
    hub::StreamHub streams;
    outputs::fanout::FanOut fan_out;
    outputs::SessionServer rtmp, rtsp;
};

/// What somebody saw: pictures of a stream, as they came.
struct Seen {
    std::size_t pictures = 0;
    std::chrono::milliseconds longest_gap{0};  // between two of them
    base::SteadyTime last_at{};
    bool ended = false;
    std::map<int, std::int64_t> last_dts;

    void reset_gap() { longest_gap = 0ms; }
    Task<> watch(hub::Reader reader) {
        for (;;) {
            const auto item = co_await reader.next();
            if (!item) break;
            const auto* unit = std::get_if<media::AccessUnitPtr>(&*item);
            if (!unit) continue;
            const auto last = last_dts.find((*unit)->track);
            if (last != last_dts.end()) {
                EXPECT_GT((*unit)->dts, last->second) << "track " << (*unit)->track;
            }
            last_dts[(*unit)->track] = (*unit)->dts;
            if ((*unit)->track != 0 || (*unit)->slate) continue;
            const auto now = std::chrono::steady_clock::now();
            if (pictures++ > 0) {
                longest_gap = std::max(longest_gap,
                                       std::chrono::ceil<std::chrono::milliseconds>(now - last_at));
            }
            last_at = now;
        }
        ended = true;
    }
};

class ChangeOver : public testing::Test {
protected:
    void play(std::function<Task<>()> body) {
        fakes::run(io_, [](ChangeOver& t, std::function<Task<>()> b) -> Task<> {
            co_await t.set_up();
            co_await b();
            co_await t.tear_down();
        }(*this, std::move(body)));
    }
    Task<> set_up() {
        ffmpeg::TestPictureOptions picture;
        picture.width = 320;
        picture.height = 180;
        picture.fps = 20;
        lan_feed_ = *co_await Feed::open(io_.get_executor(), pool_, clock_, picture, log_);
        relay_feed_ = *co_await Feed::open(io_.get_executor(), pool_, clock_, picture, log_);
        open_relay();
        control_.answer = [this](const ScriptedControl::Asked& asked) { return camera(asked); };
        drivers::nanit::MediaOptions options;
        options.baby = kBaby;
        options.application = base::Secret(kSecret);
        options.hub_host = "127.0.0.1";
        options.hub_port = house_.rtmp.port();
        options.allow_loopback = true;
        options.relay = fmt::format("rtmp://127.0.0.1:{}", relay_.rtmp.port());
        const auto token = [](Deadline) -> Task<Result<base::Secret>> {
            co_return base::Secret(kToken);
        };
        const auto renewed = [](base::Secret old, Deadline) -> Task<Result<base::Secret>> {
            co_return old;
        };
        media_ = Media::make(io_.get_executor(),
                             {.control = control_,
                              .token = token,
                              .renewed = renewed,
                              .found_at = [this](const std::string& at) { found_at_ = at; },
                              .changed = {},
                              .clock = clock_,
                              .log = log_},
                             options);
        const auto factory = [this]() -> Task<Result<std::unique_ptr<hub::Source>>> {
            co_return sources::open_source(
                "nursery", media_->endpoint(),
                {{pool_, clock_, log_}, house_.streams.push_door(), nullptr});
        };
        stream_ = *house_.streams.add("nursery", factory, {});
        tasks_.spawn("hub reader",
                     [this] { return at_hub_.watch(stream_->subscribe(io_.get_executor(), {})); });
    }
    /// A server that shows what is published to it under the same name.
    void open_relay() {
        const auto factory = [this]() -> Task<Result<std::unique_ptr<hub::Source>>> {
            camera::StreamEndpoint endpoint;
            endpoint.way = camera::ExpectPush{.key = base::Secret(relay_name())};
            co_return sources::open_source(
                "relay", endpoint, {{pool_, clock_, log_}, relay_.streams.push_door(), nullptr});
        };
        EXPECT_TRUE(relay_.streams.add(relay_name(), factory, {}));
    }
    static std::string relay_name() { return fmt::format("{}.t0k3n", kBaby); }

    /// The camera's own mind: it publishes where it is told to, 100 ms later.
    std::string camera(const ScriptedControl::Asked& asked) {
        const bool is_lan = asked.url.find(kSecret) != std::string::npos;
        auto& publisher = is_lan ? lan_ : at_relay_;
        if (!asked.starts) {
            stop_publishing(publisher);
            return "";
        }
        if (is_lan && lan_is_refused_) return "vendor-down";
        if (publisher && publisher->is_publishing()) return "";
        publisher = std::make_shared<RtmpPublisher>(is_lan ? lan_feed_ : relay_feed_,
                                                    net::ConnectOptions{}, log_);
        tasks_.spawn("camera", [held = publisher, url = asked.url]() -> Task<> {
            (void)co_await async::sleep_for(100ms);
            (void)co_await held->publish(url, Deadline::in(5s));
        });
        return "";
    }
    static void stop_publishing(std::shared_ptr<RtmpPublisher>& publisher) {
        if (publisher) publisher->drop();
        publisher.reset();
    }
    /// A viewer over RTSP, who fails the test when the session ends.
    void start_viewer() {
        mirror_ = std::make_shared<hub::Stream>("mirror", hub::GopLogLimits{}, clock_, log_);
        tasks_.spawn("viewer", [this] {
            return at_viewer_.watch(mirror_->subscribe(io_.get_executor(), {}));
        });
        tasks_.spawn("rtsp", [this]() -> Task<> {
            sources::rtsp::RtspOptions options;
            options.camera = "mirror";
            options.url = *base::Url::parse(
                fmt::format("rtsp://ana:token@127.0.0.1:{}/nursery", house_.rtsp.port()));
            sources::rtsp::RtspSource source(std::move(options), clock_, nullptr);
            hub::StreamWriter writer(mirror_);
            const auto ended = co_await source.run(writer);
            viewer_ended_ = ended ? "ended" : ended.error().message();
        });
    }
    Task<bool> soon(std::chrono::milliseconds time, std::function<bool()> condition) {
        for (const auto deadline = Deadline::in(time); !deadline.passed();) {
            if (condition()) co_return true;
            (void)co_await async::sleep_for(5ms);
        }
        co_return false;
    }
    bool relay_is_played() const { return media_->from() == Media::From::Relay; }
    bool is_on_lan() const { return media_->state() == Media::State::Live; }
    Task<> tear_down() {
        co_await house_.stop();
        co_await media_->stop(Deadline::in(2s));
        co_await relay_.stop();
        co_await tasks_.stop();
        co_await lan_feed_->stop();
        co_await relay_feed_->stop();
    }

    asio::io_context io_{1};
    base::SystemClock clock_;
    base::Log log_;
    async::BlockingPool pool_{"codecs", 1};
    Hub house_{io_, clock_}, relay_{io_, clock_};
    std::shared_ptr<Feed> lan_feed_, relay_feed_;
    std::shared_ptr<RtmpPublisher> lan_, at_relay_;
    bool lan_is_refused_ = false;
    ScriptedControl control_;
    std::shared_ptr<Media> media_;
    std::shared_ptr<hub::Stream> stream_, mirror_;
    Seen at_hub_, at_viewer_;
    std::string found_at_, viewer_ended_;
    async::TaskGroup tasks_{io_.get_executor(), log_};
};

TEST_F(ChangeOver, AViewerStaysFromTheHouseToTheCloudAndBack) {
    play([this]() -> Task<> {
        CO_ASSERT(co_await soon(10s, [this] { return is_on_lan(); }));
        EXPECT_EQ(found_at_, "127.0.0.1");
        start_viewer();
        CO_ASSERT(co_await soon(10s, [this] { return at_viewer_.pictures > 20; }));
        at_hub_.reset_gap();
        at_viewer_.reset_gap();

        lan_is_refused_ = true;
        stop_publishing(lan_);  // as if its power had failed
        CO_ASSERT(co_await soon(10s, [this] { return relay_is_played(); }));
        const std::size_t before = at_viewer_.pictures;
        CO_ASSERT(co_await soon(10s, [&] { return at_viewer_.pictures > before + 40; }));
        const auto to_cloud = at_viewer_.longest_gap, to_cloud_hub = at_hub_.longest_gap;
        at_hub_.reset_gap();
        at_viewer_.reset_gap();

        lan_is_refused_ = false;
        CO_ASSERT(co_await soon(40s, [this] { return is_on_lan(); }));
        CO_ASSERT(co_await soon(10s, [this] { return !at_relay_; }));  // it was told to stop
        const std::size_t then = at_viewer_.pictures;
        CO_ASSERT(co_await soon(10s, [&] { return at_viewer_.pictures > then + 40; }));

        std::cout << "longest wait for a picture, house to cloud: " << to_cloud.count()
                  << " ms at the viewer, " << to_cloud_hub.count()
                  << " ms at the hub; cloud to house: " << at_viewer_.longest_gap.count()
                  << " ms at the viewer, " << at_hub_.longest_gap.count() << " ms at the hub\n";
        EXPECT_LT(to_cloud, 3s);
        EXPECT_LT(to_cloud_hub, 3s);  // the viewer's is shorter: it gets the last picture again
        EXPECT_LT(at_viewer_.longest_gap, 500ms);  // make before break
        EXPECT_EQ(viewer_ended_, "");
        EXPECT_FALSE(at_viewer_.ended);
        EXPECT_EQ(stream_->status().counters.runs, 1u);
        EXPECT_EQ(stream_->status().counters.reader_gaps, 0u);
    });
    EXPECT_FALSE(control_.asked.back().starts);  // the last word to the camera is to stop
}

TEST_F(ChangeOver, APictureThatStandsStillIsSeenInSixSecondsAndTheCloudTakesOver) {
    play([this]() -> Task<> {
        CO_ASSERT(co_await soon(10s, [this] { return is_on_lan() && at_hub_.pictures > 10; }));
        const auto began = std::chrono::steady_clock::now();
        lan_feed_->set_stalled(true);
        CO_ASSERT(co_await soon(8s, [this] { return !is_on_lan(); }));
        const auto seen = std::chrono::steady_clock::now() - began;
        CO_ASSERT(co_await soon(10s, [this] { return relay_is_played(); }));
        const std::size_t before = at_hub_.pictures;
        CO_ASSERT(co_await soon(10s, [&] { return at_hub_.pictures > before + 10; }));
        const auto back = std::chrono::steady_clock::now() - began;
        std::cout << "a picture that stands still is seen after "
                  << std::chrono::ceil<std::chrono::milliseconds>(seen).count()
                  << " ms, pictures again after "
                  << std::chrono::ceil<std::chrono::milliseconds>(back).count() << " ms\n";
        EXPECT_LT(seen, 6s);
        // The same connection goes on: no new publisher is needed.
        lan_feed_->set_stalled(false);
        CO_ASSERT(co_await soon(10s, [this] { return is_on_lan() && !at_relay_; }));
    });
}

TEST_F(ChangeOver, ANewControlConnectionBringsThePicturesBackInFiveSeconds) {
    play([this]() -> Task<> {
        CO_ASSERT(co_await soon(10s, [this] { return is_on_lan() && at_hub_.pictures > 10; }));
        control_.connect(Road::None);
        stop_publishing(lan_);  // what this camera does when its control connection ends
        (void)co_await async::sleep_for(500ms);
        const auto began = std::chrono::steady_clock::now();
        control_.connect(Road::Cloud);
        const std::size_t before = at_hub_.pictures;
        CO_ASSERT(co_await soon(8s, [&] { return is_on_lan() && at_hub_.pictures > before; }));
        const auto back = std::chrono::steady_clock::now() - began;
        std::cout << "pictures again " << std::chrono::ceil<std::chrono::milliseconds>(back).count()
                  << " ms after the control connection\n";
        EXPECT_LT(back, 5s);
        // Once they are back they stay: no slate takes their place.
        at_hub_.reset_gap();
        const std::size_t then = at_hub_.pictures;
        CO_ASSERT(co_await soon(10s, [&] { return at_hub_.pictures > then + 40; }));
        EXPECT_LT(at_hub_.longest_gap, 500ms);
    });
}

TEST_F(ChangeOver, NobodyElsePublishesInTheCamerasPlace) {
    play([this]() -> Task<> {
        CO_ASSERT(co_await soon(10s, [this] { return is_on_lan(); }));
        for (const std::string application :
             {"local", "0123456789abcdef0123456789abcdee", "push"}) {
            RtmpPublisher stranger(relay_feed_, {}, log_);
            const auto ended = co_await stranger.publish(
                fmt::format("rtmp://127.0.0.1:{}/{}/{}", house_.rtmp.port(), application, kBaby),
                Deadline::in(5s));
            EXPECT_FALSE(ended);
            EXPECT_EQ(stranger.publications(), 0u) << application;
        }
        EXPECT_TRUE(is_on_lan());
    });
}

TEST_F(ChangeOver, IsPlayedByTheNameThatOtherProgramsUse) {
    house_.streams.add_alias(fmt::format("local/{}", kBaby), "nursery");
    play([this]() -> Task<> {
        mirror_ = std::make_shared<hub::Stream>("mirror", hub::GopLogLimits{}, clock_, log_);
        tasks_.spawn("rtmp", [this]() -> Task<> {
            sources::rtmp::RtmpOptions options;
            options.url = *base::Url::parse(fmt::format(
                "rtmp://127.0.0.1:{}/local/{}?user=ana&pass=token", house_.rtmp.port(), kBaby));
            options.open_within = 20s;
            sources::rtmp::RtmpSource source(std::move(options), clock_);
            hub::StreamWriter writer(mirror_);
            (void)co_await source.run(writer);
        });
        EXPECT_TRUE(
            co_await soon(10s, [this] { return mirror_->status().counters.units_in > 10; }));
    });
}

}  // namespace
}  // namespace casement
