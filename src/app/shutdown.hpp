#pragma once
// The end in stages: stop accepting, ask everything to end, wait, then end it. A second request
// skips the wait.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "async/task_group.hpp"
#include "base/log.hpp"

namespace casement::app {

/// Lives on one executor. Steps are added before run(); they run in the order in which they were
/// added, but for the polite ones, which run side by side.
class Shutdown {
public:
    enum class Outcome { Polite, Hard };

    /// 10 s: an RTSP TEARDOWN or a vendor's STOP is answered within two, and a disk that is asleep
    /// wakes in eight.
    static constexpr std::chrono::milliseconds kPatience{10'000};

    Shutdown(async::Executor executor, base::Log log,
             std::chrono::milliseconds patience = kPatience);

    /// First stage: nothing new comes in. Must not wait.
    void stop_accepting(std::string name, std::function<void()> step);
    /// Second stage: TEARDOWN, STOP, closing files. May be cancelled when patience ends.
    void end_politely(std::string name, std::function<async::Task<>()> step);
    /// Last stage, always run: what is left is cut off. Must not wait.
    void end_hard(std::string name, std::function<void()> step);

    /// The first call begins, the second skips the wait; more do nothing. To be called on the
    /// executor's thread.
    void request();
    bool is_requested() const { return requests_ > 0; }

    /// Waits for request(), then goes through the stages. Hard when something was still running at
    /// the end of the wait.
    async::Task<Outcome> run();

private:
    template <typename Step>
    struct Named {
        std::string name;
        Step step;
    };
    using Now = Named<std::function<void()>>;
    using Later = Named<std::function<async::Task<>()>>;

    void run_all(const std::vector<Now>& steps) const;
    void start_polite();
    async::Task<> run_polite(std::size_t index);
    async::Task<> wait_for_polite();

    async::Executor executor_;
    base::Log log_;
    const std::chrono::milliseconds patience_;
    std::vector<Now> accepting_;
    std::vector<Later> polite_;
    std::vector<Now> hard_;
    std::vector<std::string> running_;  // names of polite steps that have not ended
    int requests_ = 0;
    async::Bell bell_;  // a request, or the end of the last polite step
    async::TaskGroup tasks_;
};

}  // namespace casement::app
