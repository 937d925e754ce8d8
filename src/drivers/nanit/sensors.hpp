#pragma once
// What a camera measures. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "camera/sensor.hpp"
#include "drivers/nanit/answers.hpp"
#include "protocols/nanit/message.hpp"

namespace casement::drivers::nanit {

namespace pb = protocols::nanit::pb;

// Motion, sound and cry: few cameras tell them to anybody but the cloud, so they are there from the
// first time on.
inline constexpr std::string_view kMotionSensor = "motion", kSoundSensor = "sound",
                                  kCrySensor = "cry", kLinkSensor = "link",
                                  kConnectedSensor = "connected";

/// The sensors that every camera has, without values; those of its breathing where they are wished.
std::vector<camera::Sensor> sensors_of(bool breathing);
/// Of one of the three.
camera::Sensor alert_sensor(std::string_view id);
bool is_alert_sensor(std::string_view id);

using Measured = std::vector<std::pair<std::string, camera::SensorValue>>;  // by sensor id

/// Nothing for what is not known, or says nothing. Zero is a value, absence is none.
std::optional<std::pair<std::string, camera::SensorValue>> measured(const pb::SensorData& data);
Measured measured(const pb::StingStatus& status);
Measured measured(const Baby& baby);

/// When it was measured: as the camera says where its clock makes sense, else `now`, when it came.
/// (Its `timestamp` counts from when it was switched on.)
base::WallTime time_of(const pb::SensorData& data, base::WallTime now);

}  // namespace casement::drivers::nanit
