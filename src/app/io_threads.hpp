#pragma once
// The io threads: one io_context each, run by one thread, so that an executor is a strand.

#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "async/task.hpp"

namespace casement::app {

/// The first context runs on the thread that calls run(); the others on threads of their own.
class IoThreads {
public:
    /// `count` 0: one per processor that this process may use, at most 4 (streams and viewers
    /// spread over them; more would only add wake-ups in a house of cameras).
    explicit IoThreads(int count);
    ~IoThreads();

    std::vector<async::Executor> executors() const;
    const async::Executor& first() const { return first_; }

    /// Runs until stop(), then joins the other threads.
    void run();
    /// From any thread.
    void stop();
    /// After run(): destroys every coroutine that still waits, on all contexts, while the contexts
    /// and all that the coroutines refer to are there. What is posted from now on is never run. No
    /// other thread may post meanwhile.
    void drop_waiting();

private:
    struct Context;
    std::vector<std::unique_ptr<Context>> contexts_;
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
    async::Executor first_;
    std::vector<std::thread> threads_;
};

}  // namespace casement::app
