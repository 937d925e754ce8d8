#pragma once
// How pictures and films are called, by the time of the picture: names sort as their pictures came.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "camera/endpoint.hpp"

namespace casement::sources::snapshots {

using Layout = camera::Films::Layout;

/// "2026-01-31T06-00-00.000Z", or 32 hexadecimal digits that begin with the time.
std::string picture_name(Layout layout, base::WallTime at);
/// The time to the millisecond; nothing for what is no such name.
std::optional<base::WallTime> time_of_picture(Layout layout, std::string_view name);

/// "FIRST--LAST", or "LAST", which is how foggycam calls them.
std::string film_name(Layout layout, std::string_view first, std::string_view last);
/// The time of its last picture.
std::optional<base::WallTime> time_of_film(Layout layout, std::string_view name);

}  // namespace casement::sources::snapshots
