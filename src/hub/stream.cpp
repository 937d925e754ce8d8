#include "hub/stream.hpp"

#include <algorithm>
#include <list>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "async/bell.hpp"
#include "hub/reader_state.hpp"
#include "media/time.hpp"

namespace casement::hub {

using base::ErrorKind;
using base::MutexLock;

struct Stream::Shared {
    explicit Shared(GopLogLimits limits) : log(limits) {}

    GopLog log;
    std::vector<Reader::State*> readers;  // each unlinks itself before it dies
    StreamStatus status;
    TracksPtr tracks = std::make_shared<const media::Tracks>();
    std::list<ReaderInfo> viewers;  // behind shared readers
    bool closed = false;
    std::uint64_t pen = 0;        // of the writer that may write
    Claim claim = Claim::Filler;  // its
    // Bit rate: bytes of the window that began at `rate_from`.
    base::SteadyTime rate_from{};
    std::uint64_t rate_bytes = 0;
    std::int64_t last_us = 0;  // end of what was written on the stream's time line
};

Stream::Stream(std::string name, GopLogLimits limits, const base::Clock& clock, base::Log log)
    : name_(std::move(name)),
      clock_(clock),
      log_(std::move(log)),
      epoch_(clock.steady_now()),
      shared_(std::make_unique<Shared>(limits)) {
    shared_->status.since = clock.wall_now();
}

Stream::~Stream() = default;

Reader Stream::subscribe(async::Executor executor, ReaderOptions options) {
    auto state = std::make_shared<Reader::State>(shared_from_this(), std::move(executor),
                                                 std::move(options));
    state->since = clock_.wall_now();
    {
        const MutexLock lock(mutex_);
        const GopLog& log = shared_->log;
        const auto start = state->options.pre_roll.count() > 0
                               ? log.key_within(state->options.pre_roll, clock_.steady_now())
                               : log.newest_key();
        state->cursor = start.value_or(log.end());
        state->needs_key = !start;
        shared_->readers.push_back(state.get());
        shared_->status.readers += 1;
        if (state->options.viewer) shared_->status.viewers += 1;
    }
    if (state->options.demand && on_demand_changed) on_demand_changed();
    return Reader(std::move(state));
}

void Stream::leave(Reader::State& reader) {
    {
        const MutexLock lock(mutex_);
        std::erase(shared_->readers, &reader);
        shared_->status.readers -= 1;
        if (reader.options.viewer) shared_->status.viewers -= 1;
    }
    if (reader.options.demand && on_demand_changed) on_demand_changed();
}

std::uint64_t Stream::take_pen(Claim claim) {
    const MutexLock lock(mutex_);
    shared_->claim = claim;
    return ++shared_->pen;
}

std::uint64_t Stream::take_pen_back(std::uint64_t pen, Claim claim) {
    const MutexLock lock(mutex_);
    if (pen == shared_->pen) return pen;
    if (shared_->claim >= claim) return 0;
    shared_->claim = claim;
    return ++shared_->pen;
}

bool Stream::append(media::AccessUnit unit, const TracksPtr& tracks, std::uint64_t pen) {
    bool went_live = false;
    {
        const MutexLock lock(mutex_);
        Shared& s = *shared_;
        if (pen != s.pen) return false;
        if (s.closed) return true;
        Counters& counters = s.status.counters;
        if (!unit.slate) {
            counters.units_in += 1;
            counters.bytes_in += unit.data.size();
            s.status.last_unit_at = unit.wall;
            s.rate_bytes += unit.data.size();
            const auto window = unit.received_at - s.rate_from;
            if (window >= std::chrono::seconds(2)) {
                const auto ms =
                    std::chrono::duration_cast<std::chrono::milliseconds>(window).count();
                s.status.bitrate_bps =
                    s.rate_from == base::SteadyTime{}
                        ? 0
                        : static_cast<std::uint32_t>(s.rate_bytes * 8000 /
                                                     static_cast<std::uint64_t>(ms));
                s.rate_bytes = 0;
                s.rate_from = unit.received_at;
            }
            if (s.status.phase != Phase::Live) {
                s.status.phase = Phase::Live;
                s.status.since = clock_.wall_now();
                s.status.error.reset();
                s.status.failing_since.reset();
                s.status.next_try.reset();
                went_live = true;
            }
        }
        s.tracks = tracks;
        const auto rate = (*tracks)[static_cast<std::size_t>(unit.track)].clock_rate;
        s.last_us = std::max<std::int64_t>(s.last_us, media::ticks_to_us(unit.dts, rate).count());
        s.log.append({std::make_shared<const media::AccessUnit>(std::move(unit)), tracks});
        for (Reader::State* reader : s.readers) reader->ring();
    }
    if (went_live && on_status_changed) on_status_changed();
    return true;
}

std::optional<Item> Stream::read(Reader::State& reader) {
    const MutexLock lock(mutex_);
    Shared& s = *shared_;
    GopLog& log = s.log;
    if (reader.needs_key) {
        const auto key = log.key_from(reader.cursor);
        if (!key) return std::nullopt;
        reader.cursor = *key;
        reader.needs_key = false;
    }
    if (reader.cursor < log.first()) {
        // Fell off: go on at the newest key frame, or at the next one when the log has none.
        const auto key = log.newest_key();
        const std::uint64_t to = key.value_or(log.end());
        const Gap gap{to - reader.cursor};
        reader.cursor = to;
        reader.needs_key = !key;
        s.status.counters.reader_gaps += 1;
        s.status.counters.reader_lost += gap.lost;
        return gap;
    }
    if (reader.cursor == log.end()) return std::nullopt;
    const LogEntry& entry = log.at(reader.cursor);
    if (entry.tracks != reader.tracks) {
        const bool same =
            reader.tracks && *reader.tracks == *entry.tracks;  // a reconnect with the same set-up
        reader.tracks = entry.tracks;
        if (!same) return ParametersChanged{entry.tracks};
    }
    ++reader.cursor;
    return entry.unit;
}

bool Stream::has_next(const Reader::State& reader) const {
    const MutexLock lock(mutex_);
    const GopLog& log = shared_->log;
    return reader.needs_key ? log.key_from(reader.cursor).has_value() : reader.cursor != log.end();
}

std::shared_ptr<void> Stream::register_viewer(std::string kind, std::string remote) {
    const MutexLock lock(mutex_);
    const auto entry = shared_->viewers.insert(
        shared_->viewers.end(), {std::move(kind), std::move(remote), clock_.wall_now()});
    shared_->status.viewers += 1;
    return std::shared_ptr<void>(nullptr, [self = shared_from_this(), entry](void*) {
        const MutexLock guard(self->mutex_);
        self->shared_->viewers.erase(entry);
        self->shared_->status.viewers -= 1;
    });
}

void Stream::count_viewer_gap(std::uint64_t units) {
    const MutexLock lock(mutex_);
    shared_->status.counters.reader_gaps += 1;
    shared_->status.counters.reader_lost += units;
}

void Stream::set_phase(Phase phase, std::optional<base::Error> error,
                       std::optional<base::WallTime> next_try) {
    {
        const MutexLock lock(mutex_);
        StreamStatus& status = shared_->status;
        const base::WallTime now = clock_.wall_now();
        if (status.phase != phase) status.since = now;
        status.phase = phase;
        if (error) {
            status.error = std::move(error);
            status.counters.failures += 1;
            if (!status.failing_since) status.failing_since = now;
        } else if (phase == Phase::Idle) {
            status.error.reset();
            status.failing_since.reset();
        }
        if (phase == Phase::Connecting) status.counters.runs += 1;
        status.next_try = next_try;
        if (phase != Phase::Live) status.bitrate_bps = 0;
    }
    if (on_status_changed) on_status_changed();
}

StreamStatus Stream::status() const {
    const MutexLock lock(mutex_);
    StreamStatus status = shared_->status;
    status.tracks = *shared_->tracks;
    return status;
}

std::vector<ReaderInfo> Stream::reader_list() const {
    const MutexLock lock(mutex_);
    std::vector<ReaderInfo> out(shared_->viewers.begin(), shared_->viewers.end());
    for (const Reader::State* r : shared_->readers)
        out.push_back({r->options.kind, r->options.remote, r->since});
    return out;
}

std::optional<LogEntry> Stream::newest_key_frame() const {
    const MutexLock lock(mutex_);
    const auto key = shared_->log.newest_key();
    if (!key) return std::nullopt;
    return shared_->log.at(*key);
}

bool Stream::wanted() const {
    const MutexLock lock(mutex_);
    return std::ranges::any_of(shared_->readers,
                               [](const Reader::State* r) { return r->options.demand; });
}

bool Stream::is_watched() const {
    const MutexLock lock(mutex_);
    return shared_->status.viewers > 0;
}

void Stream::set_keep(std::chrono::milliseconds keep) {
    const MutexLock lock(mutex_);
    shared_->log.set_keep(keep);
}

void Stream::close() {
    const MutexLock lock(mutex_);
    if (std::exchange(shared_->closed, true)) return;
    for (Reader::State* reader : shared_->readers) {
        reader->ended = true;
        reader->ring();
    }
}

Stream::RunStart Stream::next_run() const {
    // The time line is steady time since the stream was made. A run that sent faster than real time
    // may have gone ahead of it.
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady_now() - epoch_).count();
    const MutexLock lock(mutex_);
    return {std::max<std::int64_t>(elapsed, shared_->last_us + 1000), shared_->last_us};
}

