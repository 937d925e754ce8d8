#include "drivers/nanit/media.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "base/base64.hpp"
#include "base/byte_reader.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/temp_directory.hpp"
#include "tests/unit/drivers/nanit/scripted_control.hpp"

namespace casement::drivers::nanit {
namespace {

using namespace std::chrono_literals;
using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using testing::AnyOf;
using testing::ElementsAre;
using What = camera::PushNews::What;

/// A token of which nothing matters but its end.
base::Secret token_until(base::WallTime end, char name) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch());
    const std::string body = fmt::format("{{\"exp\":{}}}", seconds.count());
    std::string text = base::base64_encoded(base::as_bytes(body));
    std::erase(text, '=');
    return base::Secret(fmt::format("h{}.{}.sig", name, text));
}

/// Hours pass in seconds: real time, a thousand times as fast.
struct NanitMedia : testing::Test {
    NanitMedia() {
        options.baby = "a1b2c3d4";
        options.application = base::Secret("0123456789abcdef0123456789abcdef");
        options.hub_host = "192.168.1.10";
        options.time_scale = 0.001;
        token = token_until(clock.wall_now() + 3h, 'a');
    }
    void play(std::function<Task<>()> body) {
        Media::Parts parts{
            .control = control,
            .token = [this](Deadline) -> Task<Result<base::Secret>> { co_return token; },
            .renewed = [this](base::Secret, Deadline) -> Task<Result<base::Secret>> {
                ++renewals;
                if (!vendor_renews) co_return base::fail(ErrorKind::Unavailable, "no");
                token = token_until(clock.wall_now() + 3h, 'b');
                co_return token;
            },
            .found_at = [this](const std::string& at) { address = at; },
            .changed = {},
            .clock = clock,
            .log = {}};
        media = Media::make(io.get_executor(), std::move(parts), options);
        way = std::get<camera::ChangeOver>(media->endpoint().way);
        fakes::run(io, [](NanitMedia& t, std::function<Task<>()> b) -> Task<> {
            co_await b();
            co_await t.media->stop(Deadline::in(1s));
        }(*this, std::move(body)));
    }
    Task<Result<>> request() { return way.first.request(Deadline::in(1s)); }
    /// For what Media does by itself.
    static Task<> pass(std::chrono::milliseconds time) {
        (void)co_await async::sleep_for(time);  // real time: a thousand times as fast
    }
    Task<> goes_live() {
        (void)co_await request();
        co_await pass(2ms);
        way.first.tell({What::Came, "192.168.1.77"});
        way.first.tell({What::Picture});
        co_await pass(2ms);
    }

    base::SystemClock clock;
    asio::io_context io{1};
    ScriptedControl control;
    MediaOptions options;
    base::Secret token;
    bool vendor_renews = true;
    int renewals = 0;
    std::string address;
    std::shared_ptr<Media> media;
    camera::ChangeOver way;
    const std::string local = "rtmp://192.168.1.10:1935/0123456789abcdef0123456789abcdef/a1b2c3d4";
};

TEST_F(NanitMedia, TellsTheCameraWhereToPublishAndToStopAtTheEnd) {
    play([this]() -> Task<> {
        EXPECT_TRUE(co_await request());
        co_await pass(2ms);
        EXPECT_EQ(control.asked.size(), 1u);
        EXPECT_EQ(control.last.type(), protocols::nanit::kPutStreaming);
        EXPECT_EQ(control.last.streaming().id(), protocols::nanit::kMobile);
        EXPECT_EQ(control.last.streaming().status(), protocols::nanit::kStarted);
        EXPECT_EQ(control.last.streaming().attempts(), 1);
        EXPECT_EQ(control.last.streaming().rtmp_url(), local);
        EXPECT_EQ(control.asked[0].urgency, Urgency::Media);
        EXPECT_EQ(media->state(), Media::State::Requesting);
        way.first.tell({What::Came, "192.168.1.77"});
        way.first.tell({What::Picture});
        co_await pass(2ms);
        EXPECT_EQ(media->state(), Media::State::Live);
        EXPECT_EQ(media->from(), Media::From::Lan);
        EXPECT_EQ(address, "192.168.1.77");
    });
    ASSERT_EQ(control.asked.size(), 2u);
    EXPECT_FALSE(control.asked[1].starts);
    EXPECT_EQ(control.asked[1].url, local);
}

