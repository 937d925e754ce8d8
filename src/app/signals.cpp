#include "app/signals.hpp"

#include <csignal>
#include <utility>

#include <boost/asio/signal_set.hpp>

namespace casement::app {

struct Signals::State : std::enable_shared_from_this<State> {
    State(const async::Executor& executor, SignalHandlers h)
        : handlers(std::move(h)), set(executor, SIGINT, SIGTERM, SIGHUP) {}

    void wait() {
        set.async_wait([self = shared_from_this()](const async::error_code& ec, int signal) {
            if (ec || self->is_closed) return;
            (signal == SIGHUP ? self->handlers.reload : self->handlers.stop)();
            self->wait();
        });
    }

    SignalHandlers handlers;
    async::asio::signal_set set;
    bool is_closed = false;
};

Signals::Signals(const async::Executor& executor, SignalHandlers handlers)
    : state_(std::make_shared<State>(executor, std::move(handlers))) {
    std::signal(SIGPIPE, SIG_IGN);
    state_->wait();
}

Signals::~Signals() {
    state_->is_closed = true;
    async::error_code ignored;
    state_->set.cancel(ignored);
}

}  // namespace casement::app
