#pragma once
// Events of every camera, posted to other programs.

#include <string>
#include <vector>

#include "async/task_group.hpp"
#include "events/event_log.hpp"
#include "notify/target.hpp"

namespace casement::notify {

enum class EventEncoding { Json, Form };

struct Webhook {
    base::Secret url;
    std::vector<std::string> events;  // kinds (events::kind); empty = all
    EventEncoding encoding = EventEncoding::Json;
    base::Secret secret;
};

/// Lives on one executor; `log` outlives it. Every stored event goes out once, and again when an
/// end is added to it. What its own queue loses it reads from the log again.
class Webhooks {
public:
    /// Follows the log from now on.
    Webhooks(const async::Executor& executor, std::vector<Webhook> webhooks, events::EventLog& log,
             base::Log lines, double time_scale = 1);

    /// Until cancelled.
    void start();
    async::Task<> stop(std::chrono::milliseconds patience);

    const Targets& targets() const { return targets_; }

private:
    async::Task<> follow();
    async::Task<> catch_up();
    void tell(const events::EventPtr& event);

    const std::vector<Webhook> webhooks_;
    events::EventLog& log_;
    const base::Log lines_;
    std::int64_t sequence_ = 0;  // of the last event told
    events::EventSubscription subscription_;
    Targets targets_;
    async::TaskGroup tasks_;
};

}  // namespace casement::notify
