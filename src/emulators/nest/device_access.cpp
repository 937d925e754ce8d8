#include "emulators/nest/device_access.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/random.hpp"

namespace casement::emulators::nest {

using nlohmann::json;

namespace {

// Published: per minute, of a project and user.
constexpr std::size_t kCommands = 10, kGets = 10, kLists = 5;
constexpr std::size_t kOneCommand = 5;  // of a device, too

std::unexpected<ApiError> failed(int code, std::string_view status, std::string message) {
    return std::unexpected(ApiError{code, status, std::move(message)});
}
std::unexpected<ApiError> too_many(std::string_view api) {
    return failed(429, "RESOURCE_EXHAUSTED",
                  fmt::format("Rate limited for the {} API for the user.", api));
}

}  // namespace

DeviceAccess::DeviceAccess(const base::Clock& clock, DeviceAccessOptions options)
    : clock_(clock), options_(std::move(options)) {}

void DeviceAccess::add(Device device) {
    if (Device* known = find(device.id)) {
        *known = std::move(device);
    } else {
        devices_.push_back(std::move(device));
    }
}

Device* DeviceAccess::find(std::string_view id) {
    const auto at = std::ranges::find(devices_, id, &Device::id);
    return at == devices_.end() ? nullptr : &*at;
}

std::string DeviceAccess::name_of(std::string_view device_id) const {
    return fmt::format("enterprises/{}/devices/{}", options_.project, device_id);
}

bool DeviceAccess::spend(const std::string& bucket, std::size_t most) {
    auto& times = spent_[bucket];
    const auto now = clock_.wall_now();
    while (!times.empty() && now - times.front() >= options_.minute) times.pop_front();
    if (times.size() >= most) {
        ++counters_.over_limit;
        return false;
    }
    times.push_back(now);
    return true;
}

Answered<json> DeviceAccess::list() {
    if (!spend("list", kLists)) return too_many("ListDevices");
    ++counters_.lists;
    was_listed_ = true;
    json all = json::array();
    for (const Device& device : devices_) all.push_back(device_json(device));
    return all.empty() ? json::object() : json{{"devices", std::move(all)}};
}

Answered<json> DeviceAccess::get(std::string_view device_id) {
    if (!spend("get", kGets)) return too_many("GetDevice");
    const Device* device = find(device_id);
    if (device == nullptr)
        return failed(404, "NOT_FOUND", fmt::format("Device {} not found.", name_of(device_id)));
    return device_json(*device);
}

Answered<Device*> DeviceAccess::admit(std::string_view device_id, std::string_view command) {
    const std::string one = fmt::format("{} {}", command, device_id);
    if (!spend("commands", kCommands) || !spend(one, kOneCommand))
        return too_many("ExecuteDeviceCommand");
    ++counters_.commands;
    counters_.most_commands =
        std::max<std::uint64_t>(counters_.most_commands, spent_["commands"].size());
    counters_.most_of_one = std::max<std::uint64_t>(counters_.most_of_one, spent_[one].size());
    Device* device = find(device_id);
    if (device == nullptr)
        return failed(404, "NOT_FOUND", fmt::format("Device {} not found.", name_of(device_id)));
    if (!device->online) return failed(400, "FAILED_PRECONDITION", "Precondition check failed.");
    return device;
}

void DeviceAccess::end_leases() {
    const auto now = clock_.wall_now();
    counters_.expired +=
        std::erase_if(leases_, [now](const Lease& lease) { return lease.ends <= now; });
}

Answered<Lease> DeviceAccess::generate(const Device& device) {
    if (!device.speaks_rtsp)
        return failed(400, "INVALID_ARGUMENT", "camera not supporting RTSP protocol.");
    end_leases();
    ++counters_.generated;
    leases_.push_back({.device = device.id,
                       .path = "sdm_live_stream/" + base::random_hex(16),
                       .token = "g.0." + base::random_hex(16),
                       .extension = "EXT-" + base::random_hex(12),
                       .ends = clock_.wall_now() + options_.lease});
    return leases_.back();
}

Answered<Lease> DeviceAccess::extend(const Device& device, std::string_view extension) {
    end_leases();
    const auto at = std::ranges::find_if(leases_, [&](const Lease& lease) {
        return lease.device == device.id && lease.extension == extension;
    });
    // Also with a token that has been replaced.
    if (at == leases_.end()) return failed(404, "NOT_FOUND", "Stream not found.");
    if (options_.extensions && at->extended >= *options_.extensions) {
        ++counters_.refused_extensions;
        return failed(400, "FAILED_PRECONDITION", "Precondition check failed.");
    }
    ++at->extended;
    ++counters_.extended;
    at->token = "g.0." + base::random_hex(16);
    at->extension = "EXT-" + base::random_hex(12);
    at->ends = clock_.wall_now() + options_.lease;
    return *at;
}

Answered<Lease> DeviceAccess::stop(const Device& device, std::string_view extension) {
    end_leases();
    const auto at = std::ranges::find_if(leases_, [&](const Lease& lease) {
        return lease.device == device.id && lease.extension == extension;
    });
    if (at == leases_.end()) return failed(404, "NOT_FOUND", "Stream not found.");
    ++counters_.stopped;
    Lease ended = std::move(*at);
    leases_.erase(at);
    return ended;
}

bool DeviceAccess::is_lent(std::string_view path) const {
    const auto at = std::ranges::find(leases_, path, &Lease::path);
    return at != leases_.end() && at->ends > clock_.wall_now();
}

int DeviceAccess::gate(std::string_view path, std::string_view query) const {
    if (!is_lent(path)) return 404;
    const auto at = std::ranges::find(leases_, path, &Lease::path);
    return query == "auth=" + at->token ? 0 : 403;
}

json DeviceAccess::device_json(const Device& device) const {
    const std::string trait = "sdm.devices.traits.";
    json stream{{"supportedProtocols", {device.speaks_rtsp ? "RTSP" : "WEB_RTC"}},
                {"videoCodecs", {"H264"}},
                {"audioCodecs", {"AAC"}},
                {"maxVideoResolution", {{"width", 640}, {"height", 480}}}};
    json traits{{trait + "Info", {{"customName", device.custom_name}}},
                {trait + "Connectivity", {{"status", device.online ? "ONLINE" : "OFFLINE"}}},
                {trait + "CameraLiveStream", std::move(stream)},
                {trait + "CameraMotion", json::object()},
                {trait + "CameraPerson", json::object()}};
    if (device.speaks_rtsp) {
        traits[trait + "CameraImage"] = {
            {"maxImageResolution", {{"width", 1920}, {"height", 1200}}}};
        traits[trait + "CameraEventImage"] = json::object();
        traits[trait + "CameraSound"] = json::object();
    } else {
        traits[trait + "CameraClipPreview"] = json::object();
    }
    // That a doorbell lacks the trait of its button has been seen.
    json out{
        {"name", name_of(device.id)},
        {"type", device.is_doorbell ? "sdm.devices.types.DOORBELL" : "sdm.devices.types.CAMERA"},
        {"traits", std::move(traits)}};
    if (device.room.empty()) return out;
    const std::string room =
        fmt::format("enterprises/{}/structures/st1/rooms/r1", options_.project);
    out["assignee"] = room;
    out["parentRelations"] = {{{"parent", room}, {"displayName", device.room}}};
    return out;
}

DeviceAccessCounters DeviceAccess::counters() {
    end_leases();
    counters_.open_leases = leases_.size();
    return counters_;
}

}  // namespace casement::emulators::nest
