#include "drivers/nanit/events.hpp"

#include <algorithm>

#include "base/time_scale.hpp"
#include "drivers/nanit/happenings.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using std::chrono::milliseconds;

// Of a baby: more happens in no five minutes.
constexpr std::size_t kMaxUnseen = 50;
constexpr int kMostTries = 3;

/// Alerts come by both feeds.
bool is_alert(const SleepEvent& line) {
    return line.key == "MOTION" || line.key == "SOUND" || line.key == "CAMERA_CRY_DETECTION";
}

}  // namespace

PollOptions PollOptions::scaled(double time_scale) const {
    PollOptions out = *this;
    for (milliseconds PollOptions::* const wait :
         {&PollOptions::messages, &PollOptions::lines, &PollOptions::stats,
          &PollOptions::per_request, &PollOptions::longest_wait, &PollOptions::lasts,
          &PollOptions::look_again})
        out.*wait = base::scaled(this->*wait, time_scale);
    return out;
}

EventPoll::EventPoll(Account& account, camera::DriverHost& host, PollMemory& memory,
                     const base::Clock& clock, std::function<double()> unit, PollOptions options,
                     ClipPictures* pictures)
    : account_(account),
      host_(host),
      memory_(memory),
      clock_(clock),
      unit_(std::move(unit)),
      options_(std::move(options)),
      log_(base::Log().component("nanit").with("account", account.name())),
      pictures_(pictures != nullptr && pictures->is_wanted() ? pictures : nullptr) {}

EventPoll::~EventPoll() = default;

void EventPoll::set_babies(std::vector<WatchedBaby> babies) {
    std::map<std::string, WatchPtr> next;
    for (WatchedBaby& baby : babies) {
        const auto known = watches_.find(baby.baby);
        WatchPtr watch = known == watches_.end() ? std::make_shared<Watch>() : known->second;
        watch->baby = baby.baby;
        if (watch->camera != baby.camera) watch->told.clear();
        watch->camera = std::move(baby.camera);
        if (const auto mark = marks_.find(baby.baby);
            known == watches_.end() && mark != marks_.end())
            watch->mark = mark->second;
        next[watch->baby] = std::move(watch);
    }
    watches_ = std::move(next);
}

Task<> EventPoll::run() {
    // Those of an earlier run. Where the store cannot be read, nothing can be told either: the
    // worst is that the newest minutes are passed over in silence.
    if (auto marks = co_await memory_.marks()) marks_ = std::move(*marks);
    for (const auto& [baby, watch] : watches_) {
        if (const auto mark = marks_.find(baby); mark != marks_.end()) watch->mark = mark->second;
    }
    if (const auto open = co_await memory_.open_events(account_.name())) {
        for (const OpenEvent& event : *open) endings_.push_back({event, clock_.steady_now()});
    }
    for (;;) {
        co_await end_events();
        WatchPtr next;
        Feed feed{};
        for (const auto& [baby, watch] : watches_) {
            for (const Feed one : {Feed::Messages, Feed::Lines, Feed::Stats}) {
                const auto at = watch->due[static_cast<int>(one)].at;
                if (!is_needed(one) || (next && at >= next->due[static_cast<int>(feed)].at))
                    continue;
                next = watch;
                feed = one;
            }
        }
        const bool needs_person = account_.state().word == camera::AccountState::Word::NeedsPerson;
        base::Duration wait = options_.look_again;
        if (next && !needs_person)
            wait = std::clamp<base::Duration>(
                next->due[static_cast<int>(feed)].at - clock_.steady_now(), base::Duration{0},
                options_.look_again);
        if (wait > base::Duration{0}) {
            if (!co_await async::sleep_for(wait)) co_return;
            continue;
        }
        const Result<> outcome = co_await ask(next, feed);
        if (!outcome && outcome.error().is(ErrorKind::Cancelled)) co_return;
        plan(*next, feed, outcome);
    }
}

milliseconds EventPoll::interval(Feed feed) const {
    const milliseconds plain = feed == Feed::Messages ? options_.messages
                               : feed == Feed::Lines  ? options_.lines
                                                      : options_.stats;
    // What all babies ask for in a second, against what the account may.
    const double wanted = static_cast<double>(watches_.size()) *
                          (1.0 / static_cast<double>(options_.messages.count()) +
                           1.0 / static_cast<double>(options_.lines.count()));
    const double load = wanted * static_cast<double>(options_.per_request.count());
    return base::scaled(plain, std::max(1.0, load));
}

void EventPoll::plan(Watch& watch, Feed feed, const Result<>& outcome) {
    Due& due = watch.due[static_cast<int>(feed)];
    milliseconds wait = interval(feed);
    if (outcome) {
        if (due.failures > 0) log_.with("baby", watch.baby).info("the cloud's events come again");
        due.failures = 0;
    } else {
        if (due.failures == 0)
            log_.with("baby", watch.baby)
                .warn("the cloud's events do not come for now: {}", outcome.error().message());
        due.failures = std::min(due.failures + 1, 20);
        wait = std::max(wait, std::min(options_.longest_wait, wait * (1 << due.failures)));
    }
    const double factor = 1 - options_.jitter + 2 * options_.jitter * unit_();
    due.at = clock_.steady_now() + base::scaled(wait, factor);
}

