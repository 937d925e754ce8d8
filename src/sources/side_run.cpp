#include "sources/side_run.hpp"

#include <utility>

namespace casement::sources {

using async::Deadline;
using async::Task;
using base::Error;
using base::ErrorKind;

SideRun::SideRun(async::Executor executor, base::Log log, const hub::StreamWriter& writer,
                 const base::Clock& clock)
    : clock_(clock),
      opened_at_(clock.steady_now()),
      writer_(writer.hand_over(hub::Claim::Spare)),
      tasks_(std::move(executor), std::move(log)) {
    writer_->tell(progress_);
}

void SideRun::start(Ask ask, Open open, Deadline deadline) {
    tasks_.spawn("way", [self = shared_from_this(), ask = std::move(ask), open = std::move(open),
                         deadline] { return self->run(ask, open, deadline); });
}

Task<> SideRun::run(Ask ask, Open open, Deadline deadline) {
    const auto endpoint = co_await async::with_deadline(deadline, "the way in", ask(deadline));
    if (!endpoint) {
        ended_ = endpoint.error();
        co_return;
    }
    answered_at_ = clock_.steady_now();
    camera::StreamEndpoint way = *endpoint;
    if (way.lease) follow(*way.lease);
    auto source = open(way);
    if (!source) {
        ended_ = source.error();
        co_return;
    }
    source_ = std::move(*source);
    const auto ended = co_await source_->run(*writer_);
    ended_ = ended ? Error(ErrorKind::Unavailable, "the vendor ended the stream") : ended.error();
}

/// A vendor may give no more time at any question, for good or for now.
void SideRun::follow(camera::Lease& lease) {
    lent_until_ = clock_.steady_now() + (lease.expires_at - clock_.wall_now());
    ends_at_.reset();
    if (!lease.extend) {
        ends_at_ = lent_until_;
        return;
    }
    using Extend = decltype(lease.extend);
    struct Followed {
        static Task<base::Result<camera::Lease>> ask(std::weak_ptr<SideRun> whose, Extend extend,
                                                     Deadline deadline) {
            auto longer = co_await extend(deadline);
            const auto self = whose.lock();
            if (!self) co_return longer;
            if (longer) self->follow(*longer);
            // Where questions are refused for their number, another stream would be too.
            else if (!longer.error().is(ErrorKind::ResourceExhausted))
                self->ends_at_ = self->lent_until_;
            co_return longer;
        }
    };
    lease.extend = [whose = weak_from_this(), extend = std::move(lease.extend)](Deadline deadline) {
        return Followed::ask(whose, extend, deadline);
    };
}

Task<> SideRun::close(Deadline deadline) {
    co_await tasks_.stop();
    if (source_) co_await source_->close(deadline);
}

}  // namespace casement::sources
