#pragma once
// The life of `casement emulate`: what is emulated runs on the calling thread until SIGINT or
// SIGTERM, and lines on standard input make something happen.

#include <exception>
#include <iosfwd>
#include <string_view>

#include "app/cli/command_line.hpp"
#include "app/io_threads.hpp"
#include "async/bell.hpp"
#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "base/clock.hpp"

namespace casement::app {

class Emulation {
public:
    virtual ~Emulation() = default;
    /// The exit status: kFailed when it does not begin.
    int run();

protected:
    explicit Emulation(std::ostream& err) : err_(err) {}

    // All on the thread of executor().
    virtual base::Result<> begin() = 0;
    virtual base::Result<> obey(std::string_view line) = 0;
    virtual async::Task<> end() = 0;
    /// After the thread has stopped, and before what still waits is dropped.
    virtual void forget() = 0;

    const async::Executor& executor() const { return threads_.first(); }
    async::BlockingPool& pool() { return pool_; }
    const base::Clock& clock() const { return clock_; }
    /// An error goes to where errors go.
    void take(std::string_view line);

private:
    async::Task<> live();
    async::Task<> read_lines();

    std::ostream& err_;
    const base::SystemClock clock_;
    IoThreads threads_{1};
    async::BlockingPool pool_{"emulator", 1};
    async::Bell stop_{threads_.first()};
    std::exception_ptr error_;
    int status_ = cli::kOk;
    async::TaskGroup tasks_{threads_.first(), {}};
};

}  // namespace casement::app
