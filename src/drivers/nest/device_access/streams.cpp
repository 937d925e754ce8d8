#include "drivers/nest/device_access/streams.hpp"

#include <algorithm>
#include <utility>

#include "async/hop.hpp"
#include "base/time_scale.hpp"
#include "drivers/spread.hpp"

namespace casement::drivers::nest::device_access {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail_because;
using base::Result;

namespace {

constexpr std::chrono::seconds kStopPatience{10};
constexpr std::chrono::milliseconds kGoodbye{1'000}, kLookEvery{20};
// An answer that moves the end by less does not move it.
constexpr std::chrono::seconds kMoved{1};

std::unexpected<base::Error> is_gone() {
    return base::fail(ErrorKind::Cancelled, "the account was stopped");
}

/// This camera gives no more time, however often it is asked.
bool is_for_good(const base::Error& error) {
    return error.is(ErrorKind::FailedPrecondition) || error.is(ErrorKind::Unsupported) ||
           error.is(ErrorKind::NotFound);
}

}  // namespace

StreamRules StreamRules::scaled(double time_scale) const {
    StreamRules out = *this;
    for (std::chrono::milliseconds* wait :
         {&out.margin, &out.again, &out.worth, &out.lost_for, &out.busy_first, &out.busy_then})
        *wait = base::scaled(*wait, time_scale);
    return out;
}

Streams::Streams(async::Executor executor, std::shared_ptr<Api> api, const base::Clock& clock,
                 Hosts hosts, camera::Connection connection, StreamRules rules)
    : executor_(std::move(executor)),
      api_(std::move(api)),
      clock_(clock),
      hosts_(std::move(hosts)),
      connection_(std::move(connection)),
      rules_(rules),
      log_(base::Log().component("nest")),
      tasks_(executor_, log_) {}

bool Streams::is_worth_coming_back(const Lent& lent) const {
    const bool is_free = lent.users == 0 || lent.was_lost;
    const bool opens = lent.has_begun || !lent.was_lost;
    return is_free && opens && !lent.ends &&
           lent.stream.expires_at > clock_.wall_now() + rules_.worth;
}

Task<Result<camera::StreamEndpoint>> Streams::open_of(std::shared_ptr<Streams> streams,
                                                      std::string device, Deadline deadline) {
    co_return co_await streams->open(std::move(device), deadline);
}

Task<Result<camera::StreamEndpoint>> Streams::open_named(std::shared_ptr<Streams> streams,
                                                         std::string name, Deadline deadline) {
    for (const auto& [device, door] : streams->doors_) {
        if (device != name && !device.ends_with("/" + name)) continue;
        const std::string id = device;
        co_return co_await streams->open(id, deadline);
    }
    co_return fail_because("no-device", ErrorKind::NotFound,
                           "Device Access lists no device \"{}\" for now.", name.substr(0, 64));
}

Task<Result<camera::StreamEndpoint>> Streams::open(std::string device, Deadline deadline) {
    if (has_ended_) co_return is_gone();
    if (doors_[device].why) co_return std::unexpected(*doors_[device].why);
    co_await wait_for_goodbye(doors_[device].lent);
    if (has_ended_) co_return is_gone();
    Door& door = doors_[device];
    if (door.lent && is_worth_coming_back(*door.lent)) {
        door.lent->was_lost = door.lent->has_begun = false;
        co_return endpoint_of(door.lent);
    }
    if (clock_.steady_now() < door.not_before)
        co_return fail_because("busy", ErrorKind::Unavailable,
                               "Google was starting this stream when it was last asked.");
    // The next one of a camera that is watched is what a running stream needs.
    const bool is_next = std::ranges::any_of(lent_, [&](const LentPtr& lent) {
        return lent->device == device && lent->users > 0 && !lent->was_lost;
    });
    auto started = co_await api_->start_rtsp(
        device, is_next ? Limits::Rank::Keep : Limits::Rank::Other, deadline);
    if (!started) {
        refused(doors_[device], started.error());
        co_return std::unexpected(std::move(started.error()));
    }
    base::mask_in_logs(started->token.reveal());
    auto lent = std::make_shared<Lent>();
    lent->device = device;
    lent->stream = std::move(*started);
    lent->ends = doors_[device].never_extends;
    lent_.insert(lent);
    auto endpoint = endpoint_of(lent);
    if (!endpoint || has_ended_) {
        co_await give_back(lent, Limits::Rank::Other, Deadline::in(kStopPatience));
        if (has_ended_) co_return is_gone();
        co_return endpoint;
    }
    Door& now = doors_[device];
    now.busy = 0;
    now.lent = std::move(lent);
    co_return endpoint;
}

/// A connection that was lost says so with its goodbye, while its next one is opened already. Any
/// other that is in use goes on.
Task<> Streams::wait_for_goodbye(LentPtr lent) {
    for (auto left = kGoodbye; left > left.zero(); left -= kLookEvery) {
        if (!lent || lent->ends || lent->users == 0 || lent->was_lost) co_return;
        (void)co_await async::sleep_for(kLookEvery);  // told on any thread
    }
}

void Streams::refused(Door& door, const base::Error& error) {
    if (error.reason() == "busy") {
        const auto wait = door.busy++ == 0 ? rules_.busy_first : rules_.busy_then;
        door.not_before = clock_.steady_now() + wait;
    }
    const bool is_other = error.reason() == "wrong-protocol" || error.reason() == "no-device";
    if (is_other && mismatch_) mismatch_();
}

void Streams::know(const std::string& device, std::optional<base::Error> why) {
    doors_[device].why = std::move(why);
}

Result<camera::StreamEndpoint> Streams::endpoint_of(const LentPtr& lent) {
    CASEMENT_TRY(const base::Secret address, address_now(lent->stream));
    CASEMENT_TRY(auto url, base::Url::parse(address.reveal()));
    // The token stands in it: it goes to nobody but the vendor.
    CASEMENT_TRY(
        hosts_.base_url((url.scheme == "rtsps" ? "https://" : "http://") + url.authority()));
    camera::StreamEndpoint out;
    out.way = camera::PullRtsp{.url = std::move(url),
                               .transport = camera::PullRtsp::Transport::Tcp,
                               .when_refused = {},
                               .connection = connection_};
    out.lease = lease_of(lent);
    out.tell = [lent](const camera::StreamNews& news) {
        using What = camera::StreamNews::What;
        if (news.what == What::Began) lent->has_begun = true;
        if (news.what == What::Ended) lent->was_lost = news.error.has_value();
    };
    ++lent->users;
    return out;
}

camera::Lease Streams::lease_of(const LentPtr& lent) {
    camera::Lease out{.expires_at = lent->stream.expires_at,
                      .margin = spread(rules_.margin),
                      .again = rules_.again,
                      .extend = {},
                      .release = {}};
    const auto here = [weak = weak_from_this(), executor = executor_, lent](auto member) {
        return [weak, executor, lent, member](Deadline deadline) {
            return async::hop(executor, member(weak, lent, deadline));
        };
    };
    if (!lent->ends)
        out.extend = here([](std::weak_ptr<Streams> weak, LentPtr of,
                             Deadline deadline) -> Task<Result<camera::Lease>> {
            const auto self = weak.lock();
            if (!self) co_return is_gone();
            co_return co_await self->extend(std::move(of), deadline);
        });
    out.release =
        here([](std::weak_ptr<Streams> weak, LentPtr of, Deadline deadline) -> Task<Result<>> {
            const auto self = weak.lock();
            if (!self) co_return is_gone();
            co_return co_await self->release(std::move(of), deadline);
        });
    return out;
}

Task<Result<camera::Lease>> Streams::extend(LentPtr lent, Deadline deadline) {
    auto extended = co_await api_->extend_rtsp(lent->device, lent->stream, deadline);
    if (!extended) {
        if (!is_for_good(extended.error())) co_return std::unexpected(std::move(extended.error()));
        log_.debug("{} gives no more time: {}", lent->device, extended.error().message());
        extends_no_more(*lent);
        co_return lease_of(lent);
    }
    base::mask_in_logs(extended->token.reveal());
    if (extended->expires_at < lent->stream.expires_at + kMoved)
        extends_no_more(*lent);
    else
        lent->was_extended = true;
    lent->stream = std::move(*extended);
    co_return lease_of(lent);
}

void Streams::extends_no_more(Lent& lent) {
    lent.ends = true;
    if (!lent.was_extended) doors_[lent.device].never_extends = true;
}

Task<Result<>> Streams::release(LentPtr lent, Deadline deadline) {
    if (--lent->users > 0) co_return Result<>{};
    if (!lent->was_lost || !is_worth_coming_back(*lent)) {
        // One that ends by itself soon is not worth a place that others need.
        const auto rank = lent->ends ? Limits::Rank::Spare : Limits::Rank::Other;
        co_await give_back(std::move(lent), rank, deadline);
        co_return Result<>{};
    }
    tasks_.spawn("a stream that was lost", [self = shared_from_this(), lent]() -> Task<> {
        if (!co_await async::sleep_for(self->rules_.lost_for)) co_return;
        if (lent->users == 0)
            co_await self->give_back(lent, Limits::Rank::Other, Deadline::in(kStopPatience));
    });
    co_return Result<>{};
}

Task<> Streams::give_back(LentPtr lent, Limits::Rank rank, Deadline deadline) {
    const auto door = doors_.find(lent->device);
    if (door != doors_.end() && door->second.lent == lent) door->second.lent.reset();
    if (lent_.erase(lent) == 0) co_return;  // another hand does
    if (lent->stream.expires_at <= clock_.wall_now()) co_return;
    const auto told = co_await api_->stop_rtsp(lent->device, lent->stream, rank, deadline);
    if (!told) log_.debug("The stream was not given back: {}", told.error().message());
}

Task<> Streams::end(Deadline deadline) {
    has_ended_ = true;
    co_await tasks_.stop();
    while (!lent_.empty()) co_await give_back(*lent_.begin(), Limits::Rank::Keep, deadline);
    doors_.clear();
}

}  // namespace casement::drivers::nest::device_access