Task<Result<>> EventPoll::ask(WatchPtr watch, Feed feed) {
    switch (feed) {
        case Feed::Messages:
            return ask_messages(std::move(watch));
        case Feed::Lines:
            return ask_lines(std::move(watch));
        case Feed::Stats:
            break;
    }
    return ask_stats(std::move(watch));
}

Task<Result<>> EventPoll::ask_messages(WatchPtr watch) {
    const Deadline deadline = Deadline::in(options_.patience);
    CASEMENT_CO_TRY(auto messages, co_await account_.ask<std::vector<Message>>(
                                       [this, watch, deadline](Secret token) {
                                           return account_.api().messages(std::move(token),
                                                                          watch->baby,
                                                                          options_.limit, deadline);
                                       },
                                       deadline));
    const base::WallTime now = clock_.wall_now();
    for (Message& message : messages) message.time = std::min(message.time, now);
    std::ranges::sort(messages, {}, [](const Message& m) { return std::pair(m.time, m.id); });
    PollMark mark = watch->mark;
    const bool is_first = !watch->has_messages, is_marked = mark.message >= 0;
    mark.message = std::max<std::int64_t>(mark.message, 0);
    for (const Message& message : messages) {
        const std::string id = std::to_string(message.id);
        const bool is_news = !is_first || (is_marked && message.id > watch->mark.message &&
                                           now - message.time < options_.fresh);
        const bool is_told_already =
            watch->messages.contains(id) ||
            (!message.event_uid.empty() && watch->lines.contains(message.event_uid));
        if (is_news && !is_told_already) {
            CASEMENT_CO_TRY(co_await tell(watch, message));
        }
        watch->messages.add(id);
        if (!message.event_uid.empty()) watch->lines.add(message.event_uid);
        mark.message = std::max(mark.message, message.id);
    }
    watch->has_messages = true;
    co_await keep(watch, std::move(mark));
    co_return Result<>{};
}

Task<Result<>> EventPoll::ask_lines(WatchPtr watch) {
    const Deadline deadline = Deadline::in(options_.patience);
    CASEMENT_CO_TRY(auto lines, co_await account_.ask<std::vector<SleepEvent>>(
                                    [this, watch, deadline](Secret token) {
                                        return account_.api().events(std::move(token), watch->baby,
                                                                     options_.limit, deadline);
                                    },
                                    deadline));
    const base::WallTime now = clock_.wall_now();
    for (SleepEvent& line : lines) line.time = std::min(line.time, now);
    std::ranges::sort(lines, {}, [](const SleepEvent& e) { return std::pair(e.time, e.uid); });
    // An alert is told with the id that it has among the alerts, so these are asked for first.
    const bool has_alert = std::ranges::any_of(lines, [&](const SleepEvent& line) {
        return is_alert(line) && !watch->lines.contains(line.uid);
    });
    if (has_alert || !watch->has_messages) {
        CASEMENT_CO_TRY(co_await ask_messages(watch));
    }
    PollMark mark = watch->mark;
    const bool is_first = !watch->has_lines, is_marked = mark.line_at != base::WallTime{};
    if (!is_marked && lines.empty()) mark.line_at = now;
    for (const SleepEvent& line : lines) {
        const bool is_after =
            std::pair(line.time, line.uid) > std::pair(watch->mark.line_at, watch->mark.line);
        const bool is_news =
            !is_first || (is_marked && is_after && now - line.time < options_.fresh);
        if (is_news && !watch->lines.contains(line.uid)) {
            CASEMENT_CO_TRY(co_await tell(watch, line));
        }
        watch->lines.add(line.uid);
        if (std::pair(line.time, line.uid) > std::pair(mark.line_at, mark.line)) {
            mark.line_at = line.time;
            mark.line = line.uid;
        }
        if (options_.sleep) watch->sleep.apply(line, now);
    }
    watch->has_lines = true;
    if (options_.sleep) measure(*watch, watch->sleep.measured());
    co_await keep(watch, std::move(mark));
    co_return co_await fetch_picture(std::move(watch), lines);
}

void EventPoll::expect_picture(Watch& watch, const std::string& uid, const events::Event& event) {
    if (pictures_ == nullptr || uid.empty()) return;
    // What could not be stored is told again.
    watch.unseen.remove_if([&](const Unseen& one) { return one.uid == uid; });
    watch.unseen.push_back({.uid = uid, .event = event});
    watch.unseen.back().event.evidence.clear();  // the log has it
    if (watch.unseen.size() > kMaxUnseen) watch.unseen.pop_front();
}

