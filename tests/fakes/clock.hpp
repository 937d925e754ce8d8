#pragma once
// Time that stands still until a test moves it.

#include <atomic>

#include "base/clock.hpp"

namespace casement::fakes {

/// Both clocks move together. Thread-safe.
class Clock final : public base::Clock {
public:
    /// Begins at 2026-11-20T21:00:00Z.
    Clock() = default;
    base::SteadyTime steady_now() const override {
        return base::SteadyTime{} + std::chrono::hours{1} + std::chrono::nanoseconds{passed_};
    }
    base::WallTime wall_now() const override {
        return kBegin + std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::nanoseconds{passed_ + jumped_});
    }
    void advance(std::chrono::nanoseconds by) { passed_ += by.count(); }
    /// Only the wall clock: NTP, a person.
    void jump_wall(std::chrono::nanoseconds by) { jumped_ += by.count(); }

    static constexpr base::WallTime kBegin{
        std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::hours{21}};

private:
    std::atomic<std::int64_t> passed_{0}, jumped_{0};
};

}  // namespace casement::fakes
