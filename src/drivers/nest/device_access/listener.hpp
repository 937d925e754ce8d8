#pragma once
// What Device Access publishes, pulled for as long as the account runs.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "async/task_group.hpp"
#include "base/log.hpp"
#include "camera/driver.hpp"
#include "drivers/nest/device_access/api.hpp"
#include "drivers/nest/device_access/sessions.hpp"

namespace casement::drivers::nest::device_access {

/// Keeps a picture or clip of an event: the bytes, "jpg" or "mp4", and the name it shall have;
/// answers the reference for events::Event::media.
using KeepMedia = std::function<async::Task<base::Result<std::string>>(
    std::string name, std::string extension, std::string bytes)>;

/// What the account's driver knows of its devices and wants to hear of them.
class Household {
public:
    virtual ~Household() = default;
    /// The camera of a device; empty where it is none of ours.
    virtual std::string camera_of(std::string_view device) const = 0;
    virtual bool has_pictures(std::string_view device) const = 0;
    virtual void online(std::string_view device, bool is_online) = 0;
    virtual void devices_changed() = 0;
};

struct ListenerRules {
    std::chrono::milliseconds retry_first{1'000}, retry_cap{60'000};
    std::chrono::milliseconds media{20'000};  // for a picture or a clip
    /// The vendor keeps a picture for 30 s. Its place within the limits is not waited for longer.
    std::chrono::milliseconds picture_life{28'000};
    ListenerRules scaled(double time_scale) const;
};

/// Lives on one executor; all it is given outlives it. A message is acknowledged once it is stored,
/// so that none is lost; one that cannot be read is acknowledged too. Pictures and clips are
/// fetched beside: what happens next does not wait for their places within the limits.
class Listener {
public:
    Listener(async::Executor executor, Api& api, camera::DriverHost& host, Household& household,
             const base::Clock& clock, KeepMedia keep, base::Log log, ListenerRules rules);

    /// Lives until cancelled.
    async::Task<> run();
    /// After run(): no picture is fetched any more.
    async::Task<> stop() { return fetching_.stop(); }
    /// Why no event comes, in words for a person; empty while they come.
    const std::string& trouble() const { return trouble_; }

private:
    async::Task<base::Result<>> take(const Delivery& delivery);
    async::Task<base::Result<>> tell(std::string camera, std::string device, Sessions::Told told,
                                     std::string evidence);
    bool has_media(const std::string& device, const Sessions::Told& told) const;
    async::Task<> fetch(std::string device, Sessions::Told told, events::Event event);
    async::Task<std::string> media_of(const std::string& device, const Sessions::Told& told);

    Api& api_;
    camera::DriverHost& host_;
    Household& household_;
    const base::Clock& clock_;
    const KeepMedia keep_;
    const base::Log log_;
    const ListenerRules rules_;
    Sessions sessions_;
    std::map<std::string, std::string> open_;      // event ids by vendor id, of those that go on
    std::map<std::string, base::WallTime> heard_;  // of each device's state
    std::string trouble_;
    async::TaskGroup fetching_;
};

}  // namespace casement::drivers::nest::device_access
