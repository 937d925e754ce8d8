#pragma once
// Reading JSON that may be anything: what is missing, null or of another type is nothing. Private
// to the sources of this folder and those in it.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"

namespace casement::drivers {

/// An object; nothing for what is none, or is nested deeper than `max_depth`.
std::optional<nlohmann::json> parse_object(std::string_view text, int max_depth = 32);
/// The same of a list.
std::optional<nlohmann::json> parse_list(std::string_view text, int max_depth = 32);
/// null where there is no such member. The reference lives as long as `object`.
const nlohmann::json& at(const nlohmann::json& object, std::string_view key);
std::string text_at(const nlohmann::json& object, std::string_view key);
/// Finite ones only.
std::optional<double> number_at(const nlohmann::json& object, std::string_view key);
/// Seconds since 1970, whole or not, or RFC 3339.
std::optional<base::WallTime> time_at(const nlohmann::json& object, std::string_view key);

}  // namespace casement::drivers
