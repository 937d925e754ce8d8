#pragma once
// What the vendor says has happened at a camera.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "events/event.hpp"

namespace casement::drivers::nest {

struct Cuepoint {
    std::string id;  // opaque; it becomes part of a URL, percent-encoded
    base::WallTime start{};
    base::WallTime end{};  // so far, while it goes on
    bool is_going_on = false;
    std::vector<std::string> types;  // "motion", "person"...; open
    std::string raw;                 // JSON
    bool operator==(const Cuepoint&) const = default;
};

/// A list, in the order of time; those without id or start are left out; at most kMaxCuepoints, the
/// newest. Unavailable "vendor-down" for what is no list.
base::Result<std::vector<Cuepoint>> parse_cuepoints(std::string_view body);

/// Of the camera with this id. Those that the vendor calls unimportant are events too: without its
/// subscription nearly all are. An end only of what is over.
events::Event event_of(const Cuepoint& cuepoint, std::string_view camera, base::WallTime now);

inline constexpr std::size_t kMaxCuepoints = 500;

}  // namespace casement::drivers::nest
