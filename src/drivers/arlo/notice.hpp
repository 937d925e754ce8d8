#pragma once
// What a device said, for programs that want to hear it in the words of the device: beside the
// events, which say what happened at a camera.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "protocols/arlo/device_messages.hpp"

namespace casement::drivers::arlo {

struct Notice {
    enum class What : std::uint8_t {
        Registration,
        Status,
        Motion,
        MotionEnd,
        Button,
        Sound,
        SoundEnd,
        Spotlight
    };

    What what = What::Status;
    std::string camera;  // its id in the hub
    std::string address, friendly_name, host_name, serial;
    std::string message;             // of Registration and Status: JSON as it came
    std::vector<std::string> zones;  // of Motion: ids of the zones that were hit
    bool is_on = true;               // of Button, Sound and Spotlight
    std::string audio;               // of Sound: its AudioDetect as JSON; may be empty
    base::WallTime at{};
};

/// Called on the driver's executor, once per message and after it was stored; must not wait.
using NoticeHandler = std::function<void(const Notice&)>;

/// Nothing for an alert of a type that is not known.
std::optional<Notice::What> notice_of(const protocols::arlo::Alert& alert);
/// Fills in what the alert says.
void tell_alert(const protocols::arlo::Alert& alert, Notice& notice);

}  // namespace casement::drivers::arlo
