// How a device streams and is talked to, and what that costs its battery. Part of Device.

#include "drivers/arlo/device_media.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "drivers/arlo/device.hpp"
#include "drivers/arlo/talk.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo {

namespace {

using async::Deadline;
using base::ErrorKind;
using base::fail;
using base::Result;
using camera::Quality;
using camera::StreamNews;
using camera::WakeCause;
using protocols::arlo::Fields;
using protocols::arlo::StatusRequest;
using Transport = camera::PullRtsp::Transport;
namespace registers = protocols::arlo::registers;

/// So long after its beginning an event explains a stream, where its end is not told.
constexpr std::chrono::seconds kEventLasts{30};
/// Refusals of both ports.
constexpr int kRefusedEverywhere = 2;
/// Counters of devices are whole seconds, and a stream ends a moment after its viewer.
constexpr std::int64_t kRunawaySeconds = 3;

base::Error is_busy() {
    return {ErrorKind::Unavailable, "busy",
            "The camera refuses the connection: somebody else holds its one stream."};
}

base::Error is_stuck() {
    return {ErrorKind::Unavailable, "stuck",
            "It streams to nobody and lets nobody in. Take its battery out for ten seconds, or "
            "cut its power."};
}

base::Error is_restarting() {
    return {ErrorKind::Unavailable, "restarting",
            "It streamed to nobody and was restarted; it will be back in a minute or two."};
}

}  // namespace

// Streams
// --------------------------------------------------------------------------------------------

Policy Device::policy() const {
    return policy_of(base_.host ? base_.host->wishes(config_.id) : camera::Wishes{},
                     is_on_battery() && !config_.always);
}

bool Device::has_event() const {
    if (ongoing_.find(Happening::Motion) != nullptr || ongoing_.find(Happening::Sound) != nullptr)
        return true;
    return event_at_ &&
           base_.clock.steady_now() - *event_at_ < base::scaled(kEventLasts, base_.timing.scale);
}

/// What the battery allows of a stream that begins now. Refusals are told as the camera's state:
/// nobody else can say why it sleeps.
Result<std::optional<camera::Allowance>> Device::allowance() {
    const Policy now = policy();
    count_stream(std::chrono::seconds{0});
    const bool is_for_event = has_event();
    const bool has_share = is_for_event && !is_event_share_used_;
    auto allowed = allowance_of(now, media_.streamed.today(base_.clock.wall_now()), has_share);
    if (allowed && !is_for_event && base_.clock.steady_now() < rests_until_)
        allowed = std::unexpected(is_resting(now));
    if (!allowed) {
        tell_state(camera::StateWord::Asleep, camera::make_reason(allowed.error()));
        return allowed;
    }
    if (told_reason_ == "battery-budget" || told_reason_ == "resting")
        tell_state(camera::StateWord::Live, std::nullopt);
    is_event_share_used_ = is_event_share_used_ || has_share;
    stream_cause_ = is_for_event ? WakeCause::Event : WakeCause::Viewer;
    return allowed;
}

std::uint16_t Device::stream_port(Quality quality) const {
    const bool is_main = quality == Quality::Main;
    const bool is_hevc = traits_of(family_).hevc && is_main;
    const std::uint16_t usual = is_hevc ? base_.ports.rtsp_hevc : base_.ports.rtsp;
    const std::uint16_t known = is_main ? media_.main_port : media_.small_port;
    const std::uint16_t first = known != 0 ? known : usual;
    const std::uint16_t other =
        first == base_.ports.rtsp ? base_.ports.rtsp_hevc : base_.ports.rtsp;
    // Where nothing listens the other one may.
    return refusals_ % 2 == 0 ? first : other;
}

/// It refuses connections although we have no session with it: a stream that ran away, or another
/// hub. Steps that each cost the owner more than the one before.
async::Task<Result<>> Device::free_it(Deadline deadline) {
    if (refusals_ < kRefusedEverywhere) co_return Result<>{};
    const Traits& traits = traits_of(family_);
    const auto& refuses = refused();
    const bool knows_stop =
        family_ != Family::WireFree &&
        std::ranges::find(refuses, registers::kUserStreamActive.name) == refuses.end();
    if (knows_stop && !std::exchange(was_asked_to_stop_, true)) {
        Fields stop;
        stop.set(registers::kUserStreamActive, 0);
        // Nobody knows for sure what it means; it is tried and not relied on.
        (void)co_await write(traits.port, std::move(stop), deadline, stream_cause_);
    }
    const auto since = base_.clock.steady_now() - first_refusal_;
    if (since < base_.timing.restart_after || !traits.reboot || !policy().may_restart ||
        was_restarted_)
        co_return Result<>{};
    was_restarted_ = true;
    log_.warn("The device streams to nobody and lets nobody in: it is restarted");
    Fields restart;
    restart.set(registers::kReboot, 1);
    CASEMENT_CO_TRY(co_await write(traits.port, std::move(restart), deadline, stream_cause_));
    co_return std::unexpected(is_restarting());
}

