#pragma once
// Back-off: exponential with jitter, a cap, and a reset after a good stretch. The only place that
// knows how to wait between tries.

#include <algorithm>
#include <chrono>

#include "base/random.hpp"

namespace casement::async {

struct BackoffPolicy {
    std::chrono::milliseconds first{500};
    std::chrono::milliseconds cap{30'000};
    double factor = 2.0;
    double jitter = 0.25;  // each wait is scaled by a random factor in [1 - jitter, 1 + jitter]
};

/// Counts failures and says how long to wait. Not thread-safe.
class Backoff {
public:
    explicit Backoff(BackoffPolicy policy = {}) : policy_(policy) {}

    void reset() { failures_ = 0; }
    int failures() const { return failures_; }

    /// The wait after one more failure.
    std::chrono::milliseconds next() {
        double wait = static_cast<double>(policy_.first.count());
        for (int i = 0; i < failures_ && wait < static_cast<double>(policy_.cap.count()); ++i)
            wait *= policy_.factor;
        ++failures_;
        wait = std::min(wait, static_cast<double>(policy_.cap.count()));
        const double unit = static_cast<double>(base::random_u32()) / 4294967295.0;
        return std::chrono::milliseconds{
            static_cast<std::int64_t>(wait * (1 - policy_.jitter + 2 * policy_.jitter * unit))};
    }

private:
    BackoffPolicy policy_;
    int failures_ = 0;
};

}  // namespace casement::async
