#include "sources/rtsp/rtsp_source.hpp"

#include <gtest/gtest.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "hub/stream.hpp"
#include "sources/rtsp/farewell.hpp"
#include "tests/fakes/coroutine.hpp"
#include "tests/fakes/rtsp_camera.hpp"
#include "tests/fakes/temp_directory.hpp"

namespace casement::sources::rtsp {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using async::Task;
using base::ErrorKind;
using base::Result;

class MemoryJournal final : public SessionJournal {
public:
    void opened(OpenSession session) override { open.push_back(std::move(session)); }
    void closed(const OpenSession& session) override { std::erase(open, session); }
    std::vector<OpenSession> open;
};

class RtspPull : public ::testing::Test {
protected:
    fakes::RtspCamera& start(fakes::RtspCameraHabits habits = {}) {
        camera = std::make_unique<fakes::RtspCamera>(io.get_executor(), std::move(habits));
        options.camera = "porch";
        options.url = *base::Url::parse(camera->url());
        options.open_within = 5s;
        options.answer_within = 3s;
        return *camera;
    }
    void log_in_as(std::string_view credentials) {
        options.url = *base::Url::parse(camera->url(credentials));
    }

    /// Runs the source until it ends or `enough` is true, as a supervisor does; then says goodbye.
    Result<> pull(std::function<bool()> enough) {
        auto task = [](RtspPull& t, std::function<bool()> done) -> Task<Result<>> {
            RtspSource source(t.options, t.clock, &t.journal);
            Result<> ended;
            {
                hub::StreamWriter writer(t.stream);
                auto first = co_await (source.run(writer) || wait_for(done, 8s));
                ended = first.index() == 0 ? std::get<0>(std::move(first))
                                           : std::get<1>(std::move(first));
            }
            t.journal_while_playing = t.journal.open;
            co_await source.close(async::Deadline::in(2s));
            (void)co_await async::sleep_for(20ms);  // the camera hears the last words
            co_await t.camera->stop();
            co_return ended;
        };
        return fakes::run(io, task(*this, std::move(enough)));
    }
    static Task<Result<>> wait_for(std::function<bool()> enough,
                                   std::chrono::milliseconds at_most) {
        const auto until = std::chrono::steady_clock::now() + at_most;
        while (!enough()) {
            if (std::chrono::steady_clock::now() > until)
                co_return base::fail(ErrorKind::Internal, "the test waited in vain");
            CASEMENT_CO_TRY(co_await async::sleep_for(2ms));
        }
        co_return Result<>{};
    }
    std::uint64_t units() const { return stream->status().counters.units_in; }
    std::function<bool()> units_reach(std::uint64_t count) {
        return [this, count] { return units() >= count; };
    }

