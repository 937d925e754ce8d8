#include "drivers/nest/driver.hpp"

#include <algorithm>

#include "drivers/cancelled.hpp"
#include "drivers/nest/settings.hpp"
#include "drivers/spread.hpp"
#include "drivers/words.hpp"

namespace casement::drivers::nest {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::size_t kShortestUuid = 8;  // in the file

}  // namespace

Driver::Driver(async::Executor executor, DriverOptions options, store::SealedStore& sealed,
               async::BlockingPool& disk, const base::Clock& clock)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      log_(base::Log().component("nest").with("account", options_.account.name)),
      api_(executor_, clock, options_.api),
      keeper_(executor_, api_, sealed, disk, clock, options_.account),
      household_{.executor = executor_,
                 .api = api_,
                 .keeper = keeper_,
                 .disk = disk,
                 .clock = clock,
                 .timing = options_.account.timing,
                 .time_scale = options_.time_scale,
                 .folder = options_.data},
      bell_(executor_) {}

Driver::~Driver() = default;

void Driver::tell_account() {
    if (host_ == nullptr) return;
    camera::AccountState told = keeper_.state();
    if (told.word == camera::AccountState::Word::NeedsPerson) {
        if (!told.reason) told.reason.emplace();
        told.reason->text +=
            (told.reason->text.empty() ? "" : " ") + sign_in_remedy("nest", name()) + ".";
    }
    host_->account_changed(std::move(told));
    for (const auto& [uuid, entry] : entries_) entry.camera->account_changed();
    bell_.ring();
}

Task<Result<>> Driver::run(camera::DriverHost& host) {
    co_await asio::this_coro::throw_if_cancelled(false);
    host_ = &host;
    async::TaskGroup tasks(executor_, log_);
    keeper_.on_change([this] { tell_account(); });
    tell_account();
    tasks.spawn("account", [this] { return keeper_.run(); });
    co_await keep_list();

    // A renewal on its way is stored.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    keeper_.on_change({});
    for (const auto& [uuid, entry] : entries_) entry.tasks->cancel();
    for (const auto& [uuid, entry] : entries_) co_await entry.tasks->join();
    entries_.clear();
    co_await tasks.stop();
    co_await keeper_.stop();
    host_ = nullptr;
    co_return fail(ErrorKind::Cancelled, "the account was stopped");
}

// The cameras of the account
// --------------------------------------------------------------------------------------------

Task<> Driver::keep_list() {
    co_await asio::this_coro::throw_if_cancelled(false);
    const Timing& timing = household_.timing;
    async::Backoff backoff(timing.backoff());
    for (;;) {
        const auto read = co_await read_all();
        if (co_await is_cancelled()) co_return;
        if (read) {
            backoff.reset();
            co_await follow(std::chrono::steady_clock::now() + spread(timing.list));
        } else {
            if (!needs_person(read.error()))
                log_.debug("the list of cameras: {}", read.error().message());
            const auto wait = needs_person(read.error()) ? timing.list : backoff.next();
            // An account that somebody has signed in to rings.
            (void)co_await bell_.wait_until(std::chrono::steady_clock::now() + wait);
        }
        if (co_await is_cancelled()) co_return;
    }
}

Task<Result<>> Driver::read_all() {
    const Deadline deadline = Deadline::in(household_.timing.answer);
    const auto launch = [this, deadline](Session session) {
        return api_.launch(session.userid, session.access, deadline);
    };
    CASEMENT_CO_TRY(const std::string list, co_await keeper_.ask<std::string>(launch, deadline));
    CASEMENT_CO_TRY(buckets_.take_all(list));
    const auto cameras = [this, deadline](Credential credential) {
        return api_.cameras(std::move(credential), deadline);
    };
    // What the buckets say is enough to show pictures; of the rest the last word stays.
    auto records = co_await keeper_.ask_camera<std::vector<CameraRecord>>(cameras, deadline);
    if (records) {
        for (CameraRecord& record : *records) web_.insert_or_assign(record.uuid, std::move(record));
    } else if (!records.error().is(ErrorKind::FailedPrecondition)) {
        log_.warn("the cameras' properties are not to be had for now: {}",
                  records.error().message());
    }
    co_await take_records();
    co_return Result<>{};
}

Task<> Driver::follow(Deadline::Time until) {
    using Steady = std::chrono::steady_clock;
    while (!co_await is_cancelled() && !buckets_.is_stale() && Steady::now() < until) {
        const Deadline deadline = Deadline::at(until);
        const auto session = co_await keeper_.session(deadline);
        if (!session || session->transport.empty()) {
            (void)co_await bell_.wait_until(until);
            co_return;
        }
        const auto poll = [this, deadline](Session held) {
            return api_.subscribe(held.transport, held.userid, held.access, buckets_.subscription(),
                                  deadline);
        };
        const auto body = co_await keeper_.ask<std::string>(poll, deadline);
        if (co_await is_cancelled()) co_return;
        auto taken = body ? co_await take_changes(*body) : Result<>(std::unexpected(body.error()));
        if (taken) continue;
        if (needs_person(taken.error())) co_return;
        if (!taken.error().is(ErrorKind::DeadlineExceeded))
            log_.debug("what changes in the account: {}", taken.error().message());
        (void)co_await bell_.wait_until(
            std::min(until, Steady::now() + spread(household_.timing.poll_again)));
    }
}

