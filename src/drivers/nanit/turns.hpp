#pragma once
// Who may ask next, where one connection serves everybody.

#include <cstddef>
#include <memory>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "drivers/nanit/control.hpp"

namespace casement::drivers::nanit {

/// A few questions at a time, the more urgent first, else in the order of asking. Of the background
/// there is one at a time, so that a camera that is slow to answer polls has room for a person.
/// Lives on one executor. May go before those who wait.
class Turns {
    struct State;

public:
    explicit Turns(async::Executor executor);

    /// Held by whoever asks; its end gives the place to the next.
    class Turn {
    public:
        Turn() = default;
        Turn(Turn&& other) noexcept = default;
        Turn& operator=(Turn&& other) noexcept;
        ~Turn();

    private:
        friend class Turns;
        Turn(std::shared_ptr<State> state, Urgency urgency)
            : state_(std::move(state)), urgency_(urgency) {}
        void give_back();
        std::shared_ptr<State> state_;
        Urgency urgency_ = Urgency::Background;
    };

    /// DeadlineExceeded, Cancelled; ResourceExhausted when too many wait.
    async::Task<base::Result<Turn>> take(Urgency urgency, async::Deadline deadline);

    static constexpr std::size_t kAtOnce = 4;
    static constexpr std::size_t kMaxWaiting = 64;

private:
    std::shared_ptr<State> state_;
};

}  // namespace casement::drivers::nanit