    asio::io_context io{1};
    base::SystemClock clock;
    std::shared_ptr<hub::Stream> stream =
        std::make_shared<hub::Stream>("porch", hub::GopLogLimits{}, clock, base::Log{});
    std::unique_ptr<fakes::RtspCamera> camera;
    RtspOptions options;
    MemoryJournal journal;
    std::vector<OpenSession> journal_while_playing;
};

TEST_F(RtspPull, PublishesWhatComesOverTcpAndSaysGoodbye) {
    auto& cam = start();
    const auto ended = pull(units_reach(60));
    ASSERT_TRUE(ended) << ended.error().message();
    const auto status = stream->status();
    ASSERT_EQ(status.tracks.size(), 2u);
    EXPECT_EQ(status.tracks[0].codec, media::Codec::H264);
    EXPECT_EQ(status.tracks[0].parameters->width, 320);
    EXPECT_EQ(status.tracks[1].clock_rate, 8'000u);
    EXPECT_EQ(status.counters.lost_in, 0u);
    EXPECT_EQ(cam.teardowns, 1);
    EXPECT_TRUE(cam.teardown_sessions.contains(cam.last_session));
    EXPECT_GT(cam.receiver_reports, 0);
    EXPECT_EQ(cam.reports_before_first_sender_report, 0);
    EXPECT_EQ(cam.connects, 1);
}

TEST_F(RtspPull, PublishesTheSameOverUdp) {
    fakes::RtspCameraHabits habits;
    habits.tcp = false;
    auto& cam = start(habits);
    const auto ended = pull(units_reach(60));
    ASSERT_TRUE(ended) << ended.error().message();
    EXPECT_EQ(stream->status().tracks.size(), 2u);
    EXPECT_EQ(stream->status().counters.lost_in, 0u);
    EXPECT_EQ(cam.setups, 2);  // TCP was refused before anybody was asked
    EXPECT_EQ(cam.teardowns, 1);
    EXPECT_GT(cam.receiver_reports, 0);
    EXPECT_EQ(cam.byes, 2);
    EXPECT_EQ(cam.connects, 1);
}

TEST_F(RtspPull, ReceivesInTheRangeThatAGatewayForwards) {
    camera::PullRtsp way;
    way.connection.udp_ports = {41000, 41009};
    const RtspOptions in_range = options_of(way, "porch");
    fakes::RtspCameraHabits habits;
    habits.tcp = false;
    auto& cam = start(habits);
    options.udp_first_port = in_range.udp_first_port;
    options.udp_last_port = in_range.udp_last_port;
    const auto ended = pull(units_reach(60));
    ASSERT_TRUE(ended) << ended.error().message();
    ASSERT_EQ(cam.client_ports.size(), 2u);  // picture and sound
    for (const std::uint16_t port : cam.client_ports) {
        EXPECT_GE(port, 41000);
        EXPECT_LE(port, 41008);
    }
}

TEST_F(RtspPull, LearnsThePortsThatACameraDoesNotTell) {
    fakes::RtspCameraHabits habits;
    habits.tcp = false;
    habits.tells_server_port = false;
    auto& cam = start(habits);
    const auto ended = pull([&] { return units() >= 60 && cam.receiver_reports >= 2; });
    ASSERT_TRUE(ended) << ended.error().message();
}

TEST_F(RtspPull, ReportsBeforeTheFirstSenderReportWhereThatIsAsked) {
    fakes::RtspCameraHabits habits;
    habits.sender_reports = false;
    for (const bool asked : {true, false}) {
        auto& cam = start(habits);
        options.reports_before_first_sender_report = asked;
        options.receiver_report_every = 50ms;
        const auto before = units();
        const auto ended = pull(units_reach(before + 100));
        ASSERT_TRUE(ended) << ended.error().message();
        if (asked)
            EXPECT_GE(cam.reports_before_first_sender_report, 6);  // two tracks, some times 50 ms
        else
            EXPECT_EQ(cam.receiver_reports, 0);
    }
}

TEST_F(RtspPull, KeepsTheSessionAlive) {
    fakes::RtspCameraHabits habits;
    auto& cam = start(habits);
    options.keep_alive = KeepAlive::Options;
    options.keep_alive_every = 1s;
    const auto ended = pull([&] { return cam.keep_alives >= 2; });
    ASSERT_TRUE(ended) << ended.error().message();
}

TEST_F(RtspPull, SignsInAndSaysWhenThePasswordIsWrong) {
    fakes::RtspCameraHabits habits;
    habits.user = "ana";
    habits.password = "secret";
    start(habits);
    log_in_as("ana:secret");
    auto ended = pull(units_reach(10));
    ASSERT_TRUE(ended) << ended.error().message();

    auto& cam = start(habits);
    log_in_as("ana:guess");
    ended = pull([] { return false; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().reason(), "wrong-password");
    EXPECT_EQ(cam.teardowns, 0);  // there was no session
}

TEST_F(RtspPull, SaysThatNobodyListens) {
    start();
    options.url = *base::Url::parse("rtsp://127.0.0.1:1/live");
    const auto ended = pull([] { return false; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().reason(), "refused");
}

TEST_F(RtspPull, TriesUdpWhenTcpCarriesNothing) {
    fakes::RtspCameraHabits habits;
    habits.media_over_tcp = false;
    auto& cam = start(habits);
    options.first_media_within = 200ms;
    const auto ended = pull(units_reach(20));
    ASSERT_TRUE(ended) << ended.error().message();
    EXPECT_EQ(cam.connects, 2);
    EXPECT_EQ(cam.teardowns, 2);
}

TEST_F(RtspPull, TellsItsDriverHowItWent) {
    using What = camera::StreamNews::What;
    using Transport = camera::PullRtsp::Transport;
    std::vector<camera::StreamNews> news;
    fakes::RtspCameraHabits habits;
    habits.tcp = false;
    for (const bool udp_first : {true, false}) {
        start(habits);
        news.clear();
        if (udp_first) options.transports = {Lower::Udp, Lower::Tcp};
        options.tell = [&](camera::StreamNews one) { news.push_back(std::move(one)); };
        const auto before = units();
        ASSERT_TRUE(pull(units_reach(before + 20)));
        ASSERT_EQ(news.size(), 2u);
        EXPECT_EQ(news[0].what, What::Began);
        EXPECT_EQ(news[0].transport, Transport::Udp);
        EXPECT_EQ(news[1].what, What::Ended);
        EXPECT_FALSE(news[1].error) << "nobody wanted it any more";
        options.transports = {Lower::Tcp, Lower::Udp};
    }
}

TEST_F(RtspPull, EndsAtItsAllowanceWithTheDriversWords) {
    auto& cam = start();
    std::vector<camera::StreamNews> news;
    options.tell = [&](camera::StreamNews one) { news.push_back(std::move(one)); };
    options.allowance = camera::Allowance{
        300ms, base::Error(ErrorKind::ResourceExhausted, "battery-budget", "enough for today")};
    const auto before = std::chrono::steady_clock::now();
    const auto ended = pull([] { return false; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().reason(), "battery-budget");
    EXPECT_GE(std::chrono::steady_clock::now() - before, 300ms);
    EXPECT_GT(units(), 0u);
    EXPECT_EQ(cam.teardowns, 1);
    ASSERT_EQ(news.size(), 2u);
    EXPECT_EQ(news[1].error->reason(), "battery-budget");
}

TEST_F(RtspPull, SaysWhatTheDriverKnowsOfARefusedConnection) {
    start();
    options.url = *base::Url::parse("rtsp://127.0.0.1:1/live");
    std::vector<camera::StreamNews> news;
    options.tell = [&](camera::StreamNews one) { news.push_back(std::move(one)); };
    options.when_refused = base::Error(ErrorKind::Unavailable, "stuck", "take its battery out");
    const auto ended = pull([] { return false; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().reason(), "stuck");
    ASSERT_EQ(news.size(), 1u);
    EXPECT_EQ(news[0].what, camera::StreamNews::What::Ended);
    EXPECT_EQ(news[0].error->reason(), "refused") << "the driver hears what it really was";
}

TEST_F(RtspPull, TriesTcpWhenUdpCarriesNothing) {
    fakes::RtspCameraHabits habits;
    habits.media_over_udp = false;
    start(habits);
    std::vector<camera::StreamNews> news;
    options.transports = {Lower::Udp, Lower::Tcp};
    options.first_media_within = 300ms;
    options.tell = [&](camera::StreamNews one) { news.push_back(std::move(one)); };
    ASSERT_TRUE(pull(units_reach(20)));
    ASSERT_EQ(news.size(), 3u);
    EXPECT_EQ(news[0].what, camera::StreamNews::What::Silent);
    EXPECT_EQ(news[0].transport, camera::PullRtsp::Transport::Udp);
    EXPECT_EQ(news[1].what, camera::StreamNews::What::Began);
    EXPECT_EQ(news[1].transport, camera::PullRtsp::Transport::Tcp);
}

TEST_F(RtspPull, IsStalledWhenNoTransportCarriesAnything) {
    fakes::RtspCameraHabits habits;
    habits.media_over_tcp = habits.media_over_udp = false;
    auto& cam = start(habits);
    options.first_media_within = 100ms;
    const auto ended = pull([] { return false; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().reason(), "stalled");
    EXPECT_EQ(cam.teardowns, 2);
}

TEST_F(RtspPull, IsStalledWhenTheCameraFallsSilent) {
    fakes::RtspCameraHabits habits;
    habits.fall_silent_after = 20;
    for (const bool tcp : {true, false}) {
        habits.tcp = tcp;
        auto& cam = start(habits);
        options.stall = 200ms;
        const auto ended = pull([] { return false; });
        ASSERT_FALSE(ended);
        EXPECT_EQ(ended.error().reason(), "stalled");
        EXPECT_EQ(cam.teardowns, 1);
        EXPECT_EQ(cam.connects, 1);  // what has worked is not called a bad transport
    }
}

TEST_F(RtspPull, EndsWhenTheCameraSaysBye) {
    fakes::RtspCameraHabits habits;
    habits.bye_after = 20;
    auto& cam = start(habits);
    const auto ended = pull([] { return false; });
    ASSERT_FALSE(ended);
    EXPECT_TRUE(ended.error().is(ErrorKind::Unavailable));
    EXPECT_EQ(ended.error().message(), "It ended the stream.");
    EXPECT_EQ(cam.teardowns, 1);
}

TEST_F(RtspPull, SaysGoodbyeOnANewConnectionWhenItsOwnBroke) {
    fakes::RtspCameraHabits habits;
    habits.tcp = false;  // the datagrams would go on for ever
    habits.hang_up_after = 20;
    auto& cam = start(habits);
    const auto ended = pull([] { return false; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().message(), "It ended the connection.");
    EXPECT_EQ(cam.connects, 2);
    EXPECT_EQ(cam.teardowns, 1);
    EXPECT_TRUE(cam.teardown_sessions.contains(cam.last_session));
    EXPECT_TRUE(journal.open.empty());
}

TEST_F(RtspPull, DoesNotWaitForEverForTheAnswerToItsGoodbye) {
    fakes::RtspCameraHabits habits;
    habits.answers_teardown = false;
    auto& cam = start(habits);
    const auto began = std::chrono::steady_clock::now();
    const auto ended = pull(units_reach(10));
    ASSERT_TRUE(ended) << ended.error().message();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
    EXPECT_EQ(cam.teardowns, 2);         // here, and on a new connection
    EXPECT_EQ(journal.open.size(), 1u);  // for the next start
}

TEST_F(RtspPull, WritesItsSessionDownWhileItPlays) {
    auto& cam = start();
    const auto ended = pull(units_reach(10));
    ASSERT_TRUE(ended) << ended.error().message();
    EXPECT_EQ(journal_while_playing,
              (std::vector<OpenSession>{{"porch", cam.url(), cam.last_session}}));
    EXPECT_TRUE(journal.open.empty());
}

TEST_F(RtspPull, ReadsParameterSetsInBand) {
    fakes::RtspCameraHabits habits;
    habits.in_band_only = true;
    start(habits);
    const auto ended = pull(units_reach(30));
    ASSERT_TRUE(ended) << ended.error().message();
    ASSERT_TRUE(stream->status().tracks.at(0).parameters);
    EXPECT_EQ(stream->status().tracks[0].parameters->height, 240);
}

TEST_F(RtspPull, LeavesTheSoundOutWhereItIsNotWanted) {
    auto& cam = start();
    options.audio = false;
    const auto ended = pull(units_reach(10));
    ASSERT_TRUE(ended) << ended.error().message();
    EXPECT_EQ(cam.setups, 1);
    EXPECT_EQ(stream->status().tracks.size(), 1u);
}

TEST_F(RtspPull, CanBeCancelledAtAnyMoment) {
    for (int moment = 0; moment < 25; ++moment) {
        auto& cam = start();
        const auto until = std::chrono::steady_clock::now() + moment * 300us;
        (void)pull([until] { return std::chrono::steady_clock::now() >= until; });
        EXPECT_EQ(static_cast<int>(cam.teardown_sessions.size()), cam.teardowns) << moment;
        EXPECT_GE(cam.teardowns, cam.plays) << moment;
        EXPECT_TRUE(journal.open.empty());
    }
}

TEST_F(RtspPull, EndsWhatALifeBeforeLeftOpen) {
    const fakes::TempDirectory directory;
    const std::string path = directory.path("sessions");
    auto& cam = start();
    {
        async::BlockingPool pool("journal", 1);
        FileJournal journal_of_before(path, pool);
        journal_of_before.opened({"porch", cam.url(), "77 88"});
        journal_of_before.opened(
            {"porch", cam.url(), "99"});  // the newer session of the same camera
        journal_of_before.opened({"gone", "rtsp://127.0.0.1:1/x", "5"});
        journal_of_before.opened({"closed", "rtsp://127.0.0.1:1/y", "6"});
        journal_of_before.closed({"closed", "rtsp://127.0.0.1:1/y", "6"});
    }
    async::BlockingPool pool("journal", 1);
    FileJournal file(path, pool);
    EXPECT_EQ(file.sessions(), (std::vector<OpenSession>{{"porch", cam.url(), "99"},
                                                         {"gone", "rtsp://127.0.0.1:1/x", "5"}}));
    const auto task = [](FileJournal& j, fakes::RtspCamera& c) -> Task<> {
        co_await replay(j, nullptr, 1s);
        co_await c.stop();
    };
    fakes::run(io, task(file, cam));
    EXPECT_EQ(cam.teardown_sessions, std::set<std::string>{"99"});
    EXPECT_TRUE(file.sessions().empty());
}

}  // namespace
}  // namespace casement::sources::rtsp
