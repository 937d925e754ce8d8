#include "drivers/nanit/driver.hpp"

#include <algorithm>

#include <boost/asio/cancellation_state.hpp>

#include "base/random.hpp"
#include "camera/camera_id.hpp"
#include "drivers/cancelled.hpp"
#include "drivers/spread.hpp"
#include "drivers/words.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::chrono::seconds kListPatience{20};

}  // namespace

Driver::Driver(async::Executor executor, DriverOptions options, store::SealedStore& sealed,
               async::BlockingPool& disk, const base::Clock& clock,
               std::unique_ptr<PollMemory> events)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      log_(base::Log().component("nanit").with("account", options_.account.name)),
      sealed_(sealed),
      disk_(disk),
      api_(executor_, clock, options_.api),
      account_(executor_, api_, sealed, disk, clock, options_.account),
      memory_(sealed, disk, options_.account.name),
      event_memory_(std::move(events)),
      household_{.executor = executor_,
                 .account = account_,
                 .memory = memory_,
                 .clock = clock,
                 .timing = options_.timing,
                 .relay = options_.relay,
                 .breathing = options_.breathing,
                 .sleep = event_memory_ && options_.events.sleep,
                 .media = options_.media,
                 .logs = options_.logs,
                 .disk = disk},
      bell_(executor_) {}

Driver::~Driver() = default;

void Driver::tell_account(const camera::AccountState& state) {
    if (host_ == nullptr) return;
    camera::AccountState told = state;
    if (told.word == camera::AccountState::Word::NeedsPerson) {
        if (!told.reason) told.reason.emplace();
        told.reason->text +=
            (told.reason->text.empty() ? "" : " ") + sign_in_remedy("nanit", name()) + ".";
    }
    host_->account_changed(std::move(told));
    for (const auto& [serial, entry] : entries_) entry.camera->account_changed();
    bell_.ring();
}

Task<Result<>> Driver::run(camera::DriverHost& host) {
    co_await asio::this_coro::throw_if_cancelled(false);
    host_ = &host;
    ClipPictures pictures(executor_, disk_, options_.clips, log_);
    std::optional<EventPoll> events;
    if (event_memory_) {
        const auto unit = [] { return static_cast<double>(base::random_u32()) / 4294967296.0; };
        events.emplace(account_, host, *event_memory_, household_.clock, unit, options_.events,
                       &pictures);
        events_ = &*events;
    }
    async::TaskGroup tasks(executor_, log_);
    account_.on_change([this](const camera::AccountState& state) { tell_account(state); });
    tell_account(account_.state());
    // Those that are known are reached in the house even while the cloud is away.
    for (const auto& [serial, known] : memory_.cameras()) {
        Baby baby;
        baby.uid = known.baby;
        baby.name = known.name;
        baby.camera_uid = serial;
        co_await add(std::move(baby));
    }
    tasks.spawn("account", [this] { return account_.run(); });
    if (events) tasks.spawn("events", [&events] { return events->run(); });
    tell_events();
    co_await keep_list();

    // The cameras are told goodbye, and a renewal on its way is stored.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    account_.on_change({});
    async::TaskGroup goodbyes(executor_, log_);
    for (const auto& [serial, entry] : entries_)
        goodbyes.spawn("goodbye", [camera = entry.camera] { return camera->end_streams(); });
    co_await goodbyes.join();
    for (const auto& [serial, entry] : entries_) entry.tasks->cancel();
    for (const auto& [serial, entry] : entries_) co_await entry.tasks->join();
    entries_.clear();
    co_await tasks.stop();
    co_await account_.stop();
    events_ = nullptr;
    host_ = nullptr;
    co_return fail(ErrorKind::Cancelled, "the account was stopped");
}

// The cameras of the account
// --------------------------------------------------------------------------------------------

Task<> Driver::keep_list() {
    co_await asio::this_coro::throw_if_cancelled(false);
    async::Backoff backoff(options_.timing.backoff());
    for (;;) {
        const Deadline deadline = Deadline::in(kListPatience);
        const auto question = [this, deadline](base::Secret token) {
            return api_.babies(std::move(token), deadline);
        };
        auto babies = co_await account_.ask<std::vector<Baby>>(question, deadline);
        if (co_await is_cancelled()) co_return;
        std::chrono::milliseconds wait = spread(options_.timing.babies);
        if (babies) {
            backoff.reset();
            co_await take_list(std::move(*babies));
        } else if (!needs_person(babies.error())) {
            if (!babies.error().is(ErrorKind::Cancelled))
                log_.debug("the list of cameras: {}", babies.error().message());
            wait = std::max(backoff.next(), options_.timing.retry_cap / 10);
        }
        const auto until = std::chrono::steady_clock::now() + wait;
        if (co_await is_cancelled() || !co_await bell_.wait_until(until)) co_return;
    }
}

