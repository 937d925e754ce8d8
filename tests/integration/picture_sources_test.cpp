// Sources of pictures against cameras of their kind, through the hub, on loopback.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>

#include "async/task_group.hpp"
#include "emulators/testcam/http_camera.hpp"
#include "ffmpeg/snapshot.hpp"
#include "formats/annexb.hpp"
#include "hub/stream.hpp"
#include "hub/stream_writer.hpp"
#include "sources/file/file_source.hpp"
#include "sources/generated/generated_source.hpp"
#include "sources/http/picture_source.hpp"

namespace casement {
namespace {

using namespace std::chrono_literals;
using emulators::testcam::Feed;
using emulators::testcam::HttpCamera;
using emulators::testcam::HttpCameraOptions;
using media::Codec;
using sources::http::Pictures;
using sources::http::PictureSource;

// A generous bound for a loaded machine; nothing waits for it when all is well.
constexpr auto kPatience = 20s;

struct Seen {
    media::Tracks tracks;
    std::vector<media::AccessUnitPtr> units;
};

struct House : testing::Test {
    base::SystemClock clock;
    boost::asio::io_context io{1};
    async::BlockingPool pool{"pictures", 2};
    std::shared_ptr<hub::Stream> stream =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock, base::Log{});

    sources::Surroundings surroundings() { return {pool, clock, base::Log{}}; }

    /// Runs `body` to its end; an exception fails the test.
    void run(std::function<async::Task<>()> body) {
        std::exception_ptr error;
        bool done = false;
        boost::asio::co_spawn(io, body(), [&](std::exception_ptr e) {
            error = e;
            done = true;
        });
        io.restart();
        io.run();
        if (error) std::rethrow_exception(error);
        EXPECT_TRUE(done);
    }

    async::Task<std::shared_ptr<Feed>> jpeg_feed(int fps = 20) {
        ffmpeg::TestPictureOptions options;
        options.video = Codec::Mjpeg;
        options.width = 640;
        options.height = 360;
        options.fps = fps;
        options.audio.reset();
        auto feed = co_await Feed::open(io.get_executor(), pool, clock, options, base::Log{});
        co_return std::move(feed).value();
    }

    /// Runs the source until `count` units of every track have come; answers them with the tracks.
    async::Task<Seen> watch(hub::Source& source, std::size_t count) {
        using namespace boost::asio::experimental::awaitable_operators;
        hub::StreamWriter writer(stream);
        auto outcome =
            co_await (source.run(writer) || async::with_deadline(async::Deadline::in(kPatience),
                                                                 "watch", collect(count)));
        co_await source.close(async::Deadline::in(1s));
        if (outcome.index() == 0) {
            ADD_FAILURE() << "the source ended: " << std::get<0>(outcome).error().message();
            co_return Seen{};
        }
        auto seen = std::get<1>(std::move(outcome));
        EXPECT_TRUE(seen) << seen.error().message();
        co_return std::move(seen).value_or(Seen{});
    }

    async::Task<base::Result<Seen>> collect(std::size_t count) {
        hub::Reader reader = stream->subscribe(io.get_executor(), {});
        Seen seen;
        std::map<int, std::size_t> counted;
        for (;;) {
            CASEMENT_CO_TRY(const hub::Item item, co_await reader.next());
            if (const auto* change = std::get_if<hub::ParametersChanged>(&item))
                seen.tracks = *change->tracks;
            if (const auto* unit = std::get_if<media::AccessUnitPtr>(&item)) {
                ++counted[(*unit)->track];
                seen.units.push_back(*unit);
            }
            if (counted.size() == seen.tracks.size() &&
                std::ranges::all_of(counted, [&](const auto& c) { return c.second >= count; }))
                co_return seen;
        }
    }

    /// What the source failed with.
    async::Task<base::Error> failure(hub::Source& source) {
        hub::StreamWriter writer(stream);
        const auto ended = co_await async::with_deadline(async::Deadline::in(kPatience), "fail",
                                                         source.run(writer));
        co_return ended ? base::Error(base::ErrorKind::Internal, "it did not fail") : ended.error();
    }

