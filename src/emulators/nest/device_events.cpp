// What happened at the devices, as Pub/Sub tells it.

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "emulators/nest/device_access.hpp"
#include "net/http_message.hpp"

namespace casement::emulators::nest {

using nlohmann::json;

namespace {

constexpr std::size_t kMostMessages = 1000, kMostImages = 1000;

}  // namespace

std::string DeviceAccess::add_event(std::string_view device_id, std::string_view kind) {
    std::string id = fmt::format("n:{}", ++numbers_);
    const auto now = clock_.wall_now();
    if (images_.size() < kMostImages)
        images_.emplace(id, Image{"g.0." + base::random_hex(12), now});
    const std::string session = fmt::format("SES-{}", numbers_);
    const std::string thread = fmt::format("THR-{}", numbers_);
    const auto tell = [&](std::string_view what, json details, std::string_view state) {
        publish({{"eventId", base::random_hex(16)},
                 {"timestamp", base::format_rfc3339(now)},
                 {"resourceUpdate",
                  {{"name", name_of(device_id)},
                   {"events", {{fmt::format("sdm.devices.events.{}", what), std::move(details)}}}}},
                 {"userId", "EMU-USER"},
                 {"eventThreadId", thread},
                 {"eventThreadState", state},
                 {"resourceGroup", {name_of(device_id)}}});
    };
    tell(kind, {{"eventSessionId", session}, {"eventId", id}}, "STARTED");
    const Device* device = find(device_id);
    if (device != nullptr && !device->speaks_rtsp && clips_.size() < kMostImages) {
        clips_.insert(session);
        tell("CameraClipPreview.ClipPreview",
             {{"eventSessionId", session}, {"previewUrl", clips_url + session}}, "UPDATED");
    }
    return id;
}

void DeviceAccess::publish(json message) {
    if (!was_listed_) return;  // events begin with the first list of devices
    const auto now = clock_.wall_now();
    for (int i = 0; i < (sends_twice ? 2 : 1); ++i) {
        ++numbers_;
        messages_.push_back({.ack_id = base::random_hex(12),
                             .message_id = std::to_string(numbers_),
                             .data = net::base64(message.dump()),
                             .published = now,
                             .visible = now});
    }
    while (messages_.size() > kMostMessages) messages_.pop_front();
    std::erase_if(bells_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : bells_) weak.lock()->ring();
}

json DeviceAccess::pull(std::size_t most) {
    json out = json::array();
    const auto now = clock_.wall_now();
    for (Message& message : messages_) {
        if (out.size() >= most) break;
        if (message.visible > now) continue;
        if (message.deliveries++ > 0) {
            ++counters_.redelivered;
            message.ack_id = base::random_hex(12);
        }
        message.visible = now + options_.ack_deadline;
        ++counters_.pulled;
        out.push_back({{"ackId", message.ack_id},
                       {"message",
                        {{"data", message.data},
                         {"messageId", message.message_id},
                         {"publishTime", base::format_rfc3339(message.published)}}}});
    }
    return out.empty() ? json::object() : json{{"receivedMessages", std::move(out)}};
}

void DeviceAccess::acknowledge(const std::vector<std::string>& ack_ids) {
    counters_.acknowledged += std::erase_if(messages_, [&](const Message& message) {
        return std::ranges::find(ack_ids, message.ack_id) != ack_ids.end();
    });
}

std::shared_ptr<async::Bell> DeviceAccess::listen(const async::Executor& executor) {
    auto bell = std::make_shared<async::Bell>(executor);
    bells_.push_back(bell);
    return bell;
}

Answered<std::string> DeviceAccess::image_of(std::string_view event_id) {
    const auto at = images_.find(event_id);
    if (at == images_.end()) return std::unexpected(ApiError{404, "NOT_FOUND", "Event not found."});
    if (clock_.wall_now() - at->second.happened > options_.image_life)
        return std::unexpected(ApiError{504, "DEADLINE_EXCEEDED", "The event image has expired."});
    return at->second.token;
}

bool DeviceAccess::is_image(std::string_view event_id, std::string_view token) const {
    const auto at = images_.find(event_id);
    return at != images_.end() && at->second.token == token &&
           clock_.wall_now() - at->second.happened <= options_.image_life;
}

}  // namespace casement::emulators::nest
