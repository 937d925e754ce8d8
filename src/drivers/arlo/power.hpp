#pragma once
// How a battery is spared: what a day of streaming may cost, and when the device was awake. No
// clock, no network.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "camera/awake.hpp"
#include "camera/desired.hpp"
#include "camera/endpoint.hpp"
#include "camera/setting.hpp"
#include "drivers/arlo/family.hpp"

namespace casement::drivers::arlo {

/// Days since 1970-01-01 in the hub's local time.
std::int64_t local_day(base::WallTime time);

/// Time spent on one thing today, by the hub's local day.
struct DayCount {
    std::int64_t day = 0;  // as local_day()
    std::chrono::milliseconds spent{0};
    bool operator==(const DayCount&) const = default;

    void add(std::chrono::milliseconds more, base::WallTime now);
    std::chrono::milliseconds today(base::WallTime now) const;
};

/// When a device was awake, of late. Stretches that follow each other closely for one cause are
/// one.
class AwakeLog {
public:
    static constexpr std::size_t kMost = 100;
    /// A device stays awake that long after it was spoken to.
    static constexpr std::chrono::seconds kJoin{15};

    AwakeLog() = default;
    /// `list`: oldest first.
    explicit AwakeLog(std::vector<camera::Awake> list);

    /// Answers by how much that is longer than what was known.
    std::chrono::milliseconds add(camera::WakeCause cause, base::WallTime from, base::WallTime to);
    const std::vector<camera::Awake>& list() const { return list_; }

private:
    std::vector<camera::Awake> list_;  // never more than kMost
};

/// What people wish of the hub itself rather than of the device.
struct Policy {
    std::chrono::minutes daily{0};    // of streaming; 0 = no limit
    std::chrono::minutes session{0};  // of one live view; 0 = no limit
    bool may_restart = false;         // a device that streams to nobody
    bool operator==(const Policy&) const = default;
};

/// The vendor's own guidance is some five minutes of streaming a day on a battery.
inline constexpr std::chrono::minutes kDailyOnBattery{5};
inline constexpr std::chrono::minutes kSessionOnBattery{3};
/// What an event gets at least, whatever the day has cost.
inline constexpr std::chrono::seconds kEventShare{10};
/// After a live view that came to its limit.
inline constexpr std::chrono::seconds kRest{30};

Policy policy_of(const camera::Wishes& wishes, bool is_on_battery);
bool is_policy_setting(std::string_view setting);
/// With the policy as reported values.
std::vector<camera::Setting> policy_settings(const Traits& traits, const Policy& policy);

/// How long a stream may last that begins now; nothing = without limit. `has_event_share`: it is
/// for an event that was not recorded yet. ResourceExhausted with the reason code `battery-budget`
/// when today's time is used up.
base::Result<std::optional<camera::Allowance>> allowance_of(const Policy& policy,
                                                            std::chrono::milliseconds spent_today,
                                                            bool has_event_share);
/// Reason codes `battery-budget` and `resting`.
base::Error budget_is_used(const Policy& policy);
base::Error is_resting(const Policy& policy);

}  // namespace casement::drivers::arlo
