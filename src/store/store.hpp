#pragma once
// The database as coroutines see it: one SQLite handle behind one thread.

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "async/blocking_pool.hpp"
#include "store/database.hpp"
#include "store/schema.hpp"

namespace casement::store {

/// Thread-safe: work runs one after the other, in the order of the calls, on the database's own
/// thread. Owned by app/; whoever holds a reference must end before it.
class Store {
public:
    /// Opens `path` (":memory:" in tests) on the calling thread: blocks, with Database::open's
    /// errors.
    static base::Result<std::unique_ptr<Store>> open(const std::string& path);

    /// `work(Database&)` on the database's thread; resumes on the caller's executor with its
    /// answer. Capture by value.
    template <typename Work>
    async::Task<std::invoke_result_t<Work, Database&>> run(Work work) {
        co_return co_await pool_.run(
            [this, work = std::move(work)]() mutable { return work(*database_); });
    }

    /// The same, blocking the caller: for start-up, the command line and tests; never on an io
    /// thread that serves.
    template <typename Work>
    std::invoke_result_t<Work, Database&> run_now(Work work) {
        using T = std::invoke_result_t<Work, Database&>;
        std::packaged_task<T()> task([this, &work] { return work(*database_); });
        auto answer = task.get_future();
        pool_.post([&task] { task(); });
        return answer.get();
    }

    /// Blocks until no call is queued or runs.
    void drain() const { pool_.drain(); }
    /// Queued and running calls.
    std::size_t depth() const { return pool_.depth(); }

private:
    explicit Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}

    std::unique_ptr<Database> database_;
    async::BlockingPool pool_{"database", 1};  // last: its thread ends before the handle closes
};

}  // namespace casement::store
