#include "recorder/segment.hpp"

#include <algorithm>
#include <array>

namespace casement::recorder {

namespace {
constexpr std::array<std::string_view, 11> kReasons{
    "",           "unreachable", "privacy", "recording-off", "disk-full", "disk-slow",
    "disk-error", "restart",     "lost",    "changed",       "unknown"};
}  // namespace

std::string_view to_string(EndReason reason) { return kReasons[static_cast<std::size_t>(reason)]; }

EndReason parse_end_reason(std::string_view text) {
    const auto* found = std::ranges::find(kReasons, text);
    return found == kReasons.end() ? EndReason::Unknown
                                   : static_cast<EndReason>(found - kReasons.begin());
}

}  // namespace casement::recorder
