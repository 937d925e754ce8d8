#include "net/watchdog.hpp"

#include <boost/asio/steady_timer.hpp>

namespace casement::net {

struct Watchdog::State : std::enable_shared_from_this<State> {
    State(Stream& s, Clock::duration p)
        : stream(&s), timer(s.executor()), patience(p), fed(Clock::now()) {}

    Stream* stream;  // null once the watchdog is gone
    boost::asio::steady_timer timer;
    Clock::duration patience;
    Clock::time_point fed;
    bool paused = false;
    bool barked = false;

    // The timer runs to the end it was set to; only then is it looked at whether somebody fed
    // meanwhile.
    void sleep_until(Clock::time_point time) {
        timer.expires_at(time);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
            if (!ec && self->stream != nullptr) self->wake();
        });
    }
    void wake() {
        const Clock::time_point now = Clock::now();
        if (paused) return sleep_until(now + patience);
        if (fed + patience > now) return sleep_until(fed + patience);
        barked = true;
        stream->close();
    }
};

Watchdog::Watchdog(Stream& stream, Clock::duration patience)
    : state_(std::make_shared<State>(stream, patience)) {
    state_->sleep_until(state_->fed + patience);
}

Watchdog::~Watchdog() {
    state_->stream = nullptr;
    state_->timer.cancel();
}

void Watchdog::feed() {
    state_->fed = Clock::now();
    state_->paused = false;
}

void Watchdog::feed(Clock::duration patience) {
    feed();
    const Clock::time_point due = state_->fed + patience;
    state_->patience = patience;
    if (!state_->barked && due < state_->timer.expiry()) state_->sleep_until(due);
}

void Watchdog::pause() { state_->paused = true; }
bool Watchdog::barked() const { return state_->barked; }

}  // namespace casement::net
