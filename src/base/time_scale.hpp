#pragma once
// The configuration's `time_scale`, with which a day can be tried in minutes.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace casement::base {

/// A wait or a pace times `time_scale`; at least 1 ms where there was one. Never for the time that
/// somebody has for an answer.
inline std::chrono::milliseconds scaled(std::chrono::milliseconds wait, double time_scale) {
    if (wait.count() <= 0) return wait;
    const double made = static_cast<double>(wait.count()) * time_scale;
    return std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(made)));
}

}  // namespace casement::base
