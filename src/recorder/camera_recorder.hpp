#pragma once
// One camera's recording: reads its stream at every beat and has the disk's thread write what came.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "base/mutex.hpp"
#include "hub/reader.hpp"
#include "recorder/batch_writer.hpp"
#include "recorder/catalog.hpp"
#include "recorder/index_writer.hpp"
#include "recorder/recorder.hpp"

namespace casement::recorder {

/// What it needs of the house; `owner` keeps it.
struct Surroundings {
    std::shared_ptr<const void> owner;
    const base::Clock& clock;
    Disk& disk;
    Catalog& catalog;
    IndexWriter& index;
    events::EventLog& log;
    const Options& options;
    base::Log lines;
};

/// Lives on the executor of its stream; status() is thread-safe. Its reader is not woken by each
/// picture: it looks once per beat, so the stream's log must reach back two beats
/// (GopLogLimits::keep).
class CameraRecorder : public std::enable_shared_from_this<CameraRecorder> {
public:
    CameraRecorder(Surroundings surroundings, std::string id, std::shared_ptr<hub::Stream> stream,
                   async::Executor executor, Policy policy);

    void start();
    void set_policy(Policy policy);
    void pause(std::optional<EndReason> reason);
    /// Records (in Mode::Events) from `pre_roll` ago until `until` at least.
    void event(base::WallTime until);
    /// Writes what was taken and ends. Returns when it is on the file and in the index.
    async::Task<> stop(EndReason reason);
    /// Ends without writing: the recorder is gone.
    void halt() { tasks_.cancel(); }

    Status status() const;
    const async::Executor& executor() const { return executor_; }

private:
    async::Task<> run();
    void beat();
    void read_stream();
    void take(const hub::Item& item);
    /// Why nothing may be recorded now; nothing when it may.
    std::optional<EndReason> held() const;
    void hand_over();
    async::Task<> write();
    void apply(BatchResult result);
    void disk_failed(const base::Error& error);
    async::Task<> look_for_room();
    void tell(std::string text, std::string state, const std::string& reason);
    void show();
    std::string trouble_code();

    const Surroundings house_;
    const std::string id_;
    const std::shared_ptr<hub::Stream> stream_;
    const async::Executor executor_;
    const base::Log lines_;

    Policy policy_;
    std::optional<EndReason> paused_;
    base::WallTime event_until_{};
    bool stopping_ = false;

    std::optional<hub::Reader> reader_;
    Planner planner_;
    base::SteadyTime last_unit_{};
    base::SteadyTime
        not_before_{};  // what came earlier was taken in privacy, or while recording was off
    std::string last_trouble_;  // reason code of the stream's last failure
    std::shared_ptr<BatchWriter> writer_;
    std::deque<std::vector<Op>> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool writing_ = false;
    bool overrun_ = false;  // the disk is slow: nothing is taken until it has caught up
    struct Trouble {
        camera::Reason reason;
        base::SteadyTime next_look;
        bool looking = false;
    };
    std::optional<Trouble> trouble_;  // of the disk
    std::uint64_t dropped_ = 0;

    async::Bell wake_;
    async::Bell idle_;

    mutable base::Mutex mutex_;
    Status status_ CASEMENT_GUARDED_BY(mutex_);
    async::TaskGroup tasks_;  // last
};

}  // namespace casement::recorder
