#pragma once
// What can be set on a camera: the vendor's properties as typed settings, in one table.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "camera/setting.hpp"
#include "drivers/nest/camera_record.hpp"

namespace casement::drivers::nest {

/// Those that this camera has, with the values that are known.
std::vector<camera::Setting> settings_of(const CameraRecord& camera);

/// A property with the value that the vendor takes.
struct PropertyChange {
    std::string property, value;
};
/// Nothing for a setting or value that is none of ours.
std::optional<PropertyChange> change_of(std::string_view setting, const camera::Value& value);
/// The record as it is after the vendor took it, until it says so itself.
void apply(CameraRecord& camera, std::string_view setting, const camera::Value& value);

/// The setting that switches the camera off and on.
inline constexpr std::string_view kStreaming = "streaming";

}  // namespace casement::drivers::nest
