#include "drivers/generic/generic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "camera/router.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::drivers::generic {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using camera::Quality;
using testing::HasSubstr;
using testing::Not;

CameraConfig at(std::string source) {
    CameraConfig config;
    config.id = "porch";
    config.source = std::move(source);
    return config;
}
base::Result<camera::Way> parsed(std::string source) {
    const CameraConfig config = at(std::move(source));
    return parse_source(config, config.source);
}

TEST(GenericSource, EachSchemeIsItsWay) {
    for (const auto& [source, way] : {std::pair{"rtsp://10.0.0.9/stream1", "rtsp"},
                                      {"rtsps://user:pw@cam/1", "rtsp"},
                                      {"rtmp://host/live/key", "rtmp"},
                                      {"rtmps://host/live/key", "rtmp"},
                                      {"http://cam/video.mjpg", "mjpeg"},
                                      {"https://cam/video", "mjpeg"},
                                      {"push:a_long_key-9", "push"},
                                      {"file:/srv/a.mp4", "file"},
                                      {"test:", "test"}}) {
        const auto got = parsed(source);
        ASSERT_TRUE(got) << source << ": " << got.error().message();
        EXPECT_EQ(camera::way_name(*got), way) << source;
    }
}

TEST(GenericSource, CarriesAddressTransportAndConnection) {
    CameraConfig config = at("rtsp://ana:s%40cret@10.0.0.9:8554/a?b=1");
    config.transport = camera::PullRtsp::Transport::Udp;
    config.connection.bind_address = "10.0.0.1";
    const auto pull = std::get<camera::PullRtsp>(parse_source(config, config.source).value());
    EXPECT_EQ(pull.url.password.reveal(), "s@cret");
    EXPECT_EQ(pull.url.port, 8554);
    EXPECT_EQ(pull.transport, camera::PullRtsp::Transport::Udp);
    EXPECT_EQ(pull.connection.bind_address, "10.0.0.1");
}

TEST(GenericSource, AnIntervalMakesPicturesOfAnHttpAddressOnly) {
    CameraConfig config = at("http://cam/still.jpg");
    config.interval = 2s;
    EXPECT_EQ(std::get<camera::HttpJpegPoll>(parse_source(config, config.source).value()).interval,
              2s);
    config.interval = 100ms;
    EXPECT_TRUE(parse_source(config, config.source));
    config.interval = 99ms;
    EXPECT_FALSE(parse_source(config, config.source));
    config.interval = 2s;
    EXPECT_EQ(parse_source(config, "rtsp://cam/1").error().message(),
              "interval: is for http addresses only");
}

TEST(GenericSource, FilesAreAbsolute) {
    EXPECT_EQ(std::get<camera::PlayFile>(parsed("file:///srv/a b.mp4").value()).path,
              "/srv/a b.mp4");
    EXPECT_EQ(parsed("file:a.mp4").error().kind(), ErrorKind::InvalidArgument);
}

TEST(GenericSource, TestPicturesHaveLimits) {
    const auto picture = std::get<camera::TestPicture>(parsed("test:1280x720@25").value());
    EXPECT_EQ(picture.width, 1280);
    EXPECT_EQ(picture.height, 720);
    EXPECT_EQ(picture.frames_per_second, 25);
    EXPECT_EQ(std::get<camera::TestPicture>(parsed("test:640x480").value()).frames_per_second, 15);
    for (const char* bad : {"test:640", "test:640x", "test:641x480", "test:62x64", "test:3842x64",
                            "test:640x480@0", "test:640x480@61", "test:x@"}) {
        EXPECT_FALSE(parsed(bad)) << bad;
    }
}

TEST(GenericSource, PushKeysAreLongEnoughAndPlain) {
    EXPECT_EQ(std::get<camera::ExpectPush>(parsed("push:abcd_123").value()).key.reveal(),
              "abcd_123");
    for (const std::string& bad : {std::string("push:"), std::string("push:abc"),
                                   std::string("push:a/b/c/d/e"), "push:" + std::string(65, 'a')}) {
        EXPECT_FALSE(parsed(bad)) << bad;
    }
    EXPECT_TRUE(parsed("push:" + std::string(64, 'a')));
}

