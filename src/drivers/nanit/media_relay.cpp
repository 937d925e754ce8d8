// The way around through the vendor's relay.

#include <algorithm>
#include <utility>

#include "async/hop.hpp"
#include "drivers/nanit/media.hpp"
#include "drivers/nanit/media_parts.hpp"
#include "drivers/nanit/token.hpp"
#include "net/endpoint.hpp"

namespace casement::drivers::nanit {

using async::Deadline;
using async::Task;
using base::Error;
using base::ErrorKind;
using base::fail_because;
using base::Result;

namespace {

// A relay wakes the camera, whose first picture takes up to 20 s.
constexpr std::chrono::seconds kRelayOpens{25};
// How soon it is seen that a camera came, or is overdue.
constexpr std::chrono::milliseconds kLook{50};

}  // namespace

Task<> Media::look_after_relays(bool is_new_connection) {
    std::vector<std::string> ended, due;
    const auto now = parts_.clock.steady_now();
    for (Relay& relay : relays_) {
        const bool is_on = relay.refresh_at != base::SteadyTime::max();
        if (relay.users == 0) {
            ended.push_back(relay.url);
        } else if (is_on && (is_new_connection || now >= relay.refresh_at)) {
            relay.refresh_at = now + times_.refresh;
            due.push_back(relay.url);
        }
    }
    for (const std::string& url : ended) co_await end_relay(url, Deadline::in(kAnswerTime));
    for (const std::string& url : due)
        co_await refresh(url, is_new_connection ? Urgency::Media : Urgency::Background);
}

Task<> Media::end_relays(Deadline deadline) {
    while (!relays_.empty()) co_await end_relay(relays_.front().url, deadline);
}

/// Whoever plays it sees it end.
Task<> Media::end_relay(std::string url, Deadline deadline) {
    std::erase_if(relays_, [&](const Relay& relay) { return relay.url == url; });
    const auto told = co_await tell_camera(url, false, Urgency::Media, deadline);
    if (!told) parts_.log.debug("The relay's stream was not ended: {}", told.error().message());
}

Media::Relay* Media::relay(const std::string& url) {
    const auto found = std::ranges::find(relays_, url, &Relay::url);
    return found == relays_.end() ? nullptr : &*found;
}

Task<Result<>> Media::release(std::string url, Deadline deadline) {
    Relay* const known = relay(url);
    if (known && --known->users == 0) co_await end_relay(std::move(url), deadline);
    co_return Result<>{};
}

Task<Result<>> Media::make_room_for_relay(Deadline deadline) {
    if (seats() < kSeats) co_return Result<>{};
    // A camera that published and is asked again is sooner here than the vendor's picture.
    while (local_is_on_ && asking_.returns() && !asking_.is_overdue(parts_.clock.steady_now())) {
        if (deadline.passed()) break;
        CASEMENT_CO_TRY(co_await async::sleep_for(kLook));
    }
    const auto now = parts_.clock.steady_now();
    if (local_is_on_ && asking_.is_overdue(now)) {
        spare_relay(now);
        asking_.put_off({ErrorKind::Unavailable, "hub-unreachable",
                         "the camera said yes and did not reach this hub"},
                        sacrifice_at_);
        bell_.ring();
    } else if (local_is_on_ && (asking_.is_awaited() || asking_.is_live())) {
        co_return fail_because("seats-full", ErrorKind::Unavailable,
                               "the camera publishes here, which takes its second seat");
    }
    if (local_is_on_ && !asking_.is_live()) {
        local_is_on_ = false;
        (void)co_await tell_camera(local_url(), false, Urgency::Media, deadline);
    }
    while (seats() >= kSeats && !relays_.empty()) co_await end_relay(relays_.front().url, deadline);
    co_return Result<>{};
}

/// One that outlives the lease of an address that is made with it, where the vendor gives such a
/// one.
Task<Result<base::Secret>> Media::lasting_token(Deadline deadline) {
    CASEMENT_CO_TRY(base::Secret token, co_await parts_.token(deadline));
    const auto now = parts_.clock.wall_now();
    if (expiry_of(token, now) - now >= times_.token_left) co_return token;
    auto newer = co_await parts_.renewed(token, deadline);
    co_return newer ? std::move(*newer) : std::move(token);
}

Task<Result<camera::StreamEndpoint>> Media::open_relay(Deadline deadline) {
    if (asking_.sleeps()) {
        co_return fail_because(camera::kSleeping, ErrorKind::FailedPrecondition,
                               "the camera was put to sleep");
    }
    CASEMENT_CO_TRY(const base::Secret token, co_await lasting_token(deadline));
    base::mask_in_logs(token.reveal());
    const std::string url =
        fmt::format("{}/nanit/{}.{}", options_.relay, options_.baby, token.reveal());
    CASEMENT_CO_TRY(auto parsed, base::Url::parse(url));
    // The token stands in it: it goes to nobody who does not prove a name.
    const bool is_here = options_.allow_loopback && net::is_loopback(parsed.host);
    if (parsed.scheme != "rtmps" && !(parsed.scheme == "rtmp" && is_here)) {
        co_return fail_because("vendor-down", ErrorKind::Unavailable,
                               "the account names a relay without TLS, which gets no token");
    }
    if (!relay(url)) {
        CASEMENT_CO_TRY(co_await make_room_for_relay(deadline));
        relays_.push_back({.url = url});
    }
    // Whoever waits may give up: then the camera is told to stop.
    struct Use {
        Media& media;
        const std::string& url;
        bool is_over = true;
        Use(Media& m, const std::string& u) : media(m), url(u) { ++media.relay(url)->users; }
        ~Use() {
            Relay* const used = media.relay(url);
            if (used && is_over && --used->users == 0) media.bell_.ring();
        }
    } use(*this, url);
    // The same address is where the camera publishes and where it is played; asking first is what
    // keeps the picture from staying blank.
    const auto answer = co_await tell_camera(url, true, Urgency::Media, deadline);
    if (!answer && answer.error().reason() == camera::kSleeping)
        asking_.refused(answer.error(), parts_.clock.steady_now());
    Relay* const opened = relay(url);
    if (!opened)
        co_return fail_because("seats-full", ErrorKind::Unavailable,
                               "the camera's second seat was needed for its own stream");
    if (!answer) {
        if (opened->users == 1)
            std::erase_if(relays_, [&](const Relay& r) { return r.url == url; });
        co_return std::unexpected(seats_as_people_say(answer.error()));
    }
    // Whoever was to play it gave up meanwhile, and would not see the answer.
    const auto given_up = (co_await asio::this_coro::cancellation_state).cancelled();
    if (given_up != asio::cancellation_type::none)
        co_return base::fail(ErrorKind::Cancelled, "nobody waits for the relay any more");
    use.is_over = false;
    opened->refresh_at = parts_.clock.steady_now() + times_.refresh;
    bell_.ring();
    const auto now = parts_.clock.wall_now();
    camera::Lease lease;
    lease.expires_at = std::min<base::WallTime>(now + times_.renew_relay,
                                                expiry_of(token, now) - times_.before_token_ends);
    lease.release = [weak = weak_from_this(), there = executor_, url](Deadline d) {
        return async::hop(
            there,
            [](std::weak_ptr<Media> media, std::string which, Deadline by) -> Task<Result<>> {
                const auto self = media.lock();
                if (!self) co_return std::unexpected(camera_is_gone());
                co_return co_await self->release(std::move(which), by);
            }(weak, url, d));
    };
    camera::PullRtmp way{.url = std::move(parsed),
                         .connection = options_.relay_connection,
                         .open_within = kRelayOpens,
                         .silence = kRelayOpens};
    co_return camera::StreamEndpoint{.way = std::move(way), .lease = std::move(lease)};
}

}  // namespace casement::drivers::nanit
