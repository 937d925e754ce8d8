#pragma once
// One at a time, in the order of asking.

#include <cstddef>
#include <list>
#include <memory>

#include <boost/asio/steady_timer.hpp>

#include "async/deadline.hpp"
#include "async/task.hpp"

namespace casement::drivers::arlo {

/// Lives on one executor. May go before those who wait.
class Turns {
    struct State;

public:
    /// `max_waiting`: more are turned away.
    Turns(async::Executor executor, std::size_t max_waiting);

    /// Held by whoever has the turn; its end gives it to the next.
    class Turn {
    public:
        Turn() = default;
        Turn(Turn&& other) noexcept = default;
        Turn& operator=(Turn&& other) noexcept;
        ~Turn();

    private:
        friend class Turns;
        explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
        std::shared_ptr<State> state_;
    };

    /// DeadlineExceeded, Cancelled; ResourceExhausted when too many wait.
    async::Task<base::Result<Turn>> take(async::Deadline deadline);
    std::size_t waiting() const;

private:
    std::shared_ptr<State> state_;
};

}  // namespace casement::drivers::arlo
