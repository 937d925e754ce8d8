#pragma once
// Words that both parts of Device use. Private to this folder.

#include <string_view>

#include "camera/state.hpp"

namespace casement::drivers::arlo {

/// Minutes that a device on a battery was awake today, as far as the hub knows.
inline constexpr std::string_view kAwakeSensor = "awake_today";

/// It streams, and not to us.
inline camera::Reason runaway_reason() {
    camera::Reason out;
    out.code = "runaway";
    out.text =
        "It streams although nobody here watches: to somebody else, or to nobody. If it lets "
        "nobody in either, take its battery out for ten seconds.";
    return out;
}

}  // namespace casement::drivers::arlo
