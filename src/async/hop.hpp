#pragma once
// From one thread to another and back, with the answer.

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/task.hpp"

namespace casement::async {

namespace hop_detail {

inline Task<> run_into(std::monostate&, Task<> task) { co_await std::move(task); }
template <typename T>
Task<> run_into(std::optional<T>& answer, Task<T> task) {
    answer.emplace(co_await std::move(task));
}

/// Spawns `work` on `there`; `handler` is called on `here` when it has ended.
template <typename Handler>
void start(const Executor& here, const Executor& there, Task<> work, Handler handler) {
    // Lives on `there`. Whoever cancels only posts to it, and every post holds it: co_spawn's own
    // way (Boost 1.81) posts a bare pointer into the caller's slot, which the caller overwrites
    // with its next wait while the other thread still follows the pointer.
    const auto cancel = std::make_shared<asio::cancellation_signal>();
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
        slot.assign([there, cancel](asio::cancellation_type type) {
            asio::post(there, [cancel, type] { cancel->emit(type); });
        });
    }
    asio::co_spawn(
        there, std::move(work),
        asio::bind_cancellation_slot(cancel->slot(), [here, cancel, h = std::move(handler)](
                                                         const std::exception_ptr& error) mutable {
            asio::post(here, [h = std::move(h), error]() mutable { std::move(h)(error); });
        }));
}

}  // namespace hop_detail

/// Runs `task` on `there` and resumes the caller where it lives, with the answer or the exception.
/// Cancellation crosses over; what it did is told by the task, which is always awaited.
template <typename T>
Task<T> hop(Executor there, Task<T> task) {
    using Answer = std::conditional_t<std::is_void_v<T>, std::monostate,
                                      std::optional<std::conditional_t<std::is_void_v<T>, int, T>>>;
    const Executor here = co_await asio::this_coro::executor;
    Answer answer;  // written there, read here when the task has ended
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
        [&](auto handler) {
            hop_detail::start(here, there, hop_detail::run_into(answer, std::move(task)),
                              std::move(handler));
        },
        asio::use_awaitable);
    if constexpr (!std::is_void_v<T>) co_return std::move(*answer);
}

}  // namespace casement::async
