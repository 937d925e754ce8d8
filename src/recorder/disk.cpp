#include "recorder/disk.hpp"

namespace casement::recorder {

Disk::Disk(FileSystem& files, std::string root, base::Log log)
    : files_(files), root_(std::move(root)), log_(std::move(log)) {}

void Disk::sync_soon(std::shared_ptr<GrowingFile> file) {
    {
        const base::MutexLock lock(mutex_);
        dirty_.insert(std::move(file));
        if (std::exchange(scheduled_, true)) return;
    }
    syncing_.post([this] { sync_round(); });
}

void Disk::sync_round() {
    std::set<std::shared_ptr<GrowingFile>> round;
    {
        const base::MutexLock lock(mutex_);
        round.swap(dirty_);
        scheduled_ = false;
    }
    for (const auto& file : round) {
        auto done = file->file->sync();
        if (done && !file->entry_synced) {
            done = files_.sync_directory(file->directory);
            file->entry_synced = done.has_value();
        }
        syncs_.fetch_add(1, std::memory_order_relaxed);
        // After a failed sync the kernel may have dropped the pages: the writer closes this file
        // and goes on in a new one.
        if (!done && !file->sync_failed.exchange(true))
            log_.error("Recordings are not safe on the disk: {}", done.error().message());
    }
}

void Disk::drain() {
    writing_.drain();
    syncing_.drain();  // in this order: what was written asks to be synced
}

}  // namespace casement::recorder
