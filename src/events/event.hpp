#pragma once
// A fact with a time and a camera.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace casement::events {

/// What happened. Drivers use these words; a new one is added here, so that every face knows it.
namespace kind {
inline constexpr std::string_view kMotion = "motion";
inline constexpr std::string_view kPerson = "person";
inline constexpr std::string_view kSound = "sound";
inline constexpr std::string_view kCry = "cry";
inline constexpr std::string_view kButton = "button";            // a bell
inline constexpr std::string_view kSpotlight = "spotlight";      // its lamp is lit
inline constexpr std::string_view kTemperature = "temperature";  // out of the wished range
inline constexpr std::string_view kHumidity = "humidity";
inline constexpr std::string_view kBatteryLow = "battery-low";
inline constexpr std::string_view kState = "state";      // a camera changed its state word
inline constexpr std::string_view kSetting = "setting";  // somebody set something, with the outcome
inline constexpr std::string_view kCommand =
    "command";  // somebody commanded something, with the outcome
inline constexpr std::string_view kAccount = "account";  // an account was signed in or out
inline constexpr std::string_view kRecording =
    "recording";  // recording stopped or went on for a reason of the disk
inline constexpr std::string_view kDeleted = "deleted";      // footage was deleted as agreed
inline constexpr std::string_view kRecovered = "recovered";  // what start-up repaired
}  // namespace kind

/// A value; once stored it is shared as EventPtr and never changes: an update is a new object with
/// a higher `sequence`.
struct Event {
    std::string id;  // global and sortable by time of logging (26 characters, see id.hpp); empty
                     // until stored
    std::int64_t sequence = 0;  // of this hub's log: rises with every row and every update; the
                                // cursor of followers. 0 until stored

    std::string camera;  // id; empty = the hub itself
    std::string kind;
    base::WallTime start;               // when it happened, by the event's own time, UTC
    std::optional<base::WallTime> end;  // empty = momentary or still going on
    std::optional<double> score;        // 0..1, where the vendor says how sure it is
    std::string text;                   // one sentence for a person; may be empty

    std::string media;      // reference to a picture or clip of the vendor's, kept locally
                            // ("events/<id>.jpg"); may be empty
    std::string vendor_id;  // the vendor's own id; unique per camera, so that a push and a poll of
                            // the same thing make one event
    std::string data =
        "{}";  // JSON object of our own: {"setting":"volume","value":60}, {"zone":"door"}...
    std::string evidence;  // the vendor's JSON as it came, for support; never passed on as API. May
                           // be empty

    bool operator==(const Event&) const = default;
};

using EventPtr = std::shared_ptr<const Event>;

}  // namespace casement::events
