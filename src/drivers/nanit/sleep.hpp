#pragma once
// What the vendor's analysis says of a baby's sleep, as sensors. What it does not say is unknown:
// "woke up 0 times" is a statement.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "camera/sensor.hpp"
#include "drivers/nanit/answers.hpp"

namespace casement::drivers::nanit {

/// The newest night or nap.
struct SleepStats {
    std::string kind;  // "night", "nap"; empty = not said
    std::optional<bool> is_ongoing;
    std::optional<base::WallTime> bed_start, sleep_start, sleep_end, last_wake_up;
    std::optional<double> sleep_onset_s, total_sleep_s, total_awake_s, total_present_s,
        longest_sleep_s;
    std::optional<std::int64_t> times_woke_up, times_out_of_crib, sleep_sessions,
        sleep_interventions, parent_interventions, soothing_events;
    /// Its last state, lower case: "asleep", "awake", "absent", "parent_intervention"; open.
    std::string state;
    std::optional<base::WallTime> state_since;
    bool operator==(const SleepStats&) const = default;
};

/// {"exists": bool, "latest": {...}}; nothing where none exists, or it calls itself not valid.
/// Errors as those of answers.hpp.
base::Result<std::optional<SleepStats>> parse_sleep_stats(std::string_view body);

/// Sensor and value; monostate = unknown.
using Measured = std::vector<std::pair<std::string, camera::SensorValue>>;

/// All sensors of this file, without values.
std::vector<camera::Sensor> sleep_sensors();
Measured measured(const std::optional<SleepStats>& stats);

/// Is it in bed, does it sleep? Told by events in the order of their times, and by the state that a
/// night or nap is in.
class SleepState {
public:
    /// One that is older than what is known changes nothing, and one older than kFades is no news.
    void apply(const SleepEvent& event, base::WallTime now);
    void apply(const SleepStats& stats, base::WallTime now);
    /// "asleep", "in_bed", "last_sleep_event".
    Measured measured() const;

    static constexpr std::chrono::hours kFades{16};  // longer than any night

private:
    bool is_news(base::WallTime at, base::WallTime now);

    std::optional<bool> asleep_, in_bed_;
    std::string last_key_;  // lower case
    base::WallTime at_{};
};

}  // namespace casement::drivers::nanit
