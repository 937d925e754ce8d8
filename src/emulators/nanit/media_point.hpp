#pragma once
// Where cameras publish and viewers play: RTMP, with or without TLS. The same URL is both.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "net/endpoint.hpp"
#include "net/tls.hpp"

namespace casement::emulators::nanit {

struct MediaPointOptions {
    std::string listen = "127.0.0.1:0";
    std::optional<net::Certificate> certificate{};  // set: TLS alone
    /// Until when a stream of this app and key may run; nothing: not at all. The vendor's are
    /// "nanit" and "{baby_uid}.{access token}".
    std::function<std::optional<base::WallTime>(std::string_view app, std::string_view key)>
        allows{};
};

/// Of one app/key, since the start.
struct MediaSeen {
    std::uint64_t publications = 0;
    std::uint64_t plays = 0;
    std::uint64_t video = 0;  // messages of the publisher, headers included
    std::uint64_t audio = 0;
    bool has_metadata = false;
    std::uint32_t first_ms = 0, last_ms = 0;  // of the last publication
    bool is_published = false;                // now
};

/// Lives on one executor; the clock outlives it.
class MediaPoint {
public:
    static base::Result<std::unique_ptr<MediaPoint>> start(async::Executor executor,
                                                           const base::Clock& clock,
                                                           MediaPointOptions options,
                                                           base::Log log);
    ~MediaPoint();
    async::Task<> stop();

    const net::ip::tcp::endpoint& endpoint() const;
    std::string url() const;  // "rtmp://127.0.0.1:40123", "rtmps://…"
    /// By "app/key".
    MediaSeen seen(const std::string& path) const;
    std::uint64_t refused() const;
    void drop_connections();

private:
    struct State;
    class Connection;
    explicit MediaPoint(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::emulators::nanit
