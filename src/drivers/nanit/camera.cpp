// Its life: connected, introduced, asked now and then.

#include "drivers/nanit/camera.hpp"

#include <algorithm>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "drivers/cancelled.hpp"

namespace casement::drivers::nanit {

using async::Deadline;
using async::Task;
using base::ErrorKind;
namespace wire = protocols::nanit;

namespace {

constexpr std::chrono::seconds kGoodbyePatience{2};

}  // namespace

Camera::Camera(const Household& household, CameraConfig config, Baby baby,
               std::string local_address, base::Secret application)
    : household_(household),
      config_(std::move(config)),
      baby_(std::move(baby)),
      log_(base::Log().component("nanit").with("camera", config_.id)),
      bell_(household.executor),
      channel_(household.executor, household.account, household.memory, household.clock,
               ChannelOptions{.serial = baby_.camera_uid,
                              .local_address = std::move(local_address),
                              .relay = household.relay,
                              .timing = household.timing},
               [this](const pb::Message& message) { heard(message); }),
      road_listener_(channel_.listen([this](Road road) { road_changed(road); })),
      media_(make_media(std::move(application))),
      logs_(household.executor, channel_, household.disk, household.clock, household.logs, log_),
      down_since_(Steady::now()),
      tasks_(household.executor, log_) {}

Camera::~Camera() = default;

std::shared_ptr<Media> Camera::make_media(base::Secret application) {
    MediaOptions options = household_.media;
    options.baby = baby_.uid;
    options.application = std::move(application);
    if (!baby_.stream_url.empty()) options.relay = baby_.stream_url;
    Account& account = household_.account;
    return Media::make(
        household_.executor,
        Media::Parts{
            .control = channel_,
            .token = [&account](Deadline deadline) { return account.access_token(deadline); },
            .renewed =
                [&account](base::Secret token, Deadline deadline) {
                    return account.token_after(std::move(token), deadline);
                },
            // Its own socket is tried there, in this life of the hub and the next.
            .found_at =
                [this](std::string address) {
                    tasks_.spawn("learn its address",
                                 [this, address] { return channel_.learn_address(address); });
                },
            .changed =
                [this] {
                    if (announced_) announce();
                },
            .clock = household_.clock,
            .log = log_},
        std::move(options));
}

Task<> Camera::run(camera::DriverHost& host) {
    using namespace asio::experimental::awaitable_operators;
    co_await asio::this_coro::throw_if_cancelled(false);
    host_ = &host;
    seen(baby_);
    announce();
    tasks_.spawn("old logs", [this] { return logs_.tidy(config_.id); });
    co_await (channel_.run() && poll());
    host_ = nullptr;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await logs_.stop();
    co_await tasks_.stop();
}

Task<> Camera::end_streams() { return media_->stop(Deadline::in(kGoodbyePatience)); }

void Camera::seen(Baby baby) {
    baby_ = std::move(baby);
    if (baby_.is_connected) channel_.cloud_says(*baby_.is_connected);
    const base::WallTime now = household_.clock.wall_now();
    for (auto& [id, value] : measured(baby_)) measure(id, std::move(value), now);
    if (announced_) announce();
    bell_.ring();
}

// What is asked by itself
// --------------------------------------------------------------------------------------------

Task<> Camera::poll() {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        end_what_is_over();
        update_state();
        if (channel_.road() != Road::None) co_await look();
        update_state();
        if (co_await is_cancelled() || !co_await bell_.wait_until(next_look())) co_return;
    }
}

Camera::Steady::time_point Camera::next_look() const {
    auto next = breathing_until_;
    for (const auto& [id, until] : alerts_) next = std::min(next, until);
    for (const auto& [id, asked] : asked_) next = std::min(next, asked.until);
    if (channel_.road() != Road::None) {
        next = std::min(next, introduce_at_);
        if (introduce_at_ == Steady::time_point::max())
            next = std::min(
                {next, sensors_at_, playback_at_, status_at_, settings_at_, play_again_at_});
    }
    if (is_up()) return std::min(next, heard_at_ + household_.timing.silence);
    const auto soon = Steady::now() + household_.timing.away / 10;
    const bool is_told = down_since_ == Steady::time_point::max();
    return std::min(next, is_told ? soon : std::max(down_since_ + household_.timing.away, soon));
}

