#pragma once
// What a device is told when it registers, in order. Pure.

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "camera/desired.hpp"
#include "drivers/arlo/family.hpp"
#include "drivers/arlo/settings.hpp"
#include "protocols/arlo/message.hpp"

namespace casement::drivers::arlo {

/// What the owner of the base chose for all devices.
struct House {
    std::string wifi_country = "US";  // ISO 3166-1, two letters; a wrong one may cost the network
    int anti_flicker_hz = 60;         // 50 or 60
    bool armed_by_default = true;     // motion alerts of a device that nobody has asked anything of
};

/// A message of a set-up and the port it goes to.
struct Step {
    Port port = Port::Camera;
    protocols::arlo::Body body;
    bool operator==(const Step&) const = default;
};

/// The registers that a device shall hold: the set of its family, what people want of it in place
/// of the family's values, nothing of `refused`. A video doorbell has a batch for each port, the
/// chime's first. No clock in it, and nothing that holds for a moment only.
std::vector<Batch> wanted_registers(Family family, const House& house, const camera::Wishes& wishes,
                                    const std::vector<std::string>& refused);
/// Where a register of the family is written: those of a video doorbell's chime have a port of
/// their own.
Port port_of_register(Family family, std::string_view name);
/// What the wishes say of registers, whatever the family's own values are. Where two of them name
/// the same register the younger one holds.
protocols::arlo::Fields wished_registers(Family family, const camera::Wishes& wishes);

/// The quality that people want, else the family's; empty where there is no picture.
std::string wanted_quality(Family family, const camera::Wishes& wishes);

/// The whole set-up: clock, registers, rate control (unless "raParams" is among `refused`),
/// statusRequest. The arm state is part of the registers, so that a device which somebody disarmed
/// is not armed in between.
std::vector<Step> set_up_steps(Family family, const House& house, const camera::Wishes& wishes,
                               const std::vector<std::string>& refused, base::WallTime now);

/// EpochBsTime: after a registration and after every status.
Step clock_step(Family family, base::WallTime now);

}  // namespace casement::drivers::arlo
