#include "async/task_group.hpp"

#include <exception>
#include <list>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

namespace casement::async {

namespace {

Task<> run_owned(std::function<Task<>()> body) { co_await body(); }

}  // namespace

struct TaskGroup::State {
    struct Running {
        std::string name;
        asio::cancellation_signal cancel;
    };

    State(Executor ex, base::Log l)
        : executor(std::move(ex)),
          log(std::move(l)),
          idle(executor, asio::steady_timer::time_point::max()) {}

    Executor executor;
    base::Log log;
    std::list<Running> running;
    bool cancelled = false;
    asio::steady_timer idle;  // its waiters wake when `running` has become empty

    void ended(std::list<Running>::iterator task, const std::exception_ptr& error) {
        if (error) report(task->name, error);
        running.erase(task);
        if (running.empty()) idle.cancel();
    }

    /// Takes a task off the list however its coroutine goes: at its end, or with its frame when the
    /// io_context is shut down first. Its signal then points at waits that are gone, and nobody
    /// must emit it.
    struct Place {
        Place(std::shared_ptr<State> s, std::list<Running>::iterator t)
            : state(std::move(s)), task(t) {}
        Place(Place&& other) noexcept = default;  // leaves a null state behind
        ~Place() {
            if (state) state->ended(task, nullptr);
        }
        void ended(const std::exception_ptr& error) {
            std::exchange(state, nullptr)->ended(task, error);
        }

        std::shared_ptr<State> state;
        std::list<Running>::iterator task;
    };

    void report(const std::string& name, const std::exception_ptr& error) const {
        try {
            std::rethrow_exception(error);
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted)
                log.error("Task {} ended with an error: {}", name, e.what());
        } catch (const std::exception& e) {
            log.error("Task {} ended with an error: {}", name, e.what());
        }
    }
};

TaskGroup::TaskGroup(Executor executor, base::Log log)
    : state_(std::make_shared<State>(std::move(executor), std::move(log))) {}

TaskGroup::~TaskGroup() { cancel(); }

void TaskGroup::spawn(std::string name, std::function<Task<>()> body) {
    if (state_->cancelled) return;
    state_->running.emplace_back();
    const auto task = std::prev(state_->running.end());
    task->name = std::move(name);
    // Posted, so that the caller's invariants hold before the body's first line runs. The callable
    // lives in the coroutine's own frame: a body that holds its group's owner goes with the frame,
    // also when the io_context is destroyed first.
    asio::post(state_->executor, [place = State::Place(state_, task),
                                  owned = std::move(body)]() mutable {
        if (place.state->cancelled) return;
        const Executor executor = place.state->executor;
        const asio::cancellation_slot slot = place.task->cancel.slot();
        asio::co_spawn(executor, run_owned(std::move(owned)),
                       asio::bind_cancellation_slot(
                           slot, [own = std::move(place)](const std::exception_ptr& error) mutable {
                               own.ended(error);
                           }));
    });
}

void TaskGroup::cancel() {
    state_->cancelled = true;
    // A signal may run a task to its end and erase it at once: step first, emit later.
    for (auto it = state_->running.begin(); it != state_->running.end();)
        (it++)->cancel.emit(asio::cancellation_type::terminal);
}

Task<> TaskGroup::join() {
    const auto state = state_;
    while (!state->running.empty()) co_await state->idle.async_wait(as_value);
}

Task<> TaskGroup::stop() {
    cancel();
    co_await join();
}

std::size_t TaskGroup::size() const { return state_->running.size(); }
const Executor& TaskGroup::executor() const { return state_->executor; }

}  // namespace casement::async
