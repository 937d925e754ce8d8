#pragma once
// Messages that belong together, made one event. Pure.

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "drivers/nest/device_access/messages.hpp"

namespace casement::drivers::nest::device_access {

/// The vendor says what happened in several messages of one session, late, twice, and in any order:
/// a motion, then that it was a person, then where the clip is.
///
/// What ranks higher than all before it in its session (sound, motion, person, bell) is an event of
/// its own, because people act upon it; everything else becomes part of the one that was told.
class Sessions {
public:
    struct Told {
        std::string vendor_id;  // "SESSION/KIND"
        std::string kind;       // a word of events::kind, or the vendor's own in our letters
        base::WallTime start{};
        std::vector<std::string> zones{};
        bool is_late = false;   // too late to alert anybody, and to ask for a picture
        std::string picture{};  // what is asked for with it; empty = none, or asked before
        std::string clip{};     // URL
    };
    struct Step {
        std::vector<Told> told;          // new, or with a clip that is new
        std::vector<std::string> ended;  // vendor ids, at the time of the message
    };
    Step take(const Message& message, base::WallTime now);
    /// What was told of it was not stored: when it comes again, it is new.
    void forget(const Message& message);

    static constexpr std::chrono::seconds kLate{30};
    static constexpr std::size_t kMost = 500;  // the longest untouched are forgotten

private:
    struct Session {
        int rank = -1;
        Told newest;  // what is told of it
        bool has_clip = false, has_picture = false;
        std::vector<std::string> vendor_ids;
        std::list<std::string>::iterator place;
    };
    Session& session(const std::string& id);
    static std::string id_of(const Message& message, const Happening& one);

    std::unordered_map<std::string, Session> sessions_;
    std::list<std::string> order_;  // oldest first
};

/// "CameraMotion.Motion" is "motion"; of one that is not known, its last word in small letters.
std::string kind_of(std::string_view type);

}  // namespace casement::drivers::nest::device_access
