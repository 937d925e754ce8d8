#pragma once
// Identifiers that sort by time and need no registry: 48 bits of milliseconds, 80 random bits, 26
// characters of Crockford's base 32 (the layout of a ULID).

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace casement::events {

inline constexpr std::size_t kIdLength = 26;

/// Each id is greater than the one before, also within a millisecond and when the wall clock steps
/// back. Thread-safe.
class IdMaker {
public:
    explicit IdMaker(const base::Clock& clock) : clock_(clock) {}
    std::string next();
    /// Ids from now on are greater than this one too (the newest of the log, at start).
    void start_after(std::string_view id);

private:
    const base::Clock& clock_;
    base::Mutex mutex_;
    std::uint64_t milliseconds_ CASEMENT_GUARDED_BY(mutex_) = 0;
    std::array<std::uint8_t, 10> random_ CASEMENT_GUARDED_BY(mutex_){};
};

bool is_id(std::string_view text);

}  // namespace casement::events
