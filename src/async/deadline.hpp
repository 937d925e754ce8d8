#pragma once
// When an operation must have ended. Made at the edge, handed down, never re-invented inside.

#include <chrono>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/task.hpp"

namespace casement::async {

class Deadline {
public:
    using Time = std::chrono::steady_clock::time_point;

    static Deadline at(Time time) { return Deadline(time); }
    static Deadline in(std::chrono::steady_clock::duration wait) {
        return Deadline(std::chrono::steady_clock::now() + wait);
    }
    static Deadline never() { return Deadline(Time::max()); }

    Time time() const { return time_; }
    bool is_never() const { return time_ == Time::max(); }
    bool passed() const { return std::chrono::steady_clock::now() >= time_; }
    Deadline sooner_of(Deadline other) const { return time_ < other.time_ ? *this : other; }

private:
    explicit Deadline(Time time) : time_(time) {}
    Time time_;
};

/// Runs `task`; when the deadline passes first it is cancelled and the result is DeadlineExceeded.
/// `task` must tolerate cancellation at any of its waits. (asio::cancel_after is newer than
/// Boost 1.81.)
template <typename T>
Task<base::Result<T>> with_deadline(Deadline deadline, std::string_view what,
                                    Task<base::Result<T>> task) {
    using namespace asio::experimental::awaitable_operators;
    if (deadline.is_never()) co_return co_await std::move(task);
    std::string name(what);  // the caller's view may not outlive the wait
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline.time());
    auto outcome =
        co_await (std::move(task) || timer.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (outcome.index() == 0) co_return std::move(std::get<0>(outcome));
    co_return base::fail(base::ErrorKind::DeadlineExceeded, "{}: no answer in the time allowed",
                         name);
}

/// A wait that ends early, with Cancelled, when the coroutine is cancelled.
Task<base::Result<>> sleep_for(std::chrono::steady_clock::duration wait);

}  // namespace casement::async
