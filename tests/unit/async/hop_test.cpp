#include "async/hop.hpp"

#include <array>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>

#include "async/bell.hpp"
#include "async/deadline.hpp"
#include "async/task_group.hpp"

namespace casement::async {
namespace {

/// Two executors with a thread each, as io threads are.
class HopTest : public testing::Test {
protected:
    HopTest() {
        for (std::size_t i = 0; i < threads_.size(); ++i)
            threads_[i] = std::thread([this, i] { contexts_[i].run(); });
    }
    ~HopTest() override { stop(); }

    void stop() {
        for (auto& guard : guards_) guard.reset();
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }
    Executor here() { return contexts_[0].get_executor(); }
    Executor there() { return contexts_[1].get_executor(); }
    std::thread::id id_of(std::size_t i) const { return threads_[i].get_id(); }

    /// Runs `task` here to its end.
    void run(Task<> task) {
        std::promise<void> ended;
        asio::co_spawn(here(), std::move(task), [&](const std::exception_ptr& error) {
            if (error) ADD_FAILURE() << "the task threw";
            ended.set_value();
        });
        ended.get_future().wait();
        stop();
    }

private:
    std::array<asio::io_context, 2> contexts_{asio::io_context{1}, asio::io_context{1}};
    std::array<asio::executor_work_guard<asio::io_context::executor_type>, 2> guards_{
        asio::make_work_guard(contexts_[0]), asio::make_work_guard(contexts_[1])};
    std::array<std::thread, 2> threads_;
};

Task<std::thread::id> where() { co_return std::this_thread::get_id(); }
Task<std::unique_ptr<int>> make_seven() { co_return std::make_unique<int>(7); }
Task<std::string> fail() {
    throw std::runtime_error("broken");
    co_return "";
}
Task<base::Result<>> wait_for_ever() {
    Bell never(co_await asio::this_coro::executor);
    co_return co_await never.wait();
}

TEST_F(HopTest, RunsThereAndResumesHere) {
    bool done = false;
    const auto body = [&]() -> Task<> {
        EXPECT_EQ(co_await hop(there(), where()), id_of(1));
        EXPECT_EQ(std::this_thread::get_id(), id_of(0));
        const std::unique_ptr<int> seven = co_await hop(there(), make_seven());
        EXPECT_EQ(*seven, 7);
        done = true;
    };
    run(body());
    EXPECT_TRUE(done);
}

TEST_F(HopTest, CarriesAnExceptionBack) {
    std::string caught;
    const auto body = [&]() -> Task<> {
        try {
            (void)co_await hop(there(), fail());
        } catch (const std::runtime_error& e) {
            caught = e.what();
        }
        EXPECT_EQ(std::this_thread::get_id(), id_of(0));
    };
    run(body());
    EXPECT_EQ(caught, "broken");
}

TEST_F(HopTest, CancellationCrossesOver) {
    bool cancelled = false;
    const auto body = [&]() -> Task<> {
        const auto ended = co_await with_deadline(Deadline::in(std::chrono::milliseconds(1)), "hop",
                                                  hop(there(), wait_for_ever()));
        cancelled = !ended && ended.error().is(base::ErrorKind::DeadlineExceeded);
    };
    run(body());
    EXPECT_TRUE(cancelled);
}

// The task ends and is cancelled at the same moment, and the caller goes on to its next wait: for
// the thread sanitizer.
TEST_F(HopTest, MayBeCancelledWhileItEnds) {
    int ended = 0;
    constexpr int kRounds = 2000;
    const auto quick = []() -> Task<> { co_return; };
    const auto body = [&]() -> Task<> {
        for (int i = 0; i < kRounds; ++i) {
            TaskGroup group(here(), base::Log{});
            group.spawn("hop", [&]() -> Task<> {
                try {
                    co_await hop(there(), quick());
                    (void)co_await wait_for_ever();
                } catch (const boost::system::system_error&) {  // cancelled before it began
                }
                ++ended;
            });
            for (int j = 0; j < i % 7; ++j) co_await asio::post(here(), asio::use_awaitable);
            co_await group.stop();
        }
    };
    run(body());
    EXPECT_GT(ended, kRounds / 2);
}

}  // namespace
}  // namespace casement::async
