#include "notify/mqtt/client.hpp"

#include <deque>
#include <set>

#include <mosquitto.h>

#include "async/deadline.hpp"
#include "base/mutex.hpp"
#include "net/connect.hpp"

namespace casement::notify::mqtt {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::chrono::seconds kHealthy{10};  // a connection that lasted forgives earlier failures
constexpr std::chrono::seconds kIntroduction{15};  // for TLS and the broker's first word
constexpr std::chrono::seconds kKnock{10};
constexpr int kLoopMs = 500;  // until stop() is seen at the latest

struct Library {
    Library() { mosquitto_lib_init(); }
    ~Library() { mosquitto_lib_cleanup(); }
};
void use_library() { static const Library library; }

struct Free {
    void operator()(mosquitto* handle) const { mosquitto_destroy(handle); }
};

base::Error to_error(std::string_view what, int code) {
    const bool is_ours =
        code == MOSQ_ERR_INVAL || code == MOSQ_ERR_NOT_SUPPORTED || code == MOSQ_ERR_MALFORMED_UTF8;
    return {is_ours ? ErrorKind::InvalidArgument : ErrorKind::Unavailable,
            fmt::format("MQTT {}: {}", what, mosquitto_strerror(code))};
}

}  // namespace

bool matches(std::string_view filter, std::string_view topic) {
    bool result = false;
    return mosquitto_topic_matches_sub2(filter.data(), filter.size(), topic.data(), topic.size(),
                                        &result) == MOSQ_ERR_SUCCESS &&
           result;
}

/// Shared with the library's callbacks. libmosquitto calls them with its own locks held and calls
/// none of ours inside publish(), so mutex_ may be held while publishing.
struct Client::State : std::enable_shared_from_this<Client::State> {
    State(async::Executor e, ClientOptions o, base::Log l)
        : executor(std::move(e)), options(std::move(o)), log(std::move(l)) {}

    Result<> make();
    /// The thread: one connection, from the first word to the last.
    void live();
    void unreachable(std::string_view why);
    int port() const {
        const base::Url& broker = options.broker;
        return broker.port != 0 ? broker.port : broker.scheme == "mqtts" ? 8883 : 1883;
    }
    void send_waiting() CASEMENT_REQUIRES(mutex);
    /// False: not now.
    bool send(const Message& message) CASEMENT_REQUIRES(mutex);
    /// The thread leaves soon.
    void end() {
        {
            const base::MutexLock lock(mutex);
            is_stopping = true;
        }
        (void)mosquitto_disconnect(handle.get());
    }
    bool is_ending() const {
        const base::MutexLock lock(mutex);
        return is_stopping;
    }
    void hear(const mosquitto_message& message);
    void connected(int code);
    void disconnected();

    const async::Executor executor;
    const ClientOptions options;
    const base::Log log;
    std::unique_ptr<mosquitto, Free> handle;
    bool knows_broker = false;  // of the thread: the library has its address
    Receive receive;            // on executor
    Connected on_change;        // on executor

    mutable base::Mutex mutex;
    bool is_stopping CASEMENT_GUARDED_BY(mutex) = false;
    bool is_connected CASEMENT_GUARDED_BY(mutex) = false;
    bool has_warned CASEMENT_GUARDED_BY(mutex) = false;  // that there is no broker
    bool is_refused CASEMENT_GUARDED_BY(mutex) = false;  // and a person was told
    std::deque<Message> queue CASEMENT_GUARDED_BY(mutex);
    /// Ids that the broker has not acknowledged.
    std::set<int> on_way CASEMENT_GUARDED_BY(mutex);
    std::uint64_t lost CASEMENT_GUARDED_BY(mutex) = 0;
};

