#include "drivers/nanit/media.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "async/hop.hpp"
#include "base/random.hpp"
#include "base/time_scale.hpp"
#include "drivers/nanit/media_parts.hpp"
#include "net/endpoint.hpp"

namespace casement::drivers::nanit {

using async::Deadline;
using async::Task;
using base::Error;
using base::ErrorKind;
using base::fail_because;
using base::Result;

namespace {

// 128 bits: nobody guesses it.
constexpr std::size_t kApplicationBytes = 16;

}  // namespace

base::Secret new_application() { return base::Secret(base::random_hex(kApplicationBytes)); }

Result<base::Secret> kept_application(store::SealedStore& sealed, const std::string& baby) {
    CASEMENT_TRY(auto secret, sealed.get_or_put("nanit-push/" + baby, new_application()));
    base::mask_in_logs(secret.reveal());
    return secret;
}

Media::Media(async::Executor executor, Parts parts, MediaOptions options)
    : executor_(std::move(executor)),
      parts_(std::move(parts)),
      options_(std::move(options)),
      times_(options_.times.scaled(options_.time_scale)),
      asking_(times_),
      bell_(executor_),
      tasks_(executor_, parts_.log) {}

Media::~Media() = default;

std::shared_ptr<Media> Media::make(async::Executor executor, Parts parts, MediaOptions options) {
    std::shared_ptr<Media> media(
        new Media(std::move(executor), std::move(parts), std::move(options)));
    media->listen();
    return media;
}

void Media::listen() {
    const auto weak = weak_from_this();
    listener_ = parts_.control.listen([weak](Road road) {
        const auto self = weak.lock();
        if (!self || road == Road::None) return;
        self->asking_.connected(self->parts_.clock.steady_now());
        self->is_new_connection_ = true;
        self->bell_.ring();
    });
    tasks_.spawn("nanit media", [self = shared_from_this()] { return self->run(); });
}

camera::StreamEndpoint Media::endpoint() {
    const auto weak = weak_from_this();
    const auto there = executor_;
    const auto scaled = [this](std::chrono::milliseconds time) {
        return base::scaled(time, options_.time_scale);
    };
    camera::ChangeOver way;
    way.first.key = base::Secret(options_.baby);
    way.first.application = options_.application;
    way.first.from_address = options_.camera_address;
    way.first.ask_every = scaled(way.first.ask_every);
    // Not `stall`: pictures keep their pace, however fast the rest goes.
    way.patience = scaled(way.patience);
    way.patience_after_loss = scaled(way.patience_after_loss);
    way.spare_again = scaled(way.spare_again);
    way.spare_again_at_most = scaled(way.spare_again_at_most);
    way.renew_before = scaled(way.renew_before);
    way.first.request = [weak, there](Deadline) {
        return async::hop(there, [](std::weak_ptr<Media> media) -> Task<Result<>> {
            const auto self = media.lock();
            co_return self ? self->want() : std::unexpected(camera_is_gone());
        }(weak));
    };
    way.first.stop = [weak, there](Deadline deadline) {
        return async::hop(there, [](std::weak_ptr<Media> media, Deadline d) -> Task<Result<>> {
            const auto self = media.lock();
            if (!self) co_return std::unexpected(camera_is_gone());
            co_return co_await self->stop_local(d);
        }(weak, deadline));
    };
    way.first.tell = [weak, there](camera::PushNews news) {
        asio::post(there, [weak, news = std::move(news)] {
            if (const auto self = weak.lock()) self->heard(news);
        });
    };
    way.tell_spare = [weak, there](std::chrono::milliseconds took) {
        asio::post(there, [weak, took] {
            if (const auto self = weak.lock()) self->asking_.other_way_took(took);
        });
    };
    way.spare = [weak, there](Deadline deadline) {
        return async::hop(
            there,
            [](std::weak_ptr<Media> media, Deadline d) -> Task<Result<camera::StreamEndpoint>> {
                const auto self = media.lock();
                if (!self) co_return std::unexpected(camera_is_gone());
                co_return co_await self->open_relay(d);
            }(weak, deadline));
    };
    camera::StreamEndpoint endpoint;
    endpoint.way = std::move(way);
    return endpoint;
}

/// What the listener is told while it waits: it is asked in run().
Result<> Media::want() {
    if (auto fault = host_fault()) return std::unexpected(std::move(*fault));
    if (!asking_.is_wanted()) {
        asking_.want(parts_.clock.steady_now());
        bell_.ring();
    }
    if (const auto& why = asking_.refusal()) return std::unexpected(seats_as_people_say(*why));
    if (parts_.control.road() == Road::None) {
        return fail_because("no-control", ErrorKind::Unavailable,
                            "there is no connection to the camera over which it could be asked");
    }
    return {};
}

std::optional<Error> Media::host_fault() const {
    const std::string& host = options_.hub_host;
    const bool is_own = net::is_loopback(host) && !options_.allow_loopback;
    if (!host.empty() && !is_own && !net::is_everywhere(host)) return std::nullopt;
    return Error(ErrorKind::InvalidArgument, "hub-unreachable",
                 fmt::format("the camera cannot be told where this hub is: \"{}\" means nothing to "
                             "it; set rtmp.advertise to this machine's address in the house, like "
                             "192.168.1.10:1935",
                             host));
}

std::string Media::local_url() const {
    const bool is_v6 = options_.hub_host.find(':') != std::string::npos;
    return fmt::format("rtmp://{}{}{}:{}/{}/{}", is_v6 ? "[" : "", options_.hub_host,
                       is_v6 ? "]" : "", options_.hub_port, options_.application.reveal(),
                       options_.baby);
}

int Media::seats() const {
    return (parts_.control.road() == Road::Local ? 1 : 0) + (local_is_on_ ? 1 : 0) +
           static_cast<int>(relays_.size());
}

void Media::heard(const camera::PushNews& news) {
    using What = camera::PushNews::What;
    const auto now = parts_.clock.steady_now();
    switch (news.what) {
        case What::Came:
            asking_.came(now);
            if (parts_.found_at) parts_.found_at(news.address);
            break;
        case What::Picture:
            asking_.picture(now);
            is_stalled_ = false;
            sacrifice_at_ = {};
            picture_at_ = now;
            break;
        case What::Stalled:
        case What::Left:
            is_stalled_ = news.what == What::Stalled;
            if (now - picture_at_ >= times_.steady) sacrifice_wait_ = {};
            asking_.missing(now);
            break;
    }
    bell_.ring();
}

void Media::set_sleeping(bool sleeps) {
    asking_.set_sleeping(sleeps, parts_.clock.steady_now());
    bell_.ring();
}

Task<> Media::run() {
    for (;;) {
        const bool is_new = std::exchange(is_new_connection_, false);
        if (parts_.control.road() != Road::None) {
            switch (asking_.due(parts_.clock.steady_now())) {
                case Asking::Due::Ask:
                    co_await ask_local();
                    break;
                case Asking::Due::Refresh:
                    co_await refresh(local_url(), Urgency::Background);
                    break;
                case Asking::Due::GiveUp: {
                    parts_.log.warn("The camera said yes and did not come to {}:{}",
                                    options_.hub_host, options_.hub_port);
                    local_is_on_ = false;
                    (void)co_await tell_camera(local_url(), false, Urgency::Media,
                                               Deadline::in(kAnswerTime));
                    break;
                }
                case Asking::Due::Nothing:
                    break;
            }
            co_await look_after_relays(is_new);
        }
        if (std::exchange(told_from_, from()) != from() && parts_.changed) parts_.changed();
        auto until = asking_.next();
        for (const Relay& relay : relays_) until = std::min(until, relay.refresh_at);
        // Without a connection nothing is due: a new one rings.
        if (parts_.control.road() == Road::None) until = base::SteadyTime::max();
        if (!co_await bell_.wait_until(until)) co_return;
    }
}

/// Each time costs its viewers seconds: after half a minute first, then after twice as long.
void Media::spare_relay(base::SteadyTime now) {
    sacrifice_wait_ = sacrifice_wait_.count() == 0
                          ? times_.back_off
                          : std::min(2 * sacrifice_wait_, times_.sacrifice);
    sacrifice_at_ = now + sacrifice_wait_;
}

Task<> Media::ask_local() {
    const auto now = parts_.clock.steady_now();
    const int others = seats() - (local_is_on_ ? 1 : 0);
    const bool may_sacrifice = now >= sacrifice_at_;
    if (others >= kSeats && !relays_.empty()) {
        if (!may_sacrifice) {
            asking_.put_off({ErrorKind::FailedPrecondition, "seats-full",
                             "the vendor's way holds the camera's second seat"},
                            sacrifice_at_);
            co_return;
        }
        spare_relay(now);
        co_await end_relays(Deadline::in(kAnswerTime));
    }
    asking_.sent(now);
    local_is_on_ = true;
    auto answer =
        co_await tell_camera(local_url(), true, Urgency::Media, Deadline::in(kAnswerTime));
    // Perhaps the seat that it misses is the one that we took.
    if (!answer && answer.error().reason() == "slots-full" && !relays_.empty() && may_sacrifice) {
        spare_relay(now);
        co_await end_relays(Deadline::in(kAnswerTime));
        answer = co_await tell_camera(local_url(), true, Urgency::Media, Deadline::in(kAnswerTime));
    }
    if (answer) {
        asking_.accepted(parts_.clock.steady_now());
        if (!asking_.is_wanted()) (void)co_await stop_local(Deadline::in(kAnswerTime));
    } else {
        // One that publishes already goes on, or is seen to end.
        if (!asking_.is_live()) local_is_on_ = false;
        parts_.log.warn("The camera does not publish here: {} reason={}", answer.error().message(),
                        answer.error().reason());
        asking_.refused(answer.error(), parts_.clock.steady_now());
    }
}

/// A late answer, or none, is no reason to open another connection: that would end the stream which
/// this keeps alive.
Task<> Media::refresh(std::string url, Urgency urgency) {
    const auto answer = co_await tell_camera(url, true, urgency, Deadline::in(kAnswerTime));
    if (!answer)
        parts_.log.debug("The camera was not reminded of its stream: {}", answer.error().message());
}

Task<Result<>> Media::tell_camera(std::string url, bool starts, Urgency urgency,
                                  Deadline deadline) {
    pb::Request request;
    request.set_type(protocols::nanit::kPutStreaming);
    pb::Streaming& streaming = *request.mutable_streaming();
    streaming.set_id(protocols::nanit::kMobile);
    streaming.set_status(starts ? protocols::nanit::kStarted : protocols::nanit::kStopped);
    streaming.set_rtmp_url(url);
    streaming.set_attempts(1);
    CASEMENT_CO_TRY(co_await parts_.control.ask(std::move(request), urgency,
                                                deadline.sooner_of(Deadline::in(kAnswerTime))));
    co_return Result<>{};
}

Task<Result<>> Media::stop_local(Deadline deadline) {
    asking_.unwant();
    is_stalled_ = false;
    if (!std::exchange(local_is_on_, false)) co_return Result<>{};
    co_return co_await tell_camera(local_url(), false, Urgency::Media, deadline);
}

Task<> Media::stop(Deadline deadline) {
    const auto self = shared_from_this();
    co_await tasks_.stop();
    listener_.reset();
    (void)co_await stop_local(deadline);
    co_await end_relays(deadline);
}

Media::State Media::state() const {
    if (asking_.sleeps()) return State::Sleeping;
    if (asking_.is_live()) return State::Live;
    if (!asking_.is_wanted()) return State::Idle;
    if (is_stalled_) return State::Stalled;
    const auto& why = asking_.refusal();
    if (why && why->reason() == "slots-full") return State::SlotsFull;
    if (why && why->reason() == "p2p-blocked") return State::P2pBlocked;
    return State::Requesting;
}

Media::From Media::from() const {
    if (asking_.is_live()) return From::Lan;
    return relays_.empty() ? From::Nowhere : From::Relay;
}

}  // namespace casement::drivers::nanit
