#pragma once
// One Nest account and its cameras.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "drivers/nest/buckets.hpp"
#include "drivers/nest/camera.hpp"

namespace casement::drivers::nest {

struct DriverOptions {
    KeeperOptions account;
    ApiOptions api{};
    std::string data;                     // the hub's folder
    double time_scale = 1;                // of the streams' waits
    CameraConfig every{};                 // of cameras that the file does not name
    std::vector<CameraConfig> cameras{};  // those that it names
};

/// Lives on `executor`; store, pool and clock outlive it. Nobody signs in here: without a key the
/// account needs a person, and as soon as there is one in the store it is used.
class Driver final : public camera::CameraDriver {
public:
    Driver(async::Executor executor, DriverOptions options, store::SealedStore& sealed,
           async::BlockingPool& disk, const base::Clock& clock);
    ~Driver() override;

    async::Executor executor() const override { return executor_; }
    std::string vendor() const override { return "nest"; }
    std::string name() const override { return options_.account.name; }
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

    Keeper& keeper() { return keeper_; }
    /// NotFound.
    base::Result<CameraPtr> camera(std::string_view id) const;

private:
    struct Entry {
        CameraPtr camera;
        std::unique_ptr<async::TaskGroup> tasks;  // its run
    };
    async::Task<> keep_list();
    /// Reads all of the account.
    async::Task<base::Result<>> read_all();
    /// Follows what changes until then, or until all has to be read anew.
    async::Task<> follow(async::Deadline::Time until);
    async::Task<base::Result<>> take_changes(std::string body);
    async::Task<base::Result<>> read_camera(std::string uuid);
    async::Task<> take_records();
    void add(CameraRecord record);
    async::Task<> remove(std::string uuid);
    CameraConfig config_of(const std::string& uuid) const;
    void tell_account();

    const async::Executor executor_;
    const DriverOptions options_;
    const base::Log log_;
    Api api_;
    Keeper keeper_;
    const Household household_;
    async::Bell bell_;
    Buckets buckets_;
    std::map<std::string, CameraRecord, std::less<>> web_;  // what the web API said last, by uuid
    std::map<std::string, Entry, std::less<>> entries_;     // by uuid
    camera::DriverHost* host_ = nullptr;                    // while run() runs
};

}  // namespace casement::drivers::nest
