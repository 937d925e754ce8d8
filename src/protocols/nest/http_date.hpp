#pragma once
// The end of a session, as the vendor writes it: an HTTP-date with dashes.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace casement::protocols::nest {

/// "Wed, 09-Mar-2022 19:10:35 GMT"
std::string format_dashed_date(std::chrono::sys_seconds time);
/// Nothing for any other shape or a day that is in no calendar. The day of the week is not compared
/// with the date: nobody needs it.
std::optional<std::chrono::sys_seconds> parse_dashed_date(std::string_view text);

}  // namespace casement::protocols::nest