Result<> Client::State::make() {
    use_library();
    if (options.client_id.empty() || options.client_id.size() > 128)
        return base::fail(ErrorKind::InvalidArgument,
                          "MQTT: the client id has 1 to 128 characters");
    handle.reset(mosquitto_new(options.client_id.c_str(), true, this));
    if (!handle) return base::fail(ErrorKind::InvalidArgument, "MQTT: this is no client id");
    mosquitto* const m = handle.get();
    (void)mosquitto_threaded_set(m, true);  // publish() comes from other threads
    (void)mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
    (void)mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
    (void)mosquitto_max_inflight_messages_set(m, 0);  // our own queue is the limit
    const base::Url& broker = options.broker;
    if (broker.has_credentials()) {
        const bool has_password = !broker.password.empty();
        const int code = mosquitto_username_pw_set(
            m, broker.user.c_str(), has_password ? broker.password.reveal().c_str() : nullptr);
        if (code != MOSQ_ERR_SUCCESS) return std::unexpected(to_error("user", code));
    }
    if (broker.scheme == "mqtts") {
        int code = MOSQ_ERR_SUCCESS;
        if (options.ca_file.empty())
            code = mosquitto_int_option(m, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
        else
            code =
                mosquitto_tls_set(m, options.ca_file.c_str(), nullptr, nullptr, nullptr, nullptr);
        if (code != MOSQ_ERR_SUCCESS)
            return std::unexpected(to_error("authorities " + options.ca_file, code));
        (void)mosquitto_tls_opts_set(m, 1, "tlsv1.2", nullptr);  // 1 = the certificate is checked
    }
    if (options.will) {
        const Message& will = *options.will;
        const int code =
            mosquitto_will_set(m, will.topic.c_str(), static_cast<int>(will.payload.size()),
                               will.payload.data(), will.qos, will.retain);
        if (code != MOSQ_ERR_SUCCESS) return std::unexpected(to_error("will", code));
    }
    mosquitto_connect_callback_set(
        m, [](mosquitto*, void* self, int code) { static_cast<State*>(self)->connected(code); });
    mosquitto_disconnect_callback_set(
        m, [](mosquitto*, void* self, int) { static_cast<State*>(self)->disconnected(); });
    mosquitto_message_callback_set(m, [](mosquitto*, void* self, const mosquitto_message* message) {
        static_cast<State*>(self)->hear(*message);
    });
    mosquitto_publish_callback_set(m, [](mosquitto*, void* self, int id) {
        State& state = *static_cast<State*>(self);
        const base::MutexLock lock(state.mutex);
        state.on_way.erase(id);
        state.send_waiting();
    });
    return {};
}

void Client::State::live() {
    const base::Url& broker = options.broker;
    const auto until = async::Deadline::in(kIntroduction);
    int code = std::exchange(knows_broker, true)
                   ? mosquitto_reconnect_async(handle.get())
                   : mosquitto_connect_async(handle.get(), broker.host.c_str(), port(),
                                             static_cast<int>(options.keep_alive.count()));
    while (code == MOSQ_ERR_SUCCESS) {
        code = mosquitto_loop(handle.get(), kLoopMs, 1);
        const base::MutexLock lock(mutex);
        if (is_stopping && !is_connected) break;
        // A TLS handshake that the other side breaks off is none to the library, which tries it
        // without a pause.
        if (!is_connected && until.passed()) code = MOSQ_ERR_CONN_LOST;
    }
    disconnected();
    unreachable(mosquitto_strerror(code));
}

void Client::State::unreachable(std::string_view why) {
    const base::MutexLock lock(mutex);
    if (is_stopping || std::exchange(has_warned, true)) return;
    log.warn("the broker {} cannot be reached, and is tried for ever: {}",
             options.broker.authority(), why);
}

void Client::State::connected(int code) {
    if (code != 0) {
        const base::MutexLock lock(mutex);
        has_warned = true;
        if (!std::exchange(is_refused, true))
            log.error("the broker {} refuses the hub: {}", options.broker.authority(),
                      mosquitto_connack_string(code));
        return;
    }
    for (const std::string& filter : options.subscriptions)
        (void)mosquitto_subscribe(handle.get(), nullptr, filter.c_str(), 1);
    {
        const base::MutexLock lock(mutex);
        is_connected = true;
        has_warned = is_refused = false;
        if (options.birth) (void)send(*options.birth);
        send_waiting();
    }
    log.info("connected to the broker {}", options.broker.authority());
    asio::post(executor, [self = shared_from_this()] {
        if (self->on_change) self->on_change(true);
    });
}

void Client::State::disconnected() {
    {
        const base::MutexLock lock(mutex);
        on_way.clear();
        if (!std::exchange(is_connected, false)) return;
        if (!is_stopping && !std::exchange(has_warned, true))
            log.warn("the broker {} is gone; it is tried for ever", options.broker.authority());
    }
    asio::post(executor, [self = shared_from_this()] {
        if (self->on_change) self->on_change(false);
    });
}

void Client::State::hear(const mosquitto_message& message) {
    if (message.payloadlen < 0 ||
        static_cast<std::size_t>(message.payloadlen) > Client::kMaxPayloadBytes)
        return;
    Message copy{.topic = message.topic,
                 .payload = std::string(static_cast<const char*>(message.payload),
                                        static_cast<std::size_t>(message.payloadlen)),
                 .retain = message.retain,
                 .qos = message.qos};
    asio::post(executor, [self = shared_from_this(), copy = std::move(copy)] {
        if (self->receive) self->receive(copy);
    });
}

bool Client::State::send(const Message& message) {
    int id = 0;
    const int code = mosquitto_publish(handle.get(), &id, message.topic.c_str(),
                                       static_cast<int>(message.payload.size()),
                                       message.payload.data(), message.qos, message.retain);
    if (code == MOSQ_ERR_NO_CONN || code == MOSQ_ERR_CONN_LOST) return false;
    if (code != MOSQ_ERR_SUCCESS)
        log.warn("{} is not published: {}", message.topic, mosquitto_strerror(code));
    else
        on_way.insert(id);
    return true;
}

void Client::State::send_waiting() {
    while (is_connected && !queue.empty() && on_way.size() < options.max_queue) {
        if (!send(queue.front())) return;
        queue.pop_front();
    }
}

Client::Client(async::Executor executor, ClientOptions options, base::Log log)
    : state_(std::make_shared<State>(executor, std::move(options), log)),
      thread_("mqtt", 1),
      tasks_(std::move(executor), std::move(log)) {}

Client::~Client() {
    if (state_->handle) state_->end();
}

void Client::on_message(Receive receive) { state_->receive = std::move(receive); }
void Client::on_connected(Connected connected) { state_->on_change = std::move(connected); }

Result<> Client::start() {
    CASEMENT_TRY(state_->make());
    tasks_.spawn("mqtt", [this] { return run(state_, thread_); });
    return {};
}

/// Connects, lives, and connects again. `thread` is gone when the client is, and is not touched
/// after that.
async::Task<> Client::run(std::shared_ptr<State> state, async::BlockingPool& thread) {
    async::Backoff backoff(state->options.reconnect);
    for (;;) {
        const auto begun = std::chrono::steady_clock::now();
        // Is anybody there? The library would wait for names and routes in its own thread, and
        // takes a refused connection under TLS for one that is about to come.
        base::Result<> is_there;
        {
            const auto knocked = co_await net::connect(state->options.broker.host,
                                                       static_cast<std::uint16_t>(state->port()),
                                                       {}, async::Deadline::in(kKnock));
            if (!knocked) is_there = std::unexpected(knocked.error());
        }
        if (state->is_ending()) co_return;
        if (is_there)
            co_await thread.run([state] { state->live(); });
        else
            state->unreachable(is_there.error().message());
        if (state->is_ending()) co_return;
        if (std::chrono::steady_clock::now() - begun > kHealthy) backoff.reset();
        if (!co_await async::sleep_for(backoff.next())) co_return;
    }
}

async::Task<> Client::stop(std::chrono::milliseconds patience) {
    const auto state = state_;
    if (!state->handle) co_return;
    // A broker says the will only of those who go without a word.
    if (state->options.will) publish(*state->options.will);
    const auto until = async::Deadline::in(patience);
    const auto is_done = [&] {
        const base::MutexLock lock(state->mutex);
        return !state->is_connected || (state->queue.empty() && state->on_way.empty());
    };
    while (!is_done() && !until.passed()) {
        if (!co_await async::sleep_for(std::chrono::milliseconds{5})) break;
    }
    state->end();
    co_await tasks_.stop();
    state->receive = {};
    state->on_change = {};
}

void Client::publish(Message message) {
    State& state = *state_;
    const base::MutexLock lock(state.mutex);
    if (message.retain) {
        // Only the newest of a topic is of use to anybody.
        std::erase_if(state.queue, [&](const Message& waiting) {
            return waiting.retain && waiting.topic == message.topic;
        });
    }
    state.queue.push_back(std::move(message));
    if (state.queue.size() > state.options.max_queue) {
        state.queue.pop_front();
        if (state.lost++ == 0)
            state.log.warn("the broker takes less than there is to say; the oldest is lost");
    }
    state.send_waiting();
}

bool Client::is_connected() const {
    const base::MutexLock lock(state_->mutex);
    return state_->is_connected;
}
std::uint64_t Client::lost() const {
    const base::MutexLock lock(state_->mutex);
    return state_->lost;
}
std::size_t Client::waiting() const {
    const base::MutexLock lock(state_->mutex);
    return state_->queue.size() + state_->on_way.size();
}

}  // namespace casement::notify::mqtt
