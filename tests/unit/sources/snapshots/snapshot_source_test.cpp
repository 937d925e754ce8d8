// A picture server that does what a test wants. Real sockets on loopback.

#include "sources/snapshots/snapshot_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "async/task_group.hpp"
#include "ffmpeg/snapshot.hpp"
#include "hub/stream.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/sources/snapshots/pictures.hpp"

namespace casement::sources::snapshots {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::ErrorKind;
using net::Request;
using net::Response;

class Snapshots : public net::tests::Served {
protected:
    void SetUp() override { start(); }
    void add_routes(net::HttpServer& server) override {
        server.route("GET", "/get_image", [this](Request request) -> Task<Response> {
            ++now_asked_;
            most_at_once_ = std::max(most_at_once_, now_asked_);
            requests_.push_back(request);
            Response response = answer_ ? answer_(request) : picture();
            if (slow_ > 0ms) (void)co_await async::sleep_for(slow_);  // real time: a slow server
            --now_asked_;
            co_return response;
        });
    }
    Response picture() {
        const auto& jpeg = jpegs_.at(next_++ % jpegs_.size());
        return Response::bytes("image/jpeg", jpeg);
    }
    camera::AskPictures way() {
        camera::AskPictures out;
        out.url = base::Url::parse(url("/get_image?uuid=0123&width=640")).value();
        out.interval = 20ms;
        out.when_off = out.when_down = out.when_busy = 100ms;
        out.proof = [this](bool is_refused,
                           Deadline) -> Task<base::Result<camera::AskPictures::Fields>> {
            if (is_refused) ++renewals_;
            camera::AskPictures::Fields fields;
            fields.emplace_back("Cookie",
                                base::Secret(fmt::format("website_2=secret{}", renewals_)));
            co_return fields;
        };
        return out;
    }
    /// Runs the source until `enough`, or for 20 s; answers its error where it ended by itself.
    std::optional<base::Error> play(camera::AskPictures way, std::function<bool()> enough) {
        source_ = std::make_unique<SnapshotSource>(std::move(way),
                                                   Surroundings{pool_, clock_, base::Log{}});
        std::optional<base::Error> error;
        loop_.run([&]() -> Task<> {
            async::TaskGroup tasks(loop_.executor(), base::Log{});
            reader_.emplace(stream_->subscribe(loop_.executor(), {}));
            tasks.spawn("read", [this] { return read(); });
            tasks.spawn("source", [&]() -> Task<> {
                hub::StreamWriter writer(stream_);
                const auto ended = co_await source_->run(writer);
                if (!ended && !ended.error().is(ErrorKind::Cancelled)) error = ended.error();
            });
            for (int i = 0; i < 4000 && !error && !enough(); ++i)
                (void)co_await async::sleep_for(5ms);  // real time: pictures cross sockets
            co_await tasks.stop();
            co_await source_->close(Deadline::in(1s));
            reader_.reset();
        });
        return error;
    }
    Task<> read() {
        for (;;) {
            const auto item = co_await reader_->next();
            if (!item) co_return;
            if (const auto* change = std::get_if<hub::ParametersChanged>(&*item))
                tracks_ = *change->tracks;
            if (const auto* unit = std::get_if<media::AccessUnitPtr>(&*item))
                units_.push_back(**unit);
        }
    }
    std::vector<std::int64_t> shown() const {
        std::vector<std::int64_t> out;
        if (tracks_.empty()) return out;
        for (const auto& p : ffmpeg::test::decode_all(*tracks_[0].parameters, units_))
            out.push_back(ffmpeg::read_test_picture(p)->frame);
        return out;
    }

