#include "app/reload.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "app/signals.hpp"
#include "async/task_group.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ReloadTest : public testing::Test {
protected:
    ReloadTest() {
        base::capture_log(
            [this](base::LogLevel, std::string_view line) { log += std::string(line) + "\n"; });
    }
    ~ReloadTest() override { base::capture_log({}); }

    base::Result<config::Loaded> read() const {
        return config::parse(file, "casement.yaml", config::environment_of({}));
    }
    async::Task<> apply(const config::Changes& changes) {
        applied.push_back(changes.summary());
        co_return;
    }
    Reload make() {
        return {context.get_executor(),
                {},
                read()->config,
                [this] { return read(); },
                [this](const config::Config&, const config::Changes& changes) {
                    return apply(changes);
                }};
    }
    bool once(Reload& reload) {
        bool result = false;
        async::asio::co_spawn(context, reload.once(),
                              [&](const std::exception_ptr&, bool r) { result = r; });
        context.restart();
        context.run();
        return result;
    }

    async::asio::io_context context{1};
    std::string file = "cameras: {a: {source: push}}";
    std::string log;
    std::vector<std::string> applied;
};

TEST_F(ReloadTest, AppliesOnlyWhatChanged) {
    Reload reload = make();
    file = "cameras: {a: {source: push}, b: {source: push}}";
    EXPECT_TRUE(once(reload));
    EXPECT_THAT(applied, ElementsAre("added b"));
    EXPECT_THAT(log, HasSubstr("Reload: added b"));
    EXPECT_NE(reload.current().camera("b"), nullptr);
    EXPECT_TRUE(once(reload));
    EXPECT_THAT(applied, ElementsAre("added b", "nothing changed"))
        << "push keys and taken ports are looked at all the same";
}

TEST_F(ReloadTest, KeepsEverythingWhenTheFileHasAnError) {
    Reload reload = make();
    file = "cameras: {b: {source: push}}\nlingr: 1s";
    EXPECT_FALSE(once(reload));
    EXPECT_TRUE(applied.empty());
    EXPECT_THAT(log,
                HasSubstr("casement.yaml:2:1: unknown key \"lingr\"; did you mean \"linger\"?"));
    EXPECT_THAT(log, HasSubstr("1 errors; nothing was changed"));
    EXPECT_NE(reload.current().camera("a"), nullptr);
}

TEST_F(ReloadTest, SeveralRequestsInARowAreOneReload) {
    Reload reload = make();
    int reads = 0;
    Reload counting(
        context.get_executor(), {}, {},
        [&] {
            ++reads;
            return read();
        },
        [this](const config::Config&, const config::Changes& changes) { return apply(changes); });
    async::TaskGroup tasks(context.get_executor(), {});
    tasks.spawn("reload", [&] { return counting.run(); });
    counting.request();
    counting.request();
    counting.request();
    context.poll();
    EXPECT_EQ(reads, 1);
    tasks.cancel();
    context.restart();
    context.run();
}

TEST(Signals, ReachTheirHandlersOnTheExecutor) {
    async::asio::io_context context{1};
    int stops = 0;
    int reloads = 0;
    {
        const Signals signals(context.get_executor(),
                              {.stop = [&] { ++stops; }, .reload = [&] { ++reloads; }});
        std::raise(SIGHUP);
        while (reloads == 0) context.run_one();
        std::raise(SIGTERM);
        while (stops == 0) context.run_one();
        std::raise(SIGINT);
        while (stops == 1) context.run_one();
    }
    context.run();  // returns: nothing waits for signals any more
    EXPECT_EQ(stops, 2);
    EXPECT_EQ(reloads, 1);
}

}  // namespace
}  // namespace casement::app
