#include "async/turns.hpp"

#include <list>
#include <utility>

#include <boost/asio/steady_timer.hpp>

namespace casement::async {

using base::ErrorKind;
using base::fail;
using base::Result;

struct Turns::State {
    struct Waiter {
        explicit Waiter(const Executor& executor) : timer(executor) {}
        asio::steady_timer timer;
        bool is_called = false;  // the turn is its own, though it may not have woken yet
    };
    struct Rank {
        std::size_t taken = 0;
        std::list<Waiter*> waiters;  // each lives in the frame of its coroutine
    };

    State(Executor e, TurnLimits l)
        : executor(std::move(e)), limits(std::move(l)), ranks(limits.of_rank.size()) {}

    bool may(std::size_t rank) const {
        return taken < limits.at_once && ranks[rank].taken < limits.of_rank[rank];
    }
    void give(std::size_t rank) {
        ++taken;
        ++ranks[rank].taken;
    }
    void give_back(std::size_t rank) {
        --taken;
        --ranks[rank].taken;
        for (std::size_t next = 0; next < ranks.size(); ++next) {
            auto& waiters = ranks[next].waiters;
            while (!waiters.empty() && may(next)) {
                Waiter* const called = waiters.front();
                waiters.pop_front();
                give(next);
                called->is_called = true;
                called->timer.cancel();
            }
        }
    }
    std::size_t waiting() const {
        std::size_t out = 0;
        for (const Rank& rank : ranks) out += rank.waiters.size();
        return out;
    }

    const Executor executor;
    const TurnLimits limits;
    std::size_t taken = 0;
    std::vector<Rank> ranks;
};

Turns::Turns(Executor executor, TurnLimits limits)
    : state_(std::make_shared<State>(std::move(executor), std::move(limits))) {}

void Turns::Turn::give_back() {
    if (const auto state = std::exchange(state_, nullptr)) state->give_back(rank_);
}

Turns::Turn& Turns::Turn::operator=(Turn&& other) noexcept {
    give_back();
    state_ = std::move(other.state_);
    rank_ = other.rank_;
    return *this;
}

Turns::Turn::~Turn() { give_back(); }

std::size_t Turns::waiting() const { return state_->waiting(); }

Task<Result<Turns::Turn>> Turns::take(Deadline deadline, std::size_t rank) {
    const std::shared_ptr<State> state = state_;
    if (state->may(rank)) {
        state->give(rank);
        co_return Turn(state, rank);
    }
    if (state->waiting() >= state->limits.max_waiting)
        co_return fail(ErrorKind::ResourceExhausted, "{} {}", state->limits.max_waiting,
                       state->limits.full);
    State::Waiter self(state->executor);
    self.timer.expires_at(deadline.time());
    state->ranks[rank].waiters.push_back(&self);
    // However this frame ends, it is off the list, and a turn that it was given is not lost.
    struct Leave {
        State& state;
        State::Waiter& self;
        std::size_t rank;
        ~Leave() {
            if (self.is_called) state.give_back(rank);
            state.ranks[rank].waiters.remove(&self);
        }
    } const leave{*state, self, rank};
    const auto [ec] = co_await self.timer.async_wait(as_value);
    if (self.is_called) {
        self.is_called = false;
        co_return Turn(state, rank);
    }
    if (ec) co_return std::unexpected(to_error(ec, "wait for a turn"));
    co_return fail(ErrorKind::DeadlineExceeded, "{} busy all the time allowed", state->limits.busy);
}

}  // namespace casement::async
