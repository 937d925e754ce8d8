#include "sources/best_of/best_of_source.hpp"

#include <algorithm>
#include <utility>

#include "hub/stream.hpp"

namespace casement::sources::best_of {

using async::Deadline;
using async::Task;
using base::Error;

namespace {

// How soon a picture, and the lack of one, is seen.
constexpr std::chrono::milliseconds kLookEvery{100};
// For the goodbye of a way while the stream goes on.
constexpr std::chrono::seconds kFarewell{5};

}  // namespace

BestOfSource::BestOfSource(camera::BestOf way, Parts parts)
    : way_(std::move(way)),
      parts_(std::move(parts)),
      policy_(way_),
      beside_again_({.first = way_.again, .cap = way_.again_at_most}) {
    (void)has_news();
}

BestOfSource::~BestOfSource() = default;

Task<base::Result<>> BestOfSource::run(hub::StreamWriter& writer) {
    farewells_.emplace(co_await asio::this_coro::executor, parts_.log);
    for (;;) {
        if (has_news()) policy_.try_all(parts_.clock.steady_now());
        const Policy::Step step = policy_.step(look(), parts_.clock.steady_now());
        close_some(step.close, Deadline::in(kFarewell));
        if (step.open) open(*step.open, writer);
        keep_beside();
        tell_change();
        CASEMENT_CO_TRY(co_await async::sleep_for(kLookEvery));
    }
}

bool BestOfSource::has_news() {
    const std::uint32_t now = way_.news ? way_.news->load() : 0;
    return std::exchange(heard_, now) != now;
}

std::vector<Policy::Run> BestOfSource::look() const {
    std::vector<Policy::Run> out;
    for (const Open& one : open_) {
        const hub::Source* const source = one.run->source();
        Policy::Run seen{.choice = one.choice,
                         .opened_at = one.run->opened_at(),
                         .last_picture = one.run->last_picture(),
                         .ends_at = one.run->ends_at(),
                         .ended = one.run->ended()};
        if (source) seen.stall = source->stall();
        if (source && source->waits_for_peer()) seen.waits = source->waits_because();
        out.push_back(std::move(seen));
    }
    return out;
}

void BestOfSource::open(std::size_t choice, const hub::StreamWriter& writer) {
    const auto run =
        std::make_shared<SideRun>(farewells_->executor(), parts_.log, writer, parts_.clock);
    open_.push_back({choice, run});
    run->start(way_.choices[choice].open, parts_.open, Deadline::in(way_.patience));
}

void BestOfSource::close_some(unsigned which, Deadline deadline) {
    std::vector<Open> kept;
    for (std::size_t i = 0; i < open_.size(); ++i) {
        if ((which >> i & 1U) == 0) {
            kept.push_back(open_[i]);
            continue;
        }
        if (const auto& why = open_[i].run->ended()) {
            parts_.log.info("No pictures by {}: {}{}{}", way_.choices[open_[i].choice].name,
                            why->message(), why->reason().empty() ? "" : " reason=", why->reason());
        }
        close(open_[i].run, deadline);
    }
    open_ = std::move(kept);
}

void BestOfSource::close(std::shared_ptr<SideRun> run, Deadline deadline) {
    farewells_->spawn("goodbye of a way", [run = std::move(run), deadline]() -> Task<> {
        co_await run->close(deadline);
    });
}

void BestOfSource::keep_beside() {
    if (!way_.beside) return;
    const bool is_a_choice = std::ranges::any_of(open_, [this](const Open& one) {
        return way_.choices[one.choice].name == way_.beside->name;
    });
    const base::SteadyTime now = parts_.clock.steady_now();
    if (beside_ && beside_->last_picture() != base::SteadyTime{}) beside_again_.reset();
    if (beside_ && beside_->ended()) {
        parts_.log.info("No {} beside for now: {}", way_.beside->name, beside_->ended()->message());
        beside_not_before_ = now + beside_again_.next();
    }
    if (beside_ && (is_a_choice || beside_->ended()))
        close(std::exchange(beside_, {}), Deadline::in(kFarewell));
    if (beside_ || is_a_choice || now < beside_not_before_) return;
    if (!nowhere_) {
        nowhere_ =
            std::make_shared<hub::Stream>("beside", hub::GopLogLimits{}, parts_.clock, parts_.log);
        nowhere_pen_ = std::make_unique<hub::StreamWriter>(nowhere_);
    }
    beside_ =
        std::make_shared<SideRun>(farewells_->executor(), parts_.log, *nowhere_pen_, parts_.clock);
    beside_->start(way_.beside->open, parts_.open, Deadline::in(way_.patience));
}

void BestOfSource::tell_change() {
    const auto now = policy_.showing();
    if (!now) return;
    const auto why = *now == 0 ? std::nullopt : policy_.why();
    if (now == told_ && (why ? why->message() : "") == told_why_) return;
    if (now != told_) {
        parts_.log.info("The pictures come by {}{}{}", way_.choices[*now].name,
                        why ? ": the better way failed: " : "", why ? why->message() : "");
    }
    told_ = now;
    told_why_ = why ? why->message() : "";
    if (way_.tell) way_.tell(*now, why);
}

std::chrono::milliseconds BestOfSource::stall() const {
    std::chrono::milliseconds out{0};
    for (const Open& one : open_) {
        if (one.run->source()) out = std::max(out, one.run->source()->stall());
    }
    return out;
}

Task<> BestOfSource::close(Deadline deadline) {
    if (!farewells_) co_return;
    close_some((1U << open_.size()) - 1, deadline);
    if (beside_) close(std::exchange(beside_, {}), deadline);
    co_await farewells_->join();
}

std::string BestOfSource::description() const {
    for (const Open& one : open_) {
        if (one.choice == policy_.showing() && one.run->source())
            return one.run->source()->description();
    }
    return "none of several ways";
}

}  // namespace casement::sources::best_of
