#pragma once
// Who is where. A device is its serial number; an address is a fact about now. Pure.

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "drivers/arlo/alerts.hpp"

namespace casement::drivers::arlo {

/// What may be a serial number: letters, digits, '-' and '_', 40 at most (the longest known has
/// 13). It becomes part of a camera's id, of rows, names of files and log lines.
bool is_serial(std::string_view text);

/// Not thread-safe. Times are steady.
class Roster {
public:
    /// The device that last spoke from there; empty when nobody did, or it has moved.
    std::string_view serial_at(std::string_view address) const;
    /// Where a device last spoke from; empty when it is not known.
    std::string_view address_of(std::string_view serial) const;

    struct Move {
        bool moved = false;     // it was elsewhere before, or nowhere
        std::string displaced;  // who was believed to be there until now; is nowhere from now on
    };
    /// A device spoke from an address.
    Move place(std::string_view serial, std::string_view address);
    /// It is nowhere from now on.
    void forget(std::string_view serial);

private:
    std::map<std::string, std::string, std::less<>> by_address_;
    std::map<std::string, std::string, std::less<>> by_serial_;
};

/// Alerts of devices that nobody knows yet, kept until one says who it is. Not thread-safe.
class Waiting {
public:
    /// A motion with its end, and what repeats of it.
    static constexpr std::size_t kMaxPerOrigin = 16;
    static constexpr std::size_t kMaxOrigins = 64;
    /// Later an address may have gone to another device.
    static constexpr std::chrono::seconds kKeep{120};
    /// Between two questions who somebody is.
    static constexpr std::chrono::seconds kAskEvery{10};

    /// `origin`: the serial where the alert has one, else the address. False when there is no room.
    bool keep(std::string_view origin, Received alert, base::SteadyTime now);
    /// What waited for this device, oldest first.
    std::vector<Received> take(std::string_view serial, std::string_view address,
                               base::SteadyTime now);
    /// Whether to ask this address now; counts as asked when the answer is yes.
    bool should_ask(std::string_view address, base::SteadyTime now);
    std::size_t size() const;

private:
    struct Kept {
        Received alert;
        base::SteadyTime since;
    };
    void forget_old(base::SteadyTime now);

    std::map<std::string, std::deque<Kept>, std::less<>> by_origin_;
    std::map<std::string, base::SteadyTime, std::less<>> asked_;
};

}  // namespace casement::drivers::arlo