std::optional<base::Error> Device::meaning_of_refusal() const {
    if (runs_away_) return is_stuck();
    if (refusals_ == 0) return std::nullopt;  // the other port is not tried yet
    const auto since = base_.clock.steady_now() - first_refusal_;
    return since < base_.timing.stuck_after ? is_busy() : is_stuck();
}

async::Task<Result<camera::StreamEndpoint>> Device::endpoint(Quality quality, Deadline deadline) {
    const auto self = shared_from_this();
    const Traits& traits = traits_of(family_);
    if (!traits.video) co_return fail(ErrorKind::Unsupported, "this doorbell has no camera");
    if (record_.address.empty()) co_return std::unexpected(has_no_address());
    camera::StreamEndpoint out;
    CASEMENT_CO_TRY(out.allowance, allowance());
    // A sleeping camera does not answer RTSP; any command wakes it.
    if (is_on_battery() || refusals_ >= kRefusedEverywhere) {
        CASEMENT_CO_TRY(co_await ask(traits.port, StatusRequest{}, deadline, stream_cause_));
    }
    CASEMENT_CO_TRY(co_await free_it(deadline));

    const bool is_small = traits.hevc && quality == Quality::Small;
    out.quality = is_small ? Quality::Small : Quality::Main;
    const std::uint16_t port = stream_port(out.quality);
    const bool is_v6 = record_.address.contains(':');
    camera::PullRtsp pull;
    CASEMENT_CO_TRY(pull.url, base::Url::parse(fmt::format("rtsp://{}{}{}:{}{}", is_v6 ? "[" : "",
                                                           record_.address, is_v6 ? "]" : "", port,
                                                           protocols::arlo::kRtspPath)));
    pull.transport = traits.transport;
    if (const auto worked = other_transport_ ? other_transport_ : media_.transport)
        pull.transport = *worked == Transport::Udp ? Transport::UdpFirst : Transport::Auto;
    // Without a report for some 6 s the camera ends the stream and leaves the network; and one that
    // has never seen a report never stops by itself.
    pull.receiver_report_every = std::chrono::seconds{1};
    pull.reports_before_first_sender_report = true;
    pull.connection.bind_address = base_.bind_address;
    pull.connection.udp_ports = base_.rtp_ports;
    pull.when_refused = meaning_of_refusal();
    out.way = std::move(pull);
    out.audio = config_.audio;
    out.tell = [weak = weak_from_this(), executor = base_.executor, quality = out.quality, port,
                number = ++streams_](StreamNews news) {
        asio::post(executor, [weak, quality, port, number, n = std::move(news)]() mutable {
            if (const auto device = weak.lock())
                device->heard_of_stream(std::move(n), number, quality, port);
        });
    };
    co_return out;
}

void Device::heard_of_stream(StreamNews news, std::uint64_t number, Quality quality,
                             std::uint16_t port) {
    switch (news.what) {
        case StreamNews::What::Began: {
            refusals_ = 0;
            was_asked_to_stop_ = was_restarted_ = runs_away_ = false;
            other_transport_.reset();
            count_stream(std::chrono::seconds{0});
            streaming_ =
                Streaming{number, stream_cause_, base_.clock.steady_now(), base_.clock.wall_now()};
            streamed_since_status_ = true;
            Media next = media_;
            if (news.transport != Transport::Auto) next.transport = news.transport;
            (quality == Quality::Main ? next.main_port : next.small_port) = port;
            if (next == media_) return;
            media_ = std::move(next);
            is_media_dirty_ = true;
            save();
            return;
        }
        case StreamNews::What::Silent:
            other_transport_ = news.transport == Transport::Udp ? Transport::Tcp : Transport::Udp;
            return;
        case StreamNews::What::Ended:
            return stream_ended(news.error, number);
    }
}

void Device::stream_ended(const std::optional<base::Error>& error, std::uint64_t number) {
    if (streaming_ && streaming_->number == number) {
        count_stream(std::chrono::seconds{0});
        streaming_.reset();
        streamed_since_status_ = true;
    }
    if (!error) return;
    if (error->reason() == "resting")
        rests_until_ = base_.clock.steady_now() + base::scaled(kRest, base_.timing.scale);
    if (error->reason() == "refused") {
        if (refusals_++ == 0) first_refusal_ = base_.clock.steady_now();
    }
}

