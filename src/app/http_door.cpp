#include "app/http_door.hpp"

#include <utility>

#include "app/control.hpp"
#include "app/web_root.hpp"
#include "store/files.hpp"

namespace casement::app {

namespace {

// An export that is being fetched through the old address may end; a browser's idle connection does
// at once.
constexpr std::chrono::seconds kRetirePatience{10};
constexpr std::size_t kMaxPemBytes = 1u << 20;

}  // namespace

HttpDoor::HttpDoor(async::Executor executor, Parts parts, base::Log log)
    : executor_(std::move(executor)),
      parts_(std::move(parts)),
      log_(log),
      tasks_(executor_, std::move(log)) {}

base::Result<> HttpDoor::open(const config::Http& http) {
    auto next = std::make_shared<Opened>();
    next->asked = http.listen;
    CASEMENT_TRY(next->tls, tls_of(http.tls));
    next->server = std::make_shared<net::HttpServer>(
        net::HttpServerOptions{.name = "HTTP", .tls = next->tls}, log_);
    parts_.mount(*next->server);
    const auto listening = listen(*next, http.listen.text());
    const bool holds_port = now_ && now_->listener->port() == http.listen.port;
    if (!listening && holds_port && listening.error().reason() == "port-taken") {
        CASEMENT_TRY(listen_in_place_of_now(*next));
    } else if (!listening) {
        return listening;
    }
    if (now_) retire(std::exchange(now_, nullptr));
    now_ = std::move(next);
    accept(*now_);
    return {};
}

/// The port is our own: another certificate, or 127.0.0.1 in place of 0.0.0.0. There is a moment in
/// which a browser is refused.
base::Result<> HttpDoor::listen_in_place_of_now(Opened& next) {
    const std::string before = net::to_text(now_->listener->endpoint());
    now_->listener->close();
    const auto listening = listen(next, next.asked.text());
    if (listening) return {};
    const auto again = listen(*now_, before);
    if (again) {
        accept(*now_);
    } else {
        log_.error("The old address could not be opened again: {}", again.error().message());
    }
    return listening;
}

base::Result<> HttpDoor::listen(Opened& opened, const std::string& address) const {
    CASEMENT_TRY(auto listener,
                 net::Listener::listen(
                     executor_, {.name = opened.tls ? "HTTPS" : "HTTP", .address = address}));
    opened.listener = std::move(listener);
    return {};
}

base::Result<std::shared_ptr<net::TlsServerContext>> HttpDoor::tls_of(
    const config::Tls& tls) const {
    if (const auto* files = std::get_if<config::TlsFiles>(&tls)) {
        CASEMENT_TRY(std::string certificate, store::read_file(files->certificate, kMaxPemBytes));
        CASEMENT_TRY(std::string key, store::read_file(files->key, kMaxPemBytes));
        return net::TlsServerContext::make({std::move(certificate), base::Secret(std::move(key))});
    }
    if (std::get<config::TlsMode>(tls) == config::TlsMode::Off) return nullptr;
    CASEMENT_TRY(const net::Certificate certificate,
                 net::load_or_make_certificate(parts_.data, own_names()));
    return net::TlsServerContext::make(certificate);
}

void HttpDoor::accept(const Opened& opened) {
    tasks_.spawn("http listener", [listener = opened.listener, server = opened.server,
                                   executors = parts_.connections] {
        return listener->run(executors, server->acceptor());
    });
}

void HttpDoor::retire(std::shared_ptr<const Opened> old) {
    old->listener->close();
    tasks_.spawn("end of the old http listener",
                 [old = std::move(old)] { return old->server->stop(kRetirePatience); });
}

void HttpDoor::stop_accepting() {
    if (now_) now_->listener->close();
}

async::Task<> HttpDoor::close(std::chrono::milliseconds patience) {
    if (now_) {
        now_->listener->close();
        co_await now_->server->stop(patience);
    }
    co_await tasks_.join();
}

std::string HttpDoor::name() const { return now_ && now_->tls ? "HTTPS" : "HTTP"; }
std::string HttpDoor::address() const { return now_ ? now_->asked.text() : std::string{}; }
std::string HttpDoor::url() const {
    return now_ ? control_url(now_->tls != nullptr, now_->asked.host, now_->listener->port())
                : std::string{};
}
std::string HttpDoor::fingerprint() const {
    return now_ && now_->tls ? now_->tls->fingerprint() : std::string{};
}

}  // namespace casement::app
