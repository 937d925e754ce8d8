#include "drivers/nanit/turns.hpp"

#include <array>
#include <list>

#include <boost/asio/steady_timer.hpp>

namespace casement::drivers::nanit {

using base::ErrorKind;
using base::fail;
using base::Result;

struct Turns::State {
    struct Waiter {
        explicit Waiter(const async::Executor& executor) : timer(executor) {}
        asio::steady_timer timer;
        bool is_called = false;  // the turn is its own, though it may not have woken yet
    };

    explicit State(async::Executor e) : executor(std::move(e)) {}

    bool may(Urgency urgency) const {
        return taken < kAtOnce && (urgency != Urgency::Background || !background_asks);
    }
    void give(Urgency urgency) {
        ++taken;
        if (urgency == Urgency::Background) background_asks = true;
    }
    void give_back(Urgency urgency) {
        --taken;
        if (urgency == Urgency::Background) background_asks = false;
        for (const Urgency next : {Urgency::Media, Urgency::Person, Urgency::Background}) {
            auto& queue = queues[static_cast<std::size_t>(next)];
            while (!queue.empty() && may(next)) {
                Waiter* const called = queue.front();
                queue.pop_front();
                give(next);
                called->is_called = true;
                called->timer.cancel();
            }
        }
    }
    std::size_t waiting() const { return queues[0].size() + queues[1].size() + queues[2].size(); }

    const async::Executor executor;
    std::size_t taken = 0;
    bool background_asks = false;
    std::array<std::list<Waiter*>, 3> queues;  // each waiter lives in the frame of its coroutine
};

Turns::Turns(async::Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

void Turns::Turn::give_back() {
    if (const auto state = std::exchange(state_, nullptr)) state->give_back(urgency_);
}

Turns::Turn& Turns::Turn::operator=(Turn&& other) noexcept {
    give_back();
    state_ = std::move(other.state_);
    urgency_ = other.urgency_;
    return *this;
}

Turns::Turn::~Turn() { give_back(); }

async::Task<Result<Turns::Turn>> Turns::take(Urgency urgency, async::Deadline deadline) {
    const std::shared_ptr<State> state = state_;
    if (state->may(urgency)) {
        state->give(urgency);
        co_return Turn(state, urgency);
    }
    if (state->waiting() >= kMaxWaiting)
        co_return fail(ErrorKind::ResourceExhausted, "{} questions wait for the camera already",
                       kMaxWaiting);
    State::Waiter self(state->executor);
    self.timer.expires_at(deadline.time());
    auto& queue = state->queues[static_cast<std::size_t>(urgency)];
    queue.push_back(&self);
    // However this frame ends, it is off the list, and a turn that it was given is not lost.
    struct Leave {
        State& state;
        std::list<State::Waiter*>& queue;
        State::Waiter& self;
        Urgency urgency;
        ~Leave() {
            if (self.is_called) state.give_back(urgency);
            queue.remove(&self);
        }
    } const leave{*state, queue, self, urgency};
    const auto [ec] = co_await self.timer.async_wait(async::as_value);
    if (self.is_called) {
        self.is_called = false;
        co_return Turn(state, urgency);
    }
    if (ec) co_return std::unexpected(async::to_error(ec, "wait for the camera"));
    co_return fail(ErrorKind::DeadlineExceeded, "the camera was busy all the time allowed");
}

}  // namespace casement::drivers::nanit
