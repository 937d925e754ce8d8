#include "outputs/fanout/wire_stream.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "media/time.hpp"

namespace casement::outputs::fanout {

/// The packing side. Lives on the home executor.
struct WireStream::Loop : std::enable_shared_from_this<WireStream::Loop> {
    struct Target {
        async::Executor executor;
        std::weak_ptr<Shard> shard;
    };

    Loop(const std::shared_ptr<hub::Stream>& stream, const WireFormat& format,
         const async::Executor& home_executor, std::shared_ptr<std::atomic<bool>> is_over)
        : home(home_executor),
          over(std::move(is_over)),
          ride(format.ride),
          packer(format.make_packer()),
          reader(stream->subscribe(
              home, {.kind = format.name, .remote = {}, .viewer = false, .demand = true})),
          tasks(home, stream->log()) {}

    async::Task<> run();
    bool take(const hub::Item& item, std::vector<WireUnitPtr>& ready);
    void add_unit(const media::AccessUnit& unit, std::vector<WireUnitPtr>& ready);
    bool may_ride(const media::AccessUnit& unit, base::SteadyTime now) const;
    void finish_pending(base::SteadyTime now, std::vector<WireUnitPtr>& ready);
    void deliver(const std::vector<WireUnitPtr>& ready);
    void add_target(async::Executor executor, const std::shared_ptr<Shard>& shard);
    void fail(const base::Error& error);