TEST_F(NanitMedia, RemindsACameraThatPublishesWithoutUrgency) {
    play([this]() -> Task<> {
        co_await goes_live();
        co_await pass(1000ms);  // 1000 s at this scale
        EXPECT_GE(control.asked.size(), 3u);
        EXPECT_LE(control.asked.size(), 4u);
        EXPECT_TRUE(control.asked.back().starts);
        EXPECT_EQ(control.asked.back().urgency, Urgency::Background);
    });
}

TEST_F(NanitMedia, AsksAtOnceOnANewConnectionForAllThatRuns) {
    play([this]() -> Task<> {
        co_await goes_live();
        const auto spare = co_await way.spare(Deadline::in(1s));
        EXPECT_TRUE(spare);
        control.asked.clear();
        control.connect(Road::None);
        co_await pass(2ms);
        EXPECT_TRUE(control.asked.empty());
        control.connect(Road::Cloud);
        co_await pass(2ms);
        EXPECT_THAT(control.story(), ElementsAre("+local", "+relay"));
        for (const auto& asked : control.asked) EXPECT_EQ(asked.urgency, Urgency::Media);
    });
}

TEST_F(NanitMedia, SaysWhyTheCameraDoesNotCome) {
    control.answer = [](const ScriptedControl::Asked&) { return "slots-full"; };
    play([this]() -> Task<> {
        (void)co_await request();
        co_await pass(2ms);
        const auto refused = co_await request();
        EXPECT_FALSE(refused);
        EXPECT_EQ(refused.error().reason(), "seats-full");
        EXPECT_EQ(media->state(), Media::State::SlotsFull);
        co_await pass(150ms);
        EXPECT_EQ(control.asked.size(), 1u);
        control.answer = nullptr;
        co_await pass(200ms);
        EXPECT_GE(control.asked.size(), 2u);
        EXPECT_EQ(media->state(), Media::State::Requesting);
    });
}

TEST_F(NanitMedia, LeavesASleepingCameraAloneInBothWays) {
    play([this]() -> Task<> {
        media->set_sleeping(true);
        const auto refused = co_await request();
        EXPECT_EQ(refused.error().reason(), camera::kSleeping);
        const auto spare = co_await way.spare(Deadline::in(1s));
        EXPECT_EQ(spare.error().reason(), camera::kSleeping);
        co_await pass(100ms);
        EXPECT_TRUE(control.asked.empty());
        EXPECT_EQ(media->state(), Media::State::Sleeping);
        media->set_sleeping(false);
        co_await pass(10ms);
        EXPECT_THAT(control.story(), ElementsAre("+local"));
    });
}

TEST_F(NanitMedia, TellsTheCameraOfTheRelayBeforeItIsPlayedAndToStopAfterwards) {
    play([this]() -> Task<> {
        const auto spare = co_await way.spare(Deadline::in(1s));
        EXPECT_TRUE(spare);
        const std::string url = "rtmps://media-secured.nanit.com/nanit/a1b2c3d4." + token.reveal();
        const auto& pull = std::get<camera::PullRtmp>(spare->way);
        EXPECT_EQ(pull.url.scheme + "://" + pull.url.host + pull.url.path, url);
        EXPECT_EQ(control.asked.at(0).url, url);
        EXPECT_TRUE(control.asked.at(0).starts);
        EXPECT_EQ(renewals, 0);
        EXPECT_FALSE(spare->lease->extend);
        EXPECT_TRUE(co_await spare->lease->release(Deadline::in(1s)));
        EXPECT_EQ(control.asked.size(), 2u);
        EXPECT_FALSE(control.asked.at(1).starts);
        EXPECT_EQ(control.asked.at(1).url, url);
        EXPECT_TRUE(co_await spare->lease->release(Deadline::in(1s)));
        EXPECT_EQ(control.asked.size(), 2u);
    });
}

