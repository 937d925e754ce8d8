#pragma once
// A connection to an MQTT broker that is there for ever: made again whenever it ends.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/retry.hpp"
#include "async/task_group.hpp"
#include "base/secret.hpp"
#include "base/url.hpp"

namespace casement::notify::mqtt {

/// What goes to the broker, or comes from it.
struct Message {
    std::string topic, payload;
    bool retain = false;
    int qos = 1;
    bool operator==(const Message&) const = default;
};

struct ClientOptions {
    base::Url broker;       // mqtt or mqtts, with user and password
    std::string client_id;  // stable, and nobody else's: a broker throws doubles out by turns
    std::string ca_file{};  // mqtts; empty = the system's authorities
    std::optional<Message> will{};   // what the broker says when the connection is lost
    std::optional<Message> birth{};  // said after each connecting
    std::vector<std::string> subscriptions{};
    std::chrono::seconds keep_alive{30};
    async::BackoffPolicy reconnect{.first = std::chrono::seconds{1},
                                   .cap = std::chrono::seconds{60}};
    /// Messages that wait: for the connection, or for the broker's word that it has them.
    std::size_t max_queue = 1000;
};

/// Talks MQTT 3.1.1 by libmosquitto on a thread of its own, which only posts. publish() is
/// thread-safe and never waits: to a broker that is there it writes at once. While there is none, a
/// retained message waits as the newest of its topic and any other in a queue; what does not fit is
/// lost, oldest first, and counted.
class Client {
public:
    /// Called on `executor`.
    using Receive = std::function<void(const Message& message)>;
    using Connected = std::function<void(bool is_connected)>;

    Client(async::Executor executor, ClientOptions options, base::Log log);
    /// Await stop() before, if start() was called; without it the last words are not said.
    ~Client();

    void on_message(Receive receive);
    void on_connected(Connected connected);
    /// InvalidArgument: a broker, a file or an id that cannot be right.
    base::Result<> start();
    /// Says the will, waits for what is on its way (not longer than `patience`), and closes.
    async::Task<> stop(std::chrono::milliseconds patience);

    void publish(Message message);

    bool is_connected() const;
    std::uint64_t lost() const;
    std::size_t waiting() const;

    static constexpr std::size_t kMaxPayloadBytes = 64 * 1024;  // of a message that comes in

private:
    struct State;
    static async::Task<> run(std::shared_ptr<State> state, async::BlockingPool& thread);
    std::shared_ptr<State> state_;
    async::BlockingPool thread_;
    async::TaskGroup tasks_;
};

/// Whether `topic` is one of those that `filter` ('+' for one word, '#' for the rest) means.
bool matches(std::string_view filter, std::string_view topic);

}  // namespace casement::notify::mqtt
