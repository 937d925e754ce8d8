#include "sources/change_over/policy.hpp"

#include <algorithm>

namespace casement::sources::change_over {

using base::Error;
using base::ErrorKind;
using base::SteadyTime;

namespace {

// Until it can be seen which of two writes, and how far apart the newest pictures of two are that
// both come: fit for cameras of five pictures a second and more.
constexpr std::chrono::milliseconds kSettle{1000}, kTogether{500};

}  // namespace

Policy::Policy(const camera::ChangeOver& rules, SteadyTime now)
    : patience_(rules.patience),
      patience_after_loss_(rules.patience_after_loss),
      spare_patience_(rules.spare_patience),
      stall_(rules.first.stall),
      again_(rules.spare_again),
      again_at_most_(rules.spare_again_at_most),
      renew_before_(rules.renew_before),
      missing_since_(now),
      wait_(rules.spare_again) {}

Policy::Step Policy::step(const First& first, std::span<const Spare> spares, SteadyTime now) {
    Step out;
    if (first.is_live) {
        if (showing_ != Showing::First) live_since_ = now;
        was_live_ = true;
        missing_since_ = now;
        not_before_ = {};
        wait_ = again_;
        spare_error_.reset();
    }
    if (first.is_live || first.sleeps) {
        for (std::size_t i = 0; i < spares.size(); ++i) {
            if (first.sleeps || !writes(spares[i], first, now)) out.close |= 1U << i;
        }
        look(first, {}, now);
        return out;
    }
    for (std::size_t i = 0; i < spares.size(); ++i) {
        const auto fault = fault_of(spares[i], now);
        const bool is_replaced = i + 1 < spares.size() && is_fresh(spares[i + 1], now);
        if (!fault && !is_replaced) continue;
        out.close |= 1U << i;
        if (is_replaced) continue;
        spare_error_ = fault;
        put_off(spares[i], now);
    }
    const auto stays = [&](std::size_t i) { return (out.close >> i & 1U) == 0; };
    const Spare* kept = nullptr;
    std::size_t count = 0;
    for (std::size_t i = 0; i < spares.size(); ++i) {
        if (!stays(i)) continue;
        kept = &spares[i];
        ++count;
    }
    // One that is lent for seconds only is not followed by a row of its like.
    const bool is_due = count == 1 && kept->ends_at && now >= *kept->ends_at - renew_before_ &&
                        now - kept->opened_at >= again_at_most_;
    out.open = now >= not_before_ && (count == 0 ? wants_spare(first, now) : is_due);
    look(first, spares, now);
    return out;
}

bool Policy::is_fresh(const Spare& spare, SteadyTime now) const {
    return !spare.ended && spare.last_picture != SteadyTime{} && now - spare.last_picture < stall_;
}

/// The first way takes the pen back with its next key frame; until then the spare is kept.
bool Policy::writes(const Spare& spare, const First& first, SteadyTime now) const {
    if (first.last_picture == SteadyTime{} || !is_fresh(spare, now)) return false;
    return now - live_since_ < kSettle || spare.last_picture - first.last_picture > kTogether;
}

std::optional<Error> Policy::fault_of(const Spare& spare, SteadyTime now) const {
    if (spare.ended) return spare.ended;
    if (spare.last_picture != SteadyTime{} && now - spare.last_picture >= stall_)
        return Error(ErrorKind::Unavailable, "stalled", "the vendor's way brings no picture");
    if (spare.last_picture == SteadyTime{} && now - spare.opened_at >= spare_patience_)
        return Error(ErrorKind::Unavailable, "no-keyframe",
                     "the vendor's way brought no picture in the time allowed");
    return std::nullopt;
}

bool Policy::wants_spare(const First& first, SteadyTime now) const {
    if (first.is_refused) return true;
    return now - missing_since_ >= (was_live_ ? patience_after_loss_ : patience_);
}

/// One that has shown pictures for a while is opened again at once.
void Policy::put_off(const Spare& spare, SteadyTime now) {
    const bool was_good =
        spare.last_picture != SteadyTime{} && spare.last_picture - spare.opened_at >= 2 * again_;
    if (was_good) {
        wait_ = again_;
        not_before_ = now;
        return;
    }
    not_before_ = now + wait_;
    wait_ = std::min(2 * wait_, again_at_most_);
}

void Policy::look(const First& first, std::span<const Spare> spares, SteadyTime now) {
    const bool has_spare =
        std::ranges::any_of(spares, [&](const Spare& spare) { return is_fresh(spare, now); });
    showing_ = first.is_live ? Showing::First : has_spare ? Showing::Spare : Showing::Nothing;
    if (first.is_live) {
        why_.reset();
    } else if (first.why) {
        why_ = first.why;
    } else if (was_live_) {
        why_ = Error(ErrorKind::Unavailable, "no-publisher", "the camera stopped publishing");
    } else if (spare_error_) {
        why_ = spare_error_;
    }
}

}  // namespace casement::sources::change_over
