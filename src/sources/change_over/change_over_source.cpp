#include "sources/change_over/change_over_source.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace casement::sources::change_over {

using async::Deadline;
using async::Task;
using base::Error;
using base::ErrorKind;
using namespace asio::experimental::awaitable_operators;

namespace {

// How soon a picture, and the lack of one, is seen.
constexpr std::chrono::milliseconds kLookEvery{100};
// For the goodbye of a spare while the stream goes on.
constexpr std::chrono::seconds kFarewell{5};

}  // namespace

ChangeOverSource::ChangeOverSource(std::string camera, camera::ChangeOver way, Parts parts)
    : way_(std::move(way)),
      parts_(std::move(parts)),
      first_(parts_.push_door, std::move(camera), way_.first, parts_.clock) {}

ChangeOverSource::~ChangeOverSource() = default;

Task<base::Result<>> ChangeOverSource::run(hub::StreamWriter& writer) {
    policy_.emplace(way_, parts_.clock.steady_now());
    farewells_.emplace(co_await asio::this_coro::executor, parts_.log);
    auto ended = co_await (first_.run(writer) || decide(writer));
    co_return ended.index() == 0 ? std::move(std::get<0>(ended)) : std::move(std::get<1>(ended));
}

Task<base::Result<>> ChangeOverSource::decide(hub::StreamWriter& writer) {
    for (;;) {
        std::vector<Policy::Spare> seen;
        for (Spare& spare : spares_) seen.push_back(look_at(spare));
        const Policy::Showing before = policy_->showing();
        const Policy::Step step = policy_->step(look_at_first(), seen, parts_.clock.steady_now());
        tell_change(before);
        close_spares(step.close, Deadline::in(kFarewell));
        if (step.open) open_spare(writer);
        CASEMENT_CO_TRY(co_await async::sleep_for(kLookEvery));
    }
}

Policy::Spare ChangeOverSource::look_at(Spare& spare) {
    const SideRun& run = *spare.run;
    const auto& ended = run.ended();
    if (ended && std::exchange(spare_sentence_, ended->message()) != ended->message())
        parts_.log.info("No pictures through the vendor: {}", ended->message());
    const bool has_picture = run.last_picture() != base::SteadyTime{};
    if (has_picture && !std::exchange(spare.had_picture, true) && way_.tell_spare)
        way_.tell_spare(std::chrono::duration_cast<std::chrono::milliseconds>(run.last_picture() -
                                                                              run.answered_at()));
    return {.opened_at = run.opened_at(),
            .last_picture = run.last_picture(),
            .ends_at = run.ends_at(),
            .ended = ended};
}

Policy::First ChangeOverSource::look_at_first() const {
    Policy::First first;
    first.is_live = !first_.waits_for_peer();
    first.last_picture = first_.last_picture();
    first.is_refused = first_.refusal().has_value();
    first.sleeps = first.is_refused && first_.refusal()->reason() == camera::kSleeping;
    first.why = first_.waits_because();
    return first;
}

void ChangeOverSource::open_spare(hub::StreamWriter& writer) {
    Spare spare{
        std::make_shared<SideRun>(farewells_->executor(), parts_.log, writer, parts_.clock)};
    spare.run->start(way_.spare, parts_.open, Deadline::in(way_.spare_patience));
    spares_.push_back(std::move(spare));
}

void ChangeOverSource::close_spares(unsigned which, Deadline deadline) {
    std::vector<Spare> kept;
    for (std::size_t i = 0; i < spares_.size(); ++i) {
        if ((which >> i & 1U) == 0) {
            kept.push_back(spares_[i]);
            continue;
        }
        farewells_->spawn("spare goodbye",
                          [run = spares_[i].run, deadline] { return run->close(deadline); });
    }
    spares_ = std::move(kept);
}

void ChangeOverSource::tell_change(Policy::Showing before) const {
    using enum Policy::Showing;
    const Policy::Showing now = policy_->showing();
    if (now == before) return;
    if (now == Spare) {
        const auto& why = policy_->why();
        parts_.log.warn("The pictures come through the vendor: {}{}{}",
                        why ? why->message() : "the camera does not publish here",
                        why && !why->reason().empty() ? " reason=" : "", why ? why->reason() : "");
    } else if (now == First) {
        parts_.log.info("The pictures come from the camera itself");
    }
}

/// Asks the ways themselves: the policy looks ten times a second, and a slate that is written
/// meanwhile would keep the pen until the next key frame.
bool ChangeOverSource::waits_for_peer() const {
    if (!first_.waits_for_peer()) return false;
    const auto now = parts_.clock.steady_now();
    return std::ranges::none_of(spares_, [&](const Spare& spare) {
        const base::SteadyTime last = spare.run->last_picture();
        return last != base::SteadyTime{} && now - last < way_.first.stall;
    });
}

std::optional<Error> ChangeOverSource::waits_because() const {
    return policy_ ? policy_->why() : std::nullopt;
}

Task<> ChangeOverSource::close(Deadline deadline) {
    if (farewells_) close_spares((1U << spares_.size()) - 1, deadline);
    co_await first_.close(deadline);
    if (farewells_) co_await farewells_->join();
}

std::string ChangeOverSource::description() const {
    return policy_ && policy_->showing() == Policy::Showing::Spare ? "vendor" : "push";
}

}  // namespace casement::sources::change_over
