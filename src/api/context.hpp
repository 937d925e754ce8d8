#pragma once
// What all routes share, and the handful of words they are written in.

#include <atomic>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/api.hpp"
#include "api/live_feed.hpp"
#include "api/snapshots.hpp"
#include "outputs/hls/hls.hpp"

namespace casement::api {

/// Access words of net::RouteOptions, which the gate understands.
namespace access {
inline constexpr std::string_view kOpen = "open";      // anybody
inline constexpr std::string_view kPerson = "person";  // a session, not a token
inline constexpr std::string_view kCaller = "";        // anybody with a session or a token
}  // namespace access

/// Shared by the handlers; thread-safe as its members are.
struct Api::Context {
    Context(async::Executor executor, Parts p, base::Log l);

    Parts parts;
    base::Log log;
    base::WallTime started;
    Snapshots snapshots;
    LiveFeed feed;
    outputs::hls::Hls hls;
    std::atomic<int> talks = 0;  // people who talk through cameras now

    nlohmann::json camera_json(const camera::Camera& camera) const;
    /// With `sign_in` where a person can let the hub in.
    nlohmann::json accounts_json() const;
};

using ContextPtr = std::shared_ptr<Api::Context>;

// Each adds its routes.
void mount_session_routes(net::HttpServer& server, const ContextPtr& context);
void mount_camera_routes(net::HttpServer& server, const ContextPtr& context);
void mount_account_routes(net::HttpServer& server, const ContextPtr& context);
void mount_talk_route(net::HttpServer& server, const ContextPtr& context);
void mount_log_routes(net::HttpServer& server, const ContextPtr& context);
void mount_footage_routes(net::HttpServer& server, const ContextPtr& context);
void mount_event_routes(net::HttpServer& server, const ContextPtr& context);
void mount_health_routes(net::HttpServer& server, const ContextPtr& context);
void mount_go2rtc_routes(net::HttpServer& server, const ContextPtr& context);
void mount_hls_routes(net::HttpServer& server, const ContextPtr& context);
void mount_page_routes(net::HttpServer& server, const ContextPtr& context);

/// The guard of net::HttpServer: who asks, and may they.
net::Guard make_gate(const ContextPtr& context);

/// The camera named by {id}, or NotFound.
base::Result<camera::CameraPtr> camera_of(const Api::Context& context, std::string_view id);
/// `from` and `to` of the query: both there, in order, at most 31 days apart.
struct Window {
    base::WallTime from{}, to{};
};
base::Result<Window> window_of(const net::Request& request);

}  // namespace casement::api
