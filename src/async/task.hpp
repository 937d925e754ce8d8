#pragma once
// The one coroutine type of the house, and the words for network failure as a value.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include "base/error.hpp"

namespace casement {
namespace asio = boost::asio;
}

namespace casement::async {

namespace asio = boost::asio;
using boost::system::error_code;

/// Where things live. Every io thread runs one io_context (concurrency hint 1), so everything bound
/// to one executor is serialised by its thread: it is the strand of what lives on it.
using Executor = asio::any_io_executor;

template <typename T = void>
using Task = asio::awaitable<T>;

/// `auto [ec, n] = co_await socket.async_read_some(buffer, async::as_value);`
inline constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

/// Maps an Asio or system error to the kind a caller can act on. The only such map.
base::Error to_error(error_code ec, std::string_view what);

}  // namespace casement::async