/// While it streams, when that much has come since the last time.
void Device::count_stream(std::chrono::seconds at_least) {
    if (!streaming_) return;
    const auto now = base_.clock.steady_now();
    const auto more = now - streaming_->counted_to;
    if (more < at_least) return;
    streaming_->counted_to = now;
    media_.streamed.add(std::chrono::duration_cast<std::chrono::milliseconds>(more),
                        base_.clock.wall_now());
    note_awake(streaming_->cause, streaming_->from, base_.clock.wall_now());
    is_media_dirty_ = true;
    save();
}

void Device::look_for_runaway(const protocols::arlo::Status& status) {
    if (!status.user_streamed_s) return;
    const auto before = std::exchange(user_streamed_s_, status.user_streamed_s);
    const bool was_ours =
        std::exchange(streamed_since_status_, streaming_.has_value()) || streaming_;
    if (!before || was_ours) return;
    const bool runs = *status.user_streamed_s >= *before + kRunawaySeconds;
    if (runs == runs_away_) return;
    runs_away_ = runs;
    reached();
    if (!runs) return;
    log_.warn("The device streams although nobody here watches: user_streamed_s={} before={}",
              *status.user_streamed_s, *before);
    if (family_ == Family::WireFree) return;
    base_.spawn("stop a runaway stream", [self = shared_from_this()]() -> async::Task<> {
        Fields stop;
        stop.set(registers::kUserStreamActive, 0);
        (void)co_await self->write(traits_of(self->family_).port, std::move(stop),
                                   Deadline::in(std::chrono::seconds{10}), WakeCause::KeepAlive);
    });
}

// The battery
// --------------------------------------------------------------------------------------------

void Device::remember(const StoredMedia& media) {
    media_ = media.media;
    awake_ = AwakeLog(media.awake);
    const auto today = media_.awake.today(base_.clock.wall_now());
    sensors_[std::string(kAwakeSensor)] = {
        static_cast<double>(std::chrono::floor<std::chrono::minutes>(today).count()), record_.seen};
}

void Device::note_awake(WakeCause cause, base::WallTime from, base::WallTime to) {
    if (!is_on_battery()) return;
    const std::vector<camera::Awake> before = awake_.list();
    media_.awake.add(awake_.add(cause, from, to), to);
    if (awake_.list() == before) return;
    is_media_dirty_ = true;
    save();
    const auto today = std::chrono::floor<std::chrono::minutes>(media_.awake.today(to));
    const camera::SensorValue minutes = static_cast<double>(today.count());
    const auto known = sensors_.find(std::string(kAwakeSensor));
    if (known == sensors_.end() || known->second.first != minutes)
        report_sensors({{std::string(kAwakeSensor), minutes}});
    if (base_.host) base_.host->awake_changed(config_.id, awake_.list());
}

/// It woke by itself, and something is to be recorded.
void Device::note_event() {
    event_at_ = base_.clock.steady_now();
    is_event_share_used_ = false;
    const base::WallTime now = base_.clock.wall_now();
    note_awake(WakeCause::Event, now, now);
}

async::Task<> Device::save_media() {
    while (std::exchange(is_media_dirty_, false)) {
        std::optional<camera::Awake> last;
        if (!awake_.list().empty()) last = awake_.list().back();
        const auto put = co_await base_.memory.put_media(record_.serial, media_, last);
        if (put) continue;
        log_.warn("What the device streamed could not be stored: {}", put.error().message());
        co_return;
    }
}

// Talk-back
// --------------------------------------------------------------------------------------------

async::Task<Result<std::unique_ptr<camera::TalkSink>>> Device::talk(Deadline deadline) {
    const auto self = shared_from_this();
    const Traits& traits = traits_of(family_);
    if (!traits.speaker) co_return fail(ErrorKind::Unsupported, "this camera has no loudspeaker");
    if (!talker_.expired())
        co_return base::fail_because(
            "talking", ErrorKind::FailedPrecondition,
            "Somebody talks through this camera already; try again when they have finished.");
    // Held from here on, so that nobody comes in between. Its end tells how long the device was
    // kept awake.
    const std::shared_ptr<void> token(
        nullptr, [weak = weak_from_this(), executor = base_.executor, &clock = base_.clock,
                  from = base_.clock.wall_now()](void*) {
            asio::post(executor, [weak, from, to = clock.wall_now()] {
                if (const auto device = weak.lock())
                    device->note_awake(WakeCause::Command, from, to);
            });
        });
    talker_ = token;
    // Its loudspeaker answers nothing: this is how we know that somebody hears.
    CASEMENT_CO_TRY(co_await ask(traits.port, StatusRequest{}, deadline, WakeCause::Command));
    co_return std::make_unique<Talk>(record_.address, talk_port_, base_.bind_address, token);
}

}  // namespace casement::drivers::arlo
