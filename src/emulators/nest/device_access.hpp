#pragma once
// Google's Device Access as it knows the devices of one project: streams that are lent for five
// minutes, limits per minute, and what happened, as messages that wait until they are acknowledged.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "async/bell.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::emulators::nest {

struct Device {
    std::string id;
    std::string room = "Garage";  // empty: it tells neither room nor relation
    std::string custom_name{};
    bool is_doorbell = false;
    bool speaks_rtsp = true;  // false: WEB_RTC alone
    bool online = true;
};

struct DeviceAccessOptions {
    std::string project = "emu-project";
    std::chrono::milliseconds lease = std::chrono::minutes(5);  // as it passes
    /// How often a stream may be extended before the vendor wants it started anew: of a battery
    /// camera never. Nothing: for ever.
    std::optional<int> extensions{};
    /// What the published limits call a minute, as it passes.
    std::chrono::milliseconds minute = std::chrono::minutes(1);
    std::chrono::milliseconds image_life = std::chrono::seconds(30);
    std::chrono::milliseconds ack_deadline = std::chrono::seconds(10);
};

struct DeviceAccessCounters {
    std::uint64_t lists = 0, commands = 0;  // answered, well or not, but not with 429
    std::uint64_t generated = 0, extended = 0, stopped = 0;
    std::uint64_t over_limit = 0;     // answered with 429 because of a limit
    std::uint64_t expired = 0;        // leases that nobody extended or stopped
    std::uint64_t most_commands = 0;  // in any minute of the project
    std::uint64_t most_of_one = 0;    // the same of one command at one device
    std::uint64_t refused_extensions = 0;
    std::uint64_t pulled = 0, acknowledged = 0, redelivered = 0;
    std::size_t open_leases = 0;  // now
};

/// A stream that was lent.
struct Lease {
    std::string device, path, token, extension;
    base::WallTime ends;
    int extended = 0;  // so often
};

/// An error of the API: its HTTP status and its name.
struct ApiError {
    int code = 400;
    std::string_view status = "INVALID_ARGUMENT";
    std::string message;
};
template <typename T>
using Answered = std::expected<T, ApiError>;

/// Lives on one executor. The clock outlives it.
class DeviceAccess {
public:
    DeviceAccess(const base::Clock& clock, DeviceAccessOptions options);

    const DeviceAccessOptions& options() const { return options_; }
    /// Lives of what is lent from now on, for instance.
    DeviceAccessOptions& change() { return options_; }
    void add(Device device);
    Device* find(std::string_view id);
    const std::vector<Device>& devices() const { return devices_; }

    // Limits: per minute, of the project, and of a command at one device.
    Answered<nlohmann::json> list();
    Answered<nlohmann::json> get(std::string_view device_id);
    /// `Ok` to carry out the command, or an error.
    Answered<Device*> admit(std::string_view device_id, std::string_view command);

    // Leases. The URL is the caller's to make of path and token.
    Answered<Lease> generate(const Device& device);
    Answered<Lease> extend(const Device& device, std::string_view extension);
    Answered<Lease> stop(const Device& device, std::string_view extension);
    /// Of an RTSP request: 0, or 404 for a lease that has ended and 403 for an older token.
    int gate(std::string_view path, std::string_view query) const;
    bool is_lent(std::string_view path) const;

    /// "CameraMotion.Motion" and so on; answers the event's id. Nothing is sent before devices were
    /// listed for the first time. Of a device without RTSP a film follows, in a message of its own.
    std::string add_event(std::string_view device_id, std::string_view kind);
    /// Any message: traits, relations, what nobody expects.
    void publish(nlohmann::json message);
    /// Of CameraEventImage.GenerateImage: the token of a picture.
    Answered<std::string> image_of(std::string_view event_id);
    bool is_image(std::string_view event_id, std::string_view token) const;

    /// The messages of :pull, which come again when they are not acknowledged in time.
    nlohmann::json pull(std::size_t most);
    void acknowledge(const std::vector<std::string>& ack_ids);
    std::shared_ptr<async::Bell> listen(const async::Executor& executor);
    bool sends_twice = false;  // every message, once more
    std::string clips_url{};   // "…/sdm-clip/"; the session of the event is behind it
    bool is_clip(std::string_view session) const { return clips_.contains(session); }

    DeviceAccessCounters counters();

private:
    struct Message {
        std::string ack_id, message_id, data;
        base::WallTime published, visible;
        int deliveries = 0;
    };
    struct Image {
        std::string token;
        base::WallTime happened;
    };
    bool spend(const std::string& bucket, std::size_t most);
    void end_leases();
    nlohmann::json device_json(const Device& device) const;
    std::string name_of(std::string_view device_id) const;

    const base::Clock& clock_;
    DeviceAccessOptions options_;
    std::vector<Device> devices_;
    std::vector<Lease> leases_;
    std::map<std::string, std::deque<base::WallTime>, std::less<>> spent_;
    std::map<std::string, Image, std::less<>> images_;  // by event
    std::set<std::string, std::less<>> clips_;          // by session of their event
    std::deque<Message> messages_;
    std::vector<std::weak_ptr<async::Bell>> bells_;
    bool was_listed_ = false;
    std::uint64_t numbers_ = 0;
    DeviceAccessCounters counters_;
};

}  // namespace casement::emulators::nest
