#pragma once
// What Device Access publishes, read. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::drivers::nest::device_access {

/// One of a message's events.
struct Happening {
    std::string type;     // "CameraMotion.Motion"
    std::string session;  // the same for all that belongs together
    std::string event;    // what a picture is asked for with; empty for clips
    std::string clip;     // URL; of ClipPreview
    std::vector<std::string> zones;
    bool operator==(const Happening&) const = default;
};

struct Message {
    std::string id;
    base::WallTime at{};
    std::string device;  // "enterprises/PROJECT/devices/ID"; empty: about the house
    std::vector<Happening> happenings;
    std::optional<bool> is_online;  // where it says so
    bool changes_devices = false;   // one came, went, or moved to another room
    enum class Thread { None, Started, Updated, Ended } thread = Thread::None;
    bool operator==(const Message&) const = default;
};

/// As Pub/Sub delivers it; again and again until it is acknowledged.
struct Delivery {
    std::string ack_id;
    std::optional<Message>
        message;       // nothing for what cannot be read: it is acknowledged all the same
    std::string data;  // the message as it came, JSON; for support
};

/// Unavailable "vendor-down" for what is no answer to a pull.
base::Result<std::vector<Delivery>> parse_pull(std::string_view body);
std::optional<Message> parse_message(std::string_view data);

}  // namespace casement::drivers::nest::device_access
