#include "drivers/nanit/asking.hpp"

#include <algorithm>
#include <utility>

#include "base/time_scale.hpp"
#include "camera/endpoint.hpp"

namespace casement::drivers::nanit {

using base::Error;
using base::ErrorKind;
using base::SteadyTime;

namespace {

Error sleeping() {
    return {ErrorKind::FailedPrecondition, std::string(camera::kSleeping),
            "the camera was put to sleep"};
}

}  // namespace

AskingTimes AskingTimes::scaled(double time_scale) const {
    AskingTimes out = *this;
    for (Time* const time :
         {&out.publisher, &out.refresh, &out.slots_full, &out.p2p_blocked, &out.apart,
          &out.after_failure, &out.after_sleep, &out.steady, &out.back_off, &out.back_off_at_most,
          &out.renew_relay, &out.token_left, &out.before_token_ends, &out.overdue, &out.promise,
          &out.other_way, &out.sacrifice})
        *time = base::scaled(*time, time_scale);
    return out;
}

void Asking::want(SteadyTime now) {
    if (wanted_) return;
    wanted_ = true;
    failures_ = 0;
    back_off_ = {};
    if (!is_paused_ || now >= ask_at_) ask_at_ = now;
}

void Asking::unwant() {
    wanted_ = false;
    awaited_until_.reset();
    live_since_.reset();
}

void Asking::came(SteadyTime now) {
    if (awaited_until_) took_ = std::min(took_.value_or(now - asked_at_), now - asked_at_);
    awaited_until_.reset();
}

void Asking::picture(SteadyTime now) {
    if (!wanted_) return;
    awaited_until_.reset();
    live_since_ = now;
    was_live_ = true;
    refusal_.reset();
    is_paused_ = false;
    ask_at_ = kNever;
    refresh_at_ = std::max(now, asked_at_ + times_.refresh);
}

void Asking::missing(SteadyTime now) {
    awaited_until_.reset();
    const bool was_steady = live_since_ && now - *live_since_ >= times_.steady;
    live_since_.reset();
    if (!wanted_ || is_paused_ || in_flight_) return;
    const SteadyTime soonest = std::max(now, asked_at_ + times_.after_failure);
    if (was_steady) {
        failures_ = 0;
        back_off_ = {};
        ask_at_ = soonest;
    } else {
        failed(soonest, now);
    }
}

void Asking::sent(SteadyTime now) {
    in_flight_ = true;
    is_paused_ = false;
    asked_at_ = now;
    ask_at_ = kNever;
}

void Asking::accepted(SteadyTime now) {
    in_flight_ = false;
    refusal_.reset();
    refresh_at_ = asked_at_ + times_.refresh;
    if (wanted_ && !live_since_) awaited_until_ = now + times_.publisher;
}

void Asking::refused(const Error& why, SteadyTime now) {
    in_flight_ = false;
    refusal_ = why;
    if (why.reason() == camera::kSleeping) {
        sleeps_ = true;
        ask_at_ = kNever;
    } else if (why.reason() == "slots-full") {
        put_off(why, now + times_.slots_full);
    } else if (why.reason() == "p2p-blocked") {
        put_off(why, now + times_.p2p_blocked);
    } else {
        failed(now + times_.after_failure, now);
    }
}

void Asking::put_off(const Error& why, SteadyTime until) {
    refusal_ = why;
    is_paused_ = true;
    awaited_until_.reset();
    ask_at_ = until;
}

/// A stream that was asked for on the connection before may have ended with it.
void Asking::connected(SteadyTime now) {
    if (sleeps_ && !sleeps_for_sure_) sleeps_ = false;
    if (!wanted_ || sleeps_ || in_flight_ || (is_paused_ && now < ask_at_)) return;
    awaited_until_.reset();
    ask_at_ = now;
}

void Asking::set_sleeping(bool sleeps, SteadyTime now) {
    const bool slept = std::exchange(sleeps_, sleeps);
    sleeps_for_sure_ = sleeps;
    if (sleeps) {
        refusal_ = sleeping();
        awaited_until_.reset();
        live_since_.reset();
    } else if (slept) {
        refusal_.reset();
        is_paused_ = false;
        failures_ = 0;
        ask_at_ = now + times_.after_sleep;
    }
}

void Asking::failed(SteadyTime soonest, SteadyTime now) {
    ++failures_;
    if (failures_ < times_.tries) {
        ask_at_ = soonest;
        return;
    }
    back_off_ =
        back_off_.count() == 0 ? times_.back_off : std::min(2 * back_off_, times_.back_off_at_most);
    ask_at_ = std::max(soonest, now + back_off_);
}

bool Asking::is_overdue(SteadyTime now) const {
    SteadyTime::duration time = times_.publisher * 9 / 10;
    if (was_live_ && took_) {
        const auto other_way = other_way_took_.value_or(times_.other_way);
        if (other_way < times_.promise) time = std::max(times_.promise - other_way, times_.overdue);
        time = std::clamp<SteadyTime::duration>(2 * *took_, times_.overdue, time);
    }
    return awaited_until_ && now - asked_at_ >= time;
}

Asking::Due Asking::due(SteadyTime now) {
    if (!wanted_ || sleeps_ || in_flight_) return Due::Nothing;
    if (awaited_until_ && now >= *awaited_until_) {
        awaited_until_.reset();
        refusal_ = Error(ErrorKind::Unavailable, "hub-unreachable",
                         "the camera said yes and did not reach this hub");
        failed(asked_at_ + times_.apart, now);
        return Due::GiveUp;
    }
    if (now >= ask_at_) return Due::Ask;
    if (live_since_ && now >= refresh_at_) {
        refresh_at_ = now + times_.refresh;
        return Due::Refresh;
    }
    return Due::Nothing;
}

SteadyTime Asking::next() const {
    if (!wanted_ || sleeps_ || in_flight_) return kNever;
    SteadyTime out = std::min(ask_at_, awaited_until_.value_or(kNever));
    if (live_since_) out = std::min(out, refresh_at_);
    return out;
}

}  // namespace casement::drivers::nanit
