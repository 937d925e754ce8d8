#include "async/flight.hpp"

#include <optional>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>

namespace casement::async {

using base::Result;

struct Flight::Flying {
    explicit Flying(const Executor& executor)
        : landed(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer landed;
    std::optional<Result<>> outcome;

    static Task<Result<>> wait(std::shared_ptr<Flying> flying) {
        while (!flying->outcome) {
            const auto [ec] = co_await flying->landed.async_wait(as_value);
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                co_return std::unexpected(to_error(ec, "wait"));
        }
        co_return *flying->outcome;
    }
};

Task<> Flight::fly(std::shared_ptr<Flying> flying, std::function<Task<Result<>>()> work) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto outcome = co_await work();
    flying->outcome = std::move(outcome);
    flying_.reset();
    flying->landed.cancel();
}

Task<Result<>> Flight::join(std::string what, std::function<Task<Result<>>()> work,
                            Deadline deadline) {
    if (!flying_) {
        flying_ = std::make_shared<Flying>(tasks_.executor());
        tasks_.spawn(
            what, [this, flying = flying_, work = std::move(work)] { return fly(flying, work); });
    }
    co_return co_await with_deadline(deadline, what, Flying::wait(flying_));
}

}  // namespace casement::async
