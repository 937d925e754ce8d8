#include "drivers/nest/device_access/driver.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <boost/asio/cancellation_state.hpp>

#include "async/hop.hpp"
#include "async/retry.hpp"
#include "async/task_group.hpp"
#include "base/time_scale.hpp"
#include "camera/camera_id.hpp"
#include "drivers/cancelled.hpp"
#include "drivers/spread.hpp"

namespace casement::drivers::nest::device_access {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::chrono::seconds kListPatience{
    70};  // its place within the limits may be a minute away
constexpr std::chrono::seconds kGoodbye{5};
// A start may have to wait for its place within the limits.
constexpr std::chrono::seconds kStartPatience{75};
// Between two tries; scaled by who opens the stream.
constexpr std::chrono::seconds kAgain{5}, kAgainAtMost{300};
// The next start may have to wait for its place too, and for a minute of silence.
constexpr std::chrono::seconds kRenewBefore{80};

base::Error no_stream() {
    return {ErrorKind::Unsupported, "webrtc-only",
            "This camera gives its pictures over WebRTC only, which Casement does not speak yet; "
            "its events come all the same."};
}

std::string tail_of(const std::string& device) { return device.substr(device.rfind('/') + 1); }

}  // namespace

DriverOptions DriverOptions::scaled(double time_scale) const {
    DriverOptions out = *this;
    out.api = api.scaled(time_scale);
    out.streams = streams.scaled(time_scale);
    out.events = events.scaled(time_scale);
    for (std::chrono::milliseconds* wait :
         {&out.list, &out.look_again, &out.retry_first, &out.retry_cap})
        *wait = base::scaled(*wait, time_scale);
    return out;
}

Driver::Driver(async::Executor executor, DriverOptions options, AskPass pass, KeepMedia keep,
               const base::Clock& clock)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      clock_(clock),
      log_(base::Log().component("nest").with("account", options_.account)),
      api_(std::make_shared<Api>(executor_, clock, options_.api, std::move(pass))),
      streams_(std::make_shared<Streams>(executor_, api_, clock, options_.api.hosts,
                                         options_.connection, options_.streams)),
      keep_(std::move(keep)),
      bell_(executor_) {}

Driver::~Driver() = default;

std::function<Task<Result<camera::StreamEndpoint>>(Deadline)> Driver::stream_of(
    std::string device) const {
    return [streams = streams_, executor = executor_, device](Deadline deadline) {
        return async::hop(executor, Streams::open_named(streams, device, deadline));
    };
}

Task<Result<>> Driver::run(camera::DriverHost& host) {
    co_await asio::this_coro::throw_if_cancelled(false);
    host_ = &host;
    streams_->on_mismatch([this] { devices_changed(); });
    Listener listener(executor_, *api_, host, *this, clock_, keep_, log_, options_.events);
    async::TaskGroup tasks(executor_, log_);
    // Events are published after the devices were listed for the first time.
    std::function<void()> listed = [&] {
        tasks.spawn("events", [&listener] { return listener.run(); });
    };
    co_await keep_list(std::move(listed));

    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await tasks.stop();
    co_await listener.stop();
    streams_->on_mismatch({});
    co_await streams_->end(Deadline::in(kGoodbye));
    host_ = nullptr;
    co_return base::fail(ErrorKind::Cancelled, "the account was stopped");
}

/// `listed` is called once, after the first list.
Task<> Driver::keep_list(std::function<void()> listed) {
    co_await asio::this_coro::throw_if_cancelled(false);
    async::Backoff backoff({.first = options_.retry_first, .cap = options_.retry_cap});
    for (;;) {
        look_again_ = false;
        auto devices = co_await api_->devices(Deadline::in(kListPatience));
        if (co_await is_cancelled()) co_return;
        std::chrono::milliseconds wait = spread(options_.list);
        if (devices) {
            backoff.reset();
            tell_account(nullptr);
            take_list(std::move(*devices));
            if (listed) std::exchange(listed, {})();
        } else {
            tell_account(&devices.error());
            wait = backoff.next();
        }
        const auto now = std::chrono::steady_clock::now();
        auto until = now + wait;
        while (std::chrono::steady_clock::now() < until) {
            if (!co_await bell_.wait_until(until) || co_await is_cancelled()) co_return;
            if (look_again_)
                until = std::min<async::Deadline::Time>(until, now + options_.look_again);
        }
    }
}

void Driver::take_list(std::vector<Device> devices) {
    std::set<std::string> here;
    for (const Device& device : devices) here.insert(device.id);
    for (auto it = entries_.begin(); it != entries_.end();) {
        if (here.contains(it->first)) {
            ++it;
            continue;
        }
        host_->camera_gone(it->second.camera);
        it = entries_.erase(it);
    }
    for (Device& device : devices) {
        streams_->know(device.id, device.has_rtsp ? std::nullopt : std::optional(no_stream()));
        if (options_.lent_only.contains(device.id) ||
            options_.lent_only.contains(tail_of(device.id)))
            continue;
        const auto known = entries_.find(device.id);
        if (known != entries_.end() && known->second.device == device) continue;
        auto named = options_.cameras.find(device.id);
        if (named == options_.cameras.end()) named = options_.cameras.find(tail_of(device.id));
        Entry entry{.device = device,
                    .camera = named != options_.cameras.end()
                                  ? named->second
                                  : camera::camera_id_from("nest-" + device.name + "-" +
                                                           tail_of(device.id).substr(0, 6))};
        if (known != entries_.end()) entry.camera = known->second.camera;
        announce(entry);
        entries_.insert_or_assign(device.id, std::move(entry));
    }
}

