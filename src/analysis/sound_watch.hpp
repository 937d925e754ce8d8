#pragma once
// From how loud it is to "a sound": what is louder than the room for a moment.

#include <chrono>
#include <optional>

#include "base/clock.hpp"

namespace casement::analysis {

// The numbers are our choice: a room hums at -60 to -50 dB, white noise for a child plays at -40 to
// -30, a cry in the same room comes at -25 to -10.
struct SoundWatchOptions {
    double above_room = 15;  // dB louder than the room
    double at_least = -45;   // dB below full scale: a whisper in a silent room is none
    std::chrono::milliseconds begin_after{300};   // of loud sound within a second: a click is none
    std::chrono::milliseconds end_after{10'000};  // of no loud sound
    /// What the room may grow louder in a second, so that a fan or a lullaby becomes the room; a
    /// cry of a minute stays a cry.
    double room_rises = 0.25;
};

/// Not thread-safe. No clock of its own: time is that of the units.
class SoundWatch {
public:
    struct Begin {
        base::WallTime at;
        double loudest;  // so far
    };
    struct End {
        base::WallTime at;  // of the last loud sound
        double loudest;
    };
    struct News {
        std::optional<Begin> begin;
        std::optional<End> end;
    };

    explicit SoundWatch(SoundWatchOptions options = {}) : options_(options) {}

    /// Sound of `length` from `at` on, this loud (dB below full scale).
    News heard(double level, base::WallTime at, std::chrono::microseconds length);
    /// Nothing is heard any more: the end of what goes on.
    News gone();

    bool is_going_on() const { return is_going_on_; }

private:
    void follow_room(double level, std::chrono::microseconds length);

    const SoundWatchOptions options_;
    std::optional<double> room_;  // dB
    std::optional<base::WallTime> first_loud_;
    base::WallTime last_loud_{};
    std::chrono::microseconds loud_{0};  // since first_loud_
    double loudest_ = 0;
    bool is_going_on_ = false;
};

}  // namespace casement::analysis
