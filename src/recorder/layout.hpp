#pragma once
// Where a segment lies: <recordings>/<camera>/<YYYY-MM-DD>/<HH-MM-SS.mmm>Z.mp4, all in UTC.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace casement::recorder {

/// "2026-11-20/21-00-00.123Z.mp4".
std::string segment_file(base::WallTime start);
/// The time in such a name, to the millisecond; nothing when it is not one of ours.
std::optional<base::WallTime> segment_time(std::string_view file);
bool is_day(std::string_view name);

}  // namespace casement::recorder
