#include "drivers/arlo/turns.hpp"

namespace casement::drivers::arlo {

using base::ErrorKind;
using base::fail;
using base::Result;

struct Turns::State {
    struct Waiter {
        explicit Waiter(const async::Executor& executor) : timer(executor) {}
        asio::steady_timer timer;
        bool is_called = false;  // the turn is its own, though it may not have woken yet
    };

    State(async::Executor e, std::size_t m) : executor(std::move(e)), max_waiting(m) {}

    void give_back() {
        if (waiters.empty()) {
            taken = false;
            return;
        }
        Waiter* const next = waiters.front();
        waiters.pop_front();
        next->is_called = true;
        next->timer.cancel();
    }

    const async::Executor executor;
    const std::size_t max_waiting;
    bool taken = false;
    std::list<Waiter*> waiters;  // each lives in the frame of its coroutine
};

Turns::Turns(async::Executor executor, std::size_t max_waiting)
    : state_(std::make_shared<State>(std::move(executor), max_waiting)) {}

Turns::Turn& Turns::Turn::operator=(Turn&& other) noexcept {
    if (state_) state_->give_back();
    state_ = std::move(other.state_);
    return *this;
}

Turns::Turn::~Turn() {
    if (state_) state_->give_back();
}

std::size_t Turns::waiting() const { return state_->waiters.size(); }

async::Task<Result<Turns::Turn>> Turns::take(async::Deadline deadline) {
    const std::shared_ptr<State> state = state_;
    if (!state->taken) {
        state->taken = true;
        co_return Turn(state);
    }
    if (state->waiters.size() >= state->max_waiting)
        co_return fail(ErrorKind::ResourceExhausted, "{} wait already", state->max_waiting);

    State::Waiter self(state->executor);
    self.timer.expires_at(deadline.time());
    state->waiters.push_back(&self);
    // However this frame ends, it is off the list, and a turn that it was given is not lost.
    struct Leave {
        State& state;
        State::Waiter& self;
        ~Leave() {
            if (self.is_called) state.give_back();
            state.waiters.remove(&self);
        }
    } const leave{*state, self};
    const auto [ec] = co_await self.timer.async_wait(async::as_value);
    if (self.is_called) {
        self.is_called = false;
        co_return Turn(state);
    }
    if (ec) co_return std::unexpected(async::to_error(ec, "wait for its turn"));
    co_return fail(ErrorKind::DeadlineExceeded, "it was busy all the time allowed");
}

}  // namespace casement::drivers::arlo
