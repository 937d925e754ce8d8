#include "drivers/nest/device_access/listener.hpp"

#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>

#include "async/retry.hpp"
#include "base/time_scale.hpp"
#include "drivers/cancelled.hpp"

namespace casement::drivers::nest::device_access {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using nlohmann::json;

namespace {

constexpr std::size_t kMaxOpen = 500, kMaxHeard = 1'000;
// Pictures that are fetched or wait for their place: more than the limits let through in time.
constexpr std::size_t kMaxFetching = 32;

std::string file_name(std::string_view vendor_id) {
    std::string out;
    for (const char c : vendor_id.substr(0, 100)) {
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                              (c >= 'a' && c <= 'z') || c == '-' || c == '_';
        out += is_plain ? c : '-';
    }
    return out;
}

}  // namespace

ListenerRules ListenerRules::scaled(double time_scale) const {
    ListenerRules out = *this;
    out.retry_first = base::scaled(retry_first, time_scale);
    out.retry_cap = base::scaled(retry_cap, time_scale);
    out.picture_life = base::scaled(picture_life, time_scale);
    return out;
}

Listener::Listener(async::Executor executor, Api& api, camera::DriverHost& host,
                   Household& household, const base::Clock& clock, KeepMedia keep, base::Log log,
                   ListenerRules rules)
    : api_(api),
      host_(host),
      household_(household),
      clock_(clock),
      keep_(std::move(keep)),
      log_(std::move(log)),
      rules_(rules),
      fetching_(std::move(executor), log_) {}

Task<> Listener::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    async::Backoff backoff({.first = rules_.retry_first, .cap = rules_.retry_cap});
    for (;;) {
        auto came = co_await api_.pull(Deadline::never());
        if (co_await is_cancelled()) co_return;
        // A pull that the vendor does not answer brought nothing.
        if (!came && came.error().is(ErrorKind::DeadlineExceeded)) continue;
        if (!came) {
            if (trouble_ != came.error().message())
                log_.warn("Events do not come: {}", came.error().message());
            trouble_ = came.error().message();
            if (!co_await async::sleep_for(backoff.next())) co_return;
            continue;
        }
        backoff.reset();
        trouble_.clear();
        std::vector<std::string> done;
        for (const Delivery& delivery : *came) {
            const auto taken = co_await take(delivery);
            if (co_await is_cancelled()) co_return;
            if (taken)
                done.push_back(delivery.ack_id);
            else
                log_.warn("An event was not stored, and will come again: {}",
                          taken.error().message());
        }
        const auto told = co_await api_.acknowledge(std::move(done), Deadline::never());
        if (!told) log_.debug("Events were not acknowledged: {}", told.error().message());
    }
}

Task<Result<>> Listener::take(const Delivery& delivery) {
    if (!delivery.message) {
        log_.debug("A message of Device Access cannot be read.");
        co_return Result<>{};
    }
    const Message& message = *delivery.message;
    if (message.changes_devices) household_.devices_changed();
    const std::string camera = household_.camera_of(message.device);
    if (camera.empty()) co_return Result<>{};
    if (message.is_online) {
        if (heard_.size() > kMaxHeard) heard_.clear();
        // Old news come late.
        base::WallTime& newest = heard_[message.device];
        if (newest <= message.at) household_.online(message.device, *message.is_online);
        newest = std::max(newest, message.at);
    }
    Sessions::Step step = sessions_.take(message, clock_.wall_now());
    for (Sessions::Told& told : step.told) {
        const auto stored = co_await tell(camera, message.device, std::move(told), delivery.data);
        if (!stored) {
            sessions_.forget(message);
            co_return std::unexpected(stored.error());
        }
    }
    for (const std::string& vendor_id : step.ended) {
        const auto known = open_.find(vendor_id);
        if (known == open_.end()) continue;
        const std::string id = known->second;
        open_.erase(known);
        const auto ended = co_await host_.event_ended(id, message.at);
        if (!ended && !ended.error().is(ErrorKind::NotFound))
            co_return std::unexpected(ended.error());
    }
    co_return Result<>{};
}

Task<Result<>> Listener::tell(std::string camera, std::string device, Sessions::Told told,
                              std::string evidence) {
    json data = json::object();
    if (!told.zones.empty()) data["zones"] = told.zones;
    if (told.is_late) data["late"] = true;
    events::Event event;
    event.camera = std::move(camera);
    event.kind = told.kind;
    event.start = told.start;
    if (told.is_late) event.end = told.start;
    event.vendor_id = told.vendor_id;
    event.data = data.dump(-1, ' ', false, json::error_handler_t::replace);
    event.evidence = std::move(evidence);
    CASEMENT_CO_TRY(const auto stored, co_await host_.event(event));
    if (!told.is_late && !stored->end) {
        if (open_.size() >= kMaxOpen) open_.clear();
        open_[told.vendor_id] = stored->id;
    }
    if (!stored->media.empty() || !has_media(device, told)) co_return Result<>{};
    if (fetching_.size() >= kMaxFetching) {
        log_.debug("Too many events at once: one has no picture.");
        co_return Result<>{};
    }
    fetching_.spawn("picture of an event",
                    [this, device = std::move(device), told = std::move(told),
                     event = std::move(event)] { return fetch(device, told, event); });
    co_return Result<>{};
}

bool Listener::has_media(const std::string& device, const Sessions::Told& told) const {
    return keep_ &&
           (!told.clip.empty() || (!told.picture.empty() && household_.has_pictures(device)));
}

Task<> Listener::fetch(std::string device, Sessions::Told told, events::Event event) {
    event.media = co_await media_of(device, told);
    if (event.media.empty()) co_return;
    const auto stored = co_await host_.event(std::move(event));
    if (!stored) log_.warn("An event goes without its picture: {}", stored.error().message());
}

/// An event without a picture is an event all the same.
Task<std::string> Listener::media_of(const std::string& device, const Sessions::Told& told) {
    const bool is_clip = !told.clip.empty();
    Deadline deadline = Deadline::in(rules_.media);
    if (!is_clip)
        deadline = deadline.sooner_of(Deadline::in(std::chrono::ceil<std::chrono::milliseconds>(
            told.start + rules_.picture_life - clock_.wall_now())));
    auto bytes = is_clip ? co_await api_.clip(told.clip, deadline)
                         : co_await api_.event_picture(device, told.picture, deadline);
    if (!bytes) {
        log_.debug("The picture of an event: {}", bytes.error().message());
        co_return std::string{};
    }
    auto kept =
        co_await keep_(file_name(told.vendor_id), is_clip ? "mp4" : "jpg", std::move(*bytes));
    if (!kept) {
        log_.warn("The picture of an event is not kept: {}", kept.error().message());
        co_return std::string{};
    }
    co_return std::move(*kept);
}

}  // namespace casement::drivers::nest::device_access
