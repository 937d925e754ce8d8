#pragma once
// What an alert means as an event. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "events/event.hpp"
#include "protocols/arlo/device_messages.hpp"

namespace casement::drivers::arlo {

/// Something that begins and ends.
enum class Happening : std::uint8_t { Motion, Sound, Spotlight };
/// The word of events::kind.
std::string_view kind_of(Happening happening);
std::optional<Happening> happening_of(std::string_view kind);

/// What an alert says.
struct Begins {
    Happening what;
    bool operator==(const Begins&) const = default;
};
struct Ends {
    Happening what;
    std::optional<std::chrono::milliseconds> lasted;  // as the device says
    bool operator==(const Ends&) const = default;
};
struct Rings {
    bool operator==(const Rings&) const = default;
};
struct SaysNothing {  // of a type that no source knows
    bool operator==(const SaysNothing&) const = default;
};
using Meaning = std::variant<SaysNothing, Begins, Ends, Rings>;

Meaning meaning_of(const protocols::arlo::Alert& alert);

/// An alert as it came in.
struct Received {
    std::int64_t id = 0;
    protocols::arlo::Alert alert;
    std::string json;  // evidence
    base::WallTime at;
};

/// The event of an alert. `from` is its start; an event that is over has its end as well. Its
/// vendor_id is the message's ID with the time of receipt: devices begin to count anew at every
/// boot, and some send the same ID always.
events::Event event_of(const Received& received, std::string_view camera, std::string_view kind,
                       base::WallTime from, std::optional<base::WallTime> to);

/// What goes on at one device: the events that have begun. Times are steady.
class Ongoing {
public:
    struct Open {
        std::string event;  // its id in the log
        base::SteadyTime ends_at;
        bool operator==(const Open&) const = default;
    };

    /// Null when nothing of the kind goes on.
    const Open* find(Happening what) const;
    /// Also for one that goes on: it lasts longer then.
    void begin(Happening what, std::string event, base::SteadyTime ends_at);
    std::optional<Open> end(Happening what);
    /// Those whose time is over: their end was never told.
    std::vector<Happening> overdue(base::SteadyTime now) const;
    const std::map<Happening, Open>& all() const { return open_; }

private:
    std::map<Happening, Open> open_;
};

/// How long something goes on when nobody says that it ended. Doorbells never do.
std::chrono::seconds patience_for(Happening what, bool is_doorbell,
                                  std::optional<std::int64_t> longest_stream_s);

}  // namespace casement::drivers::arlo
