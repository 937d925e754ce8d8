#pragma once
// How often Device Access may be asked: the vendor's published limits, kept on this side, so that
// nobody ever runs into them.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace casement::drivers::nest::device_access {

/// Of one project and person. Pure: every call says what time it is.
///
/// Published per minute: 10 commands in all and 5 of one kind for one device; 10 times one device,
/// 5 times the list. Seen per device: 30 commands a minute, 100 an hour. When the vendor counted a
/// question is not known until it is answered, so that its minute begins with the answer; and a
/// minute here is a little longer, for clocks that do not agree.
class Limits {
public:
    enum class Question : std::uint8_t { List, Device, Command };
    enum class Rank : std::uint8_t {
        Keep,   // what a running stream needs: may use the last places too
        Other,  // two commands a minute are left free for the first
        Spare,  // what may be left undone: five are
    };

    /// `time_scale`: of the vendor's minutes and hours, for tests.
    explicit Limits(double time_scale = 1) : time_scale_(time_scale) {}

    /// Zero: ask now; it is counted. Otherwise nothing is counted, and there is a place after so
    /// long. `kind`: of a command.
    base::Duration take(Question question, std::string_view device, std::string_view kind,
                        Rank rank, base::SteadyTime now);
    /// What was taken then has been answered, or nobody waits for that any more.
    void answered(Question question, std::string_view device, std::string_view kind,
                  base::SteadyTime taken, base::SteadyTime now);
    /// The vendor has said that it was asked too often: nothing at all is asked until then.
    void silence(base::SteadyTime until);

private:
    struct Place {
        std::string key;
        std::size_t at_most;
        base::Duration length;
    };
    std::vector<Place> places_of(Question question, std::string_view device,
                                 std::string_view kind) const;
    std::deque<base::SteadyTime>& asked(const Place& place, base::SteadyTime now);

    double time_scale_;
    std::map<std::string, std::deque<base::SteadyTime>, std::less<>> asked_;
    base::SteadyTime silent_until_{};
};

}  // namespace casement::drivers::nest::device_access
