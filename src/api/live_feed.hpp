#pragma once
// The live feed: what changes becomes one line of Server-Sent Events, made once for everybody who
// listens.

#include <memory>
#include <set>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "async/bell.hpp"
#include "base/mutex.hpp"
#include "camera/registry.hpp"
#include "events/event_log.hpp"
#include "events/feed.hpp"
#include "net/http_server.hpp"

namespace casement::api {

using Line = std::shared_ptr<const std::string>;  // with its empty line at the end

/// run() lives on the executor given; touch() and subscribers are anywhere.
class LiveFeed {
public:
    LiveFeed(async::Executor executor, camera::DriverRegistry& registry, events::EventLog& events);

    /// `camera_line` makes the line of a camera as it is now, "" when it is no more. Each returns
    /// when cancelled.
    using CameraLine = std::function<std::string(const std::string& camera)>;
    async::Task<> follow_registry(CameraLine camera_line);
    async::Task<> follow_streams(CameraLine camera_line);
    async::Task<> follow_events();

    /// From any thread.
    void touch(const std::string& camera);
    events::Feed<Line>& lines() { return *lines_; }
    events::EventLog& events() { return events_; }

private:
    async::Executor executor_;
    camera::DriverRegistry& registry_;
    events::EventLog& events_;
    std::shared_ptr<events::Feed<Line>> lines_ = std::make_shared<events::Feed<Line>>();
    std::shared_ptr<async::Bell> bell_;
    base::Mutex mutex_;
    std::set<std::string> touched_ CASEMENT_GUARDED_BY(mutex_);
};

/// An event as the API shows it: events::to_json with the address of its picture in place of the
/// file's name.
nlohmann::json event_json(const events::Event& event);

/// "event: KIND\ndata: JSON\n\n", with "id: N\n" where there is one.
std::string sse_line(std::string_view kind, std::string_view json,
                     std::optional<std::int64_t> id = std::nullopt);

}  // namespace casement::api
