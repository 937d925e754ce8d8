#pragma once
// One disk directory and its threads: files grow in the order of the calls, and what was written is
// synced at once, many files together.

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "recorder/file_system.hpp"

namespace casement::recorder {

/// A file of a segment: shared by the thread that appends and the one that syncs.
struct GrowingFile {
    std::unique_ptr<OutputFile> file;
    std::string path;
    std::string directory;
    std::uint64_t good_bytes = 0;  // whole fragments; touched by the writing thread only
    bool entry_synced = false;     // the directory knows it; touched by the syncing thread only
    std::atomic<bool> sync_failed{false};
};

/// Thread-safe. Sync beside writing, so that a slow sync holds up nobody's pictures: what waits
/// meanwhile is synced together, and on ext4 one journal commit then serves all of them.
class Disk {
public:
    Disk(FileSystem& files, std::string root, base::Log log);

    FileSystem& files() { return files_; }
    const std::string& root() const { return root_; }
    async::BlockingPool& writing() { return writing_; }
    async::BlockingPool& reading() { return reading_; }

    /// Has the file synced soon. Called after each append.
    void sync_soon(std::shared_ptr<GrowingFile> file);
    /// Everything asked for before is on the disk when it returns. Blocks; never on an io thread.
    void drain();

    std::uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }

private:
    void sync_round();

    FileSystem& files_;
    const std::string root_;
    const base::Log log_;
    base::Mutex mutex_;
    std::set<std::shared_ptr<GrowingFile>> dirty_ CASEMENT_GUARDED_BY(mutex_);
    bool scheduled_ CASEMENT_GUARDED_BY(mutex_) = false;
    std::atomic<std::uint64_t> syncs_{0};
    async::BlockingPool syncing_{"disk-sync", 1};
    async::BlockingPool writing_{"disk-write", 1};
    async::BlockingPool reading_{"disk-read", 2};
};

}  // namespace casement::recorder
