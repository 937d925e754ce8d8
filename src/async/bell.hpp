#pragma once
// A bell: ringing wakes the one coroutine that waits, or lets its next wait pass at once. Rings do
// not add up.

#include <chrono>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "async/task.hpp"

namespace casement::async {

/// One waiter at a time. Lives on one executor: ring() and wait() are called on its thread.
class Bell {
public:
    explicit Bell(const Executor& executor)
        : timer_(executor, asio::steady_timer::time_point::max()) {}

    void ring() {
        rung_ = true;
        timer_.cancel();
    }

    /// Returns after a ring (also one from before the call), or with Cancelled.
    Task<base::Result<>> wait() {
        if (!rung_) {
            const auto [ec] = co_await timer_.async_wait(as_value);
            if (!rung_) co_return std::unexpected(to_error(ec, "bell"));
        }
        rung_ = false;
        co_return base::Result<>{};
    }

    /// Returns true after a ring, false when `until` came first, or Cancelled.
    Task<base::Result<bool>> wait_until(std::chrono::steady_clock::time_point until) {
        if (!rung_) {
            timer_.expires_at(until);
            const auto [ec] = co_await timer_.async_wait(as_value);
            timer_.expires_at(asio::steady_timer::time_point::max());
            if (!rung_ && ec) co_return std::unexpected(to_error(ec, "bell"));
        }
        co_return std::exchange(rung_, false);
    }

private:
    asio::steady_timer timer_;
    bool rung_ = false;
};

}  // namespace casement::async
