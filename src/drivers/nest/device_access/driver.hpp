#pragma once
// The cameras of one Device Access project: the vendor's official way in.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "camera/driver.hpp"
#include "drivers/nest/device_access/listener.hpp"
#include "drivers/nest/device_access/streams.hpp"

namespace casement::drivers::nest::device_access {

struct DriverOptions {
    std::string account;
    ApiOptions api;
    camera::Connection connection{};
    StreamRules streams{};
    ListenerRules events{};
    std::chrono::milliseconds list{300'000};  // between two looks at the devices
    std::chrono::milliseconds look_again{
        20'000};  // the same where the vendor says that they changed
    std::chrono::milliseconds retry_first{5'000}, retry_cap{300'000};
    /// Ids that the file gives, by a device's id or the last part of it.
    std::map<std::string, std::string> cameras{};
    /// Devices, named in the same way, that are one more way to a camera of another account: lent,
    /// and nothing else.
    std::set<std::string, std::less<>> lent_only{};
    DriverOptions scaled(double time_scale) const;
};

/// Lives on `executor`; the clock outlives it. WebRTC, which newer cameras speak only, is not
/// spoken yet: those cameras are shown with that reason.
class Driver final : public camera::CameraDriver, private Household {
public:
    /// `keep`: of event pictures; may be empty.
    Driver(async::Executor executor, DriverOptions options, AskPass pass, KeepMedia keep,
           const base::Clock& clock);
    ~Driver() override;

    async::Executor executor() const override { return executor_; }
    std::string vendor() const override { return "nest"; }
    std::string name() const override { return options_.account; }
    /// What opens the stream of a device of that id, or whose id ends with it: called on any
    /// thread; may outlive the driver. NotFound "no-device" while the list has none.
    std::function<async::Task<base::Result<camera::StreamEndpoint>>(async::Deadline)> stream_of(
        std::string device) const;
    /// Once: it ends with its cancellation.
    async::Task<base::Result<>> run(camera::DriverHost& host) override;
    async::Task<base::Result<camera::StreamEndpoint>> endpoint(std::string camera,
                                                               camera::Quality quality,
                                                               async::Deadline deadline) override;
    async::Task<base::Result<>> set(std::string camera, std::string setting, camera::Value value,
                                    async::Deadline deadline) override;
    async::Task<base::Result<camera::CommandOutcome>> execute(camera::Command command) override;
    async::Task<base::Result<std::unique_ptr<camera::TalkSink>>> talk(
        std::string camera, async::Deadline deadline) override;

private:
    struct Entry {
        Device device;
        std::string camera;
    };
    std::string camera_of(std::string_view device) const override;
    bool has_pictures(std::string_view device) const override;
    void online(std::string_view device, bool is_online) override;
    void devices_changed() override { look_again_ = true, bell_.ring(); }

    async::Task<> keep_list(std::function<void()> listed);
    void take_list(std::vector<Device> devices);
    void announce(const Entry& entry);
    void tell_state(const Entry& entry);
    void tell_account(const base::Error* error);
    const Entry* entry_of(std::string_view camera) const;

    const async::Executor executor_;
    const DriverOptions options_;
    const base::Clock& clock_;
    const base::Log log_;
    const std::shared_ptr<Api> api_;
    const std::shared_ptr<Streams> streams_;
    const KeepMedia keep_;
    async::Bell bell_;
    bool look_again_ = false;
    std::map<std::string, Entry, std::less<>> entries_;  // by device id
    camera::DriverHost* host_ = nullptr;                 // while run() runs
};

}  // namespace casement::drivers::nest::device_access