Task<> Driver::take_list(std::vector<Baby> babies) {
    std::vector<std::string> gone;
    for (const auto& [serial, entry] : entries_) {
        if (std::ranges::find(babies, serial, &Baby::camera_uid) == babies.end())
            gone.push_back(serial);
    }
    for (std::string& serial : gone) co_await remove(std::move(serial));
    for (Baby& baby : babies) {
        // Nothing is paired with it, or only a loudspeaker.
        if (baby.camera_uid.empty()) continue;
        const auto found = entries_.find(baby.camera_uid);
        if (found == entries_.end()) {
            Remembered known = memory_.of(baby.camera_uid);
            known.baby = baby.uid;
            known.name = baby.name;
            const std::string serial = baby.camera_uid;
            co_await add(std::move(baby));
            co_await memory_.put(serial, std::move(known));
        } else {
            found->second.camera->seen(std::move(baby));
        }
    }
    tell_events();
}

void Driver::tell_events() {
    if (events_ == nullptr) return;
    std::vector<WatchedBaby> babies;
    for (const auto& [serial, entry] : entries_)
        babies.push_back({.baby = entry.camera->baby().uid, .camera = entry.camera->id()});
    events_->set_babies(std::move(babies));
}

Task<> Driver::add(Baby baby) {
    const auto keep = [this, uid = baby.uid] { return kept_application(sealed_, uid); };
    auto application = co_await disk_.run(keep);
    if (!application) {
        // Good for this life of the hub.
        log_.error("The address for its pictures cannot be kept: {}",
                   application.error().message());
        application = new_application();
    }
    CameraConfig config;
    const auto named = std::ranges::find(options_.cameras, baby.uid, &CameraConfig::baby);
    if (named != options_.cameras.end()) config = *named;
    if (config.id.empty()) config.id = camera::camera_id_from("nanit-" + baby.camera_uid);
    if (options_.named) options_.named(baby.uid, config.id);
    const auto address = options_.addresses.find(baby.camera_uid);
    const std::string serial = baby.camera_uid;
    auto one = std::make_shared<Camera>(
        household_, std::move(config), std::move(baby),
        address == options_.addresses.end() ? std::string{} : address->second,
        std::move(*application));
    Entry entry{one, std::make_unique<async::TaskGroup>(executor_, log_)};
    entry.tasks->spawn("camera " + one->id(), [this, one] { return one->run(*host_); });
    entries_.insert_or_assign(serial, std::move(entry));
}

Task<> Driver::remove(std::string serial) {
    const auto found = entries_.find(serial);
    if (found == entries_.end()) co_return;
    const Entry entry = std::move(found->second);
    entries_.erase(found);
    log_.info("{} is no longer in the account", serial);
    if (host_ != nullptr) host_->camera_gone(entry.camera->id());
    co_await entry.camera->end_streams();
    co_await entry.tasks->stop();
    co_await memory_.forget(std::move(serial));
}

// What people ask
// --------------------------------------------------------------------------------------------

Result<CameraPtr> Driver::camera(std::string_view id) const {
    for (const auto& [serial, entry] : entries_) {
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
    co_return co_await one->set(std::move(setting), std::move(value), deadline);
}

Task<Result<camera::CommandOutcome>> Driver::execute(camera::Command command) {
    CASEMENT_CO_TRY(const CameraPtr one, camera(command.camera));
    co_return co_await one->execute(std::move(command.arguments), command.deadline);
}

Result<> Driver::ask_for_logs(const std::string& id) {
    CASEMENT_TRY(const CameraPtr one, camera(id));
    return one->ask_for_logs();
}

Result<LogState> Driver::logs(const std::string& id) const {
    CASEMENT_TRY(const CameraPtr one, camera(id));
    return one->logs();
}

Task<Result<std::unique_ptr<camera::TalkSink>>> Driver::talk(std::string id, Deadline) {
    co_return fail(ErrorKind::Unsupported,
                   "camera \"{}\" has no loudspeaker that this hub can talk through",
                   id.substr(0, 63));
}

}  // namespace casement::drivers::nanit
