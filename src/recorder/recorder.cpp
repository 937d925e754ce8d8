#include "recorder/recorder.hpp"

#include <algorithm>
#include <map>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "async/hop.hpp"
#include "async/task_group.hpp"
#include "base/units.hpp"
#include "recorder/camera_recorder.hpp"
#include "recorder/retention.hpp"

namespace casement::recorder {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

/// Gaps of deleted footage are remembered for as long after it went: "deleted as agreed".
constexpr std::chrono::hours kRememberRuns{90 * 24};

bool asks_for_footage(std::string_view kind) {
    using namespace events::kind;
    return kind == kMotion || kind == kPerson || kind == kSound || kind == kCry || kind == kButton;
}

}  // namespace

struct Recorder::State : std::enable_shared_from_this<State> {
    State(async::Executor e, const base::Clock& c, store::Store& s, events::EventLog& l,
          FileSystem& f, Options o, base::Log lines_)
        : executor(std::move(e)),
          clock(c),
          store(s),
          log(l),
          options(std::move(o)),
          lines(std::move(lines_)),
          disk(f, options.directory, lines),
          index(store, catalog),
          library(store, disk, catalog, clock),
          tasks(executor, lines) {}

    async::Task<> follow_events();
    async::Task<> keep_clean();
    async::Task<Result<std::uint64_t>> clean();
    void tell_deletions(const std::vector<Deletion>& gone);
    static async::Task<Result<Storage>> storage(std::shared_ptr<State> state);
    void record(std::string camera, std::string_view kind, std::string text, nlohmann::json data);

    const async::Executor executor;
    const base::Clock& clock;
    store::Store& store;
    events::EventLog& log;
    const Options options;
    const base::Log lines;
    Disk disk;
    Catalog catalog;
    IndexWriter index;
    Library library;
    RecoveryReport recovered;

    mutable base::Mutex mutex;
    std::map<std::string, std::shared_ptr<CameraRecorder>, std::less<>> cameras
        CASEMENT_GUARDED_BY(mutex);
    std::map<std::string, Policy> policies;  // on the executor

    async::TaskGroup tasks;  // last
};

Recorder::Recorder(std::shared_ptr<State> state) : state_(std::move(state)) {}
Recorder::~Recorder() {
    state_->tasks.cancel();
    const base::MutexLock lock(state_->mutex);
    for (const auto& [id, camera] : std::exchange(state_->cameras, {}))
        asio::post(camera->executor(), [camera] { camera->halt(); });
}

Result<std::unique_ptr<Recorder>> Recorder::open(async::Executor executor, const base::Clock& clock,
                                                 store::Store& store, events::EventLog& log,
                                                 FileSystem& files, Options options,
                                                 base::Log lines) {
    const auto state = std::make_shared<State>(std::move(executor), clock, store, log, files,
                                               std::move(options), std::move(lines));
    CASEMENT_TRY(state->recovered,
                 store.run_now([&](store::Database& database) -> Result<RecoveryReport> {
                     CASEMENT_TRY(store::migrate(database, index::kSchema));
                     CASEMENT_TRY(auto report, recover(files, state->options.directory, database));
                     CASEMENT_TRY(const auto cameras, index::cameras(database));
                     for (const std::string& camera : cameras) {
                         CASEMENT_TRY(const auto total, index::total(database, camera));
                         state->catalog.add_bytes(camera, static_cast<std::int64_t>(total.bytes));
                     }
                     return report;
                 }));
    const RecoveryReport& report = state->recovered;
    for (const std::string& file : report.unreadable)
        state->lines.warn("A recording cannot be read and is left alone: {}", file);
    if (report.did_anything()) {
        state->lines.info(
            "Recordings were put in order after an unclean end: {} files taken over, {} shortened "
            "by {} bytes, {} without a picture removed, "
            "{} rows without a file removed",
            report.indexed, report.shortened, report.bytes_cut, report.removed,
            report.rows_removed);
        state->record({}, events::kind::kRecovered, {},
                      {{"indexed", report.indexed},
                       {"shortened", report.shortened},
                       {"bytes_cut", report.bytes_cut},
                       {"removed", report.removed},
                       {"rows_removed", report.rows_removed},
                       {"runs_ended", report.runs_ended}});
    }
    state->tasks.spawn("recorder events", [state] { return state->follow_events(); });
    state->tasks.spawn("recorder retention", [state] { return state->keep_clean(); });
    return std::unique_ptr<Recorder>(new Recorder(state));
}

Result<> Recorder::add(std::string id, std::shared_ptr<hub::Stream> stream,
                       async::Executor executor, Policy policy) {
    State& state = *state_;
    const Surroundings house{state_,      state.clock, state.disk,    state.catalog,
                             state.index, state.log,   state.options, state.lines};
    auto camera =
        std::make_shared<CameraRecorder>(house, id, std::move(stream), std::move(executor), policy);
    {
        const base::MutexLock lock(state.mutex);
        if (!state.cameras.try_emplace(id, camera).second)
            return fail(ErrorKind::FailedPrecondition, "camera \"{}\" is being recorded already",
                        id);
    }
    state.policies[id] = policy;
    asio::post(camera->executor(), [camera] { camera->start(); });
    return {};
}

