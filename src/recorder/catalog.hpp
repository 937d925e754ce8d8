#pragma once
// What the index does not hold yet: the files that grow now and rows on their way; and how many
// bytes each camera has.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "recorder/segment.hpp"

namespace casement::recorder {

/// Thread-safe: cameras' writers change it, the library reads it.
class Catalog {
public:
    struct View {
        std::vector<Segment> segments;  // on their way to the index, and the growing one last
        std::vector<Run> runs;
        std::optional<Run> now;  // the run that goes on
    };

    void grew(const std::string& camera, std::optional<Segment> open) {
        const base::MutexLock lock(mutex_);
        cameras_[camera].open = std::move(open);
    }
    void closed(const Segment& segment) {
        const base::MutexLock lock(mutex_);
        Entry& entry = cameras_[segment.camera];
        entry.segments.push_back(segment);
        entry.bytes += segment.bytes;
    }
    void run(const Run& run) {
        const base::MutexLock lock(mutex_);
        Entry& entry = cameras_[run.camera];
        entry.runs.push_back(run);
        entry.now = run.end ? std::nullopt : std::optional(run);
    }
    /// These rows are in the index now.
    void indexed(const std::string& camera, std::size_t segments, std::size_t runs) {
        const base::MutexLock lock(mutex_);
        Entry& entry = cameras_[camera];
        entry.segments.erase(entry.segments.begin(),
                             entry.segments.begin() + static_cast<std::ptrdiff_t>(segments));
        entry.runs.erase(entry.runs.begin(),
                         entry.runs.begin() + static_cast<std::ptrdiff_t>(runs));
    }
    void add_bytes(const std::string& camera, std::int64_t bytes) {
        const base::MutexLock lock(mutex_);
        cameras_[camera].bytes += static_cast<std::uint64_t>(bytes);
    }

    View view(const std::string& camera) const {
        const base::MutexLock lock(mutex_);
        const auto found = cameras_.find(camera);
        if (found == cameras_.end()) return {};
        View out{found->second.segments, found->second.runs, found->second.now};
        if (found->second.open) out.segments.push_back(*found->second.open);
        return out;
    }
    /// Rows that are not in the index yet, without the growing file.
    View pending(const std::string& camera) const {
        const base::MutexLock lock(mutex_);
        const auto found = cameras_.find(camera);
        return found == cameras_.end()
                   ? View{}
                   : View{found->second.segments, found->second.runs, std::nullopt};
    }
    /// Bytes of closed and growing files, by camera.
    std::map<std::string, std::uint64_t> bytes() const {
        const base::MutexLock lock(mutex_);
        std::map<std::string, std::uint64_t> out;
        for (const auto& [camera, entry] : cameras_)
            out[camera] = entry.bytes + (entry.open ? entry.open->bytes : 0);
        return out;
    }

private:
    struct Entry {
        std::optional<Segment> open;
        std::vector<Segment> segments;
        std::vector<Run> runs;
        std::optional<Run> now;
        std::uint64_t bytes = 0;
    };
    mutable base::Mutex mutex_;
    std::map<std::string, Entry> cameras_ CASEMENT_GUARDED_BY(mutex_);
};

}  // namespace casement::recorder
