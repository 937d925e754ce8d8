#pragma once
// Named qualities: what the encoder is told (raParams) and which registers go with it. Pure tables.

#include <optional>
#include <span>
#include <string_view>

#include "drivers/arlo/family.hpp"
#include "protocols/arlo/base_messages.hpp"
#include "protocols/arlo/fields.hpp"

namespace casement::drivers::arlo {

/// "low", "medium", "high", "subscription", "insane"; of a video doorbell "720sq", "1080sq",
/// "1536sq"; empty where there is no picture. "high" spends fewer bits at 1080p than its name
/// promises (quantizer 35 to 40): the names are those that users of these cameras know.
std::span<const std::string_view> qualities_of(Family family);
/// What a device gets that nobody has asked anything of: "insane", "1536sq", "".
std::string_view default_quality(Family family);

/// Null for a name that is none of qualities_of().
std::optional<protocols::arlo::RaParams> rate_control_of(Family family, std::string_view quality);
/// VideoOutputResolution and VideoTargetBitrate, and the HEVC pair where the family has that
/// stream. Empty for a name that is none of qualities_of().
protocols::arlo::Fields quality_registers(Family family, std::string_view quality);
/// `asked` when its registers are all as in `registers`, else the first quality of which that is
/// true (some share their registers and differ in raParams only); empty when there is none.
std::string_view quality_named_by(Family family, const protocols::arlo::Fields& registers,
                                  std::string_view asked);

}  // namespace casement::drivers::arlo
