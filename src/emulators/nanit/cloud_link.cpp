#include "emulators/nanit/cloud_link.hpp"

#include <algorithm>

#include "emulators/nanit/link.hpp"

namespace casement::emulators::nanit {

void LinkedCamera::joined(std::shared_ptr<ControlSession> session) {
    clients_.emplace(++last_client_, std::move(session));
    post(*camera_, to_bytes({LinkWord::Joined, last_client_}));
}

void LinkedCamera::heard(const std::shared_ptr<ControlSession>& session, base::ByteSpan message) {
    const auto at =
        std::ranges::find(clients_, session, [](const auto& entry) { return entry.second; });
    if (at != clients_.end()) post(*camera_, to_bytes({LinkWord::Heard, at->first, message}));
}

void LinkedCamera::left(const std::shared_ptr<ControlSession>& session) {
    const auto at =
        std::ranges::find(clients_, session, [](const auto& entry) { return entry.second; });
    if (at == clients_.end()) return;
    post(*camera_, to_bytes({LinkWord::Left, at->first}));
    clients_.erase(at);
}

void LinkedCamera::take(base::ByteSpan bytes) {
    const auto message = parse_link(bytes);
    if (!message) return;
    const auto at = clients_.find(message->client);
    if (at == clients_.end()) return;  // it left meanwhile
    const std::vector<std::uint8_t> said(message->said.begin(), message->said.end());
    if (message->word == LinkWord::Answer) at->second->answer(said);
    if (message->word == LinkWord::Push) at->second->push(said);
}

async::Task<bool> LinkedCamera::serve(std::shared_ptr<Relay> relay,
                                      std::shared_ptr<net::WebSocket> camera) {
    const auto self = std::make_shared<LinkedCamera>(camera);
    relay->attach(self);
    struct Visit {
        std::shared_ptr<Relay> relay;
        std::shared_ptr<LinkedCamera> self;
        Visit(std::shared_ptr<Relay> r, std::shared_ptr<LinkedCamera> s)
            : relay(std::move(r)), self(std::move(s)) {}
        ~Visit() {
            if (relay->camera() == self) relay->attach(nullptr);
        }
    } const visit(relay, self);
    for (;;) {
        const auto message = co_await camera->receive();
        if (!message) co_return relay->camera() == self;
        if (!message->is_text()) self->take(message->data);
    }
}

}  // namespace casement::emulators::nanit