    base::SystemClock clock_;
    async::BlockingPool pool_{"pictures", 2};
    std::shared_ptr<hub::Stream> stream_ =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock_, base::Log{});
    std::vector<media::Bytes> jpegs_ = test::pictures(60);
    std::size_t next_ = 0;
    std::function<Response(const Request&)> answer_;
    std::chrono::milliseconds slow_{0};
    int now_asked_ = 0, most_at_once_ = 0, renewals_ = 0;
    std::vector<Request> requests_;
    std::unique_ptr<SnapshotSource> source_;
    std::optional<hub::Reader> reader_;
    media::Tracks tracks_;
    std::vector<media::AccessUnit> units_;
};

TEST_F(Snapshots, BecomeAStreamInTrueTime) {
    EXPECT_FALSE(play(way(), [&] { return units_.size() >= 20; }));
    ASSERT_GE(units_.size(), 20U);
    EXPECT_EQ(shown(), test::counted(0, static_cast<std::int64_t>(units_.size())));
    for (std::size_t i = 1; i < units_.size(); ++i) {
        const double apart = static_cast<double>(units_[i].pts - units_[i - 1].pts) / 90.0;
        const std::chrono::duration<double, std::milli> received =
            units_[i].received_at - units_[i - 1].received_at;
        EXPECT_NEAR(apart, received.count(), 1.0);
    }
}

TEST_F(Snapshots, AreAskedForAsTheVendorKnowsIt) {
    play(way(), [&] { return requests_.size() >= 10; });
    std::set<std::string> busters;
    for (const Request& request : requests_) {
        EXPECT_EQ(request.query_value("uuid"), "0123");
        EXPECT_EQ(request.query_value("width"), "640");
        EXPECT_EQ(request.headers.get("Cookie"), "website_2=secret0");
        EXPECT_EQ(request.headers.get("Accept"), "image/jpeg");
        busters.insert(request.query_value("cachebuster").value_or(""));
    }
    EXPECT_EQ(busters.size(), requests_.size());
}

TEST_F(Snapshots, AreAskedForOneAtATimeHoweverSlowTheServer) {
    slow_ = 50ms;
    play(way(), [&] { return requests_.size() >= 6; });
    EXPECT_EQ(most_at_once_, 1);
}

TEST_F(Snapshots, ThatAreTheSameComeOnce) {
    answer_ = [this](const Request&) {
        return Response::bytes("image/jpeg", jpegs_.at(requests_.size() / 4));
    };
    play(way(), [&] { return requests_.size() >= 20; });
    EXPECT_LE(units_.size(), 6U);
    EXPECT_EQ(shown(), test::counted(0, static_cast<std::int64_t>(units_.size())));
}

TEST_F(Snapshots, ThatAreNoneAreNoFault) {
    answer_ = [this](const Request&) {
        switch (requests_.size() % 4) {
            case 0:
                return Response::empty(204);
            case 1:
                return Response::empty(200);
            case 2:
                return Response::text(200, "<html>busy</html>", "text/html");
            default:
                return picture();
        }
    };
    EXPECT_FALSE(play(way(), [&] { return units_.size() >= 5; }));
    EXPECT_EQ(shown(), test::counted(0, static_cast<std::int64_t>(units_.size())));
}

TEST_F(Snapshots, ThatAreCutShortOrBrokenAreNotShown) {
    answer_ = [this](const Request&) {
        if (requests_.size() % 2 == 0) return picture();
        std::vector<std::uint8_t> cut(jpegs_[0].begin(), jpegs_[0].end());
        if (requests_.size() % 4 == 1)
            cut.resize(cut.size() / 2);
        else
            cut = {0xFF, 0xD8, 0xFF, 0xD9};
        return Response::bytes("image/jpeg", std::move(cut));
    };
    EXPECT_FALSE(play(way(), [&] { return units_.size() >= 5; }));
    EXPECT_EQ(shown(), test::counted(0, static_cast<std::int64_t>(units_.size())));
    EXPECT_GE(stream_->status().counters.lost_in, 4U);
}

TEST_F(Snapshots, EndWithAReasonWhenNothingElseComes) {
    answer_ = [](const Request&) { return Response::text(200, "RIFF....WEBP", "image/webp"); };
    const auto error = play(way(), [] { return false; });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->reason(), "codec");
    EXPECT_THAT(error->message(), testing::HasSubstr("image/webp"));
    EXPECT_EQ(requests_.size(), 10U);
}

