// The camera's own connection to its cloud, over which the clients behind the relay reach it.

#include <algorithm>
#include <utility>

#include "async/deadline.hpp"
#include "emulators/nanit/camera_core.hpp"
#include "emulators/nanit/link.hpp"

namespace casement::emulators::nanit {

using base::Result;

namespace {

constexpr std::chrono::seconds kConnectTime{10};
// However fast its time runs: a busy machine is no outage.
constexpr std::chrono::milliseconds kShortestPing{1000};

class RelayedSession final : public ControlSession {
public:
    RelayedSession(std::weak_ptr<net::WebSocket> link, std::uint32_t client)
        : link_(std::move(link)), client_(client) {}
    void answer(const std::vector<std::uint8_t>& message) override {
        say(LinkWord::Answer, message);
    }
    void push(const std::vector<std::uint8_t>& message) override { say(LinkWord::Push, message); }
    bool is_local() const override { return false; }

private:
    void say(LinkWord word, const std::vector<std::uint8_t>& message) {
        if (const auto link = link_.lock()) post(*link, to_bytes({word, client_, message}));
    }

    const std::weak_ptr<net::WebSocket> link_;
    const std::uint32_t client_;
};

}  // namespace

void Camera::State::take_link(base::ByteSpan bytes) {
    const auto message = parse_link(bytes);
    if (!message) return;
    if (message->word == LinkWord::Joined) {
        const auto session = std::make_shared<RelayedSession>(link, message->client);
        relayed.insert_or_assign(message->client, session);
        return joined(session);
    }
    const auto at = relayed.find(message->client);
    if (at == relayed.end()) return;
    const auto session = at->second;
    if (message->word == LinkWord::Heard) heard(session, message->said);
    if (message->word == LinkWord::Left) {
        relayed.erase(at);
        left(session);
    }
}

async::Task<Result<>> Camera::State::run_link(std::shared_ptr<State> state) {
    net::WebSocketTarget target;
    target.url =
        fmt::format("{}/focus/cameras/{}/connect", state->options.cloud_url, state->options.uid);
    target.headers.add("Authorization", "token " + state->options.credential.reveal());
    if (!target.url.starts_with("ws:"))
        target.connect.tls.emplace().verify = false;  // whom a camera trusts is not known
    target.options.max_message_bytes = wire::kMaxMessageBytes + 16;
    target.options.ping_every = std::max(kShortestPing, state->scaled(state->options.pings_every));
    CASEMENT_CO_TRY(const auto socket, co_await net::connect_websocket(
                                           std::move(target), async::Deadline::in(kConnectTime)));
    if (state->is_off) co_return Result<>{};
    struct Up {
        std::shared_ptr<State> state;
        explicit Up(std::shared_ptr<State> s, std::shared_ptr<net::WebSocket> socket)
            : state(std::move(s)) {
            ++state->counters.links;
            state->link = std::move(socket);
            state->memory.has_cloud = true;
        }
        ~Up() {
            state->link.reset();
            state->memory.has_cloud = false;
            // It cannot know who is still there behind it: their streams go on, and end by
            // themselves when nobody asks for them again.
            for (const auto& [client, session] : std::exchange(state->relayed, {}))
                std::erase(state->sessions, session);
        }
    } const up(state, socket);
    for (;;) {
        CASEMENT_CO_TRY(const auto message, co_await socket->receive());
        if (!message.is_text()) state->take_link(message.data);
    }
}

async::Task<> Camera::State::keep_linked(std::shared_ptr<State> state) {
    async::BackoffPolicy policy = state->options.redials;
    policy.first = state->scaled(policy.first);
    policy.cap = state->scaled(policy.cap);
    async::Backoff backoff(policy);
    for (;;) {
        if (!state->is_off) {
            const auto links = state->counters.links;
            const auto ended = co_await run_link(state);
            if (state->counters.links != links) backoff.reset();
            if (!ended) state->log.debug("No cloud: {}", ended.error().message());
        }
        const auto next =
            std::chrono::steady_clock::now() + (state->is_off ? policy.cap : backoff.next());
        if (!co_await state->power.wait_until(next)) co_return;
    }
}

}  // namespace casement::emulators::nanit
