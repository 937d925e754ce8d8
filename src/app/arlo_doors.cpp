#include "app/arlo_doors.hpp"

#include "drivers/arlo/upload_door.hpp"
#include "net/endpoint.hpp"

namespace casement::app {

namespace {

/// Some programs and scripts, and each device once.
constexpr std::size_t kMaxConnections = 300;
constexpr std::size_t kMaxPerAddress = 32;

}  // namespace

ArloDoors::ArloDoors(drivers::arlo::RestParts parts, config::Arlo config, Listening& listening,
                     base::Log log, drivers::arlo::RestOptions options)
    : executor_(parts.driver.executor()),
      config_(std::move(config)),
      album_(parts.driver.album()),
      listening_(listening),
      log_(log),
      rest_(std::move(parts), narrowed(options), log),
      tasks_(executor_, std::move(log)) {}

/// A port can be bound once where one of two addresses holds the other: one listener serves both.
bool ArloDoors::is_shared() const {
    return config_.rest && config_.rest->port == config_.upload_port &&
           (config_.rest->host == config_.listen || net::is_everywhere(config_.rest->host) ||
            net::is_everywhere(config_.listen));
}

/// Where it shares a listener that is wider than what the file grants it, it looks who calls.
drivers::arlo::RestOptions ArloDoors::narrowed(drivers::arlo::RestOptions options) const {
    options.loopback_only = config_.rest && net::is_loopback(config_.rest->host);
    return options;
}

std::string ArloDoors::upload_url(std::uint16_t port) const {
    if (!config_.upload_advertise.empty()) return "http://" + config_.upload_advertise;
    const std::string& host = net::is_everywhere(config_.listen) ? config_.gateway : config_.listen;
    return "http://" + config::ListenAddress{host, port}.text();
}

void ArloDoors::warn_of_reach() const {
    if (!config_.rest || net::is_loopback(config_.rest->host)) return;
    log_.warn(
        "arlo.rest is open to everybody who reaches {}: it asks nobody who he is. Keep it on "
        "127.0.0.1 unless a client on another machine needs it",
        config_.rest->text());
}

void ArloDoors::open() {
    const std::string uploads = config::ListenAddress{config_.listen, config_.upload_port}.text();
    const bool is_one = is_shared();
    if (config_.rest) {
        const bool is_wider = is_one && net::is_everywhere(config_.listen);
        const auto opened = open(rest_door_, "Arlo REST", is_wider ? uploads : config_.rest->text(),
                                 [&](net::HttpServer& server) {
                                     rest_.mount(server);
                                     if (is_one) drivers::arlo::mount_uploads(server, album_);
                                     server.set_guard(rest_.guard());
                                 });
        if (opened) warn_of_reach();
        if (opened && is_one) album_->set_base_url(upload_url(rest_port()));
    }
    if (is_one) return;
    const auto opened = open(uploads_, "Arlo pictures", uploads, [this](net::HttpServer& server) {
        drivers::arlo::mount_uploads(server, album_);
    });
    if (opened) album_->set_base_url(upload_url(upload_port()));
}

base::Result<> ArloDoors::open(Door& door, const std::string& name, const std::string& address,
                               const Mount& mount) {
    net::HttpServerOptions options;
    options.name = name;
    options.security_headers = false;  // no page comes from here
    door.server = std::make_unique<net::HttpServer>(options, log_);
    mount(*door.server);
    auto listener = net::Listener::listen(executor_, {.name = name,
                                                      .address = address,
                                                      .max_connections = kMaxConnections,
                                                      .max_per_address = kMaxPerAddress});
    const base::Result<> opened =
        listener ? base::Result<>() : base::Result<>(std::unexpected(listener.error()));
    listening_.note(name, name, address, opened);
    if (!opened) {
        log_.error("{}", opened.error().message());
        door.server.reset();
        return opened;
    }
    door.listener = std::move(*listener);
    tasks_.spawn(
        name, [this, &door] { return door.listener->run({executor_}, door.server->acceptor()); });
    return {};
}

std::uint16_t ArloDoors::rest_port() const {
    return rest_door_.listener ? rest_door_.listener->port() : std::uint16_t{0};
}

std::uint16_t ArloDoors::upload_port() const {
    if (is_shared()) return rest_port();
    return uploads_.listener ? uploads_.listener->port() : std::uint16_t{0};
}

void ArloDoors::stop_accepting() {
    for (Door* const door : {&uploads_, &rest_door_}) {
        if (door->listener) door->listener->close();
    }
}

async::Task<> ArloDoors::close(std::chrono::milliseconds patience) {
    stop_accepting();
    for (Door* const door : {&uploads_, &rest_door_}) {
        if (door->server) co_await door->server->stop(patience);
    }
    co_await rest_.stop();
    co_await tasks_.stop();
}

}  // namespace casement::app