TEST_F(NanitMedia, AnAddressAtTheRelayLasts45MinutesAndNeverLongerThanItsToken) {
    options.time_scale = 1;
    play([this]() -> Task<> {
        auto spare = co_await way.spare(Deadline::in(1s));
        EXPECT_NEAR(static_cast<double>((spare->lease->expires_at - clock.wall_now()) / 1s), 2700,
                    2);
        vendor_renews = false;
        token = token_until(clock.wall_now() + 20min, 'c');
        spare = co_await way.spare(Deadline::in(1s));
        EXPECT_EQ(renewals, 1);
        EXPECT_NEAR(static_cast<double>((spare->lease->expires_at - clock.wall_now()) / 1s), 900,
                    2);
    });
}

TEST_F(NanitMedia, ATokenWithLessThan55MinutesIsRenewedFirst) {
    options.time_scale = 1;
    token = token_until(clock.wall_now() + 54min, 'a');
    play([this]() -> Task<> {
        EXPECT_TRUE(co_await way.spare(Deadline::in(1s)));
        EXPECT_EQ(renewals, 1);
        EXPECT_THAT(control.asked.at(0).url, testing::HasSubstr(token.reveal()));
        token = token_until(clock.wall_now() + 56min, 'a');
        EXPECT_TRUE(co_await way.spare(Deadline::in(1s)));
        EXPECT_EQ(renewals, 1);
    });
}

TEST_F(NanitMedia, ItsOwnRelayGivesTheSeatAwayThatTheCameraMisses) {
    int full = 1;
    control.answer = [&full](const ScriptedControl::Asked& asked) {
        return !asked.url.starts_with("rtmps") && asked.starts && full-- > 0 ? "slots-full" : "";
    };
    play([this]() -> Task<> {
        EXPECT_TRUE(co_await way.spare(Deadline::in(1s)));
        (void)co_await request();
        co_await pass(2ms);
        EXPECT_THAT(control.story(), ElementsAre("+relay", "+local", "-relay", "+local"));
        EXPECT_TRUE(co_await request());
    });
}

TEST_F(NanitMedia, TakesNoThirdSeatBesideTheLocalConnection) {
    control.connect(Road::Local);
    play([this]() -> Task<> {
        EXPECT_TRUE(co_await way.spare(Deadline::in(1s)));
        (void)co_await request();
        co_await pass(2ms);
        EXPECT_THAT(control.story(), ElementsAre("+relay", "-relay", "+local"));
        // While the camera is on its way here, its seat is not given away again.
        const auto spare = co_await way.spare(Deadline::in(1s));
        EXPECT_EQ(spare.error().reason(), "seats-full");
        // It did not come: it is told to stop, and the relay may have the seat.
        co_await pass(30ms);
        EXPECT_TRUE(co_await way.spare(Deadline::in(1s)));
        EXPECT_THAT(control.story(), ElementsAre("+relay", "-relay", "+local", "-local", "+relay"));
        // Tried again after 30 s, then after twice as long each time: at most four questions each.
        co_await pass(200ms);
        EXPECT_GT(control.asked.size(), 5u);
        EXPECT_LE(control.asked.size(), 5u + 3 * 4);
        EXPECT_THAT((co_await request()).error().reason(), AnyOf("seats-full", "hub-unreachable"));
    });
}

