#include "sources/best_of/policy.hpp"

#include <algorithm>

namespace casement::sources::best_of {

using base::Error;
using base::ErrorKind;
using base::SteadyTime;

Policy::Policy(const camera::BestOf& rules)
    : patience_(rules.patience),
      stall_(rules.stall),
      again_(rules.again),
      again_at_most_(rules.again_at_most),
      renew_before_(rules.renew_before),
      choices_(rules.choices.size(), {.wait = rules.again}) {}

Policy::Step Policy::step(std::span<const Run> runs, SteadyTime now) {
    Step out;
    const Run* kept = nullptr;
    std::size_t count = 0;
    showing_.reset();
    waits_.reset();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const bool is_replaced = i + 1 < runs.size() && is_fresh(runs[i + 1], now);
        const auto fault = fault_of(runs[i], now);
        if (is_replaced || fault) {
            out.close |= 1U << i;
            if (fault) put_off(runs[i], *fault, now);
            continue;
        }
        kept = &runs[i];
        ++count;
        if (kept->waits) waits_ = kept->waits;
        if (!is_fresh(*kept, now)) continue;
        showing_ = kept->choice;
        begin_at_ = 0;
        choices_[kept->choice].fault.reset();
    }
    // The camera is on again: what failed while it was off is no news of the better ways.
    if (was_waiting_ && showing_) try_all(now);
    was_waiting_ = waits_.has_value() && !showing_;
    if (count < 2) out.open = next(kept, now);
    return out;
}

void Policy::try_all(SteadyTime now) {
    for (Choice& choice : choices_) choice.not_before = now;
    begin_at_ = 0;
}

std::optional<std::size_t> Policy::next(const Run* kept, SteadyTime now) {
    if (kept == nullptr) {
        const auto next = due(begin_at_, choices_.size(), now);
        return next ? next : due(0, begin_at_, now);
    }
    const bool is_settled = is_fresh(*kept, now) || kept->waits;
    if (!is_settled) return std::nullopt;
    if (const auto better = due(0, kept->choice, now)) return better;
    // One that is lent for seconds only is not followed by a row of its like.
    const bool is_ending = kept->ends_at && now >= *kept->ends_at - renew_before_ &&
                           now - kept->opened_at >= 2 * renew_before_;
    return is_ending && choices_[kept->choice].not_before <= now ? std::optional(kept->choice)
                                                                 : std::nullopt;
}

std::optional<std::size_t> Policy::due(std::size_t from, std::size_t to, SteadyTime now) const {
    for (std::size_t i = from; i < to; ++i) {
        if (choices_[i].not_before <= now) return i;
    }
    return std::nullopt;
}

std::chrono::milliseconds Policy::stall_of(const Run& run) const {
    return std::max(stall_, run.stall);
}

bool Policy::is_fresh(const Run& run, SteadyTime now) const {
    return !run.ended && !run.waits && run.last_picture != SteadyTime{} &&
           now - run.last_picture < stall_of(run);
}

std::optional<Error> Policy::fault_of(const Run& run, SteadyTime now) const {
    if (run.ended) return run.ended;
    if (run.waits) return std::nullopt;
    const auto since = now - std::max(run.opened_at, run.last_picture);
    if (run.last_picture == SteadyTime{} && since >= std::max(patience_, run.stall))
        return Error(ErrorKind::Unavailable, "no-keyframe",
                     "it brought no picture in the time allowed");
    if (run.last_picture != SteadyTime{} && since >= stall_of(run))
        return Error(ErrorKind::Unavailable, "stalled", "it brings no picture any more");
    return std::nullopt;
}

/// One that has shown pictures for a while is opened again at once.
void Policy::put_off(const Run& run, Error fault, SteadyTime now) {
    Choice& choice = choices_[run.choice];
    const bool was_good =
        run.last_picture != SteadyTime{} && run.last_picture - run.opened_at >= 2 * again_;
    if (was_good) choice.wait = again_;
    choice.not_before = was_good ? now : now + choice.wait;
    if (!was_good) choice.wait = std::min(2 * choice.wait, again_at_most_);
    choice.fault = std::move(fault);
    // However long each takes to fail, the worse ones have their turn too.
    begin_at_ = was_good ? run.choice : run.choice + 1;
}

std::optional<Error> Policy::why() const {
    if (!showing_ && waits_) return waits_;
    for (std::size_t i = 0; i < showing_.value_or(choices_.size()); ++i) {
        if (choices_[i].fault) return choices_[i].fault;
    }
    return std::nullopt;
}

}  // namespace casement::sources::best_of