void Stream::count_lost(std::uint64_t units) {
    const MutexLock lock(mutex_);
    shared_->status.counters.lost_in += units;
}

void Stream::count_before_key(std::uint64_t units) {
    const MutexLock lock(mutex_);
    shared_->status.counters.dropped_before_key += units;
}

async::Task<base::Result<media::Tracks>> Stream::wait_ready(async::Deadline deadline) {
    const auto self = shared_from_this();
    const std::uint64_t failures_before = status().counters.failures;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        {
            const MutexLock lock(mutex_);
            const StreamStatus& status = shared_->status;
            if (shared_->closed)
                co_return base::fail(ErrorKind::NotFound, "camera \"{}\" was removed", name_);
            if (const auto key = shared_->log.newest_key()) co_return *shared_->log.at(*key).tracks;
            if (status.error &&
                (status.counters.failures != failures_before || status.phase == Phase::Waiting)) {
                co_return std::unexpected(*status.error);
            }
        }
        if (deadline.passed())
            co_return base::fail(ErrorKind::DeadlineExceeded,
                                 "camera \"{}\" sent no picture in the time allowed", name_);
        // Start-up is rare and takes hundreds of milliseconds: a short poll is simpler than one
        // more list of waiters.
        timer.expires_after(std::chrono::milliseconds(5));
        if (const auto [ec] = co_await timer.async_wait(async::as_value); ec)
            co_return std::unexpected(async::to_error(ec, "wait for stream"));
    }
}

}  // namespace casement::hub
