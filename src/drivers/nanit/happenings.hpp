#pragma once
// What an alert or a line of the sleep analysis means as an event. Pure.

#include <string>
#include <string_view>

#include "drivers/nanit/answers.hpp"
#include "events/event.hpp"

namespace casement::drivers::nanit {

/// The word of events::kind for a type of the vendor's, in whatever case; one that has none is
/// kept: "BABY_STANDING" is "baby-standing".
std::string kind_of(std::string_view type);

// A time that is yet to come is now: clocks differ, and the log is ordered by time. The vendor_id
// is that of the feed. An analysis line that says when it ended has its end.

events::Event event_of(const Message& message, std::string_view camera, base::WallTime now);
events::Event event_of(const SleepEvent& line, std::string_view camera, base::WallTime now);

}  // namespace casement::drivers::nanit