Task<Result<>> Driver::take_changes(std::string body) {
    CASEMENT_CO_TRY(const auto keys, buckets_.take_changes(body));
    constexpr std::string_view kPrefix = "quartz.";
    const auto asked_at = std::chrono::steady_clock::now();
    for (const std::string& key : keys) {
        if (!key.starts_with(kPrefix)) continue;
        const std::string uuid = key.substr(kPrefix.size());
        // What it says of itself has more than the bucket; where it says nothing, that is enough.
        if (const auto read = co_await read_camera(uuid); !read)
            log_.debug("{}: {}", uuid, read.error().message());
        if (const auto entry = entries_.find(uuid); entry != entries_.end())
            entry->second.camera->ring();
    }
    co_await take_records();
    // A camera that changes all the time is not asked about all the time.
    const auto apart = asked_at + household_.timing.record_apart;
    if (!keys.empty()) (void)co_await async::sleep_for(apart - std::chrono::steady_clock::now());
    co_return Result<>{};
}

Task<Result<>> Driver::read_camera(std::string uuid) {
    if (!is_uuid(uuid)) co_return Result<>{};
    const Deadline deadline = Deadline::in(household_.timing.answer);
    const auto question = [this, uuid, deadline](Credential credential) {
        return api_.camera(std::move(credential), uuid, deadline);
    };
    CASEMENT_CO_TRY(auto records,
                    co_await keeper_.ask_camera<std::vector<CameraRecord>>(question, deadline));
    for (CameraRecord& record : records) {
        if (record.uuid == uuid) web_.insert_or_assign(uuid, std::move(record));
    }
    co_return Result<>{};
}

Task<> Driver::take_records() {
    std::vector<CameraRecord> records = buckets_.cameras(options_.api.hosts);
    std::vector<std::string> gone;
    for (const auto& [uuid, entry] : entries_) {
        if (std::ranges::find(records, uuid, &CameraRecord::uuid) == records.end())
            gone.push_back(uuid);
    }
    for (std::string& uuid : gone) co_await remove(std::move(uuid));
    for (CameraRecord& record : records) {
        if (const auto web = web_.find(record.uuid); web != web_.end())
            record = merged(std::move(record), web->second);
        const auto found = entries_.find(record.uuid);
        if (found == entries_.end())
            add(std::move(record));
        else
            found->second.camera->take(std::move(record));
    }
}

CameraConfig Driver::config_of(const std::string& uuid) const {
    const auto named = std::ranges::find_if(options_.cameras, [&](const CameraConfig& camera) {
        return camera.uuid.size() >= kShortestUuid && uuid.starts_with(camera.uuid);
    });
    CameraConfig out = named != options_.cameras.end() ? *named : options_.every;
    out.uuid = uuid;
    if (out.id.empty()) out.id = "nest-" + uuid;
    return out;
}

void Driver::add(CameraRecord record) {
    const std::string uuid = record.uuid;
    auto one = std::make_shared<Camera>(household_, config_of(uuid), std::move(record));
    Entry entry{one, std::make_unique<async::TaskGroup>(executor_, log_)};
    entry.tasks->spawn("camera " + one->id(), [this, one] { return one->run(*host_); });
    entries_.insert_or_assign(uuid, std::move(entry));
}

Task<> Driver::remove(std::string uuid) {
    const auto found = entries_.find(uuid);
    if (found == entries_.end()) co_return;
    const Entry entry = std::move(found->second);
    entries_.erase(found);
    web_.erase(uuid);
    log_.info("{} is no longer in the account", entry.camera->record().name);
    co_await entry.tasks->stop();
    if (host_ != nullptr) host_->camera_gone(entry.camera->id());
}

// What people ask
// --------------------------------------------------------------------------------------------

Result<CameraPtr> Driver::camera(std::string_view id) const {
    for (const auto& [uuid, entry] : entries_) {
        if (entry.camera->id() == id) return entry.camera;
    }
    return fail(ErrorKind::NotFound, "there is no camera \"{}\"", id.substr(0, 63));
}

Task<Result<camera::StreamEndpoint>> Driver::endpoint(std::string id, camera::Quality, Deadline) {
    CASEMENT_CO_TRY(const CameraPtr one, camera(id));
    co_return one->endpoint();
}

Task<Result<>> Driver::set(std::string id, std::string setting, camera::Value value,
                           Deadline deadline) {
    CASEMENT_CO_TRY(const CameraPtr one, camera(id));
    CASEMENT_CO_TRY(co_await one->set(setting, value, deadline));
    // Until the vendor says it itself.
    if (const auto web = web_.find(one->uuid()); web != web_.end())
        apply(web->second, setting, value);
    co_return Result<>{};
}

Task<Result<camera::CommandOutcome>> Driver::execute(camera::Command command) {
    CASEMENT_CO_TRY(const CameraPtr one, camera(command.camera));
    co_return co_await one->execute(std::move(command.arguments), command.deadline);
}

Task<Result<std::unique_ptr<camera::TalkSink>>> Driver::talk(std::string id, Deadline) {
    CASEMENT_CO_TRY(const CameraPtr one, camera(id));
    co_return co_await one->talk();
}

}  // namespace casement::drivers::nest
