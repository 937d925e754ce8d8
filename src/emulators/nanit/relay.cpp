#include "emulators/nanit/relay.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace casement::emulators::nanit {

namespace {

constexpr std::array<std::uint8_t, 2> kKeepalive{0x08, 0x00};

}  // namespace

class Relay::Client final : public ControlSession, public std::enable_shared_from_this<Client> {
public:
    Client(std::weak_ptr<Relay> relay, std::shared_ptr<net::WebSocket> client, base::WallTime ends)
        : socket(std::move(client)), token_ends(ends), relay_(std::move(relay)) {}

    void answer(const std::vector<std::uint8_t>& message) override {
        const auto relay = relay_.lock();
        if (!relay || !relay->shows_answers_to_all) return post(*socket, message);
        for (const auto& client : relay->clients_) post(*client->socket, message);
    }
    void push(const std::vector<std::uint8_t>& message) override { post(*socket, message); }
    bool is_local() const override { return false; }

    const std::shared_ptr<net::WebSocket> socket;
    const base::WallTime token_ends;

private:
    const std::weak_ptr<Relay> relay_;  // the camera may keep a session for a while
};

void Relay::attach(std::shared_ptr<ControlPort> camera) {
    if (camera_ == camera) return;
    if (camera_) {
        for (const auto& client : clients_) camera_->left(client);
    }
    camera_ = std::move(camera);
    if (camera_) {
        for (const auto& client : clients_) camera_->joined(client);
    }
}

void Relay::take(Client& client, const std::vector<std::uint8_t>& message) {
    if (std::ranges::equal(message, kKeepalive)) {
        ++counters_.keepalives;
        return;
    }
    if (is_deaf || !camera_ || clock_.wall_now() >= client.token_ends) {
        ++counters_.dropped;
        return;
    }
    ++counters_.carried;
    camera_->heard(client.shared_from_this(), message);
}

async::Task<> Relay::serve(std::shared_ptr<Relay> relay, std::shared_ptr<net::WebSocket> socket,
                           base::WallTime token_ends) {
    struct Visit {
        std::shared_ptr<Relay> relay;
        std::shared_ptr<Client> client;
        Visit(std::shared_ptr<Relay> r, std::shared_ptr<Client> c)
            : relay(std::move(r)), client(std::move(c)) {
            ++relay->counters_.connections;
            relay->clients_.push_back(client);
            if (relay->camera_) relay->camera_->joined(client);
        }
        ~Visit() {
            std::erase(relay->clients_, client);
            if (relay->camera_) relay->camera_->left(client);
        }
    } const visit(relay, std::make_shared<Client>(relay, socket, token_ends));
    for (;;) {
        const auto message = co_await socket->receive();
        if (!message) co_return;
        if (!message->is_text()) relay->take(*visit.client, message->data);
    }
}

void Relay::drop_clients() {
    for (const auto& client : clients_) client->socket->abort();
}

RelayCounters Relay::counters() const {
    RelayCounters out = counters_;
    out.open = clients_.size();
    return out;
}

}  // namespace casement::emulators::nanit