    const async::Executor home;
    const std::shared_ptr<std::atomic<bool>> over;
    std::optional<base::Error> failed;
    const std::chrono::milliseconds ride;
    const std::unique_ptr<Packer> packer;
    hub::Reader reader;
    media::Tracks tracks;
    bool has_video = false;
    std::vector<Target> targets;
    UnitLog log;
    std::uint64_t next_sequence = 0;
    // Audio that waits for its video unit.
    std::shared_ptr<WireUnit> pending;
    base::SteadyTime pending_until{};
    // When the next video unit is due.
    base::SteadyTime last_video_at{};
    std::int64_t last_video_us = 0;
    std::chrono::microseconds video_period{0};
    async::TaskGroup tasks;
};

WireStream::WireStream(std::shared_ptr<hub::Stream> stream, WireFormat format, async::Executor home)
    : stream_(std::move(stream)), format_(std::move(format)), home_(std::move(home)) {}

WireStream::~WireStream() {
    if (loop_) asio::post(home_, [loop = std::move(loop_)] { loop->tasks.cancel(); });
}

std::shared_ptr<Shard> WireStream::attach(const async::Executor& executor,
                                          const std::function<std::shared_ptr<Shard>()>& make) {
    std::shared_ptr<Shard> shard;
    {
        const base::MutexLock lock(mutex_);
        std::erase_if(lanes_, [](const Lane& lane) { return lane.shard.expired(); });
        const auto found = std::ranges::find(lanes_, executor, &Lane::executor);
        if (found != lanes_.end()) shard = found->shard.lock();
        if (shard) return shard;
        shard = make();
        lanes_.push_back({executor, shard});
    }
    asio::dispatch(home_, [self = shared_from_this(), executor, shard] {
        if (!self->loop_) {
            self->loop_ =
                std::make_shared<Loop>(self->stream_, self->format_, self->home_, self->over_);
            self->loop_->tasks.spawn("pack " + self->format_.name,
                                     [loop = self->loop_] { return loop->run(); });
        }
        self->loop_->add_target(executor, shard);
    });
    return shard;
}

void WireStream::Loop::add_target(async::Executor executor, const std::shared_ptr<Shard>& shard) {
    std::erase_if(targets, [](const Target& t) { return t.shard.expired(); });
    targets.push_back({executor, shard});
    if (failed) return asio::dispatch(executor, [shard, why = *failed] { shard->fail(why); });
    if (log.first() == log.end()) return;
    asio::dispatch(executor, [shard, units = log.snapshot()] { shard->deliver(units); });
}

async::Task<> WireStream::Loop::run() {
    const auto self = shared_from_this();
    std::vector<WireUnitPtr> ready;
    for (;;) {
        ready.clear();
        while (auto item = reader.try_next()) {
            if (!take(*item, ready)) co_return;
        }
        if (pending && std::chrono::steady_clock::now() >= pending_until)
            finish_pending(std::chrono::steady_clock::now(), ready);
        if (!ready.empty()) deliver(ready);
        if (pending) {
            const auto more = co_await reader.wait_until(pending_until);
            if (!more) co_return fail(more.error());
        } else {
            const auto more = co_await reader.wait();
            if (!more) co_return fail(more.error());
        }
    }
}

bool WireStream::Loop::take(const hub::Item& item, std::vector<WireUnitPtr>& ready) {
    if (const auto* unit = std::get_if<media::AccessUnitPtr>(&item)) {
        add_unit(**unit, ready);
    } else if (const auto* changed = std::get_if<hub::ParametersChanged>(&item)) {
        finish_pending(std::chrono::steady_clock::now(), ready);
        tracks = *changed->tracks;
        has_video = std::ranges::any_of(
            tracks, [](const media::Track& t) { return t.kind() == media::Kind::Video; });
        if (const auto carried = packer->set_tracks(tracks); !carried) {
            deliver(ready);
            fail(carried.error());
            return false;
        }
    } else {
        // What follows starts at a key frame, and viewers see whole units.
        finish_pending(std::chrono::steady_clock::now(), ready);
        packer->lost();
    }
    return true;
}

bool WireStream::Loop::may_ride(const media::AccessUnit& unit, base::SteadyTime now) const {
    if (ride.count() == 0 ||
        tracks[static_cast<std::size_t>(unit.track)].kind() != media::Kind::Audio)
        return false;
    if (video_period.count() == 0) return false;
    const auto due = last_video_at + video_period;
    // Not when the video is long overdue: then it may have stopped.
    return due <= now + ride && now < due + video_period;
}

void WireStream::Loop::add_unit(const media::AccessUnit& unit, std::vector<WireUnitPtr>& ready) {
    const auto now = std::chrono::steady_clock::now();
    const bool video = tracks[static_cast<std::size_t>(unit.track)].kind() == media::Kind::Video;
    if (video) {
        const std::int64_t us =
            media::ticks_to_us(unit.dts, tracks[static_cast<std::size_t>(unit.track)].clock_rate)
                .count();
        const std::chrono::microseconds step{us - last_video_us};
        video_period = step < std::chrono::milliseconds(1) || step > std::chrono::milliseconds(500)
                           ? std::chrono::microseconds{0}
                           : step;
        last_video_us = us;
        last_video_at = now;
    }
    if (!pending) {
        pending = std::make_shared<WireUnit>();
        pending_until = base::SteadyTime::max();
    }
    // Audio before a key frame belongs to the old GOP: a viewer that starts at the key must not get
    // half of it.
    const bool starts_gop = unit.key && (video || !has_video);
    if (starts_gop && !pending->block.empty()) {
        finish_pending(now, ready);
        pending = std::make_shared<WireUnit>();
    }
    packer->pack(unit, *pending);
    if (starts_gop) pending->key = true;
    if (may_ride(unit, now)) {
        pending_until = std::min(pending_until, now + ride);
    } else {
        finish_pending(now, ready);
    }
}

void WireStream::Loop::finish_pending(base::SteadyTime now, std::vector<WireUnitPtr>& ready) {
    if (!pending) return;
    const auto unit = std::exchange(pending, nullptr);
    if (unit->block.empty()) return;
    unit->sequence = next_sequence++;
    unit->packed_at = now;
    log.append(unit);
    ready.push_back(unit);
}

void WireStream::Loop::deliver(const std::vector<WireUnitPtr>& ready) {
    for (const Target& target : targets) {
        // dispatch: on the home thread the walk begins at once. A local copy of the list is made
        // only for other threads.
        asio::dispatch(target.executor, [weak = target.shard, units = ready] {
            if (const auto shard = weak.lock()) shard->deliver(units);
        });
    }
}

void WireStream::Loop::fail(const base::Error& error) {
    failed = error;
    *over = true;
    for (const Target& target : targets) {
        asio::dispatch(target.executor, [weak = target.shard, error] {
            if (const auto shard = weak.lock()) shard->fail(error);
        });
    }
}

std::shared_ptr<WireStream> FanOut::open(const std::shared_ptr<hub::Stream>& stream,
                                         const WireFormat& format, const async::Executor& home) {
    const base::MutexLock lock(mutex_);
    std::erase_if(open_, [](const auto& entry) { return entry.second.expired(); });
    auto& slot = open_[{stream.get(), format.name}];
    auto wire = slot.lock();
    if (!wire || wire->is_over()) {
        wire = std::make_shared<WireStream>(stream, format, home);
        slot = wire;
    }
    return wire;
}

}  // namespace casement::outputs::fanout
