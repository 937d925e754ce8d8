#include "drivers/nest/events.hpp"

#include <algorithm>

#include "drivers/cancelled.hpp"
#include "drivers/event_media.hpp"

namespace casement::drivers::nest {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t kMaxKnown = 1000;

bool has_type(const Cuepoint& cuepoint, std::string_view kind) {
    return event_of(cuepoint, "", cuepoint.end).kind == kind;
}

}  // namespace

EventPoll::EventPoll(Parts parts, std::string uuid, std::string camera,
                     std::function<std::string()> nexus_api, base::Log log)
    : parts_(std::move(parts)),
      uuid_(std::move(uuid)),
      camera_(std::move(camera)),
      nexus_api_(std::move(nexus_api)),
      log_(std::move(log)),
      bell_(parts_.executor) {}

Task<> EventPoll::run(camera::DriverHost& host) {
    co_await asio::this_coro::throw_if_cancelled(false);
    async::Backoff backoff({.first = parts_.timing.events * 2, .cap = parts_.timing.events_cap});
    for (;;) {
        std::chrono::milliseconds wait = parts_.timing.events;
        const bool may_ask = !nexus_api_().empty() &&
                             parts_.keeper.state().word != camera::AccountState::Word::NeedsPerson;
        if (may_ask) {
            const auto outcome = co_await ask(host);
            if (co_await is_cancelled()) co_return;
            if (outcome) {
                if (backoff.failures() > 0) log_.info("the vendor's events come again");
                backoff.reset();
                co_await fetch_pictures(host);
            } else {
                if (backoff.failures() == 0)
                    log_.warn("the vendor's events do not come for now: {}",
                              outcome.error().message());
                wait = backoff.next();
            }
        }
        const auto until = std::chrono::steady_clock::now() + wait;
        if (co_await is_cancelled() || !co_await bell_.wait_until(until)) co_return;
    }
}

/// Events come late, so each question looks back; as far as the vendor remembers, where it was
/// away.
base::WallTime EventPoll::since() const {
    const Timing& timing = parts_.timing;
    const base::WallTime now = parts_.clock.wall_now();
    if (read_until_ == base::WallTime{}) return now - timing.first_look_back;
    base::WallTime out = read_until_ - timing.look_back;
    for (const auto& [id, known] : known_) {
        if (known.last.is_going_on) out = std::min(out, known.last.start);
    }
    return std::max<base::WallTime>(out, now - timing.longest_look_back);
}

Task<Result<>> EventPoll::ask(camera::DriverHost& host) {
    const Deadline deadline = Deadline::in(parts_.timing.answer);
    const base::WallTime now = parts_.clock.wall_now();
    const base::WallTime from = since();
    const auto question = [this, from, deadline](Credential credential) {
        return parts_.api.cuepoints(
            std::move(credential), nexus_api_(), uuid_,
            std::chrono::floor<std::chrono::seconds>(from.time_since_epoch()), deadline);
    };
    CASEMENT_CO_TRY(const std::string body,
                    co_await parts_.keeper.ask_camera<std::string>(question, deadline));
    CASEMENT_CO_TRY(const auto cuepoints, parse_cuepoints(body));
    for (const Cuepoint& cuepoint : cuepoints) {
        CASEMENT_CO_TRY(co_await tell(host, cuepoint));
    }
    // What goes on for longer than the vendor remembers has ended unseen.
    for (auto& [id, known] : known_) {
        if (!known.last.is_going_on || known.last.start >= from) continue;
        known.last.is_going_on = false;
        (void)co_await host.event_ended(known.event, known.last.end);
    }
    read_until_ = now;
    while (known_.size() > kMaxKnown)
        known_.erase(std::ranges::min_element(
            known_, {}, [](const auto& entry) { return entry.second.last.start; }));
    measure(host);
    co_return Result<>{};
}

Task<Result<>> EventPoll::tell(camera::DriverHost& host, const Cuepoint& cuepoint) {
    const auto found = known_.find(cuepoint.id);
    if (found != known_.end() && found->second.last == cuepoint) co_return Result<>{};
    const auto stored = co_await host.event(event_of(cuepoint, camera_, parts_.clock.wall_now()));
    if (!stored && !stored.error().is(ErrorKind::InvalidArgument))
        co_return std::unexpected(stored.error());
    Known& known = known_[cuepoint.id];
    known.last = cuepoint;
    if (!stored) {
        log_.warn("An event of the vendor's cannot be kept: {}", stored.error().message());
        known.last.is_going_on = false;
        known.picture_tries = kNoMore;
        co_return Result<>{};
    }
    known.event = (*stored)->id;
    if (!(*stored)->media.empty()) known.picture_tries = kNoMore;
    co_return Result<>{};
}

// Pictures
// --------------------------------------------------------------------------------------------

Task<Result<std::string>> EventPoll::keep_picture(std::string event, media::Bytes jpeg) {
    co_return co_await parts_.disk.run([folder = parts_.folder, event, jpeg] {
        return keep_event_media({.data = folder, .vendor = "nest"}, event, "jpg",
                                base::as_text(jpeg));
    });
}

Task<> EventPoll::fetch_pictures(camera::DriverHost& host) {
    std::vector<std::string> wanted;
    for (const auto& [id, known] : known_) {
        if (known.picture_tries < kNoMore) wanted.push_back(id);
    }
    for (const std::string& id : wanted) {
        if (co_await is_cancelled()) co_return;
        const Deadline deadline = Deadline::in(parts_.timing.answer);
        const auto question = [this, id, deadline](Credential credential) {
            return parts_.api.event_picture(std::move(credential), nexus_api_(), uuid_, id,
                                            deadline);
        };
        const auto picture = co_await parts_.keeper.ask_camera<media::Bytes>(question, deadline);
        Known& known = known_[id];
        ++known.picture_tries;
        // None yet: asked again next time. A host that does not answer is not asked for the rest.
        if (!picture && !picture.error().is(ErrorKind::NotFound)) {
            log_.debug("the picture of an event: {}", picture.error().message());
            co_return;
        }
        if (!picture) continue;
        const auto media = co_await keep_picture(known.event, *picture);
        if (!media) {
            log_.warn("the picture of an event is not kept: {}", media.error().message());
            continue;
        }
        known.picture_tries = kNoMore;
        events::Event event = event_of(known.last, camera_, parts_.clock.wall_now());
        event.media = *media;
        (void)co_await host.event(std::move(event));
    }
}

void EventPoll::measure(camera::DriverHost& host) {
    const auto is_on = [&](std::string_view kind) {
        return std::ranges::any_of(known_, [&](const auto& entry) {
            return entry.second.last.is_going_on && has_type(entry.second.last, kind);
        });
    };
    const bool moves = is_on(events::kind::kMotion) || is_on(events::kind::kPerson);
    const bool is_loud = is_on(events::kind::kSound) || is_on(events::kind::kCry);
    const base::WallTime now = parts_.clock.wall_now();
    if (std::exchange(is_moving_, moves) != moves)
        host.sensor_measured(camera_, "motion", moves, now);
    if (std::exchange(is_loud_, is_loud) != is_loud)
        host.sensor_measured(camera_, "sound", is_loud, now);
}

}  // namespace casement::drivers::nest
