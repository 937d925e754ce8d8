#pragma once
// One Nanit account and its cameras.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "drivers/nanit/camera.hpp"
#include "drivers/nanit/events.hpp"

namespace casement::drivers::nanit {

struct DriverOptions {
    AccountOptions account;
    ApiOptions api{};
    RelayOptions relay{};
    Timing timing{};
    PollOptions events{};
    std::vector<CameraConfig> cameras{};  // those that the file names
    MediaOptions media{};                 // without what is each camera's own
    /// A baby's camera is known by this id. On the driver's executor; may be empty.
    std::function<void(const std::string& baby, const std::string& camera)> named{};
    LogOptions logs{};
    ClipOptions clips{};
    std::map<std::string, std::string> addresses{};  // host:port of cameras' own sockets, by serial
    /// Shows what the camera tells of breathing motions. It is no medical or safety device.
    bool breathing = false;
};

/// Lives on `executor`; store, pool and clock outlive it.
///
/// Without `events` the cloud's events are not asked for. Nobody signs in here: without a session
/// the account needs a person, and as soon as there is one in the store it is used.
class Driver final : public camera::CameraDriver {
public:
    Driver(async::Executor executor, DriverOptions options, store::SealedStore& sealed,
           async::BlockingPool& disk, const base::Clock& clock,
           std::unique_ptr<PollMemory> events = nullptr);
    ~Driver() override;

    async::Executor executor() const override { return executor_; }
    std::string vendor() const override { return "nanit"; }
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

    /// Asks a camera for its logs; logs() tells how far that is. Both on its executor. NotFound,
    /// and the errors of Logs::begin().
    base::Result<> ask_for_logs(const std::string& camera);
    base::Result<LogState> logs(const std::string& camera) const;

    Account& account() { return account_; }
    /// NotFound.
    base::Result<CameraPtr> camera(std::string_view id) const;

private:
    struct Entry {
        CameraPtr camera;
        std::unique_ptr<async::TaskGroup> tasks;  // its run
    };
    async::Task<> keep_list();
    async::Task<> take_list(std::vector<Baby> babies);
    async::Task<> add(Baby baby);
    void tell_events();
    async::Task<> remove(std::string serial);
    void tell_account(const camera::AccountState& state);

    const async::Executor executor_;
    const DriverOptions options_;
    const base::Log log_;
    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    Api api_;
    Account account_;
    Memory memory_;
    const std::unique_ptr<PollMemory> event_memory_;
    const Household household_;
    async::Bell bell_;
    std::map<std::string, Entry, std::less<>> entries_;  // by serial
    camera::DriverHost* host_ = nullptr;                 // while run() runs, as
    EventPoll* events_ = nullptr;                        // (none without their memory)
};

}  // namespace casement::drivers::nanit
