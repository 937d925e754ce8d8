// Keys of a camera in the configuration, up to what the camera hears.

#include <gtest/gtest.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "app/config/load.hpp"
#include "app/generic_cameras.hpp"
#include "hub/stream.hpp"
#include "sources/open_source.hpp"
#include "sources/rtsp/rtsp_source.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/rtsp_camera.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::app {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using async::Task;
using base::Result;

struct CameraKeys : testing::Test {
    CameraKeys() : sealed_(store::SealedStore::open(folder_.path()).value()) {}

    /// The one camera of a file, as its driver names it.
    camera::StreamEndpoint endpoint_of(const std::string& keys) {
        config::Environment environment;
        environment.variables = {{"KEY", "key-porch-0123456789"}};
        const auto loaded =
            config::parse("cameras: {porch: {" + keys + "}}", "casement.yaml", environment);
        EXPECT_TRUE(loaded.is_usable()) << loaded.problems.front().text();
        auto cameras = generic_cameras(loaded.config, *sealed_);
        EXPECT_TRUE(cameras) << cameras.error().message();
        const auto driver =
            drivers::generic::Driver::make(io_.get_executor(), std::move(*cameras)).value();
        return fakes::run(
                   io_, driver->endpoint("porch", camera::Quality::Main, async::Deadline::never()))
            .value();
    }
    std::string rtsp_source(const fakes::RtspCamera& camera) const {
        return fmt::format("source: \"{}\"", camera.url());
    }

    std::unique_ptr<hub::Source> open(const camera::StreamEndpoint& endpoint) {
        return sources::open_source("porch", endpoint, {{pool_, clock_, {}}, door_, nullptr})
            .value();
    }
    /// Runs a source until `enough`; then the polite end.
    Result<> run(std::unique_ptr<hub::Source> source, fakes::RtspCamera& camera,
                 std::function<bool()> enough) {
        auto task = [](CameraKeys& t, std::unique_ptr<hub::Source> s, fakes::RtspCamera& c,
                       std::function<bool()> done) -> Task<Result<>> {
            Result<> ended;
            {
                hub::StreamWriter writer(t.stream_);
                auto first = co_await (s->run(writer) || wait_for(done));
                ended = first.index() == 0 ? std::get<0>(std::move(first))
                                           : std::get<1>(std::move(first));
            }
            co_await s->close(async::Deadline::in(2s));
            co_await c.stop();
            co_return ended;
        };
        return fakes::run(io_, task(*this, std::move(source), camera, std::move(enough)));
    }
    static Task<Result<>> wait_for(std::function<bool()> enough) {
        const auto until = std::chrono::steady_clock::now() + 8s;
        while (!enough()) {
            if (std::chrono::steady_clock::now() > until)
                co_return base::fail(base::ErrorKind::Internal, "the test waited in vain");
            CASEMENT_CO_TRY(co_await async::sleep_for(2ms));
        }
        co_return Result<>{};
    }
    std::uint64_t units() const { return stream_->status().counters.units_in; }

    const fakes::TempDirectory folder_;
    std::unique_ptr<store::SealedStore> sealed_;
    asio::io_context io_{1};
    async::BlockingPool pool_{"media", 1};
    base::SystemClock clock_;
    hub::PushDoor door_;
    std::shared_ptr<hub::Stream> stream_ =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock_, base::Log{});
};

TEST_F(CameraKeys, AudioOffDoesNotEvenSetUpTheSound) {
    for (const bool audio : {true, false}) {
        fakes::RtspCamera camera(io_.get_executor(), {});
        const auto before = units();
        const auto ended =
            run(open(endpoint_of(rtsp_source(camera) + (audio ? "" : ", audio: off"))), camera,
                [&] { return units() >= before + 20; });
        ASSERT_TRUE(ended) << ended.error().message();
        EXPECT_EQ(camera.setups, audio ? 2 : 1);
        EXPECT_EQ(stream_->status().tracks.size(), audio ? 2u : 1u);
    }
}

TEST_F(CameraKeys, AudioOffOfACameraWithNothingElseIsSaid) {
    fakes::RtspCameraHabits habits;
    habits.video = false;
    fakes::RtspCamera camera(io_.get_executor(), habits);
    const auto ended =
        run(open(endpoint_of(rtsp_source(camera) + ", audio: off")), camera, [] { return false; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().message(),
              "It sends nothing but sound, and its sound is switched off (audio: off).");
    EXPECT_EQ(camera.setups, 0);
}

TEST_F(CameraKeys, AudioOffDropsWhatACameraPushesAllTheSame) {
    const auto endpoint = endpoint_of("source: push, push_key: \"${KEY}\", audio: off");
    auto publish = [](CameraKeys& t, std::unique_ptr<hub::Source> source) -> Task<> {
        hub::StreamWriter writer(t.stream_);
        auto knock = [](CameraKeys& test) -> Task<> {
            const auto publication = test.door_.knock("key-porch-0123456789", "10.0.0.9", {});
            EXPECT_TRUE(publication) << publication.error().message();
            media::Track picture, sound;
            sound.id = 1;
            sound.codec = media::Codec::Pcma;
            sound.clock_rate = 8'000;
            picture.parameters = sound.parameters =
                std::make_shared<const media::CodecParameters>();
            (*publication)->writer().set_tracks({picture, sound});
            for (int i = 0; i < 4; ++i) {
                media::AccessUnit unit;
                unit.track = i % 2;
                unit.key = true;
                unit.pts = unit.dts = i * 100;
                unit.data = media::Bytes::from(std::vector<std::uint8_t>(10, 7));
                (*publication)->writer().publish(std::move(unit));
            }
            co_return;
        };
        (void)co_await (source->run(writer) || knock(t));
    };
    fakes::run(io_, publish(*this, open(endpoint)));
    ASSERT_EQ(stream_->status().tracks.size(), 1u);
    EXPECT_EQ(stream_->status().tracks[0].codec, media::Codec::H264);
    EXPECT_EQ(units(), 2u);
}

TEST_F(CameraKeys, KeepAliveIsTheRequestThatTheCameraHears) {
    struct Case {
        const char* key;
        const char* method;
    };
    for (const Case& one : {Case{"", "GET_PARAMETER"},
                            {", keep_alive: get_parameter", "GET_PARAMETER"},
                            {", keep_alive: options", "OPTIONS"}}) {
        fakes::RtspCamera camera(io_.get_executor(), {});
        auto options = sources::rtsp::options_of(
            std::get<camera::PullRtsp>(endpoint_of(rtsp_source(camera) + one.key).way), "porch");
        options.keep_alive_every = 1s;  // nobody waits half a session for a test
        const auto ended =
            run(std::make_unique<sources::rtsp::RtspSource>(options, clock_, nullptr), camera,
                [&] { return !camera.asked_while_playing.empty(); });
        ASSERT_TRUE(ended) << ended.error().message();
        EXPECT_EQ(camera.asked_while_playing, (std::map<std::string, int>{{one.method, 1}}))
            << one.key;
    }
}

TEST_F(CameraKeys, KeepAliveNoneLeavesTheCameraInPeace) {
    const auto endpoint = endpoint_of("source: \"rtsp://10.0.0.9/a\", keep_alive: none");
    EXPECT_EQ(
        sources::rtsp::options_of(std::get<camera::PullRtsp>(endpoint.way), "porch").keep_alive,
        sources::rtsp::KeepAlive::None);
}

}  // namespace
}  // namespace casement::app
