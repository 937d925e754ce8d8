#pragma once
// The newest wire units, from key unit to key unit, under the same rule as hub::GopLog: a joiner
// starts at the newest key unit, a slow viewer catches up in it, and nothing else queues bytes.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "outputs/fanout/wire_unit.hpp"

namespace casement::outputs::fanout {

struct UnitLogLimits {
    std::chrono::milliseconds keep{1000};  // the old GOP stays this long after the next began
    std::size_t max_bytes = 32u << 20;
    std::size_t max_units = 20'000;
};

/// Not thread-safe.
class UnitLog {
public:
    explicit UnitLog(UnitLogLimits limits = {}) : limits_(limits) {}

    /// Sequences must follow each other.
    void append(WireUnitPtr unit);

    std::uint64_t first() const { return first_; }
    std::uint64_t end() const { return first_ + units_.size(); }
    const WireUnitPtr& at(std::uint64_t sequence) const {
        return units_[static_cast<std::size_t>(sequence - first_)];
    }
    std::optional<std::uint64_t> newest_key() const {
        return keys_.empty() ? std::nullopt : std::optional(keys_.back());
    }
    std::vector<WireUnitPtr> snapshot() const { return {units_.begin(), units_.end()}; }

private:
    void drop_before(std::uint64_t sequence);

    UnitLogLimits limits_;
    std::deque<WireUnitPtr> units_;
    std::deque<std::uint64_t> keys_;
    std::uint64_t first_ = 0;
    std::size_t bytes_ = 0;
};

/// Where one viewer stands in a log: first at the newest key unit, and there again after it fell
/// off.
struct UnitCursor {
    std::uint64_t next = 0;  // unit to send next
    bool needs_key = true;

    /// How many whole units have gone unsent, 0 while it is still in the log. Told once: the cursor
    /// then stands at the newest key unit, or waits for one.
    std::uint64_t fall_back(const UnitLog& log);
    /// True when the unit `next` is there to be sent.
    bool find(const UnitLog& log);
};

}  // namespace casement::outputs::fanout
