#include "drivers/nest/device_access/messages.hpp"

#include "base/base64.hpp"
#include "drivers/json.hpp"

namespace casement::drivers::nest::device_access {

namespace {

using base::ErrorKind;
using nlohmann::json;

constexpr std::string_view kEvents = "sdm.devices.events.";
constexpr std::size_t kMaxDeliveries = 100, kMaxHappenings = 20, kMaxZones = 20;

Message::Thread thread_of(std::string_view word) {
    if (word == "STARTED") return Message::Thread::Started;
    if (word == "UPDATED") return Message::Thread::Updated;
    if (word == "ENDED") return Message::Thread::Ended;
    return Message::Thread::None;
}

Happening happening_of(std::string_view type, const json& value) {
    Happening out{.type = std::string(type),
                  .session = text_at(value, "eventSessionId"),
                  .event = text_at(value, "eventId"),
                  .clip = text_at(value, "previewUrl"),
                  .zones = {}};
    const json& zones = at(value, "zones");
    if (!zones.is_array()) return out;
    for (const json& zone : zones) {
        if (zone.is_string() && out.zones.size() < kMaxZones)
            out.zones.push_back(zone.get<std::string>());
    }
    return out;
}

}  // namespace

std::optional<Message> parse_message(std::string_view data) {
    const auto value = parse_object(data);
    if (!value) return std::nullopt;
    Message out;
    out.id = text_at(*value, "eventId");
    const auto at_time = time_at(*value, "timestamp");
    if (!at_time) return std::nullopt;
    out.at = *at_time;
    out.thread = thread_of(text_at(*value, "eventThreadState"));
    out.changes_devices = at(*value, "relationUpdate").is_object();
    const json& update = at(*value, "resourceUpdate");
    out.device = text_at(update, "name");
    const std::string status =
        text_at(at(at(update, "traits"), "sdm.devices.traits.Connectivity"), "status");
    if (status == "ONLINE" || status == "OFFLINE") out.is_online = status == "ONLINE";
    const json& events = at(update, "events");
    if (!events.is_object()) return out;
    for (const auto& [name, event] : events.items()) {
        if (!name.starts_with(kEvents) || out.happenings.size() == kMaxHappenings) continue;
        out.happenings.push_back(
            happening_of(std::string_view(name).substr(kEvents.size()), event));
    }
    return out;
}

base::Result<std::vector<Delivery>> parse_pull(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer)
        return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                  "Google's Pub/Sub answered with something else.");
    std::vector<Delivery> out;
    const json& received = at(*answer, "receivedMessages");
    if (!received.is_array()) return out;
    for (const json& one : received) {
        Delivery delivery{.ack_id = text_at(one, "ackId"), .message = {}, .data = {}};
        if (delivery.ack_id.empty() || out.size() == kMaxDeliveries) continue;
        if (const auto data = base::base64_decoded(text_at(at(one, "message"), "data"))) {
            delivery.data.assign(data->begin(), data->end());
            delivery.message = parse_message(delivery.data);
        }
        out.push_back(std::move(delivery));
    }
    return out;
}

}  // namespace casement::drivers::nest::device_access
