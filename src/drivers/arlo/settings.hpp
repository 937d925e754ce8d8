#pragma once
// What a person can set on a device, and the registers that stand for it. Pure tables.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "camera/setting.hpp"
#include "drivers/arlo/family.hpp"
#include "protocols/arlo/fields.hpp"

namespace casement::drivers::arlo {

/// The setting that is more than registers: see quality.hpp.
inline constexpr std::string_view kQualitySetting = "quality";
/// The lamp now, not stored: it goes out by itself.
inline constexpr std::string_view kSpotlightSetting = "spotlight";

/// What the registers of a device say.
struct Held {
    protocols::arlo::Fields registers;
    std::string quality;  // the name that was asked last
    bool operator==(const Held&) const = default;
};

/// Registers of one device, and where they are written.
struct Batch {
    Port port = Port::Camera;
    protocols::arlo::Fields values;
    bool operator==(const Batch&) const = default;
};

/// All settings of the family, with what `held` says of them as reported values. One whose register
/// is among `refused` cannot be written, and its note says so.
std::vector<camera::Setting> settings_of(Family family, const Held& held,
                                         const std::vector<std::string>& refused);

/// The registers behind a value of a setting. NotFound when the family has no such setting,
/// InvalidArgument when the value is none of the setting's kind.
base::Result<Batch> registers_of(Family family, std::string_view setting,
                                 const camera::Value& value);

/// What the registers say about a setting; monostate when they do not.
camera::Value value_of(Family family, std::string_view setting, const Held& held);

}  // namespace casement::drivers::arlo
