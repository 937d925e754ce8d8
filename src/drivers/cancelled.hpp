#pragma once
// For loops that end politely. Private to the sources of this folder and those in it.

#include <boost/asio/cancellation_state.hpp>

#include "async/task.hpp"

namespace casement::drivers {

/// Whoever asked not to be thrown out by cancellation (throw_if_cancelled(false)) asks this after
/// each wait: a signal ends the wait that it meets, and none of those after.
inline async::Task<bool> is_cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace casement::drivers
