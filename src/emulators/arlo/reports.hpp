#pragma once
// What a device says of itself.

#include <string>

#include "base/clock.hpp"
#include "emulators/arlo/counters.hpp"
#include "emulators/arlo/options.hpp"
#include "protocols/arlo/device_messages.hpp"

namespace casement::emulators::arlo {

/// `boot_seconds`: how long the boot took.
wire::Registration make_registration(const Profile& profile, const std::string& serial,
                                     const Condition& condition, std::int64_t boot_seconds);

/// What has no counter here comes from the profile. Durations are told in seconds of `second`.
wire::Status make_status(const Profile& profile, const std::string& serial,
                         const Condition& condition, const Counters& counters, bool lamp_is_on,
                         base::Duration powered_on, base::Duration second);

/// A camera does not say who it is; a doorbell does.
wire::Alert make_alert(const Profile& profile, const std::string& serial, wire::AlertKind kind);

}  // namespace casement::emulators::arlo
