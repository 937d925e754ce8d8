#pragma once
// What arlo-cam-api and its forks left in arlo.db, and what of it people wanted.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "camera/setting.hpp"
#include "drivers/arlo/memory.hpp"
#include "drivers/arlo/provisioning.hpp"
#include "drivers/arlo/roster.hpp"
#include "store/database.hpp"

namespace casement::drivers::arlo {

struct OldDevice {
    std::string serial;
    std::string address;        // empty = not known
    std::string friendly_name;  // empty = none but its serial number
    std::string registration;   // JSON; empty = none
    std::string status;
    protocols::arlo::Fields registers;  // what it was told; empty = nothing
    std::string quality;                // empty = not said
    std::string power;                  // "battery", "external", or empty
    bool operator==(const OldDevice&) const = default;
};

struct OldBase {
    std::string form;  // for a person: "table devices with 7 columns"
    std::vector<OldDevice> devices;
    std::vector<std::string> left_out;  // sentences
};

/// More is no household.
inline constexpr std::size_t kMaxOldDevices = 256;

/// Reads any of its forms: the table `camera`, `devices` with 6 to 9 columns, `devices` with
/// `desired_state`; JSON or Python dictionaries; messages under whatever column. NotFound when
/// there is no such table; errors of the database. A device that cannot be read is left out with a
/// sentence.
base::Result<OldBase> read_old_base(store::Database& database);

/// A wish that the old base's registers hold, or why a register is none.
struct OldWishes {
    std::vector<std::pair<std::string, camera::Value>> taken;
    std::vector<std::pair<std::string, std::string>> ignored;  // register, sentence
};
/// Whatever differs from what the family gets anyway. `house` says what all devices get.
OldWishes wishes_of(const OldDevice& device, const House& house);

/// The family of the device, as far as its messages tell.
Family family_of(const OldDevice& device);
/// What the hub remembers of it from now on.
Record record_of(const OldDevice& device);

}  // namespace casement::drivers::arlo
