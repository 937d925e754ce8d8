#pragma once
// The rule by which these cameras end a stream: whoever has sent receiver reports must go on.

#include <algorithm>
#include <optional>

#include "base/clock.hpp"

namespace casement::emulators::arlo {

/// From when on silence counts. That the first report arms it explains all that users have seen
/// (their streams die after six seconds, or run away when no report ever came); it is an inference,
/// so the sterner reading can be had too.
enum class Arming : std::uint8_t { FirstReport, Play };

/// Not thread-safe; the clock is the caller's.
class ReportWatchdog {
public:
    ReportWatchdog(Arming arming, base::Duration patience, base::SteadyTime played_at)
        : patience_(patience), heard_at_(played_at), is_armed_(arming == Arming::Play) {}

    void heard(base::SteadyTime now) {
        longest_gap_ = std::max<base::Duration>(longest_gap_, now - heard_at_);
        heard_at_ = now;
        is_armed_ = true;
    }

    bool is_armed() const { return is_armed_; }
    bool is_starved(base::SteadyTime now) const {
        return is_armed_ && now - heard_at_ >= patience_;
    }
    /// The longest silence since PLAY, the one that still lasts included, also of a stream that
    /// was never armed.
    base::Duration longest_gap(base::SteadyTime now) const {
        return std::max<base::Duration>(longest_gap_, now - heard_at_);
    }

private:
    const base::Duration patience_;
    base::SteadyTime heard_at_;
    base::Duration longest_gap_{0};
    bool is_armed_;
};

}  // namespace casement::emulators::arlo
