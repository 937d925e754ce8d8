#pragma once
// Who may go next, where only a few can at a time.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "async/deadline.hpp"
#include "async/task.hpp"

namespace casement::async {

struct TurnLimits {
    /// How many of each rank may have a turn at a time; the first rank goes before the second, and
    /// so on.
    std::vector<std::size_t> of_rank{1};
    std::size_t at_once = 1;      // of all ranks
    std::size_t max_waiting = 0;  // of all ranks: more are turned away
    // Of the errors, for a person.
    std::string full = "wait already";  // behind their number
    std::string busy = "it was";        // in front of "busy all the time allowed"
};

/// The higher rank first, else in the order of asking. Lives on one executor. May go before those
/// who wait.
class Turns {
    struct State;

public:
    Turns(Executor executor, TurnLimits limits);

    /// Held by whoever has the turn; its end gives it to the next.
    class Turn {
    public:
        Turn() = default;
        Turn(Turn&& other) noexcept = default;
        Turn& operator=(Turn&& other) noexcept;
        ~Turn();

    private:
        friend class Turns;
        Turn(std::shared_ptr<State> state, std::size_t rank)
            : state_(std::move(state)), rank_(rank) {}
        void give_back();
        std::shared_ptr<State> state_;
        std::size_t rank_ = 0;
    };

    /// DeadlineExceeded, Cancelled; ResourceExhausted when too many wait.
    Task<base::Result<Turn>> take(Deadline deadline, std::size_t rank = 0);
    std::size_t waiting() const;

private:
    std::shared_ptr<State> state_;
};

}  // namespace casement::async
