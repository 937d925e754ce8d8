#pragma once
// Pictures and clips that vendors have of events, kept beside the hub's own footage.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace casement::drivers {

/// Where they go: "<data>/events/", each vendor's with its name in front. The oldest of a vendor go
/// when there are more than `most`.
struct EventMediaRules {
    std::string data;  // of the hub; empty = nothing is kept
    std::string vendor;
    std::size_t most = 2000;
};

/// Blocks. Answers what events::Event::media wants: "events/nest-NAME.jpg". Of `name`, letters and
/// digits, - and _ stay.
base::Result<std::string> keep_event_media(const EventMediaRules& rules, std::string_view name,
                                           std::string_view extension, std::string_view bytes);

}  // namespace casement::drivers
