#pragma once
// Two clocks that never mix: steady time measures waits and order, wall time is what a person reads
// (UTC, may jump).

#include <chrono>
#include <string>

#include "base/error.hpp"

namespace casement::base {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::nanoseconds;

/// Taken in the constructor by everything that asks for the time, so that tests can own it.
/// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual SteadyTime steady_now() const = 0;
    virtual WallTime wall_now() const = 0;
};

class SystemClock final : public Clock {
public:
    SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
    WallTime wall_now() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(
            std::chrono::system_clock::now());
    }
};

/// RFC 3339 in UTC with milliseconds: "2026-11-20T21:14:05.120Z".
std::string format_rfc3339(WallTime time);
/// Accepts "2026-11-20T21:14:05[.123](Z|+01:00)", with a space in place of the T too.
Result<WallTime> parse_rfc3339(std::string_view text);

}  // namespace casement::base
