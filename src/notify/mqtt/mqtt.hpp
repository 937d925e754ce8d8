#pragma once
// The hub at the broker: what cameras say goes there, and what is wished there reaches them.

#include <deque>
#include <optional>
#include <string>

#include "camera/router.hpp"
#include "notify/mqtt/client.hpp"
#include "notify/mqtt/old_nanit.hpp"

namespace casement::notify::mqtt {

struct MqttOptions {
    ClientOptions client;      // will, birth and subscriptions are filled in here
    std::string base;          // first word: "<base>/status" is online or offline
    std::string nanit_topics;  // first word of the old topics; empty = off
};

/// Lives on one executor; what it is given outlives it. Nothing polls: a value goes out as soon as
/// the registry has it. After each connecting everything is said again, for a broker that has
/// forgotten it.
class Mqtt {
public:
    Mqtt(const async::Executor& executor, MqttOptions options, camera::DriverRegistry& registry,
         camera::CommandRouter& router, events::EventBus& events, base::Log log);

    /// As Client::start().
    base::Result<> start();
    async::Task<> stop(std::chrono::milliseconds patience);

    const Client& client() const { return client_; }

    static constexpr std::size_t kMaxCommands = 16;  // on their way to cameras

private:
    async::Task<> follow_changes();
    async::Task<> follow_events();
    void say_all();
    void publish(std::vector<Message> messages);
    void hear(const Message& message);
    async::Task<> obey(OldCommand command);
    static ClientOptions client_options(const MqttOptions& options,
                                        const std::optional<OldNanit>& old);

    camera::DriverRegistry& registry_;
    camera::CommandRouter& router_;
    const base::Log log_;
    const std::optional<OldNanit> old_;
    Client client_;
    events::Subscription<camera::ChangePtr> changes_;
    events::EventSubscription events_;
    std::deque<std::string> told_;  // events of late: an end is told with the same id again
    async::TaskGroup commands_;
    async::TaskGroup tasks_;
};

}  // namespace casement::notify::mqtt
