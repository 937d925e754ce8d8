#include "app/serve.hpp"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "async/bell.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// Notes what it is asked to do.
class FakeRunningHub final : public RunningHub {
public:
    FakeRunningHub(std::vector<std::string>& notes, async::Executor executor,
                   std::function<void()> on_apply)
        : notes_(notes), executor_(std::move(executor)), on_apply_(std::move(on_apply)) {}
    ~FakeRunningHub() override { notes_.push_back("gone"); }

    async::Task<> apply(const config::Config&, const config::Changes& changes) override {
        notes_.push_back("apply " + changes.summary());
        on_apply_();
        co_return;
    }
    void add_stages(Shutdown& shutdown) override {
        shutdown.stop_accepting("listeners", [this] { notes_.push_back("accepting"); });
        shutdown.end_politely("sources", [this] { return end(); });
        shutdown.end_hard("rest", [this] { notes_.push_back("hard"); });
    }
    void finish_blocking_calls() override { notes_.push_back("calls"); }

private:
    async::Task<> end() {
        co_await async::asio::steady_timer(executor_, std::chrono::seconds(0))
            .async_wait(async::as_value);
        notes_.push_back("polite");
    }
    std::vector<std::string>& notes_;
    const async::Executor executor_;
    const std::function<void()> on_apply_;
};

class ServeTest : public testing::Test {
protected:
    ServeTest() : folder_(fs::temp_directory_path() / fmt::format("casement-serve-{}", getpid())) {
        fs::create_directories(folder_);
        base::capture_log(
            [this](base::LogLevel, std::string_view line) { log += std::string(line) + "\n"; });
        start.data = folder_ / "deep/data";
        start.config.io_threads.count = 1;
        start.environment = config::environment_of({});
    }
    ~ServeTest() override {
        base::capture_log({});
        fs::remove_all(folder_);
    }
    int run(std::function<void(Shutdown&)> on_running) {
        const MakeHub make =
            [this](const Start&,
                   IoThreads& threads) -> async::Task<base::Result<std::unique_ptr<RunningHub>>> {
            co_return std::make_unique<FakeRunningHub>(notes, threads.first(),
                                                       [this] { on_apply(); });
        };
        return serve(start, make, err, {.on_running = std::move(on_running)});
    }

    const fs::path folder_;
    Start start;
    std::vector<std::string> notes;
    std::string log;
    std::ostringstream err;
    std::function<void()> on_apply = [] {};
};

TEST_F(ServeTest, RunsFromTheLockToTheLastStage) {
    EXPECT_EQ(run([](Shutdown& shutdown) { shutdown.request(); }), 0) << err.str();
    EXPECT_THAT(notes, ElementsAre("accepting", "polite", "hard", "calls", "gone"));
    EXPECT_TRUE(fs::is_directory(start.data));
    EXPECT_THAT(log, HasSubstr("Stopped component=app"));
}

TEST_F(ServeTest, EndsOnSigterm) {
    EXPECT_EQ(run([](Shutdown&) { std::raise(SIGTERM); }), 0);
    EXPECT_THAT(notes, ElementsAre("accepting", "polite", "hard", "calls", "gone"));
}

// What still waits on any thread refers to the hub.
TEST_F(ServeTest, DropsWhatWaitsOnEveryThreadBeforeTheHub) {
    struct Refers {
        std::vector<std::string>& notes;
        ~Refers() { notes.push_back("waiting"); }
    };
    // Held by the coroutine from the start, also by one that its thread never came to run.
    const auto wait_for_ever = [](std::unique_ptr<Refers>) -> async::Task<> {
        async::Bell never(co_await async::asio::this_coro::executor);
        (void)co_await never.wait();
    };
    start.config.io_threads.count = 2;
    const MakeHub make =
        [&](const Start&,
            IoThreads& threads) -> async::Task<base::Result<std::unique_ptr<RunningHub>>> {
        for (const async::Executor& executor : threads.executors())
            async::asio::co_spawn(executor,
                                  wait_for_ever(std::unique_ptr<Refers>(new Refers{notes})),
                                  async::asio::detached);
        co_return std::make_unique<FakeRunningHub>(notes, threads.first(), [] {});
    };
    EXPECT_EQ(
        serve(start, make, err, {.on_running = [](Shutdown& shutdown) { shutdown.request(); }}), 0);
    EXPECT_THAT(notes,
                ElementsAre("accepting", "polite", "hard", "calls", "waiting", "waiting", "gone"));
}

TEST_F(ServeTest, ReloadsOnSighup) {
    start.config_file = (folder_ / "c.yaml").string();
    std::ofstream(start.config_file) << "io_threads: 1\nlinger: 3s\n";
    on_apply = [] { std::raise(SIGTERM); };
    EXPECT_EQ(run([](Shutdown&) { std::raise(SIGHUP); }), 0);
    EXPECT_THAT(
        notes, ElementsAre("apply changed linger", "accepting", "polite", "hard", "calls", "gone"));
}

TEST_F(ServeTest, RefusesASecondHubInTheSamePlace) {
    int second = -1;
    EXPECT_EQ(run([&](Shutdown& shutdown) {
                  std::ostringstream other;
                  second = serve(start, {}, other);
                  EXPECT_THAT(other.str(), HasSubstr("in use by another Casement"));
                  shutdown.request();
              }),
              0);
    EXPECT_EQ(second, 1);
}

TEST_F(ServeTest, SaysWhyItCannotRun) {
    const MakeHub broken =
        [](const Start&, IoThreads&) -> async::Task<base::Result<std::unique_ptr<RunningHub>>> {
        co_return base::fail(base::ErrorKind::DataLoss, "the database is damaged");
    };
    EXPECT_EQ(serve(start, broken, err), 1);
    EXPECT_EQ(err.str(), "casement: the database is damaged\n");
    start.data = "/proc/no/place";
    EXPECT_EQ(serve(start, broken, err), 1);
    EXPECT_THAT(err.str(), HasSubstr("/proc/no"));
}

}  // namespace
}  // namespace casement::app
