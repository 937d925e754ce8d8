#include "drivers/nest/ways.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "tests/fakes/coroutine.hpp"

namespace casement::drivers::nest {
namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using testing::ElementsAre;

struct Ways : testing::Test {
    WayParts parts() {
        WayParts out;
        out.executor = io.get_executor();
        out.facts = [this]() -> base::Result<WayFacts> { return facts; };
        out.pass = [this](std::optional<WayParts::Pass> refused,
                          Deadline) -> Task<base::Result<WayParts::Pass>> {
            refusals.push_back(refused ? refused->token.reveal() : "");
            if (refused) pass.token = base::Secret(refused->token.reveal() + "+");
            co_return pass;
        };
        out.follow = [](std::string_view, std::uint16_t) -> base::Result<base::Url> {
            return base::fail(ErrorKind::PermissionDenied, "no");
        };
        out.tell = [this](std::string way, std::optional<base::Error>) { told = way; };
        return out;
    }
    static std::vector<std::string> names(const camera::StreamEndpoint& endpoint) {
        std::vector<std::string> out;
        for (const auto& choice : std::get<camera::BestOf>(endpoint.way).choices)
            out.push_back(choice.name);
        return out;
    }
    base::Result<camera::StreamEndpoint> open(const camera::StreamEndpoint& endpoint,
                                              std::size_t choice) {
        return fakes::run(io, std::get<camera::BestOf>(endpoint.way)
                                  .choices.at(choice)
                                  .open(Deadline::in(std::chrono::seconds{5})));
    }

