#include "api/live_feed.hpp"

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "camera/json.hpp"
#include "events/json.hpp"

namespace casement::api {

namespace {

// Twice a second: a stream that flaps must not flood every screen.
constexpr auto kGather = std::chrono::milliseconds(500);

}  // namespace

nlohmann::json event_json(const events::Event& event) {
    nlohmann::json out = events::to_json(event);
    if (!event.media.empty()) out["picture"] = "/api/v1/events/" + event.id + "/picture.jpg";
    out.erase("media");
    return out;
}

std::string sse_line(std::string_view kind, std::string_view json, std::optional<std::int64_t> id) {
    std::string out;
    if (id) out = fmt::format("id: {}\n", *id);
    return out + fmt::format("event: {}\ndata: {}\n\n", kind, json);
}

LiveFeed::LiveFeed(async::Executor executor, camera::DriverRegistry& registry,
                   events::EventLog& events)
    : executor_(executor),
      registry_(registry),
      events_(events),
      bell_(std::make_shared<async::Bell>(executor)) {}

void LiveFeed::touch(const std::string& camera) {
    {
        const base::MutexLock lock(mutex_);
        if (!touched_.insert(camera).second || touched_.size() > 1) return;
    }
    boost::asio::post(executor_, [bell = bell_] { bell->ring(); });
}

async::Task<> LiveFeed::follow_streams(CameraLine camera_line) {
    while (co_await bell_->wait()) {
        (void)co_await async::sleep_for(kGather);
        std::set<std::string> touched;
        {
            const base::MutexLock lock(mutex_);
            touched.swap(touched_);
        }
        for (const std::string& camera : touched) {
            if (std::string line = camera_line(camera); !line.empty())
                lines_->publish(std::make_shared<const std::string>(std::move(line)));
        }
    }
}

async::Task<> LiveFeed::follow_registry(CameraLine camera_line) {
    auto changes = registry_.changes().subscribe(executor_);
    for (;;) {
        const auto item = co_await changes.next();
        if (!item) co_return;
        const auto* change = std::get_if<camera::ChangePtr>(&*item);
        if (change == nullptr) {  // lost some: everybody looks afresh
            lines_->publish(std::make_shared<const std::string>(sse_line("resync", "{}")));
            continue;
        }
        std::string line;
        if ((*change)->what == camera::Change::What::Account) {
            for (const camera::Account& account : registry_.accounts()) {
                if (account.vendor + "/" + account.name == (*change)->item)
                    line = sse_line("account", camera::to_json(account).dump());
            }
        } else if ((*change)->camera) {
            const std::string& id = (*change)->camera->description.id;
            const bool gone = (*change)->what == camera::Change::What::Gone;
            line = gone ? sse_line("gone", nlohmann::json{{"id", id}}.dump()) : camera_line(id);
        }
        if (!line.empty()) lines_->publish(std::make_shared<const std::string>(std::move(line)));
    }
}

async::Task<> LiveFeed::follow_events() {
    auto subscription = events_.bus().subscribe(executor_);
    for (;;) {
        const auto item = co_await subscription.next();
        if (!item) co_return;
        const auto* event = std::get_if<events::EventPtr>(&*item);
        std::string line = sse_line("resync", "{}");
        if (event != nullptr)
            line = sse_line(
                "event",
                event_json(**event).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                (*event)->sequence);
        lines_->publish(std::make_shared<const std::string>(std::move(line)));
    }
}

}  // namespace casement::api
