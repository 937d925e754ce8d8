#pragma once
// Which of a camera's two ways in shows its pictures: rules and numbers, without a socket.

#include <chrono>
#include <optional>
#include <span>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "camera/endpoint.hpp"

namespace casement::sources::change_over {

/// The first way is preferred. While it brings no picture the spare is opened beside it, and closed
/// once the first writes again. A spare whose time ends is replaced by a newer one, which writes
/// before the older is closed. While the camera sleeps there is nothing to open.
///
/// Reads no clock: every call says what time it is.
class Policy {
public:
    Policy(const camera::ChangeOver& rules, base::SteadyTime now);

    /// What is seen of the first way.
    struct First {
        bool is_live = false;              // pictures come
        base::SteadyTime last_picture{};   // zero: not known
        bool is_refused = false;           // none will for now
        bool sleeps = false;               // the camera does, so nobody has pictures
        std::optional<base::Error> why{};  // they do not come
    };
    /// What is seen of a spare.
    struct Spare {
        base::SteadyTime opened_at{};
        base::SteadyTime last_picture{};  // zero: none yet
        std::optional<base::SteadyTime> ends_at{};
        std::optional<base::Error> ended{};
    };
    struct Step {
        bool open = false;   // one more spare
        unsigned close = 0;  // bit n: the nth of those that were shown
    };
    /// `spares`: at most two, the older first. One that is to be closed is not shown again.
    Step step(const First& first, std::span<const Spare> spares, base::SteadyTime now);

    enum class Showing : std::uint8_t { Nothing, First, Spare };
    Showing showing() const { return showing_; }
    /// Why nothing is shown, or why it is the spare; nothing while it is not known yet.
    const std::optional<base::Error>& why() const { return why_; }

private:
    bool is_fresh(const Spare& spare, base::SteadyTime now) const;
    /// A spare whose first key frame came in the same moment as the first way's may be the one that
    /// writes now.
    bool writes(const Spare& spare, const First& first, base::SteadyTime now) const;
    std::optional<base::Error> fault_of(const Spare& spare, base::SteadyTime now) const;
    bool wants_spare(const First& first, base::SteadyTime now) const;
    void put_off(const Spare& spare, base::SteadyTime now);
    void look(const First& first, std::span<const Spare> spares, base::SteadyTime now);

    const std::chrono::milliseconds patience_, patience_after_loss_, spare_patience_, stall_;
    const std::chrono::milliseconds again_, again_at_most_, renew_before_;
    Showing showing_ = Showing::Nothing;
    std::optional<base::Error> why_;
    std::optional<base::Error> spare_error_;
    bool was_live_ = false;
    base::SteadyTime live_since_{};
    base::SteadyTime missing_since_;
    base::SteadyTime not_before_{};  // of the next spare
    std::chrono::milliseconds wait_;
};

}  // namespace casement::sources::change_over
