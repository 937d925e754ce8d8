#include "camera/awake.hpp"

#include <algorithm>
#include <array>

namespace casement::camera {

namespace {

constexpr std::array<std::string_view, 5> kCauses{"viewer", "event", "command", "settings",
                                                  "keep-alive"};

}  // namespace

std::string_view to_string(WakeCause cause) { return kCauses[static_cast<std::size_t>(cause)]; }

std::optional<WakeCause> parse_wake_cause(std::string_view text) {
    const auto* const found = std::ranges::find(kCauses, text);
    if (found == kCauses.end()) return std::nullopt;
    return static_cast<WakeCause>(found - kCauses.begin());
}

}  // namespace casement::camera