void Driver::announce(const Entry& entry) {
    camera::Description out;
    out.id = entry.camera;
    out.unique_id = "nest:" + entry.device.id;
    out.name = entry.device.name;
    out.vendor = "nest";
    out.account = options_.account;
    out.model = entry.device.type;
    out.serial = tail_of(entry.device.id);
    out.place = entry.device.room;
    out.way = entry.device.has_rtsp ? "device-access" : "";
    using camera::Capability;
    const Device& device = entry.device;
    for (const auto& [has, capability] : {std::pair{device.has_rtsp, Capability::LiveVideo},
                                          {device.has_rtsp, Capability::LiveAudio},
                                          {device.has_motion, Capability::MotionEvents},
                                          {device.has_person, Capability::PersonEvents},
                                          {device.has_sound, Capability::SoundEvents},
                                          {device.has_bell, Capability::ButtonEvents}}) {
        if (has) out.capabilities.add(capability);
    }
    host_->camera_found(std::move(out));
    tell_state(entry);
}

void Driver::tell_state(const Entry& entry) {
    using camera::StateWord;
    if (!entry.device.is_online) {
        host_->state_changed(entry.camera,
                             {StateWord::Offline,
                              {},
                              camera::make_reason("vendor-says-offline",
                                                  "Google says that the camera is offline.")});
    } else if (!entry.device.has_rtsp) {
        host_->state_changed(entry.camera,
                             {StateWord::Offline, {}, camera::make_reason(no_stream())});
    } else {
        host_->state_changed(entry.camera, {StateWord::Connecting, {}, {}});
    }
}

void Driver::tell_account(const base::Error* error) {
    using Word = camera::AccountState::Word;
    camera::AccountState state{
        .word = Word::SignedIn, .reason = {}, .expires_at = {}, .renewed_at = {}};
    if (error != nullptr) {
        const bool is_of_person =
            error->is(ErrorKind::Unauthenticated) || error->reason() == "project-refused";
        state.word = is_of_person ? Word::NeedsPerson : Word::VendorDown;
        state.reason = camera::make_reason(*error);
    }
    host_->account_changed(std::move(state));
}

// What the listener hears
// --------------------------------------------------------------------------------------------

std::string Driver::camera_of(std::string_view device) const {
    const auto found = entries_.find(device);
    return found == entries_.end() ? std::string{} : found->second.camera;
}

bool Driver::has_pictures(std::string_view device) const {
    const auto found = entries_.find(device);
    return found != entries_.end() && found->second.device.has_pictures;
}

void Driver::online(std::string_view device, bool is_online) {
    const auto found = entries_.find(device);
    if (found == entries_.end() || found->second.device.is_online == is_online) return;
    found->second.device.is_online = is_online;
    tell_state(found->second);
}

// What people ask
// --------------------------------------------------------------------------------------------

const Driver::Entry* Driver::entry_of(std::string_view camera) const {
    for (const auto& [device, entry] : entries_) {
        if (entry.camera == camera) return &entry;
    }
    return nullptr;
}

Task<Result<camera::StreamEndpoint>> Driver::endpoint(std::string camera, camera::Quality,
                                                      Deadline) {
    const Entry* const entry = entry_of(camera);
    if (entry == nullptr)
        co_return base::fail(ErrorKind::NotFound, "there is no camera \"{}\"", camera);
    if (!entry->device.has_rtsp) co_return std::unexpected(no_stream());
    // One way, and several streams: a camera that gives no more time gets the next stream before
    // the last one ends.
    camera::BestOf best;
    best.choices = {{.name = "device-access",
                     .open = [streams = streams_, executor = executor_,
                              device = entry->device.id](Deadline deadline) {
                         return async::hop(executor, Streams::open_of(streams, device, deadline));
                     }}};
    best.patience = kStartPatience;
    best.again = kAgain;
    best.again_at_most = kAgainAtMost;
    best.renew_before = kRenewBefore;
    co_return camera::StreamEndpoint{.way = std::move(best), .lease = {}};
}

Task<Result<>> Driver::set(std::string, std::string, camera::Value, Deadline) {
    co_return base::fail(ErrorKind::Unsupported, "Device Access has no settings of cameras.");
}

Task<Result<camera::CommandOutcome>> Driver::execute(camera::Command) {
    co_return base::fail(ErrorKind::Unsupported, "Device Access has no such command.");
}

Task<Result<std::unique_ptr<camera::TalkSink>>> Driver::talk(std::string, Deadline) {
    co_return base::fail(ErrorKind::Unsupported,
                         "Device Access gives no way to speak over an RTSP stream.");
}

}  // namespace casement::drivers::nest::device_access
