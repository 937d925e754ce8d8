#include "app/camera_streams.hpp"

#include <algorithm>
#include <utility>

#include "base/time_scale.hpp"

namespace casement::app {

namespace {

// A vendor may have to wake a camera first.
constexpr std::chrono::seconds kEndpointTime{30};
// Changes of settings and sensors come in bursts at start; more than this and the whole list is
// read anew.
constexpr std::size_t kChangeQueue = 256;
// page.md: "Cannot be reached" only after 30 s.
constexpr std::chrono::seconds kGrace{30};
constexpr std::chrono::seconds kWatchPeriod{5};

std::chrono::milliseconds keep_of(const StreamPlan& plan) {
    return std::max(hub::GopLogLimits{}.keep, plan.pre_roll);
}

/// Reports and polls.
void scale_pace(camera::Way& way, double time_scale) {
    if (auto* const rtsp = std::get_if<camera::PullRtsp>(&way))
        rtsp->receiver_report_every = base::scaled(rtsp->receiver_report_every, time_scale);
    if (auto* const poll = std::get_if<camera::HttpJpegPoll>(&way))
        poll->interval = base::scaled(poll->interval, time_scale);
    if (auto* const pictures = std::get_if<camera::AskPictures>(&way)) {
        for (auto* const wait :
             {&pictures->interval, &pictures->when_off, &pictures->when_down, &pictures->when_busy})
            *wait = base::scaled(*wait, time_scale);
    }
    // Those of the ways inside are their driver's to scale.
    if (auto* const ways = std::get_if<camera::BestOf>(&way)) {
        for (auto* const wait : {&ways->again, &ways->again_at_most, &ways->renew_before})
            *wait = base::scaled(*wait, time_scale);
    }
}

}  // namespace

CameraStreams::CameraStreams(async::Executor executor, Parts parts, base::Log log)
    : executor_(std::move(executor)),
      parts_(std::move(parts)),
      log_(log),
      tasks_(executor_, std::move(log)) {}

async::Task<> CameraStreams::run() {
    tasks_.spawn("watch lost streams", [this] { return watch_lost(); });
    auto changes = parts_.registry.changes().subscribe(executor_, kChangeQueue);
    co_await catch_up();
    for (;;) {
        const auto item = co_await changes.next();
        if (!item) co_return;
        if (std::holds_alternative<events::Lost>(*item)) {
            co_await catch_up();
            continue;
        }
        const camera::ChangePtr& change = std::get<camera::ChangePtr>(*item);
        if (change->what == camera::Change::What::Found) add(*change->camera);
        if (change->what == camera::Change::What::Gone)
            co_await remove(change->camera->description.id);
    }
}

/// "Connecting" becomes "offline" by the clock alone.
async::Task<> CameraStreams::watch_lost() {
    for (;;) {
        if (!co_await async::sleep_for(kWatchPeriod)) co_return;
        for (const std::string& id : known_) {
            const auto stream = parts_.hub.find(id);
            if (!stream) continue;
            const hub::StreamStatus status = stream->status();
            if (status.error)
                parts_.registry.stream_changed(id, state_of(status, parts_.clock.wall_now()));
        }
    }
}

async::Task<> CameraStreams::catch_up() {
    std::set<std::string, std::less<>> present;
    for (const camera::CameraPtr& camera : parts_.registry.cameras()) {
        if (!camera->present) continue;
        present.insert(camera->description.id);
        add(*camera);
    }
    const auto known = known_;
    for (const std::string& id : known) {
        if (!present.contains(id)) co_await remove(id);
    }
}

void CameraStreams::add(const camera::Camera& camera) {
    const std::string& id = camera.description.id;
    if (known_.contains(id)) {
        replan(id);
        if (parts_.on_changed) parts_.on_changed(id);
        return;
    }
    if (!camera.description.capabilities.has(camera::Capability::LiveVideo)) return;
    const StreamPlan plan = parts_.plan(id);
    hub::StreamOptions options;
    options.supervisor.always = !plan.on_demand;
    options.supervisor.linger = plan.linger;
    options.log.keep = keep_of(plan);
    async::BackoffPolicy& backoff = options.supervisor.backoff;
    backoff.first = base::scaled(backoff.first, plan.time_scale);
    backoff.cap = base::scaled(backoff.cap, plan.time_scale);
    // The stream is looked up, not captured: it may be gone when the last news of it arrives.
    options.on_status_changed = [parts = parts_, id] {
        const auto stream = parts.hub.find(id);
        if (stream)
            parts.registry.stream_changed(id, state_of(stream->status(), parts.clock.wall_now()));
    };
    const hub::SourceFactory factory = [parts = parts_, id, time_scale = plan.time_scale]()
        -> async::Task<base::Result<std::unique_ptr<hub::Source>>> {
        CASEMENT_CO_TRY(camera::StreamEndpoint endpoint,
                        co_await parts.router.endpoint(id, camera::Quality::Main,
                                                       async::Deadline::in(kEndpointTime)));
        scale_pace(endpoint.way, time_scale);
        co_return parts.open(id, endpoint);
    };
    auto stream = parts_.hub.add(id, factory, options);
    if (!stream) return log_.error("{}", stream.error().message());
    known_.insert(id);
    if (parts_.on_added) parts_.on_added(*stream);
}

void CameraStreams::replan() {
    for (const std::string& id : known_) replan(id);
}

void CameraStreams::replan(const std::string& id) {
    const StreamPlan plan = parts_.plan(id);
    parts_.hub.set_demand(id, !plan.on_demand, plan.linger);
    if (const auto stream = parts_.hub.find(id)) stream->set_keep(keep_of(plan));
}

async::Task<> CameraStreams::remove(std::string id) {
    if (known_.erase(id) == 0) co_return;
    if (parts_.on_removing) co_await parts_.on_removing(id);
    (void)co_await parts_.hub.remove(id);
}

std::optional<camera::CameraState> state_of(const hub::StreamStatus& status, base::WallTime now) {
    using camera::StateWord;
    if (status.phase == hub::Phase::Idle) return std::nullopt;
    camera::CameraState out;
    out.since = status.since;
    if (status.phase == hub::Phase::Live) {
        out.word = StateWord::Live;
        return out;
    }
    out.word = StateWord::Connecting;
    if (!status.error || !status.failing_since) return out;
    if (now - *status.failing_since >= kGrace) out.word = StateWord::Offline;
    out.since = *status.failing_since;
    out.reason = camera::make_reason(*status.error);
    out.reason->since = status.failing_since;
    out.reason->next_try = status.next_try;
    return out;
}

}  // namespace casement::app
