#pragma once
// What a device measures. Pure.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "camera/sensor.hpp"
#include "drivers/arlo/family.hpp"
#include "protocols/arlo/device_messages.hpp"

namespace casement::drivers::arlo {

/// The sensors of the family, without values.
std::vector<camera::Sensor> sensors_of(Family family);

using Measured = std::vector<std::pair<std::string, camera::SensorValue>>;  // by sensor id
Measured measured(const protocols::arlo::Registration& registration);
Measured measured(const protocols::arlo::Status& status);

/// How long a device streamed today, out of a counter of seconds that begins anew when the device
/// boots.
struct StreamedToday {
    std::int64_t counter_s = -1;  // as last told; -1 = never
    std::int64_t day = 0;         // since 1970, UTC
    std::int64_t today_s = 0;
    bool operator==(const StreamedToday&) const = default;

    /// What it streamed before we first heard of it does not count.
    void count(std::int64_t counter, base::WallTime now);
};

}  // namespace casement::drivers::arlo