TEST_F(Snapshots, SignInAnewOnceWhenTheyAreRefused) {
    answer_ = [this](const Request& request) {
        const bool is_good = request.headers.get("Cookie") == "website_2=secret1";
        return is_good ? picture() : Response::empty(403);
    };
    EXPECT_FALSE(play(way(), [&] { return units_.size() >= 5; }));
    EXPECT_EQ(renewals_, 1);
    EXPECT_EQ(requests_[0].headers.get("Cookie"), "website_2=secret0");
    EXPECT_EQ(requests_[1].headers.get("Cookie"), "website_2=secret1");
}

TEST_F(Snapshots, EndWhenTheNewSignInIsRefusedToo) {
    answer_ = [](const Request&) { return Response::empty(401); };
    const auto error = play(way(), [] { return false; });
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->is(ErrorKind::Unauthenticated));
    EXPECT_EQ(requests_.size(), 2U);
    EXPECT_EQ(renewals_, 1);
}

TEST_F(Snapshots, WaitWhileTheCameraIsOffAndGoOn) {
    std::optional<base::Error> said;
    answer_ = [&](const Request&) {
        if (requests_.size() == 9) said = source_->waits_because();
        return requests_.size() > 5 && requests_.size() < 9 ? Response::empty(404) : picture();
    };
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(play(way(), [&] { return units_.size() >= 10; }));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
    ASSERT_TRUE(said);
    EXPECT_EQ(said->reason(), "off");
    EXPECT_FALSE(source_->waits_for_peer());
    const auto first_after =
        std::ranges::find_if(units_.begin() + 1, units_.end(), &media::AccessUnit::discontinuity);
    ASSERT_NE(first_after, units_.end());
    EXPECT_TRUE(first_after->key);
}

TEST_F(Snapshots, GoOnAlthoughASlateWasShownMeanwhile) {
    answer_ = [&](const Request&) {
        if (requests_.size() == 4) hub::StreamWriter(stream_, hub::Claim::Filler);
        return requests_.size() == 4 ? Response::empty(404) : picture();
    };
    EXPECT_FALSE(play(way(), [&] { return units_.size() >= 8; }));
    EXPECT_GE(units_.size(), 8U);
}

TEST_F(Snapshots, TakeATurnForEachRequestAndTellWhatCameOfIt) {
    int turns = 0;
    std::vector<std::pair<int, std::string>> told;
    auto counted = way();
    counted.turn = [&](Deadline) -> Task<base::Result<camera::AskPictures::Turn>> {
        EXPECT_EQ(requests_.size(), static_cast<std::size_t>(turns)) << "one each";
        ++turns;
        co_return camera::AskPictures::Turn{};
    };
    counted.answered = [&](base::Url url, int status, std::string retry_after) {
        EXPECT_TRUE(url.query.starts_with("uuid=0123"));
        told.emplace_back(status, std::move(retry_after));
    };
    answer_ = [&](const Request&) {
        if (requests_.size() == 2) return Response::empty(403);
        if (requests_.size() == 4) return Response::text(429, "").with("Retry-After", "1");
        return picture();
    };
    EXPECT_FALSE(play(counted, [&] { return units_.size() >= 4; }));
    ASSERT_GE(told.size(), 5U);
    told.resize(5);
    using testing::Pair;
    EXPECT_THAT(told, testing::ElementsAre(Pair(200, ""), Pair(403, ""), Pair(200, ""),
                                           Pair(429, "1"), Pair(200, "")));
}

