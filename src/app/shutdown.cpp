#include "app/shutdown.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/ranges.h>

#include "base/units.hpp"

namespace casement::app {

Shutdown::Shutdown(async::Executor executor, base::Log log, std::chrono::milliseconds patience)
    : executor_(executor), log_(log), patience_(patience), bell_(executor), tasks_(executor, log) {}

void Shutdown::stop_accepting(std::string name, std::function<void()> step) {
    accepting_.push_back({std::move(name), std::move(step)});
}
void Shutdown::end_politely(std::string name, std::function<async::Task<>()> step) {
    polite_.push_back({std::move(name), std::move(step)});
}
void Shutdown::end_hard(std::string name, std::function<void()> step) {
    hard_.push_back({std::move(name), std::move(step)});
}

void Shutdown::request() {
    ++requests_;
    bell_.ring();
}

void Shutdown::run_all(const std::vector<Now>& steps) const {
    for (const Now& now : steps) {
        try {
            now.step();
        } catch (const std::exception& e) {
            // One broken step must not keep the others, which close files, from running.
            log_.error("Ending {} failed: {}", now.name, e.what());
        }
    }
}

async::Task<> Shutdown::run_polite(std::size_t index) {
    // Also on the ways of an exception and of cancellation.
    struct Ended {
        Shutdown& self;
        const std::string& name;
        ~Ended() {
            std::erase(self.running_, name);
            if (self.running_.empty()) self.bell_.ring();
        }
    };
    const Ended ended{*this, polite_[index].name};
    co_await polite_[index].step();
}

void Shutdown::start_polite() {
    for (const Later& later : polite_) running_.push_back(later.name);
    for (std::size_t i = 0; i < polite_.size(); ++i) {
        tasks_.spawn("end " + polite_[i].name, [this, i] { return run_polite(i); });
    }
}

async::Task<> Shutdown::wait_for_polite() {
    const auto until = std::chrono::steady_clock::now() + patience_;
    while (!running_.empty() && requests_ < 2) {
        const auto rung = co_await bell_.wait_until(until);
        if (!rung || !*rung) co_return;
    }
}

async::Task<Shutdown::Outcome> Shutdown::run() {
    while (requests_ == 0) {
        if (!co_await bell_.wait()) break;  // cancelled: the owner is ending, so end as well
    }
    log_.info("Stopping; what is open gets {} to end", base::format_duration(patience_));
    run_all(accepting_);
    start_polite();
    co_await wait_for_polite();

    const Outcome outcome = running_.empty() ? Outcome::Polite : Outcome::Hard;
    if (outcome == Outcome::Hard) {
        log_.warn("{}: cutting off {}", requests_ > 1 ? "Asked again" : "Patience is over",
                  fmt::join(running_, ", "));
    }
    tasks_.cancel();
    run_all(hard_);
    co_await tasks_.join();
    co_return outcome;
}

}  // namespace casement::app
