#pragma once
// A named stream: a short log of access units with one writer and any number of readers.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/deadline.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "hub/gop_log.hpp"
#include "hub/reader.hpp"
#include "hub/status.hpp"
#include "hub/stream_writer.hpp"

namespace casement::hub {

struct ReaderInfo {
    std::string kind;
    std::string remote;
    base::WallTime since{};
};

/// Thread-safe: the log and the state are what many threads truly share, so they stand under one
/// annotated mutex, held for the time of a deque operation. Nothing blocks under it and no foreign
/// code runs under it.
class Stream : public std::enable_shared_from_this<Stream> {
public:
    Stream(std::string name, GopLogLimits limits, const base::Clock& clock, base::Log log);
    ~Stream();

    const std::string& name() const { return name_; }
    const base::Log& log() const { return log_; }
    const base::Clock& clock() const { return clock_; }

    /// A reader on `executor`, at the newest key frame, or at the first that comes.
    Reader subscribe(async::Executor executor, ReaderOptions options);

    /// Waits until there is a key frame to start from and answers the tracks. The caller should
    /// hold a reader, or an on-demand stream has no reason to start. Errors: what the source failed
    /// with since the call, DeadlineExceeded, NotFound after close().
    async::Task<base::Result<media::Tracks>> wait_ready(async::Deadline deadline);

    StreamStatus status() const;
    std::vector<ReaderInfo> reader_list() const;
    /// The newest decodable picture and the tracks it decodes with, if there is one.
    std::optional<LogEntry> newest_key_frame() const;

    /// Counts somebody who watches through a shared reader, until the ticket is dropped.
    std::shared_ptr<void> register_viewer(std::string kind, std::string remote);
    /// A viewer behind a shared reader missed `units`.
    void count_viewer_gap(std::uint64_t units);

    /// Somebody wants pictures: a reader with demand is there.
    bool wanted() const;
    /// Somebody watches at this moment: what comes should leave at once.
    bool is_watched() const;
    /// GopLogLimits::keep from now on: what has gone already stays gone.
    void set_keep(std::chrono::milliseconds keep);
    /// Ends every reader with NotFound. Idempotent.
    void close();

    /// Called after each change of phase or demand, on the thread that caused it, without locks
    /// held. Set before the stream is shared.
    std::function<void()> on_demand_changed;
    std::function<void()> on_status_changed;

private:
    friend class StreamWriter;
    friend class Reader;
    friend class Supervisor;

    /// False when another one has the pen.
    bool append(media::AccessUnit unit, const TracksPtr& tracks, std::uint64_t pen);
    std::uint64_t take_pen(Claim claim);
    /// From a writer with a lower claim; `pen` itself while nobody took it; 0 = it stays where it
    /// is.
    std::uint64_t take_pen_back(std::uint64_t pen, Claim claim);
    void count_lost(std::uint64_t units);
    void count_before_key(std::uint64_t units);
    struct RunStart {
        std::int64_t begin_us = 0;  // on the stream's time line: now, but after all written so far
        std::int64_t shown_us = 0;  // the last of what was written so far
    };
    RunStart next_run() const;
    void leave(Reader::State& reader);
    void set_phase(Phase phase, std::optional<base::Error> error,
                   std::optional<base::WallTime> next_try);
    std::optional<Item> read(Reader::State& reader);
    bool has_next(const Reader::State& reader) const;

    const std::string name_;
    const base::Clock& clock_;
    const base::Log log_;
    const base::SteadyTime epoch_;

    struct Shared;
    mutable base::Mutex mutex_;
    const std::unique_ptr<Shared> shared_ CASEMENT_PT_GUARDED_BY(mutex_);
};

}  // namespace casement::hub