TEST_F(Snapshots, WaitForTheirTurnAndSayWhyWhereThatTakesLong) {
    int turns = 0;
    std::optional<base::Error> said;
    auto counted = way();
    counted.turn = [&](Deadline) -> Task<base::Result<camera::AskPictures::Turn>> {
        camera::AskPictures::Turn out;
        ++turns;
        if (turns == 3) out.wait = 30ms;  // a bucket that is empty for a moment
        if (turns == 4) EXPECT_FALSE(source_->waits_for_peer());
        if (turns >= 6 && turns < 9) {
            EXPECT_EQ(requests_.size(), 4U) << "not while the host is to be left alone";
            out.wait = 1h;  // looked at again sooner than that
            out.why = base::Error(ErrorKind::ResourceExhausted, "quota", "fewer questions");
        }
        if (turns == 9) said = source_->waits_because();
        co_return out;
    };
    EXPECT_FALSE(play(counted, [&] { return units_.size() >= 8; }));
    ASSERT_TRUE(said);
    EXPECT_EQ(said->reason(), "quota");
    EXPECT_EQ(shown(), test::counted(0, static_cast<std::int64_t>(units_.size())));
}

TEST_F(Snapshots, ComeFromWhereTheCameraIsNow) {
    bool has_moved = false;
    auto moving = way();
    moving.turn = [&](Deadline) -> Task<base::Result<camera::AskPictures::Turn>> {
        camera::AskPictures::Turn out;
        out.url = base::Url::parse(url("/get_image?uuid=0123&width=640&region=eu1")).value();
        if (!has_moved) out.url.reset();
        co_return out;
    };
    answer_ = [&](const Request& request) {
        if (has_moved && !request.query_value("region")) return Response::empty(404);
        has_moved = requests_.size() >= 3;
        return picture();
    };
    EXPECT_FALSE(play(moving, [&] { return units_.size() >= 6; }));
    EXPECT_EQ(units_.size(), requests_.size());
}

TEST_F(Snapshots, AreOneLessWhenAConnectionIsCutAndWaitWhenItGoesOn) {
    const auto cut = [] {
        auto out = Response::stream("image/jpeg", [](net::BodyWriter& writer) -> Task<> {
            writer.stream().close();
            co_return;
        });
        std::get<net::StreamBody>(out.body).content_length = 2;
        return out;
    };
    bool has_waited = false;
    std::optional<base::Error> said;
    // A request over a kept connection that was closed is sent once more by the client itself.
    answer_ = [&](const Request&) {
        const std::size_t number = requests_.size();
        if (number == 9) has_waited = source_->waits_for_peer();
        if (number == 24) said = source_->waits_because();
        const bool is_cut = (number >= 4 && number < 6) || (number >= 14 && number < 24);
        return is_cut ? cut() : picture();
    };
    EXPECT_FALSE(play(way(), [&] { return units_.size() >= 20; }));
    EXPECT_FALSE(has_waited) << "for one that failed";
    EXPECT_TRUE(said);
    EXPECT_EQ(shown(), test::counted(0, static_cast<std::int64_t>(units_.size())));
}