/// True unless the camera left it without an answer.
Task<bool> Camera::question(pb::Request request) {
    if (co_await is_cancelled()) co_return false;
    const auto answer = co_await channel_.ask(std::move(request), Urgency::Background,
                                              Deadline::in(household_.timing.answer));
    if (answer) co_return true;
    const base::Error& error = answer.error();
    log_.debug("asked by the way: {}", error.message());
    co_return !error.is(ErrorKind::DeadlineExceeded) && !error.is(ErrorKind::Cancelled) &&
        channel_.road() != Road::None;
}

Task<bool> Camera::question(wire::RequestType type) {
    pb::Request request;
    request.set_type(type);
    // A camera refuses the first of these without its field, and answers nothing to the others.
    if (type == wire::kGetSettings) request.mutable_get_settings()->set_all(true);
    if (type == wire::kGetStatus) request.mutable_get_status()->set_all(true);
    if (type == wire::kGetSensorData) request.mutable_get_sensor_data()->set_all(true);
    if (type == wire::kGetControl) {
        auto& parts = *request.mutable_get_control();
        parts.set_night_light(true);
        parts.set_night_light_timeout(true);
        parts.set_sensor_data_transfer_en(true);
    }
    co_return co_await question(std::move(request));
}

/// With each new connection: nobody knows what happened in between. Each step may fail alone; a
/// camera that does not even answer the first is off.
Task<bool> Camera::introduce() {
    if (!co_await question(wire::kGetStatus)) co_return false;
    (void)co_await question(wire::kGetSettings);
    (void)co_await question(wire::kGetSensorData);
    (void)co_await question(wire::kGetControl);
    pb::Request tell;
    tell.set_type(wire::kPutControl);
    auto& transfer = *tell.mutable_control()->mutable_sensor_data_transfer();
    transfer.set_sound(true);
    transfer.set_motion(true);
    transfer.set_temperature(true);
    transfer.set_humidity(true);
    transfer.set_light(true);
    transfer.set_night(true);
    transfer.set_cry(true);
    (void)co_await question(std::move(tell));
    (void)co_await question(wire::kGetPlayback);
    (void)co_await question(wire::kGetSoundtracks);
    if (household_.breathing) (void)co_await question(wire::kGetStingStatus);
    co_return true;
}

Task<> Camera::look_at_settings() {
    (void)co_await question(wire::kGetSettings);
    (void)co_await question(wire::kGetControl);
    (void)co_await question(wire::kGetPlayback);
}

Task<> Camera::look() {
    const Timing& timing = household_.timing;
    if (Steady::now() >= introduce_at_) {
        introduce_at_ = Steady::time_point::max();
        const bool is_there = co_await introduce();
        const auto now = Steady::now();
        sensors_at_ = now + timing.sensors;
        playback_at_ = now + timing.playback;
        status_at_ = now + timing.status;
        if (is_there) {
            // What it is like after it was away is compared with what people want of it.
            if (std::exchange(was_away_, false)) announced_.reset();
            announce();
        } else {
            introduce_at_ = std::min(introduce_at_, sensors_at_);
        }
        co_return;
    }
    if (introduce_at_ != Steady::time_point::max()) co_return;
    const auto now = Steady::now();
    if (now >= settings_at_) {
        settings_at_ = Steady::time_point::max();
        co_await look_at_settings();
    }
    if (now >= play_again_at_) {
        play_again_at_ = now + timing.play_again;
        pb::Request again = play(held_.playback.current_track().filename(), kEndlessSeconds);
        (void)co_await question(std::move(again));
    }
    if (now >= sensors_at_) {
        sensors_at_ = now + timing.sensors;
        (void)co_await question(wire::kGetSensorData);
    }
    if (now >= playback_at_) {
        playback_at_ = now + timing.playback;
        (void)co_await question(wire::kGetPlayback);
    }
    if (now >= status_at_) {
        status_at_ = now + timing.status;
        (void)co_await question(wire::kGetStatus);
        announce();
    }
}

void Camera::end_what_is_over() {
    const auto now = Steady::now();
    const base::WallTime at = household_.clock.wall_now();
    std::erase_if(alerts_, [&](const auto& alert) {
        if (now < alert.second) return false;
        measure(alert.first, false, at);
        return true;
    });
    std::erase_if(asked_, [&](const auto& asked) {
        if (now < asked.second.until) return false;
        // Only the camera knows which was right.
        if (asked.second.is_contradicted) settings_at_ = now;
        return true;
    });
    if (now < breathing_until_) return;
    breathing_until_ = Steady::time_point::max();
    for (const camera::Sensor& sensor : sensors_of(true)) {
        if (sensor.baby_data) measure(sensor.id, {}, at);
    }
}

}  // namespace casement::drivers::nanit
