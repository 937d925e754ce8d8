#pragma once
// Threads for calls that block: disk, SQLite, libav. One named pool per resource, so that a slow
// disk never stops the database.

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "async/task.hpp"

namespace casement::async {

/// Thread-safe. Its destructor finishes queued work. Work of a pool with one thread runs in the
/// order of run() calls.
class BlockingPool {
public:
    /// `name` shows in the thread list, 15 characters at most.
    BlockingPool(std::string name, std::size_t threads);
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    /// Runs `work` on the pool and resumes the caller on its own executor with what it returned.
    /// Exceptions of `work` are rethrown there. Not cancellable: `work` and what it references must
    /// live until it ended, so capture by value or await it unconditionally.
    template <typename Work>
    Task<std::invoke_result_t<Work>> run(Work work) {
        using T = std::invoke_result_t<Work>;
        const Executor home = co_await asio::this_coro::executor;
        if constexpr (std::is_void_v<T>) {
            co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
                [this, home, &work](auto handler) {
                    post([home, &work,
                          h = std::make_shared<decltype(handler)>(std::move(handler))]() mutable {
                        std::exception_ptr error;
                        try {
                            work();
                        } catch (...) {  // carried to the caller's coroutine
                            error = std::current_exception();
                        }
                        asio::post(home, [h, error] { std::move (*h)(error); });
                    });
                },
                asio::use_awaitable);
        } else {
            std::optional<T> result;
            co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
                [this, home, &work, &result](auto handler) {
                    post([home, &work, &result,
                          h = std::make_shared<decltype(handler)>(std::move(handler))]() mutable {
                        std::exception_ptr error;
                        try {
                            result.emplace(work());
                        } catch (...) {  // carried to the caller's coroutine
                            error = std::current_exception();
                        }
                        asio::post(home, [h, error] { std::move (*h)(error); });
                    });
                },
                asio::use_awaitable);
            co_return std::move(*result);
        }
    }

    /// Fire and forget: for what nobody waits for.
    void post(std::function<void()> work);
    /// Blocks until no call is queued or runs.
    void drain() const;
    /// Queued and running calls: the depth that metrics show.
    std::size_t depth() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace casement::async