    static std::optional<ffmpeg::TestPictureReading> read_key(const Seen& seen) {
        const auto key = std::ranges::find_if(
            seen.units, [](const auto& unit) { return unit->track == 0 && unit->key; });
        if (key == seen.units.end()) return std::nullopt;
        const auto picture = ffmpeg::decode_key_frame(*seen.tracks[0].parameters, **key);
        return picture ? ffmpeg::read_test_picture(*picture) : std::nullopt;
    }
};

camera::HttpMjpeg mjpeg(const std::string& url) {
    camera::HttpMjpeg way;
    way.url = base::Url::parse(url).value();
    return way;
}

class Manners : public House, public testing::WithParamInterface<HttpCameraOptions::Manners> {};

TEST_P(Manners, AreToleratedByTheMjpegSource) {
    run([&]() -> async::Task<> {
        const auto camera =
            HttpCamera::listen(co_await jpeg_feed(), {.manners = GetParam()}, base::Log{}).value();
        PictureSource source(mjpeg(camera->stream_url()), surroundings());
        const Seen seen = co_await watch(source, 10);
        EXPECT_EQ(seen.tracks.at(0).codec, Codec::H264);
        EXPECT_TRUE(read_key(seen));
        for (std::size_t i = 1; i < seen.units.size(); ++i)
            EXPECT_GT(seen.units[i]->pts, seen.units[i - 1]->pts);
        co_await camera->stop();
    });
}
INSTANTIATE_TEST_SUITE_P(MjpegSource, Manners,
                         testing::Values(HttpCameraOptions::Manners::Good,
                                         HttpCameraOptions::Manners::NoContentLength,
                                         HttpCameraOptions::Manners::WrongBoundary,
                                         HttpCameraOptions::Manners::DashedBoundary));

using PictureSources = House;

TEST_F(PictureSources, CanPassJpegOnAsItIs) {
    run([&]() -> async::Task<> {
        const auto camera = HttpCamera::listen(co_await jpeg_feed(), {}, base::Log{}).value();
        PictureSource source(mjpeg(camera->stream_url()), surroundings(), Pictures::AsTheyAre);
        const Seen seen = co_await watch(source, 5);
        EXPECT_EQ(seen.tracks.at(0).codec, Codec::Mjpeg);
        EXPECT_EQ(seen.tracks.at(0).parameters->width, 640);
        EXPECT_TRUE(read_key(seen));
        co_await camera->stop();
    });
}

TEST_F(PictureSources, FollowAChangeOfSize) {
    run([&]() -> async::Task<> {
        const auto feed = co_await jpeg_feed();
        const auto camera = HttpCamera::listen(feed, {}, base::Log{}).value();
        PictureSource source(mjpeg(camera->stream_url()), surroundings());
        async::TaskGroup tasks(io.get_executor(), base::Log{});
        tasks.spawn("resize", [feed]() -> async::Task<> {
            while (feed->frames() < 10) (void)co_await async::sleep_for(5ms);
            feed->resize(320, 180);
        });
        const Seen seen = co_await watch(source, 25);
        EXPECT_EQ(seen.tracks.at(0).parameters->width, 320);
        const auto keys =
            std::ranges::count_if(seen.units, [](const auto& unit) { return unit->key; });
        EXPECT_EQ(keys, 2);
        EXPECT_EQ(camera->counters().streams, 1U);
        co_await camera->stop();
    });
}

TEST_F(PictureSources, PollSinglePictures) {
    run([&]() -> async::Task<> {
        const auto camera = HttpCamera::listen(co_await jpeg_feed(), {}, base::Log{}).value();
        camera::HttpJpegPoll way;
        way.url = base::Url::parse(camera->snapshot_url()).value();
        way.interval = 60ms;
        PictureSource source(way, surroundings());
        const Seen seen = co_await watch(source, 6);
        EXPECT_EQ(seen.tracks.at(0).codec, Codec::H264);
        EXPECT_TRUE(read_key(seen));
        EXPECT_GE(camera->counters().snapshots, 6U);
        co_await camera->stop();
    });
}

TEST_F(PictureSources, PollWhenAnMjpegAddressGivesOnePicture) {
    run([&]() -> async::Task<> {
        const auto camera = HttpCamera::listen(co_await jpeg_feed(), {}, base::Log{}).value();
        PictureSource source(mjpeg(camera->snapshot_url()), surroundings());
        EXPECT_TRUE(read_key(co_await watch(source, 2)));
        co_await camera->stop();
    });
}

TEST_F(PictureSources, SignInAndSayWhenThePasswordIsWrong) {
    run([&]() -> async::Task<> {
        const auto camera =
            HttpCamera::listen(co_await jpeg_feed(),
                               {.user = "eye", .password = base::Secret("right")}, base::Log{})
                .value();
        camera::HttpMjpeg way = mjpeg(camera->stream_url());
        way.url.user = "eye";
        way.url.password = base::Secret("right");
        PictureSource good(way, surroundings());
        EXPECT_TRUE(read_key(co_await watch(good, 2)));
        way.url.password = base::Secret("wrong");
        PictureSource bad(way, surroundings());
        const base::Error error = co_await failure(bad);
        EXPECT_EQ(error.kind(), base::ErrorKind::Unauthenticated);
        EXPECT_EQ(error.reason(), "wrong-password");
        EXPECT_EQ(error.message().find("wrong"), std::string::npos) << error.message();
        co_await camera->stop();
    });
}

TEST_F(PictureSources, EndWhenTheCameraHangsUp) {
    run([&]() -> async::Task<> {
        const auto camera = HttpCamera::listen(co_await jpeg_feed(), {}, base::Log{}).value();
        PictureSource source(mjpeg(camera->stream_url()), surroundings());
        (void)co_await watch(source, 2);
        camera->drop_connections();
        co_await camera->stop();
        const base::Error error = co_await failure(source);
        EXPECT_EQ(error.kind(), base::ErrorKind::Unavailable);
        EXPECT_EQ(error.reason(), "refused");
    });
}

TEST_F(PictureSources, SayWhenAnAddressGivesNoPicture) {
    run([&]() -> async::Task<> {
        const auto camera = HttpCamera::listen(co_await jpeg_feed(), {}, base::Log{}).value();
        std::string url = camera->snapshot_url();
        url.replace(url.find("/snapshot.jpg"), std::string::npos, "/index.html");
        PictureSource source(mjpeg(url), surroundings());
        EXPECT_EQ((co_await failure(source)).kind(), base::ErrorKind::NotFound);
        co_await camera->stop();
    });
}

TEST_F(PictureSources, GenerateAPictureWithSound) {
    run([&]() -> async::Task<> {
        sources::generated::GeneratedSource source(
            {.width = 320, .height = 180, .frames_per_second = 20, .audio = true}, "porch",
            surroundings());
        const auto begin = clock.steady_now();
        const Seen seen = co_await watch(source, 30);
        EXPECT_EQ(seen.tracks.size(), 2U);
        EXPECT_TRUE(read_key(seen));
        // 30 frames at 20 per second: not faster than real time.
        EXPECT_GT(clock.steady_now() - begin, 1300ms);
    });
}

// A byte stream of half a second, which is all that a round takes.
std::filesystem::path write_short_film() {
    const auto picture =
        ffmpeg::TestPicture::open({.width = 320, .height = 180, .fps = 25, .audio = std::nullopt})
            .value();
    std::vector<media::AccessUnit> units;
    for (int i = 0; i < 12; ++i)
        EXPECT_TRUE(picture->next(base::WallTime{1'700'000'000s}, {}, units));
    const auto path = std::filesystem::temp_directory_path() /
                      ("casement-film-" + std::to_string(::getpid()) + ".h264");
    std::ofstream out(path, std::ios::binary);
    for (const media::AccessUnit& unit : units) {
        const media::Bytes bytes = formats::to_annexb(
            unit.data, unit.key ? picture->tracks()[0].parameters.get() : nullptr);
        out.write(reinterpret_cast<const char*>(bytes.data()),
                  static_cast<std::streamsize>(bytes.size()));
    }
    return path;
}

TEST_F(PictureSources, PlayAFileAgainAndAgain) {
    const auto path = write_short_film();
    run([&]() -> async::Task<> {
        sources::file::FileSource source({.path = path.string(), .loop = true}, surroundings());
        const auto begin = clock.steady_now();
        const Seen seen = co_await watch(source, 30);
        EXPECT_GT(clock.steady_now() - begin, 1000ms);
        for (std::size_t i = 1; i < seen.units.size(); ++i) {
            EXPECT_NEAR(static_cast<double>(seen.units[i]->pts - seen.units[i - 1]->pts), 3600.0,
                        2.0)
                << i;
            EXPECT_EQ(seen.units[i]->key, i % 12 == 0) << i;
        }
        sources::file::FileSource once({.path = path.string(), .loop = false}, surroundings());
        EXPECT_EQ((co_await failure(once)).kind(), base::ErrorKind::Unavailable);
        sources::file::FileSource nothing({.path = "/nonexistent.mp4", .loop = true},
                                          surroundings());
        EXPECT_EQ((co_await failure(nothing)).kind(), base::ErrorKind::NotFound);
    });
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace casement
