#pragma once
// The recorder: one reader per camera, files on one disk, retention over all of them.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "camera/state.hpp"
#include "events/event_log.hpp"
#include "hub/stream.hpp"
#include "recorder/library.hpp"
#include "recorder/recovery.hpp"
#include "store/store.hpp"

namespace casement::recorder {

enum class Mode : std::uint8_t { Always, Events, Off };

/// What one camera keeps.
struct Policy {
    Mode mode = Mode::Always;
    std::chrono::milliseconds keep = std::chrono::hours{30 * 24};
    std::uint64_t max_bytes = std::uint64_t{200} << 30;  // 0 = no limit of its own
    std::chrono::milliseconds segment{60'000};
    std::chrono::milliseconds pre_roll{5'000};  // Events: from before, where the stream was running
    std::chrono::milliseconds post_roll{15'000};
    bool operator==(const Policy&) const = default;
};

struct Options {
    std::string directory;        // absolute; <directory>/<camera>/<day>/<time>.mp4
    std::uint64_t max_bytes = 0;  // of all cameras together; 0 = no limit
    /// Room that is left to others: below it the oldest footage goes, and recording waits for room.
    std::uint64_t keep_free_bytes = std::uint64_t{1} << 30;
    Policy removed;  // for footage of cameras that are no longer there
    /// Between two writes of a camera. Shorter than a second by what a frame and the sync of the
    /// disk take: a kill, and a power cut too, costs less than one second.
    std::chrono::milliseconds beat{900};
    std::size_t max_waiting_bytes = 32u << 20;  // per camera, while the disk is slow
    std::chrono::seconds retention_every{30};
    std::chrono::seconds retry_disk{5};  // look whether there is room again
};

/// How the recording of one camera is now.
struct Status {
    Mode mode = Mode::Always;
    bool active = false;                   // bytes are being written
    base::WallTime since{};                // of `active` or of the reason
    std::optional<camera::Reason> reason;  // why it does not record although it should
    std::uint64_t bytes = 0;               // on the disk
    std::uint64_t lost_units = 0;          // that could not be written
};

struct Storage {
    struct PerCamera {
        std::string camera;
        index::Total total;
        std::uint64_t bytes_per_day = 0;  // of the last day
        std::optional<std::chrono::hours>
            room_for;  // until its own limits; empty while nothing is known
    };
    std::vector<PerCamera> cameras;
    std::uint64_t bytes = 0;
    std::uint64_t free_bytes = 0;
};

/// Lives on `executor`: members but status() and library() are called there. Outlived by store,
/// log, clock, files and the cameras' streams' hub. Cameras are recorded on their own executors
/// (the ones of their streams).
class Recorder {
public:
    /// Blocks: makes the index agree with the files, which is reported as an event. One recorder
    /// per directory: hold a store::DirectoryLock.
    static base::Result<std::unique_ptr<Recorder>> open(async::Executor executor,
                                                        const base::Clock& clock,
                                                        store::Store& store, events::EventLog& log,
                                                        FileSystem& files, Options options,
                                                        base::Log lines = {});
    ~Recorder();

    /// From now on the camera is recorded as the policy says. `id` names the folder.
    /// FailedPrecondition when it is there already.
    base::Result<> add(std::string id, std::shared_ptr<hub::Stream> stream,
                       async::Executor executor, Policy policy);
    /// Also for a camera that is added: takes effect at once, a running file goes on where it can.
    base::Result<> set_policy(const std::string& id, Policy policy);
    /// Nothing of this camera is kept while a reason is given: Privacy or RecordingOff.
    base::Result<> pause(const std::string& id, std::optional<EndReason> reason);
    /// What was taken so far is written; its files stay.
    async::Task<base::Result<>> remove(std::string id);
    /// Ends every recording properly: call it before destruction. Returns when everything is on the
    /// disk and in the index.
    async::Task<> stop();
    /// Blocks until the disk's threads have nothing to do. For an end that could not wait for
    /// stop().
    void finish_blocking_calls();

    /// Thread-safe.
    std::optional<Status> status(std::string_view id) const;
    Library& library();
    const RecoveryReport& recovery() const;
    async::Task<base::Result<Storage>> storage();
    /// One pass of the clean-up now; answers how many files went.
    async::Task<base::Result<std::uint64_t>> apply_retention();

private:
    struct State;
    explicit Recorder(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::recorder