TEST(GenericSource, ARefusalTellsNoPassword) {
    for (const char* bad : {"ftp://ana:geheim@cam/1", "rtsp://ana:geheim@:99999/1",
                            "rtsp://ana:geheim@cam:0/1", "geheim"}) {
        const auto refused = parsed(bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_THAT(refused.error().message(), Not(HasSubstr("geheim")));
    }
}

struct GenericDriver : testing::Test {
    fakes::Clock clock;
    asio::io_context io{1};
    std::unique_ptr<store::Store> store = store::Store::open(":memory:").value();
    std::unique_ptr<events::EventLog> log = events::EventLog::open(*store, clock).value();
    std::unique_ptr<camera::DesiredState> desired = camera::DesiredState::open(*store).value();
    camera::DriverRegistry registry{io.get_executor(), clock, *log, *desired};
    camera::CommandRouter router{registry};

    ~GenericDriver() override {
        fakes::run(io, registry.stop());
        fakes::settle(io);
    }
    void add(std::vector<CameraConfig> cameras) {
        ASSERT_TRUE(registry.add(Driver::make(io.get_executor(), std::move(cameras)).value()));
        fakes::settle(io);
    }
};

TEST_F(GenericDriver, DeclaresTheCamerasOfTheFile) {
    CameraConfig porch = at("rtsp://10.0.0.9/1");
    porch.small_source = "rtsp://10.0.0.9/2";
    porch.name = "Porch";
    CameraConfig still = at("http://cam/a.jpg");
    still.id = "garage";
    still.interval = 1s;
    add({porch, still});

    const auto cameras = registry.cameras();
    ASSERT_EQ(cameras.size(), 2u);
    EXPECT_EQ(cameras[0]->description.id, "garage");
    EXPECT_EQ(cameras[0]->description.name, "garage");
    EXPECT_FALSE(cameras[0]->description.capabilities.has(camera::Capability::LiveAudio));
    EXPECT_EQ(cameras[1]->description.name, "Porch");
    EXPECT_EQ(cameras[1]->description.unique_id, "generic:porch");
    EXPECT_EQ(cameras[1]->description.way, "rtsp");
    EXPECT_TRUE(cameras[1]->description.capabilities.has(camera::Capability::LiveAudio));
    EXPECT_EQ(cameras[1]->state.word, camera::StateWord::Live);
    EXPECT_EQ(cameras[1]->description.qualities, (std::vector{Quality::Main, Quality::Small}));
}

TEST_F(GenericDriver, LeavesTheSoundOutWhereItIsNotWanted) {
    CameraConfig loud = at("rtsp://10.0.0.9/a"), quiet = at("rtsp://10.0.0.9/b");
    quiet.id = "quiet";
    quiet.audio = false;
    add({loud, quiet});
    EXPECT_FALSE(
        registry.camera("quiet")->description.capabilities.has(camera::Capability::LiveAudio));
    const auto endpoint = [&](const char* id) {
        return fakes::run(io, router.endpoint(id, Quality::Main, async::Deadline::in(1s))).value();
    };
    EXPECT_TRUE(endpoint("porch").audio);
    EXPECT_FALSE(endpoint("quiet").audio);
}

TEST_F(GenericDriver, AnswersTheWayToEachQuality) {
    CameraConfig porch = at("rtsp://10.0.0.9/1");
    porch.small_source = "http://10.0.0.9/2";
    CameraConfig hall = at("rtmp://10.0.0.8/a/b");
    hall.id = "hall";
    add({porch, hall});
    const auto way = [&](const char* id, Quality quality) {
        const auto got = fakes::run(io, router.endpoint(id, quality, async::Deadline::in(5s)));
        return got ? fmt::format("{} {}", camera::way_name(got->way),
                                 camera::to_string(got->quality))
                   : got.error().message();
    };
    EXPECT_EQ(way("porch", Quality::Main), "rtsp main");
    EXPECT_EQ(way("porch", Quality::Small), "mjpeg small");
    EXPECT_EQ(way("hall", Quality::Small), "rtmp main") << "the only stream it has";
    EXPECT_EQ(way("attic", Quality::Main), "there is no camera \"attic\"");
}

TEST_F(GenericDriver, HasNothingToSetOrCommand) {
    add({at("test:")});
    EXPECT_EQ(fakes::run(io, router.set("porch", "volume", 1.0, "ana", async::Deadline::in(5s)))
                  .error()
                  .kind(),
              ErrorKind::NotFound);
    EXPECT_EQ(fakes::run(io, router.execute(
                                 {"porch", camera::SoundSiren{}, async::Deadline::in(5s), "ana"}))
                  .error()
                  .kind(),
              ErrorKind::Unsupported);
    EXPECT_EQ(fakes::run(io, router.talk("porch", "ana", async::Deadline::in(5s))).error().kind(),
              ErrorKind::Unsupported);
}

TEST(GenericDriverMake, NamesTheCameraWhoseAddressIsWrong) {
    asio::io_context io{1};
    const auto made = Driver::make(io.get_executor(), {at("gopher://x/1")});
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message(),
                HasSubstr("camera \"porch\": \"gopher\" is no way to a camera"));
}

}  // namespace
}  // namespace casement::drivers::generic
