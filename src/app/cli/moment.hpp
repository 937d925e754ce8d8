#pragma once
// Moments as people type them and read them: local time, where the rest of the house speaks UTC.

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace casement::app::cli {

/// "2026-11-20T21:05:00Z" and the like, "2026-11-20 21:05[:30]", "2026-11-20" and "21:05[:30]"
/// (today) in local time, "-10m" (ago), "now". InvalidArgument, with examples, for anything else
/// and for dates that do not exist.
base::Result<base::WallTime> parse_moment(std::string_view text, base::WallTime now);

/// "2026-11-20 21:05:30", local.
std::string local_text(base::WallTime time);
/// The same for an RFC 3339 text; the text itself where it is none.
std::string local_text(std::string_view rfc3339);

}  // namespace casement::app::cli
