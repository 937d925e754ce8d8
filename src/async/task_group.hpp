#pragma once
// Coroutines with one owner: they are cancelled together, awaited together, and their crashes are
// logged with their name.

#include <functional>
#include <memory>
#include <string>

#include "async/task.hpp"
#include "base/log.hpp"

namespace casement::async {

/// Lives on one executor: every member must be called on its thread. The last member of its owner.
///
/// The destructor cancels what still runs; a task must therefore keep alive what it uses (capture a
/// shared_ptr), unless the owner has awaited `stop()` before. A task ends normally by returning, or
/// by cancellation (operation_aborted, as a value or as an exception).
class TaskGroup {
public:
    TaskGroup(Executor executor, base::Log log);
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Starts `body()` soon, never inside this call. The callable is kept alive until its coroutine
    /// ends. After cancel() it is dropped.
    void spawn(std::string name, std::function<Task<>()> body);

    /// Asks every task to end (terminal cancellation). Idempotent.
    void cancel();
    /// Waits until no task runs. Cancel first, or it waits for their natural end.
    Task<> join();
    /// cancel() and join().
    Task<> stop();

    std::size_t size() const;
    const Executor& executor() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace casement::async