/// One at a time, so that no film keeps the alerts waiting for long. It may be there minutes after
/// its event was told.
Task<Result<>> EventPoll::fetch_picture(WatchPtr watch, const std::vector<SleepEvent>& lines) {
    const auto has_clip = [&](const Unseen& one) {
        const auto line = std::ranges::find(lines, one.uid, &SleepEvent::uid);
        return line != lines.end() && !line->clip.empty();
    };
    const auto next = std::ranges::find_if(watch->unseen, has_clip);
    if (next == watch->unseen.end()) co_return Result<>{};
    Unseen one = std::move(*next);
    watch->unseen.erase(next);
    const auto media = co_await pictures_->fetch(
        watch->camera, one.uid, std::ranges::find(lines, one.uid, &SleepEvent::uid)->clip,
        Deadline::in(options_.patience));
    if (!media) {
        if (media.error().is(ErrorKind::Cancelled)) co_return std::unexpected(media.error());
        log_.debug("There is no picture of an event: {}", media.error().message());
        if (++one.tries < kMostTries) watch->unseen.push_back(std::move(one));
        co_return Result<>{};
    }
    // The log knows it by its vendor_id, and adds what is new.
    one.event.media = *media;
    if (const auto told = co_await host_.event(std::move(one.event)); !told)
        log_.warn("The picture of an event is not kept: {}", told.error().message());
    co_return Result<>{};
}

Task<Result<>> EventPoll::ask_stats(WatchPtr watch) {
    const Deadline deadline = Deadline::in(options_.patience);
    CASEMENT_CO_TRY(const auto stats, co_await account_.ask<std::optional<SleepStats>>(
                                          [this, watch, deadline](Secret token) {
                                              return account_.api().sleep_stats(
                                                  std::move(token), watch->baby, deadline);
                                          },
                                          deadline));
    if (stats) watch->sleep.apply(*stats, clock_.wall_now());
    measure(*watch, watch->sleep.measured());
    measure(*watch, measured(stats));
    co_return Result<>{};
}

void EventPoll::measure(Watch& watch, const Measured& values) {
    for (const auto& [sensor, value] : values) {
        const auto known = watch.told.find(sensor);
        if (known != watch.told.end() && known->second == value) continue;
        watch.told[sensor] = value;
        host_.sensor_measured(watch.camera, sensor, value, clock_.wall_now());
    }
}

Task<Result<>> EventPoll::tell(WatchPtr watch, const Message& message) {
    events::Event event = event_of(message, watch->camera, clock_.wall_now());
    expect_picture(*watch, message.event_uid, event);
    return publish(std::move(event));
}

Task<Result<>> EventPoll::tell(WatchPtr watch, const SleepEvent& line) {
    events::Event event = event_of(line, watch->camera, clock_.wall_now());
    expect_picture(*watch, line.uid, event);
    return publish(std::move(event));
}

/// Success means: never again. That is so too of what the log refuses.
Task<Result<>> EventPoll::publish(events::Event event) {
    const base::WallTime now = clock_.wall_now();
    const base::WallTime end =
        event.start + std::chrono::duration_cast<std::chrono::microseconds>(options_.lasts);
    if (!event.end && now - event.start >= options_.fresh) event.end = end;
    const auto stored = co_await host_.event(std::move(event));
    if (!stored && stored.error().is(ErrorKind::InvalidArgument)) {
        log_.warn("An event of the cloud cannot be kept: {}", stored.error().message());
        co_return Result<>{};
    }
    if (!stored) co_return std::unexpected(stored.error());
    if ((*stored)->end) co_return Result<>{};
    // It shows for its whole time from now on, also when the cloud was slow to tell it.
    const OpenEvent open{.event = (*stored)->id, .end = end};
    endings_.push_back({open, clock_.steady_now() + options_.lasts});
    (void)co_await memory_.opened(account_.name(), open);
    co_return Result<>{};
}

Task<> EventPoll::keep(WatchPtr watch, PollMark mark) {
    if (watch->mark == mark) co_return;
    watch->mark = mark;
    marks_[watch->baby] = mark;
    if (const auto kept = co_await memory_.put(watch->baby, std::move(mark)); !kept)
        log_.warn("How far events were read is not kept: {}", kept.error().message());
}

/// Those whose time is over. A cloud that hangs delays this by one question.
Task<> EventPoll::end_events() {
    for (;;) {
        const base::SteadyTime now = clock_.steady_now();
        const auto due =
            std::ranges::find_if(endings_, [&](const Ending& e) { return e.at <= now; });
        if (due == endings_.end()) co_return;
        const OpenEvent open = due->open;
        const auto ended = co_await host_.event_ended(open.event, open.end);
        const auto place = std::ranges::find(endings_, open, &Ending::open);
        // Not stored: again in a while. One that the log does not know has been cleared away.
        if (!ended && !ended.error().is(ErrorKind::NotFound)) {
            place->at = clock_.steady_now() + options_.lasts;
            continue;
        }
        endings_.erase(place);
        (void)co_await memory_.closed(open.event);
    }
}

}  // namespace casement::drivers::nanit
