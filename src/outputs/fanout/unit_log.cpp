#include "outputs/fanout/unit_log.hpp"

#include <algorithm>
#include <utility>

namespace casement::outputs::fanout {

void UnitLog::append(WireUnitPtr unit) {
    if (units_.empty()) first_ = unit->sequence;
    const auto now = unit->packed_at;
    if (unit->key) keys_.push_back(unit->sequence);
    bytes_ += unit->block.size();
    units_.push_back(std::move(unit));
    while (keys_.size() >= 2 && now - at(keys_[1])->packed_at >= limits_.keep)
        drop_before(keys_[1]);
    while (bytes_ > limits_.max_bytes || units_.size() > limits_.max_units) {
        if (keys_.size() >= 2) {
            drop_before(keys_[1]);
        } else {
            keys_.clear();
            drop_before(first_ + std::max<std::uint64_t>(1, units_.size() / 2));
        }
    }
}

void UnitLog::drop_before(std::uint64_t sequence) {
    while (first_ < sequence) {
        bytes_ -= units_.front()->block.size();
        units_.pop_front();
        ++first_;
    }
    while (!keys_.empty() && keys_.front() < sequence) keys_.pop_front();
}

std::uint64_t UnitCursor::fall_back(const UnitLog& log) {
    if (needs_key || next >= log.first()) return 0;
    const auto key = log.newest_key();
    const std::uint64_t to = key.value_or(log.end());
    needs_key = !key;
    return to - std::exchange(next, to);
}

bool UnitCursor::find(const UnitLog& log) {
    if (needs_key) {
        const auto key = log.newest_key();
        if (!key || *key < next) return false;
        next = *key;
        needs_key = false;
    }
    return next < log.end();
}

}  // namespace casement::outputs::fanout
