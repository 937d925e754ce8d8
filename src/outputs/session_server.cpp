#include "outputs/session_server.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "async/hop.hpp"
#include "async/task_group.hpp"
#include "net/listener.hpp"

namespace casement::outputs {

struct SessionServer::State {
    /// What belongs to one io thread; touched only there.
    struct Lane {
        async::Executor executor;
        std::unique_ptr<SessionLane> shared;
        async::TaskGroup sessions;
    };

    const SessionProtocol protocol;
    const async::Executor executor;
    const Services services;
    const base::Log log;
    std::unique_ptr<net::Listener> listener;
    std::vector<std::unique_ptr<Lane>> lanes;
    async::TaskGroup tasks;

    void accept(std::unique_ptr<net::PlainStream> connection) {
        const auto lane = std::ranges::find_if(
            lanes, [&](const auto& l) { return l->executor == connection->executor(); });
        if (lane != lanes.end())
            (*lane)->sessions.spawn(protocol.name + " session",
                                    (*lane)->shared->session(std::move(connection)));
    }
};

SessionServer::SessionServer(SessionProtocol protocol, async::Executor executor, Services services,
                             base::Log log)
    : state_(new State{std::move(protocol), executor, services, log, {}, {}, {executor, log}}) {}

SessionServer::~SessionServer() = default;

base::Result<> SessionServer::open(ServerOptions options) {
    State& s = *state_;
    CASEMENT_TRY(s.listener,
                 net::Listener::listen(s.executor, {.name = s.protocol.name,
                                                    .address = options.listen,
                                                    .max_connections = options.max_connections,
                                                    .max_per_address = options.max_connections}));
    const auto address = s.listener->endpoint().address();
    for (const async::Executor& executor : s.services.hub.executors()) {
        auto shared =
            s.protocol.make_lane({executor, s.services, options.start_time, address, s.log});
        s.lanes.emplace_back(new State::Lane{executor, std::move(shared), {executor, s.log}});
    }
    s.tasks.spawn(s.protocol.name + " listener", [state = state_] {
        return state->listener->run(
            state->services.hub.executors(),
            [weak = std::weak_ptr(state)](std::unique_ptr<net::PlainStream> connection) {
                if (const auto alive = weak.lock()) alive->accept(std::move(connection));
            });
    });
    return {};
}

async::Task<> SessionServer::stop() {
    const auto state = state_;
    if (!state->listener) co_return;
    state->listener->close();
    co_await state->tasks.stop();
    const auto end = [](State::Lane& lane) -> async::Task<> {
        co_await lane.sessions.stop();
        co_await lane.shared->stop();
    };
    for (const auto& lane : state->lanes) co_await async::hop(lane->executor, end(*lane));
}

std::uint16_t SessionServer::port() const {
    return state_->listener ? state_->listener->port() : std::uint16_t{0};
}

}  // namespace casement::outputs
