#pragma once
// What a person can set on a device, and the registers that stand for it. Pure tables.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "camera/setting.hpp"
#include "drivers/arlo/family.hpp"
#include "protocols/arlo/fields.hpp"

namespace casement::drivers::arlo {

/// The setting that is more than registers: see quality.hpp.
inline constexpr std::string_view kQualitySetting = "quality";
/// The lamp now, not stored: it goes out by itself.
inline constexpr std::string_view kSpotlightSetting = "spotlight";

/// Begins the name of a wish for a register that no setting stands for; the register's name
/// follows. Such wishes come from clients that speak of registers, and no face shows them.
inline constexpr std::string_view kRawRegister = "register:";
/// Of such a wish; null when it is none of true, false, a number and a text.
std::optional<protocols::arlo::Value> raw_value_of(const camera::Value& value);

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

/// What somebody wishes who names registers: by setting where one stands for the register and can
/// hold the value, else by register (kRawRegister). Registers that hold for a moment only are left
/// out, and so are values that are no bool, number or text.
std::vector<std::pair<std::string, camera::Value>> wishes_behind(
    Family family, const protocols::arlo::Fields& registers);

/// What the registers say about a setting; monostate when they do not.
camera::Value value_of(Family family, std::string_view setting, const Held& held);

}  // namespace casement::drivers::arlo
