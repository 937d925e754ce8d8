#include "async/deadline.hpp"

namespace casement::async {

Task<base::Result<>> sleep_for(std::chrono::steady_clock::duration wait) {
    asio::steady_timer timer(co_await asio::this_coro::executor, wait);
    const auto [ec] = co_await timer.async_wait(as_value);
    if (ec) co_return std::unexpected(to_error(ec, "wait"));
    co_return base::Result<>{};
}

}  // namespace casement::async
