#pragma once
// A wait that is not everybody's. Private to the sources of this folder and those in it.

#include <chrono>

#include "base/random.hpp"
#include "base/time_scale.hpp"

namespace casement::drivers {

/// +-10 %: hubs that were started together do not ask together.
inline std::chrono::milliseconds spread(std::chrono::milliseconds wait) {
    const double unit = static_cast<double>(base::random_u32()) / 4294967295.0;
    return base::scaled(wait, 0.9 + 0.2 * unit);
}

}  // namespace casement::drivers