namespace {
/// Runs `act(camera)` where the camera lives.
template <typename Cameras, typename Act>
Result<> on_camera(const Cameras& cameras, const std::string& id, Act act) {
    const auto found = cameras.find(id);
    if (found == cameras.end())
        return fail(ErrorKind::NotFound, "camera \"{}\" is not being recorded", id);
    asio::post(found->second->executor(), [camera = found->second, act] { act(*camera); });
    return {};
}
}  // namespace

Result<> Recorder::set_policy(const std::string& id, Policy policy) {
    const base::MutexLock lock(state_->mutex);
    CASEMENT_TRY(on_camera(state_->cameras, id,
                           [policy](CameraRecorder& camera) { camera.set_policy(policy); }));
    state_->policies[id] = policy;
    return {};
}

Result<> Recorder::pause(const std::string& id, std::optional<EndReason> reason) {
    const base::MutexLock lock(state_->mutex);
    return on_camera(state_->cameras, id,
                     [reason](CameraRecorder& camera) { camera.pause(reason); });
}

async::Task<Result<>> Recorder::remove(std::string id) {
    const auto state = state_;
    std::shared_ptr<CameraRecorder> camera;
    {
        const base::MutexLock lock(state->mutex);
        const auto found = state->cameras.find(id);
        if (found != state->cameras.end()) {
            camera = found->second;
            state->cameras.erase(found);
        }
    }
    if (!camera) co_return fail(ErrorKind::NotFound, "camera \"{}\" is not being recorded", id);
    state->policies.erase(id);
    co_await async::hop(camera->executor(), camera->stop(EndReason::RecordingOff));
    co_return Result<>{};
}

async::Task<> Recorder::stop() {
    const auto state = state_;
    co_await state->tasks.stop();
    std::vector<std::shared_ptr<CameraRecorder>> cameras;
    {
        const base::MutexLock lock(state->mutex);
        for (const auto& [id, camera] : state->cameras) cameras.push_back(camera);
        state->cameras.clear();
    }
    for (const auto& camera : cameras)
        co_await async::hop(camera->executor(), camera->stop(EndReason::Restart));
    co_await state->disk.reading().run([state] { state->disk.drain(); });
}

void Recorder::finish_blocking_calls() {
    state_->disk.drain();
    state_->disk.reading().drain();
}

std::optional<Status> Recorder::status(std::string_view id) const {
    std::shared_ptr<CameraRecorder> camera;
    {
        const base::MutexLock lock(state_->mutex);
        const auto found = state_->cameras.find(id);
        if (found == state_->cameras.end()) return std::nullopt;
        camera = found->second;
    }
    Status status = camera->status();
    const auto bytes = state_->catalog.bytes();
    if (const auto found = bytes.find(std::string(id)); found != bytes.end())
        status.bytes = found->second;
    return status;
}

Library& Recorder::library() { return state_->library; }
const RecoveryReport& Recorder::recovery() const { return state_->recovered; }
async::Task<Result<std::uint64_t>> Recorder::apply_retention() { return state_->clean(); }

// Events and clean-up
// ------------------------------------------------------------------------------------------------------------------

async::Task<> Recorder::State::follow_events() {
    auto subscription = log.bus().subscribe(executor);
    for (;;) {
        const auto item = co_await subscription.next();
        if (!item) co_return;
        const auto* event = std::get_if<events::EventPtr>(&*item);
        if (event == nullptr || !asks_for_footage((*event)->kind))
            continue;  // lost ones: recording around events is best effort
        std::shared_ptr<CameraRecorder> camera;
        {
            const base::MutexLock lock(mutex);
            const auto found = cameras.find((*event)->camera);
            if (found != cameras.end()) camera = found->second;
        }
        if (!camera) continue;
        const base::WallTime until = clock.wall_now() + policies[(*event)->camera].post_roll;
        asio::post(camera->executor(), [camera, until] { camera->event(until); });
    }
}

async::Task<> Recorder::State::keep_clean() {
    while (co_await async::sleep_for(options.retention_every)) {
        const auto gone = co_await clean();
        if (!gone) lines.warn("Old footage could not be deleted: {}", gone.error().message());
    }
}

