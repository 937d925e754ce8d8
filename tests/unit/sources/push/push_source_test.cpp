#include "sources/push/push_source.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "async/task_group.hpp"
#include "hub/stream.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/coroutine.hpp"

namespace casement::sources::push {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::ErrorKind;
using What = camera::PushNews::What;

media::Tracks tracks() {
    auto parameters = std::make_shared<media::CodecParameters>();
    parameters->codec = media::Codec::H264;
    media::Track track;
    track.parameters = parameters;
    return {track};
}

/// A camera that wants to be asked, and a fake clock for how long it has been silent.
struct AskedCamera : testing::Test {
    AskedCamera() {
        way.key = base::Secret("a1b2c3d4");
        way.application = base::Secret("0123456789abcdef0123456789abcdef");
        way.ask_every = 1ms;
        way.request = [this](Deadline) -> Task<base::Result<>> {
            ++asked;
            co_return answer;
        };
        way.stop = [this](Deadline) -> Task<base::Result<>> {
            ++stopped;
            co_return base::Result<>{};
        };
        way.tell = [this](const camera::PushNews& news) {
            told.push_back(news.what);
            if (news.what == What::Came) address = news.address;
        };
    }
    /// Runs the source beside `body`, then closes it.
    void play(std::function<Task<>()> body) {
        source = std::make_unique<PushSource>(door, "nursery", way, clock);
        fakes::run(io, [](AskedCamera& t, std::function<Task<>()> b) -> Task<> {
            async::TaskGroup group(t.io.get_executor(), base::Log{});
            group.spawn("source", [&t]() -> Task<> {
                hub::StreamWriter writer(t.stream);
                (void)co_await t.source->run(writer);
            });
            co_await t.looks();
            co_await b();
            co_await group.stop();
            co_await t.source->close(Deadline::in(1s));
        }(*this, std::move(body)));
    }
    Task<> looks() {
        clock.advance(1ms);
        (void)co_await async::sleep_for(20ms);  // real time: it looks every millisecond
    }
    std::unique_ptr<hub::Publication> knock(std::string_view key) {
        auto got = door.knock(key, "10.0.0.9:40123", [this](const base::Error&) { ++evicted; });
        if (!got) refusal = got.error().reason();
        return got ? std::move(*got) : nullptr;
    }
    void picture(hub::Publication& publication) {
        publication.writer().set_tracks(tracks());
        media::AccessUnit unit;
        unit.key = true;
        unit.dts = unit.pts = ++pictures * 9000;
        publication.writer().publish(std::move(unit));
    }

    const std::string good = "0123456789abcdef0123456789abcdef/a1b2c3d4";
    fakes::Clock clock;
    asio::io_context io{1};
    hub::PushDoor door;
    std::shared_ptr<hub::Stream> stream =
        std::make_shared<hub::Stream>("nursery", hub::GopLogLimits{}, clock, base::Log{});
    camera::ExpectPush way;
    std::unique_ptr<PushSource> source;
    base::Result<> answer;
    int asked = 0, stopped = 0, evicted = 0, pictures = 0;
    std::vector<What> told;
    std::string address, refusal;
};

TEST_F(AskedCamera, IsAskedUntilPicturesComeAndToStopAtTheEnd) {
    play([this]() -> Task<> {
        EXPECT_GE(asked, 1);
        EXPECT_TRUE(source->waits_for_peer());
        const auto publication = knock(good);
        EXPECT_TRUE(publication);
        if (!publication) co_return;
        picture(*publication);
        co_await looks();
        EXPECT_FALSE(source->waits_for_peer());
        const int before = asked;
        co_await looks();
        EXPECT_EQ(asked, before);
        EXPECT_EQ(stopped, 0);
    });
    EXPECT_EQ(stopped, 1);
    EXPECT_EQ(address, "10.0.0.9");
    EXPECT_EQ(told.front(), What::Came);
}

TEST_F(AskedCamera, IsAskedAgainWhenItsPublisherIsLost) {
    play([this]() -> Task<> {
        auto publication = knock(good);
        picture(*publication);
        co_await looks();
        const int before = asked;
        publication.reset();
        co_await looks();
        EXPECT_GT(asked, before);
        EXPECT_EQ(told.back(), What::Left);
    });
}

TEST_F(AskedCamera, IsAskedAgainWhenItsPictureStandsStillAndTakesUpWhereItStopped) {
    play([this]() -> Task<> {
        const auto publication = knock(good);
        picture(*publication);
        co_await looks();
        const int before = asked;
        clock.advance(4900ms);
        co_await looks();
        EXPECT_EQ(asked, before);
        clock.advance(200ms);
        co_await looks();
        EXPECT_GT(asked, before);
        EXPECT_EQ(told.back(), What::Stalled);
        EXPECT_TRUE(source->waits_for_peer());
        EXPECT_EQ(source->waits_because()->reason(), "stalled");
        picture(*publication);
        co_await looks();
        EXPECT_FALSE(source->waits_for_peer());
        EXPECT_FALSE(source->waits_because());
        EXPECT_EQ(told.back(), What::Picture);
    });
}

TEST_F(AskedCamera, SaysWhyItRefuses) {
    answer = base::fail_because("seats-full", ErrorKind::FailedPrecondition, "full");
    play([this]() -> Task<> {
        EXPECT_EQ(source->waits_because()->reason(), "seats-full");
        answer = {};
        co_await looks();
        EXPECT_FALSE(source->waits_because());
    });
}

TEST_F(AskedCamera, IsNotLetInWithoutItsWholeSecret) {
    play([this]() -> Task<> {
        EXPECT_FALSE(knock("a1b2c3d4"));
        EXPECT_FALSE(knock("local/a1b2c3d4"));
        EXPECT_FALSE(knock("0123456789abcdef0123456789abcdee/a1b2c3d4"));
        EXPECT_EQ(refusal, "wrong-key");
        EXPECT_TRUE(knock(good));
        co_return;
    });
}

TEST_F(AskedCamera, IsNotLetInFromAnotherAddress) {
    way.from_address = "10.0.0.8";
    play([this]() -> Task<> {
        EXPECT_FALSE(knock(good));
        EXPECT_EQ(refusal, "wrong-peer");
        co_return;
    });
    way.from_address = "10.0.0.9";
    play([this]() -> Task<> {
        EXPECT_TRUE(knock(good));
        co_return;
    });
}

TEST_F(AskedCamera, OneThatIsNeverAskedKeepsItsPublisherHoweverSilent) {
    way.request = nullptr;
    way.application = base::Secret();
    play([this]() -> Task<> {
        const auto publication = knock("a1b2c3d4");
        EXPECT_TRUE(publication);
        clock.advance(1h);
        co_await looks();
        EXPECT_FALSE(source->waits_for_peer());
    });
    EXPECT_EQ(stopped, 0);
    EXPECT_EQ(asked, 0);
}

}  // namespace
}  // namespace casement::sources::push