TEST_F(NanitMedia, ACameraThatIsOnlySlowKeepsItsSeat) {
    options.time_scale = 0.01;
    control.connect(Road::Local);
    const auto comes_after = [this](std::chrono::milliseconds time) -> Task<> {
        co_await pass(time);
        way.first.tell({What::Came, "192.168.1.77"});
        way.first.tell({What::Picture});
        co_await pass(120ms);  // 12 s at this scale: a stream that was steady
    };
    const auto leaves = [this]() -> Task<> {
        way.first.tell({What::Left});
        co_await pass(5ms);
    };
    play([&]() -> Task<> {
        (void)co_await request();
        co_await comes_after(60ms);
        way.tell_spare(180ms);  // 18 s at this scale
        co_await leaves();
        EXPECT_THAT(control.story(), ElementsAre("+local", "+local"));
        // It took 60 ms, so it has 120.
        async::TaskGroup tasks(io.get_executor(), base::Log{});
        tasks.spawn("camera", [&] { return comes_after(40ms); });
        const auto spare = co_await way.spare(Deadline::in(1s));
        EXPECT_EQ(spare.error().reason(), "seats-full");
        EXPECT_THAT(control.story(), ElementsAre("+local", "+local"));
        co_await tasks.join();
        // It does not come: the relay gets the seat once it is overdue.
        co_await leaves();
        const auto began = std::chrono::steady_clock::now();
        EXPECT_TRUE(co_await way.spare(Deadline::in(1s)));
        EXPECT_GE(std::chrono::steady_clock::now() - began, 60ms);
        EXPECT_THAT(control.story(), ElementsAre("+local", "+local", "+local", "-local", "+relay"));
    });
}

TEST_F(NanitMedia, AWayThatNobodyWaitsForAnyMoreIsStopped) {
    control.hangs = true;
    play([this]() -> Task<> {
        const auto spare =
            co_await async::with_deadline(Deadline::in(5ms), "spare", way.spare(Deadline::in(1s)));
        EXPECT_FALSE(spare);
        control.hangs = false;
        co_await pass(5ms);
        EXPECT_THAT(control.story(), ElementsAre("+relay", "-relay"));
        EXPECT_EQ(media->from(), Media::From::Nowhere);
    });
}

TEST_F(NanitMedia, StopsAllThatRunsWhenItEnds) {
    play([this]() -> Task<> {
        co_await goes_live();
        EXPECT_TRUE(co_await way.spare(Deadline::in(1s)));
        control.asked.clear();
    });
    EXPECT_THAT(control.story(), ElementsAre("-local", "-relay"));
    media.reset();
    const auto late = fakes::run(io, way.first.request(Deadline::in(1s)));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind(), ErrorKind::Unavailable);
}

TEST_F(NanitMedia, SaysWhatToDoAboutAnAddressThatNoCameraCanReach) {
    for (const char* const host : {"127.0.0.1", "0.0.0.0", "::", "::1", ""}) {
        options.hub_host = host;
        play([this]() -> Task<> {
            const auto refused = co_await request();
            EXPECT_FALSE(refused);
            if (refused) co_return;
            EXPECT_EQ(refused.error().reason(), "hub-unreachable");
            EXPECT_THAT(refused.error().message(), testing::HasSubstr("rtmp.advertise"));
            co_await pass(5ms);
        });
        EXPECT_TRUE(control.asked.empty()) << host;
    }
}

TEST_F(NanitMedia, SendsNoTokenToARelayWithoutTls) {
    for (const char* const relay :
         {"rtmp://media.example", "http://media.example", "rtmp://127.0.0.1:1935", "rtmps:", ""}) {
        options.relay = relay;
        play([this]() -> Task<> { EXPECT_FALSE(co_await way.spare(Deadline::in(1s))); });
        EXPECT_TRUE(control.asked.empty()) << relay;
    }
}

TEST_F(NanitMedia, KeepsItsSecretForEver) {
    fakes::TempDirectory directory;
    const auto sealed = *store::SealedStore::open(directory.path());
    const auto first = kept_application(*sealed, "a1b2c3d4");
    ASSERT_TRUE(first);
    EXPECT_THAT(first->reveal(), testing::MatchesRegex("[0-9a-f]{32}"));
    EXPECT_EQ(*kept_application(*sealed, "a1b2c3d4"), *first);
    EXPECT_NE(*kept_application(*sealed, "b1b2c3d4"), *first);
}

}  // namespace
}  // namespace casement::drivers::nanit