    asio::io_context io{1};
    WayFacts facts{.uuid = "0123",
                   .nexus_api = "https://nexusapi-eu1.dropcam.com",
                   .direct_host = "oculus1-eu1.dropcam.com",
                   .websocket_host = "oculus1-eu1.dropcam.com:80"};
    WayParts::Pass pass{.token = base::Secret("one"), .is_google = true};
    std::vector<std::string> refusals;
    std::string told;
};

TEST_F(Ways, AreThoseThatAreWishedBestFirst) {
    EXPECT_THAT(names(endpoint_by(WishedWay::Auto, parts()).value()),
                ElementsAre("nexustalk", "nexustalk over WebSocket", "snapshots"));
    EXPECT_THAT(names(endpoint_by(WishedWay::Snapshots, parts()).value()),
                ElementsAre("snapshots"));
    EXPECT_TRUE(endpoint_by(WishedWay::DeviceAccess, parts()).error().is(ErrorKind::Unsupported));
    auto with_access = parts();
    with_access.device_access = [](Deadline) -> Task<base::Result<camera::StreamEndpoint>> {
        co_return base::fail(ErrorKind::Unavailable, "not now");
    };
    const auto all = endpoint_by(WishedWay::Auto, with_access).value();
    EXPECT_THAT(names(all),
                ElementsAre("nexustalk", "nexustalk over WebSocket", "device access", "snapshots"));
    EXPECT_EQ(open(all, 2).error().message(), "not now");
    std::get<camera::BestOf>(all.way).tell(3, std::nullopt);
    EXPECT_EQ(told, "snapshots");
}

TEST_F(Ways, SpeakNexustalkAsTheCameraIsNow) {
    facts.capabilities = {"streaming.cameraprofile.VIDEO_H264_100KBIT_L30",
                          "streaming.cameraprofile.VIDEO_H264_2MBIT_L40"};
    facts.has_microphone_on = false;
    const auto ways = endpoint_by(WishedWay::Auto, parts()).value();
    facts.direct_host = "oculus2-eu1.dropcam.com";  // it has moved since
    const auto way = std::get<camera::PullNexustalk>(open(ways, 0)->way);
    EXPECT_EQ(way.camera, "0123");
    EXPECT_EQ(way.host, "oculus2-eu1.dropcam.com");
    EXPECT_THAT(way.profiles, ElementsAre(9, 8));
    EXPECT_FALSE(way.audio);
    EXPECT_TRUE(std::get<camera::PullNexustalk>(open(ways, 1)->way).is_websocket);
    EXPECT_THAT(picture_profiles({}), ElementsAre(9, 7, 8));
}

TEST_F(Ways, KeepALiveStreamAliveAtThePaceOfTheHub) {
    auto fast = parts();
    fast.time_scale = 0.02;
    const auto ways = endpoint_by(WishedWay::Auto, fast).value();
    EXPECT_EQ(std::get<camera::PullNexustalk>(open(ways, 0)->way).ping_every,
              std::chrono::milliseconds{300});
}

TEST_F(Ways, TellWhatWasRefusedAndNothingElse) {
    const auto ways = endpoint_by(WishedWay::Auto, parts()).value();
    const auto way = std::get<camera::PullNexustalk>(open(ways, 0)->way);
    const auto ask = [&](bool is_refused) {
        return fakes::run(io, way.proof(is_refused, Deadline::in(std::chrono::seconds{5})))
            ->token.reveal();
    };
    EXPECT_EQ(ask(false), "one");
    EXPECT_EQ(ask(true), "one+");
    EXPECT_EQ(ask(true), "one++");
    EXPECT_EQ(ask(false), "one++");
    EXPECT_THAT(refusals, ElementsAre("", "one", "one+", ""));
}

TEST_F(Ways, TellWhenAServerDoesNotReachTheCamera) {
    auto telling = parts();
    int told = 0;
    telling.not_reached = [&] { ++told; };
    telling.news = std::make_shared<const std::atomic<std::uint32_t>>(7);
    const auto ways = endpoint_by(WishedWay::Auto, telling).value();
    EXPECT_EQ(std::get<camera::BestOf>(ways.way).news->load(), 7U);
    std::get<camera::PullNexustalk>(open(ways, 0)->way).not_reached();
    EXPECT_EQ(told, 0);  // on the driver's executor
    io.restart();
    io.run();
    EXPECT_EQ(told, 1);
}

TEST_F(Ways, AskForPicturesWithWhatTheKindOfAccountShows) {
    auto wide = parts();
    wide.width = 640;
    wide.interval = std::chrono::seconds{5};
    const auto ways = endpoint_by(WishedWay::Snapshots, wide).value();
    const auto way = std::get<camera::AskPictures>(open(ways, 0)->way);
    EXPECT_EQ(way.url.without_credentials(),
              "https://nexusapi-eu1.dropcam.com/get_image?uuid=0123&width=640");
    EXPECT_EQ(way.interval, std::chrono::seconds{5});
    const auto field = [&] {
        return fakes::run(io, way.proof(false, Deadline::in(std::chrono::seconds{5})))->at(0);
    };
    EXPECT_EQ(field().first, "Authorization");
    EXPECT_EQ(field().second.reveal(), "Basic one");
    pass.is_google = false;
    EXPECT_EQ(field().first, "Cookie");
    EXPECT_EQ(field().second.reveal(), "website_2=one");
}

TEST_F(Ways, GoOnFilmingBesideWhateverIsWished) {
    auto filming = parts();
    EXPECT_FALSE(std::get<camera::BestOf>(endpoint_by(WishedWay::Auto, filming)->way).beside);
    filming.films = camera::Films{.folder = "/films", .name = "door"};
    for (const auto wished : {WishedWay::Auto, WishedWay::Nexustalk, WishedWay::Snapshots}) {
        const auto ways = endpoint_by(wished, filming).value();
        const auto& beside = std::get<camera::BestOf>(ways.way).beside;
        ASSERT_TRUE(beside);
        EXPECT_EQ(beside->name, "snapshots") << "as the choice is called that does the same";
        const auto opened = fakes::run(io, beside->open(Deadline::in(std::chrono::seconds{5})));
        EXPECT_EQ(std::get<camera::AskPictures>(opened.value().way).films, filming.films);
    }
}

TEST_F(Ways, TakeATurnForEachPictureWhereTheCameraIsNow) {
    std::vector<std::string> asked, told;
    auto counted = parts();
    counted.turn = [&](const base::Url& url) {
        asked.push_back(url.host);
        return camera::AskPictures::Turn{.wait = std::chrono::milliseconds{7}, .why = {}};
    };
    counted.answered = [&](const base::Url& url, int status, std::string_view retry_after) {
        told.push_back(fmt::format("{} {} {}", url.host, status, retry_after));
    };
    const auto ways = endpoint_by(WishedWay::Snapshots, counted).value();
    const auto way = std::get<camera::AskPictures>(open(ways, 0)->way);
    const auto turn = [&] {
        return fakes::run(io, way.turn(Deadline::in(std::chrono::seconds{5})));
    };
    facts.nexus_api = "https://nexusapi-us1.dropcam.com";  // it has moved since
    const auto given = turn();
    ASSERT_TRUE(given);
    EXPECT_EQ(given->wait, std::chrono::milliseconds{7});
    EXPECT_EQ(given->url->host, "nexusapi-us1.dropcam.com");
    EXPECT_THAT(asked, ElementsAre("nexusapi-us1.dropcam.com"));
    way.answered(*given->url, 429, "30");
    EXPECT_THAT(told, testing::IsEmpty()) << "on the driver's executor";
    ASSERT_TRUE(turn());
    EXPECT_THAT(told, ElementsAre("nexusapi-us1.dropcam.com 429 30")) << "before the next turn";
    facts.is_legacy = false;
    EXPECT_TRUE(turn().error().is(ErrorKind::FailedPrecondition));
}

TEST_F(Ways, AreClosedWhereTheVendorSaysSo) {
    const auto ways = endpoint_by(WishedWay::Auto, parts()).value();
    facts.is_online = false;
    EXPECT_EQ(open(ways, 0).error().reason(), "no-route");
    EXPECT_TRUE(open(ways, 2));  // its server says itself when the camera is back
    facts.is_online = true;
    facts.is_streaming = false;
    EXPECT_EQ(open(ways, 0).error().reason(), "off");
    EXPECT_TRUE(open(ways, 2));
    facts.is_streaming = true;
    facts.direct_host.clear();
    EXPECT_EQ(open(ways, 0).error().reason(), "pictures-only");
    facts.is_legacy = false;
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_TRUE(open(ways, i).error().is(ErrorKind::FailedPrecondition));
}

}  // namespace
}  // namespace casement::drivers::nest