TEST_F(Snapshots, GoNowhereElse) {
    answer_ = [this](const Request&) {
        return Response::empty(302).with("Location", url("/elsewhere"));
    };
    EXPECT_TRUE(play(way(), [] { return false; }));
    EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(Snapshots, BecomeFilmsOfEveryPictureWhateverTheServerDoes) {
    fakes::TempDirectory disk;
    auto filmed = way();
    filmed.films = camera::Films{.folder = disk.path(), .name = "porch", .pictures = 7};
    answer_ = [this](const Request& request) {
        switch (requests_.size() % 9) {
            case 2:
                return Response::empty(500);
            case 4:
                return Response::empty(204);
            case 6:
                return Response::text(429, "").with("Retry-After", "0");
            case 8:
                return request.headers.get("Cookie") == fmt::format("website_2=secret{}", renewals_)
                           ? Response::empty(403)
                           : picture();
            default:
                return picture();
        }
    };
    filmed.when_off = filmed.when_down = filmed.when_busy = 10ms;
    const auto films = [&] { return test::files_in(disk.path("porch/films"), ".mp4").size(); };
    EXPECT_FALSE(play(filmed, [&] { return films() >= 2; }));
    // The second run finds what the first left.
    EXPECT_FALSE(play(filmed, [&] { return films() >= 4; }));
    EXPECT_EQ(test::counters_of_films(disk.path("porch/films")),
              test::counted(0, static_cast<std::int64_t>(7 * films())));
}

TEST_F(Snapshots, LeaveNoFileOfWhatIsNoWholeJpeg) {
    fakes::TempDirectory disk;
    auto filmed = way();
    filmed.films = camera::Films{.folder = disk.path(), .name = "porch", .pictures = 1000};
    filmed.when_off = filmed.when_down = 10ms;
    answer_ = [this](const Request&) {
        const auto& jpeg = jpegs_.front();
        switch (requests_.size() % 8) {
            case 1:
                return Response::text(200, "<!doctype html><p>Maintenance", "text/html");
            case 2:
                return Response::bytes("image/jpeg", jpeg.slice(0, 500));
            case 3:
                return Response::text(200, "RIFF....WEBP", "image/webp");
            case 4:
                return Response::text(404, "\xFF\xD8\xFF no picture \xFF\xD9", "image/jpeg");
            case 5:
                return Response::text(500, "\xFF\xD8\xFF no picture \xFF\xD9", "image/jpeg");
            case 6:
                return Response::empty(200);
            default:
                return picture();
        }
    };
    EXPECT_FALSE(play(filmed, [&] { return units_.size() >= 6; }));
    const auto files = test::files_in(disk.path("porch/pictures"), ".jpg");
    EXPECT_GE(files.size(), 6U);
    EXPECT_LE(files.size(), next_) << "one for each picture at most";
    for (const auto& file : files) {
        const auto bytes = store::read_file(file.string(), 1 << 20).value();
        EXPECT_EQ(std::ranges::count_if(
                      jpegs_, [&](const auto& jpeg) { return base::as_text(jpeg) == bytes; }),
                  1)
            << file;
    }
}

TEST(PictureAnswers, MeanWhatTheVendorMeans) {
    camera::AskPictures way;
    const base::WallTime now = fakes::Clock::kBegin;
    const auto read = [&](int status, net::Headers headers = {}, std::string body = {}) {
        return read_answer(way, {.status = status, .headers = headers, .body = body, .url = {}},
                           now);
    };
    using Kind = Answer::Kind;
    EXPECT_EQ(read(200).kind, Kind::Nothing);
    EXPECT_EQ(read(204).kind, Kind::Nothing);
    EXPECT_EQ(read(200, {}, "no picture").kind, Kind::Broken);
    EXPECT_EQ(read(400).kind, Kind::Wrong);
    EXPECT_EQ(read(401).kind, Kind::Refused);
    EXPECT_EQ(read(403).kind, Kind::Refused);
    EXPECT_EQ(read(404).wait, 60s);
    EXPECT_EQ(read(500).wait, 30s);
    EXPECT_EQ(read(503, {{"Retry-After", "120"}}).wait, 120s);
    EXPECT_EQ(read(503, {{"Retry-After", "1"}}).wait, 30s);
    EXPECT_EQ(read(429).wait, 60s);
    EXPECT_EQ(read(429, {{"Retry-After", "7"}}).wait, 7s);
    EXPECT_EQ(read(429, {{"Retry-After", "0"}}).wait, 1s);
    EXPECT_EQ(read(429, {{"Retry-After", "4294967295"}}).wait, 1h);
    EXPECT_EQ(read(429, {{"Retry-After", "soon"}}).wait, 60s);
    const auto date = net::http_date(std::chrono::floor<std::chrono::seconds>(now) + 90s);
    EXPECT_EQ(read(429, {{"Retry-After", date}}).wait, 90s);
    EXPECT_EQ(read(429).error->reason(), "quota");
}

}  // namespace
}  // namespace casement::sources::snapshots
