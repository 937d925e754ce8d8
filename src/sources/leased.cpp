#include "sources/leased.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "async/deadline.hpp"

namespace casement::sources {

using base::ErrorKind;
using namespace asio::experimental::awaitable_operators;

namespace {

// Vendors answer within seconds or not at all.
constexpr std::chrono::seconds kAskTime{30};
// The wall clock may be set while a lease runs.
constexpr std::chrono::seconds kLookEvery{1};

}  // namespace

Leased::Leased(std::unique_ptr<hub::Source> source, camera::Lease lease, const base::Clock& clock,
               base::Log log)
    : source_(std::move(source)), lease_(std::move(lease)), clock_(clock), log_(std::move(log)) {}

async::Task<base::Result<>> Leased::run(hub::StreamWriter& writer) {
    auto ended = co_await (source_->run(writer) || keep());
    co_return ended.index() == 0 ? std::move(std::get<0>(ended)) : std::move(std::get<1>(ended));
}

/// Until the vendor ends the lease.
async::Task<base::Result<>> Leased::keep() {
    base::SteadyTime ask_at{};
    for (;;) {
        const base::WallTime now = clock_.wall_now();
        if (now >= lease_.expires_at) {
            co_return base::fail_because("lease-ended", ErrorKind::Unavailable,
                                         "the vendor lends this stream no longer");
        }
        const bool is_due = lease_.extend && now + lease_.margin >= lease_.expires_at;
        if (is_due && clock_.steady_now() >= ask_at) {
            auto answer = co_await lease_.extend(async::Deadline::in(kAskTime));
            if (answer) {
                lease_ = std::move(*answer);
            } else if (!answer.error().is(ErrorKind::Cancelled)) {
                log_.warn("More time for the stream was refused: {}", answer.error().message());
            }
            if (clock_.wall_now() + lease_.margin >= lease_.expires_at)
                ask_at = clock_.steady_now() + lease_.again;
        }
        const auto wait = (lease_.extend ? lease_.expires_at - lease_.margin : lease_.expires_at) -
                          clock_.wall_now();
        CASEMENT_CO_TRY(co_await async::sleep_for(
            std::clamp<base::Duration>(wait, std::chrono::milliseconds{10}, kLookEvery)));
    }
}

async::Task<> Leased::close(async::Deadline deadline) {
    co_await source_->close(deadline);
    if (!lease_.release) co_return;
    const auto released =
        co_await async::with_deadline(deadline, "release", lease_.release(deadline));
    if (!released) log_.debug("The vendor's session was not ended: {}", released.error().message());
}

}  // namespace casement::sources
