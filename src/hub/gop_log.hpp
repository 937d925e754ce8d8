#pragma once
// The last pictures of a stream, from key frame to key frame: what a new viewer starts from and a
// late one catches up in.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::hub {

using TracksPtr = std::shared_ptr<const media::Tracks>;

struct LogEntry {
    media::AccessUnitPtr unit;
    TracksPtr tracks;  // the set-up that the unit decodes with
};

struct GopLogLimits {
    /// History kept besides the newest GOP: older GOPs go once the GOP after them is this old. One
    /// second lets a reader that is a little late finish the old GOP; pre-roll asks for more.
    std::chrono::milliseconds keep{1000};
    /// A stream without key frames, or a flood, ends here: 5 s of 50 Mbit/s.
    std::size_t max_bytes = 32u << 20;
    std::size_t max_units = 20'000;
};

/// Units are numbered from 0 without gaps. Not thread-safe: Stream guards it.
///
/// Bounds: at most `max_bytes` and `max_units`; never cuts a GOP that readers may still join at.
/// When one GOP alone is over the bounds its head goes, and joining waits for the next key frame.
class GopLog {
public:
    explicit GopLog(GopLogLimits limits = {}) : limits_(limits) {}

    void append(LogEntry entry);
    /// Another `keep` from the next unit on.
    void set_keep(std::chrono::milliseconds keep) { limits_.keep = keep; }
    /// Forgets every unit; numbers go on.
    void clear();

    std::uint64_t first() const { return first_; }
    /// One past the newest.
    std::uint64_t end() const { return first_ + entries_.size(); }
    /// `sequence` must lie in [first, end).
    const LogEntry& at(std::uint64_t sequence) const {
        return entries_[static_cast<std::size_t>(sequence - first_)];
    }

    /// Where a new reader starts: the newest unit that decodes by itself.
    std::optional<std::uint64_t> newest_key() const;
    /// The first such unit at or after `sequence`.
    std::optional<std::uint64_t> key_from(std::uint64_t sequence) const;
    /// The oldest such unit not older than `age`; for pre-roll.
    std::optional<std::uint64_t> key_within(std::chrono::steady_clock::duration age,
                                            std::chrono::steady_clock::time_point now) const;
    std::size_t size_bytes() const { return bytes_; }

private:
    void drop_before(std::uint64_t sequence);
    void trim(std::chrono::steady_clock::time_point now);

    GopLogLimits limits_;
    std::deque<LogEntry> entries_;
    std::deque<std::uint64_t> keys_;  // numbers of the units that start a GOP
    std::uint64_t first_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace casement::hub
