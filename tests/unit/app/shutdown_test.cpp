#include "app/shutdown.hpp"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

namespace casement::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// A hub of three steps that write down when they ran.
class ShutdownTest : public testing::Test {
protected:
    ~ShutdownTest() override { base::capture_log({}); }

    async::Task<> note_later(std::string what) {
        co_await async::asio::steady_timer(context, 0s).async_wait(async::as_value);
        notes.push_back(what);
    }
    /// Never ends by itself; notes that it was cut off.
    async::Task<> hang(std::string what) {
        struct Cut {
            std::vector<std::string>& notes;
            std::string what;
            ~Cut() { notes.push_back("cut " + what); }
        };
        const Cut cut{notes, what};
        async::asio::steady_timer never(context, async::asio::steady_timer::time_point::max());
        co_await never.async_wait(async::as_value);
    }
    void start(Shutdown& shutdown) {
        async::asio::co_spawn(context, shutdown.run(),
                              [this](const std::exception_ptr& e, Shutdown::Outcome o) {
                                  EXPECT_FALSE(e);
                                  outcome = o;
                              });
    }

    async::asio::io_context context{1};
    std::vector<std::string> notes;
    std::optional<Shutdown::Outcome> outcome;
};

TEST_F(ShutdownTest, WaitsForARequest) {
    Shutdown shutdown(context.get_executor(), {});
    shutdown.stop_accepting("http", [&] { notes.push_back("http"); });
    start(shutdown);
    context.poll();
    EXPECT_TRUE(notes.empty());
    EXPECT_FALSE(outcome);
    shutdown.request();
    context.restart();
    context.run();
    EXPECT_EQ(outcome, Shutdown::Outcome::Polite);
}

TEST_F(ShutdownTest, GoesThroughItsStagesInOrder) {
    Shutdown shutdown(context.get_executor(), {});
    shutdown.end_hard("threads", [&] { notes.push_back("hard"); });
    shutdown.end_politely("rtsp", [&] { return note_later("polite rtsp"); });
    shutdown.end_politely("recorder", [&] { return note_later("polite recorder"); });
    shutdown.stop_accepting("http", [&] { notes.push_back("accept http"); });
    shutdown.stop_accepting("rtmp", [&] { notes.push_back("accept rtmp"); });
    shutdown.request();
    start(shutdown);
    context.run();
    EXPECT_EQ(outcome, Shutdown::Outcome::Polite);
    ASSERT_EQ(notes.size(), 5u);
    EXPECT_EQ(notes[0], "accept http");
    EXPECT_EQ(notes[1], "accept rtmp");
    EXPECT_EQ(notes[4], "hard");
}

TEST_F(ShutdownTest, DoesNotWaitLongerThanItsPatience) {
    std::string log;
    base::capture_log(
        [&](base::LogLevel, std::string_view line) { log += std::string(line) + "\n"; });
    Shutdown shutdown(context.get_executor(), {}, 1ms);
    shutdown.end_politely("nest of hall", [&] { return hang("hall"); });
    shutdown.end_politely("recorder", [&] { return note_later("recorder"); });
    shutdown.end_hard("sockets", [&] { notes.push_back("hard"); });
    shutdown.request();
    start(shutdown);
    context.run();
    EXPECT_EQ(outcome, Shutdown::Outcome::Hard);
    EXPECT_THAT(notes, testing::UnorderedElementsAre("recorder", "cut hall", "hard"));
    EXPECT_THAT(log, HasSubstr("Patience is over: cutting off nest of hall"));
}

TEST_F(ShutdownTest, ASecondRequestSkipsTheWait) {
    std::string log;
    base::capture_log(
        [&](base::LogLevel, std::string_view line) { log += std::string(line) + "\n"; });
    Shutdown shutdown(context.get_executor(), {}, 1h);
    shutdown.end_politely("porch", [&] { return hang("porch"); });
    start(shutdown);
    shutdown.request();
    context.poll();
    EXPECT_FALSE(outcome);
    shutdown.request();
    context.restart();
    context.run();  // would take an hour
    EXPECT_EQ(outcome, Shutdown::Outcome::Hard);
    EXPECT_THAT(notes, ElementsAre("cut porch"));
    EXPECT_THAT(log, HasSubstr("Asked again: cutting off porch"));
}

TEST_F(ShutdownTest, TwoRequestsBeforeItRunsSkipTheWaitToo) {
    Shutdown shutdown(context.get_executor(), {}, 1h);
    shutdown.end_politely("porch", [&] { return hang("porch"); });
    shutdown.request();
    shutdown.request();
    start(shutdown);
    context.run();
    EXPECT_EQ(outcome, Shutdown::Outcome::Hard);
}

TEST_F(ShutdownTest, AFailingStepDoesNotStopTheOthers) {
    Shutdown shutdown(context.get_executor(), {});
    base::capture_log([](base::LogLevel, std::string_view) {});
    shutdown.stop_accepting("http", [] { throw std::runtime_error("broken"); });
    shutdown.end_politely("rtsp", []() -> async::Task<> {
        throw std::runtime_error("broken too");
        co_return;
    });
    shutdown.end_hard("disk", [&] { notes.push_back("disk"); });
    shutdown.request();
    start(shutdown);
    context.run();
    EXPECT_EQ(outcome, Shutdown::Outcome::Polite);
    EXPECT_THAT(notes, ElementsAre("disk"));
}

}  // namespace
}  // namespace casement::app
