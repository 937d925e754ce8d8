#pragma once
// Precompiled: Boost.Asio for the folders that have coroutines. Nothing may rely on it: every file
// includes what it uses.
#include "pch/std.hpp"

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
