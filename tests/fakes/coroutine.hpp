#pragma once
// Coroutines from a test's ordinary code.

#include <exception>
#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "async/task.hpp"

namespace casement::fakes {

/// Runs `task` on `io` until it ended, with whatever else lives there, and answers its value. Work
/// that other threads post back is waited for.
template <typename T>
T run(asio::io_context& io, async::Task<T> task) {
    std::optional<T> value;
    std::exception_ptr error;
    bool done = false;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T v) {
        error = e;
        if (!e) value.emplace(std::move(v));
        done = true;
    });
    const auto work = asio::make_work_guard(io);
    io.restart();
    while (!done) io.run_one();
    if (error) std::rethrow_exception(error);
    return std::move(*value);
}

inline void run(asio::io_context& io, async::Task<> task) {
    std::exception_ptr error;
    bool done = false;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e) {
        error = e;
        done = true;
    });
    const auto work = asio::make_work_guard(io);
    io.restart();
    while (!done) io.run_one();
    if (error) std::rethrow_exception(error);
}

/// Everything that can run without waiting.
inline void settle(asio::io_context& io) {
    io.restart();
    while (io.poll() > 0) io.restart();
}

}  // namespace casement::fakes
