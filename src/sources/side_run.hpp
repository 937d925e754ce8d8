#pragma once
// One of several ways in that are open at a time: a source with a pen of its own, on which the
// others do not wait.

#include <functional>
#include <memory>
#include <optional>

#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "camera/endpoint.hpp"
#include "hub/source.hpp"

namespace casement::sources {

/// Lives on one executor.
class SideRun : public std::enable_shared_from_this<SideRun> {
public:
    using Open = std::function<base::Result<std::unique_ptr<hub::Source>>(
        const camera::StreamEndpoint& endpoint)>;
    using Ask = std::function<async::Task<base::Result<camera::StreamEndpoint>>(async::Deadline)>;

    /// It writes as hub::Claim::Spare: with its first key frame. The clock outlives it.
    SideRun(async::Executor executor, base::Log log, const hub::StreamWriter& writer,
            const base::Clock& clock);

    /// Asks for the way, opens it, and runs it until it ends by itself.
    void start(Ask ask, Open open, async::Deadline deadline);

    base::SteadyTime opened_at() const { return opened_at_; }
    /// When the vendor told the way; the epoch before that.
    base::SteadyTime answered_at() const { return answered_at_; }
    base::SteadyTime last_picture() const { return progress_->last_picture(); }
    /// When the vendor ends it, as far as its last answer goes.
    const std::optional<base::SteadyTime>& ends_at() const { return ends_at_; }
    const std::optional<base::Error>& ended() const { return ended_; }
    /// Once the vendor has answered.
    const hub::Source* source() const { return source_.get(); }

    /// Ends it, and says the source's goodbye.
    async::Task<> close(async::Deadline deadline);

private:
    async::Task<> run(Ask ask, Open open, async::Deadline deadline);
    void follow(camera::Lease& lease);

    const base::Clock& clock_;
    const base::SteadyTime opened_at_;
    base::SteadyTime answered_at_{};
    const std::shared_ptr<hub::Progress> progress_ = std::make_shared<hub::Progress>();
    const std::unique_ptr<hub::StreamWriter> writer_;
    std::unique_ptr<hub::Source> source_;
    base::SteadyTime lent_until_{};
    std::optional<base::SteadyTime> ends_at_;
    std::optional<base::Error> ended_;
    async::TaskGroup tasks_;
};

}  // namespace casement::sources
