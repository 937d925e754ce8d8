#pragma once
// Signals of the operating system as calls on one executor.

#include <functional>
#include <memory>

#include "async/task.hpp"

namespace casement::app {

struct SignalHandlers {
    std::function<void()> stop;    // SIGINT, SIGTERM: each time
    std::function<void()> reload;  // SIGHUP
};

/// Lives on one executor; listens from its construction to its destruction. One per process.
/// SIGPIPE is ignored: a viewer that goes away is an error of a write, not the end of the hub.
class Signals {
public:
    Signals(const async::Executor& executor, SignalHandlers handlers);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace casement::app
