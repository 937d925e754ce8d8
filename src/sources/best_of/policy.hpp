#pragma once
// Which of several ways to the same pictures is opened, and which is closed: rules and numbers,
// without a socket.

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "camera/endpoint.hpp"

namespace casement::sources::best_of {

/// The best way that is not put off is opened. When it fails, the next one takes its place, and is
/// shown while the better ones are tried beside it, one at a time and ever more rarely. The one
/// that was opened last is the one that is shown once it brings a picture; the other is then
/// closed. A way that says that its camera is off is kept: no other would have a picture, and the
/// better ones are tried at once when it has one again.
///
/// Reads no clock: every call says what time it is.
class Policy {
public:
    explicit Policy(const camera::BestOf& rules);

    /// What is seen of a way that is open.
    struct Run {
        std::size_t choice = 0;
        base::SteadyTime opened_at{};
        base::SteadyTime last_picture{};            // zero: none yet
        std::optional<base::SteadyTime> ends_at{};  // for good, by the vendor's word
        std::chrono::milliseconds stall{0};  // longer than the rule's, where pictures are rare
        std::optional<base::Error> waits{};  // for a camera that is off
        std::optional<base::Error> ended{};
    };
    struct Step {
        std::optional<std::size_t> open{};  // this choice too
        unsigned close = 0;                 // bit n: the nth of those that were shown
    };
    /// `runs`: at most two, the older first. One that is to be closed is not shown again.
    Step step(std::span<const Run> runs, base::SteadyTime now);
    /// What has failed may work again: no way is put off any more.
    void try_all(base::SteadyTime now);

    /// The choice whose pictures are shown.
    const std::optional<std::size_t>& showing() const { return showing_; }
    /// Why nothing is shown, or no better choice; nothing while it is not known yet.
    std::optional<base::Error> why() const;

private:
    struct Choice {
        base::SteadyTime not_before{};
        std::chrono::milliseconds wait;
        std::optional<base::Error> fault{};
    };
    bool is_fresh(const Run& run, base::SteadyTime now) const;
    std::optional<base::Error> fault_of(const Run& run, base::SteadyTime now) const;
    std::chrono::milliseconds stall_of(const Run& run) const;
    void put_off(const Run& run, base::Error fault, base::SteadyTime now);
    /// The best of these that is not put off.
    std::optional<std::size_t> due(std::size_t from, std::size_t to, base::SteadyTime now) const;
    std::optional<std::size_t> next(const Run* kept, base::SteadyTime now);

    const std::chrono::milliseconds patience_, stall_, again_, again_at_most_, renew_before_;
    std::vector<Choice> choices_;
    std::optional<std::size_t> showing_;
    std::optional<base::Error> waits_;
    bool was_waiting_ = false;
    std::size_t begin_at_ = 0;  // where nothing is shown: the choice whose turn it is
};

}  // namespace casement::sources::best_of
