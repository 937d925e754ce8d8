#pragma once
// Why a battery camera was awake, and for how long.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace casement::camera {

enum class WakeCause : std::uint8_t {
    Viewer,     // somebody watched
    Event,      // it saw or heard something, and that was recorded
    Command,    // somebody asked it to do something
    Settings,   // it was told how to be
    KeepAlive,  // the hub wanted to know how it is
};

/// "viewer", "event", "command", "settings", "keep-alive".
std::string_view to_string(WakeCause cause);
std::optional<WakeCause> parse_wake_cause(std::string_view text);

/// One stretch. As far as the hub knows: what a camera does by itself it does not tell.
struct Awake {
    WakeCause cause = WakeCause::Viewer;
    base::WallTime from{}, to{};
    bool operator==(const Awake&) const = default;
};

}  // namespace casement::camera
