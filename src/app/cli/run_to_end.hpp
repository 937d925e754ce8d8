#pragma once
// A coroutine in a command, which has no loop of its own.

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "async/task.hpp"

namespace casement::app::cli {

/// Runs until the task has ended; kept connections may have timers beyond it.
template <typename T>
base::Result<T> run_to_end(asio::io_context& io, async::Task<base::Result<T>> task) {
    std::optional<base::Result<T>> out;
    std::exception_ptr error;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr failed, base::Result<T> result) {
        error = failed;
        out = std::move(result);
    });
    io.restart();
    while (!out) io.run_one();
    if (error) std::rethrow_exception(error);
    return std::move(*out);
}

}  // namespace casement::app::cli