async::Task<Result<std::uint64_t>> Recorder::State::clean() {
    const auto self = shared_from_this();
    RetentionInput input{clock.wall_now(), policies, catalog.bytes(), 0};
    const auto room = co_await disk.reading().run(
        [self] { return self->disk.files().free_bytes(self->disk.root()); });
    input.free_bytes = room.value_or(
        options.keep_free_bytes);  // nothing recorded yet, or the disk is gone: no reason to delete
    CASEMENT_CO_TRY(auto plan, co_await store.run([self, input](store::Database& database) {
        return plan_retention(database, self->options, input);
    }));
    if (plan.empty()) co_return std::uint64_t{0};

    // The file goes first: a crash in between leaves a row without a file, which the next start
    // removes.
    auto gone = co_await disk.reading().run([self, plan = std::move(plan)] {
        std::vector<Deletion> done;
        for (const Deletion& deletion : plan) {
            const std::string folder = self->disk.root() + "/" + deletion.segment.camera;
            const auto removed = self->disk.files().remove(folder + "/" + deletion.segment.file);
            if (!removed && !removed.error().is(ErrorKind::NotFound)) {
                self->lines.warn("{}", removed.error().message());
                continue;
            }
            self->disk.files().remove_empty_directory(folder + "/" +
                                                      deletion.segment.file.substr(0, 10));
            done.push_back(deletion);
        }
        return done;
    });
    CASEMENT_CO_TRY(co_await store.run([self, gone](store::Database& database) {
        return database.transaction(store::Durability::Fast, [&]() -> Result<> {
            for (const Deletion& deletion : gone) {
                CASEMENT_TRY(index::remove_segment(database, deletion.segment.camera,
                                                   deletion.segment.file));
            }
            return index::prune_runs(database, self->clock.wall_now() - kRememberRuns);
        });
    }));
    for (const Deletion& deletion : gone)
        catalog.add_bytes(deletion.segment.camera,
                          -static_cast<std::int64_t>(deletion.segment.bytes));
    tell_deletions(gone);
    co_return gone.size();
}

/// One event per camera and reason: what went, of when, and why. Nobody is surprised by an empty
/// time line.
void Recorder::State::tell_deletions(const std::vector<Deletion>& gone) {
    struct Sum {
        base::WallTime from = base::WallTime::max(), to{};
        std::uint64_t bytes = 0, files = 0;
    };
    std::map<std::pair<std::string, Why>, Sum> sums;
    for (const Deletion& deletion : gone) {
        Sum& sum = sums[{deletion.segment.camera, deletion.why}];
        sum.from = std::min(sum.from, deletion.segment.start);
        sum.to = std::max(sum.to, deletion.segment.end);
        sum.bytes += deletion.segment.bytes;
        ++sum.files;
    }
    for (const auto& [key, sum] : sums) {
        const auto& [camera, why] = key;
        std::string text = fmt::format("{} of footage up to {} deleted",
                                       base::format_size(sum.bytes), base::format_rfc3339(sum.to));
        if (why == Why::FreeSpace) text += ": the disk was nearly full";
        lines.info("{} camera={} why={}", text, camera, to_string(why));
        record(camera, events::kind::kDeleted, text,
               {{"from", base::format_rfc3339(sum.from)},
                {"to", base::format_rfc3339(sum.to)},
                {"bytes", sum.bytes},
                {"files", sum.files},
                {"why", to_string(why)}});
    }
}

void Recorder::State::record(std::string camera, std::string_view kind, std::string text,
                             nlohmann::json data) {
    events::Event event;
    event.camera = std::move(camera);
    event.kind = kind;
    event.start = clock.wall_now();
    event.text = std::move(text);
    event.data = data.dump();
    tasks.spawn("record an event",
                [self = shared_from_this(), event = std::move(event)]() -> async::Task<> {
                    const auto stored = co_await self->log.append(event);
                    if (!stored)
                        self->lines.warn("An event could not be stored: {}",
                                         stored.error().message());
                });
}

async::Task<Result<Storage>> Recorder::storage() {
    return async::hop(state_->executor, State::storage(state_));
}

async::Task<Result<Storage>> Recorder::State::storage(std::shared_ptr<State> state) {
    const auto bytes = state->catalog.bytes();
    const auto policies = state->policies;
    const base::WallTime now = state->clock.wall_now();
    CASEMENT_CO_TRY(
        Storage out, co_await state->store.run([bytes, policies, now, state](
                                                   store::Database& database) -> Result<Storage> {
            Storage storage;
            for (const auto& [camera, on_disk] : bytes) {
                Storage::PerCamera one;
                one.camera = camera;
                CASEMENT_TRY(one.total, index::total(database, camera));
                one.total.bytes = std::max(one.total.bytes, on_disk);
                CASEMENT_TRY(const auto recent,
                             index::segments(database, camera, now - std::chrono::hours{24}, now));
                for (const Segment& segment : recent) one.bytes_per_day += segment.bytes;
                const auto policy = policies.find(camera);
                const Policy& p =
                    policy == policies.end() ? state->options.removed : policy->second;
                if (one.bytes_per_day > 0 && p.max_bytes > 0) {
                    const double days =
                        static_cast<double>(p.max_bytes) / static_cast<double>(one.bytes_per_day);
                    const double hours = std::min(
                        days * 24,
                        static_cast<double>(
                            std::chrono::duration_cast<std::chrono::hours>(p.keep).count()));
                    one.room_for = std::chrono::hours{static_cast<std::int64_t>(hours)};
                }
                storage.bytes += one.total.bytes;
                storage.cameras.push_back(std::move(one));
            }
            return storage;
        }));
    const auto room = co_await state->disk.reading().run(
        [state] { return state->disk.files().free_bytes(state->disk.root()); });
    out.free_bytes = room.value_or(0);
    co_return out;
}

}  // namespace casement::recorder
