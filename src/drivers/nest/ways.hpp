#pragma once
// By which ways a camera's pictures come, best first, and what each is made from.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "camera/endpoint.hpp"

namespace casement::drivers::nest {

enum class WishedWay : std::uint8_t { Auto, Nexustalk, DeviceAccess, Snapshots };

/// A camera as the ways to its pictures need it, at the moment of asking.
struct WayFacts {
    std::string uuid;
    std::string nexus_api;       // base URL of pictures
    std::string direct_host;     // nexustalk over TLS
    std::string websocket_host;  // nexustalk over WebSocket
    std::set<std::string, std::less<>> capabilities{};
    bool is_online = true, is_streaming = true, has_microphone_on = true;
    bool is_legacy = true;  // it has not gone over to the Google Home app
};

struct WayParts {
    using Pass = camera::PullNexustalk::Pass;

    /// Where `facts`, `pass`, `turn`, `answered` and `device_access` are called.
    async::Executor executor;
    std::function<base::Result<WayFacts>()> facts;
    /// What is good now; after a refusal, something else than `refused`.
    std::function<async::Task<base::Result<Pass>>(std::optional<Pass> refused, async::Deadline)>
        pass;
    /// Of the account's budget, for one picture from `url`. Empty: nobody counts.
    std::function<camera::AskPictures::Turn(const base::Url& url)> turn{};
    std::function<void(const base::Url& url, int status, std::string_view retry_after)> answered{};
    /// The way through Device Access; empty where the account has none.
    std::function<async::Task<base::Result<camera::StreamEndpoint>>(async::Deadline)>
        device_access{};
    /// As camera::PullNexustalk::follow.
    std::function<base::Result<base::Url>(std::string_view said, std::uint16_t port)> follow;
    camera::Connection connection{};
    bool without_tls = false;                  // an emulator on this machine
    std::chrono::milliseconds interval{1000};  // of single pictures
    int width = 1280;
    double time_scale = 1;  // of the other waits; `interval` is scaled already
    std::optional<camera::Films> films{};
    std::shared_ptr<camera::BackChannel> back_channel{};
    /// On `executor`: a streaming server does not reach the camera, whatever its record says.
    std::function<void()> not_reached{};
    std::shared_ptr<const std::atomic<std::uint32_t>> news{};  // as camera::BestOf::news
    /// By which way pictures come from now on, and why by no better one. On any io thread.
    std::function<void(std::string way, std::optional<base::Error> why)> tell{};
};

inline constexpr std::string_view kDeviceAccess = "device access";

/// "nexustalk" over TLS and then over WebSocket, "device access", "snapshots"; of one kind where
/// that is wished. Unsupported when Device Access is wished and the account has none.
base::Result<camera::StreamEndpoint> endpoint_by(WishedWay wished, WayParts parts);

/// Of nexustalk's kinds of picture those that the camera has, best first.
std::vector<int> picture_profiles(const std::set<std::string, std::less<>>& capabilities);

}  // namespace casement::drivers::nest
