#include "analysis/sound_watch.hpp"

#include <algorithm>
#include <utility>

namespace casement::analysis {

namespace {

/// Loud sound that begins an event comes within this time.
constexpr std::chrono::seconds kWindow{1};
/// A room that grows quieter is followed this fast: half of the way in a second.
constexpr double kFallsBySecond = 0.5;

}  // namespace

void SoundWatch::follow_room(double level, std::chrono::microseconds length) {
    const double seconds = std::chrono::duration<double>(length).count();
    if (!room_) room_ = level;
    if (level < *room_)
        *room_ += (level - *room_) * std::min(1.0, kFallsBySecond * seconds);
    else
        *room_ = std::min(level, *room_ + options_.room_rises * seconds);
}

SoundWatch::News SoundWatch::heard(double level, base::WallTime at,
                                   std::chrono::microseconds length) {
    News out;
    follow_room(level, length);
    const bool is_loud = level >= options_.at_least && level >= *room_ + options_.above_room;
    if (is_going_on_ && at - last_loud_ >= options_.end_after) out = gone();
    if (first_loud_ && !is_going_on_ && at - *first_loud_ > kWindow) first_loud_.reset();
    if (!is_loud) return out;
    if (!first_loud_) {
        first_loud_ = at;
        loud_ = {};
        loudest_ = level;
    }
    loud_ += length;
    loudest_ = std::max(loudest_, level);
    last_loud_ = at + length;
    if (!is_going_on_ && loud_ >= options_.begin_after) {
        is_going_on_ = true;
        out.begin = Begin{*first_loud_, loudest_};
    }
    return out;
}

SoundWatch::News SoundWatch::gone() {
    News out;
    if (std::exchange(is_going_on_, false)) out.end = End{last_loud_, loudest_};
    first_loud_.reset();
    return out;
}

}  // namespace casement::analysis
