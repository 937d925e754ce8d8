#include "drivers/nest/camera.hpp"

#include <algorithm>

#include "async/hop.hpp"
#include "drivers/cancelled.hpp"
#include "drivers/nest/settings.hpp"
#include "drivers/nest/talk.hpp"

namespace casement::drivers::nest {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::Result;
using camera::StateWord;

namespace {

constexpr std::size_t kMaxReason = 200;

camera::Sensor sensor(std::string_view id, std::string_view name, camera::SensorKind kind,
                      bool diagnostic) {
    camera::Sensor out;
    out.id = id;
    out.name = name;
    out.kind = kind;
    out.diagnostic = diagnostic;
    return out;
}

/// "2026-11-20T21:14:05.120Z renewed; ...", the newest first, as far as a value goes.
std::string history_text(const std::deque<Renewal>& history) {
    std::string out;
    for (const Renewal& renewal : history) {
        const std::string line =
            fmt::format("{}{} {}", out.empty() ? "" : "; ", base::format_rfc3339(renewal.at),
                        renewal.outcome.substr(0, 80));
        if (out.size() + line.size() > 500) break;
        out += line;
    }
    return out;
}

// What the streaming servers do not reach is not asked for again sooner, unless the vendor says
// anew that it is online.
constexpr std::chrono::seconds kNotReached{30};

base::Error moved() {
    return {ErrorKind::FailedPrecondition, "migrated",
            "It has gone over to the Google Home app, where this way in ends: only Google's Device "
            "Access is left."};
}

}  // namespace

Camera::Camera(const Household& household, CameraConfig config, CameraRecord record)
    : household_(household),
      config_(std::move(config)),
      log_(base::Log().component("nest").with("camera", config_.id)),
      back_channel_(std::make_shared<camera::BackChannel>()),
      record_(std::move(record)),
      events_(
          {.executor = household.executor,
           .api = household.api,
           .keeper = household.keeper,
           .disk = household.disk,
           .clock = household.clock,
           .timing = household.timing,
           .folder = household.folder},
          record_.uuid, config_.id, [this] { return record_.nexus_api; }, log_),
      idle_(household.executor) {}

Camera::~Camera() = default;

Task<> Camera::run(camera::DriverHost& host) {
    co_await asio::this_coro::throw_if_cancelled(false);
    host_ = &host;
    announce();
    co_await events_.run(host);
    host_ = nullptr;
    // The keeper goes with the driver.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    while (asking_ > 0) (void)co_await idle_.wait();
}

// What the hub is told
// --------------------------------------------------------------------------------------------

std::vector<camera::Sensor> Camera::sensors() const {
    using enum camera::SensorKind;
    std::vector<camera::Sensor> out;
    if (record_.can("detectors.on_camera"))
        out.push_back(sensor("motion", "Motion", Motion, false));
    if (record_.can("audio.microphone")) out.push_back(sensor("sound", "Sound", Sound, false));
    out.push_back(sensor("online", "Reaches Nest", Connectivity, true));
    out.back().value = record_.is_online;
    out.push_back(sensor("way_reason", "Why by no better way", Text, true));
    out.back().value = why_ ? why_->message().substr(0, kMaxReason) : std::string();
    // A sign-in that rots is what takes these cameras away: it is seen coming.
    out.push_back(sensor("sign_in_renews", "Sign-in is renewed", Timestamp, true));
    if (const auto at = household_.keeper.renews_at()) out.back().value = base::format_rfc3339(*at);
    out.push_back(sensor("sign_in_history", "Renewals of the sign-in", Text, true));
    if (std::string text = history_text(household_.keeper.history()); !text.empty())
        out.back().value = std::move(text);
    for (camera::Sensor& one : out) {
        if (!std::holds_alternative<std::monostate>(one.value))
            one.at = household_.clock.wall_now();
    }
    return out;
}

camera::Description Camera::description() const {
    using enum camera::Capability;
    camera::Description out;
    out.id = config_.id;
    out.unique_id = "nest:" + record_.uuid;
    out.name = config_.name.empty() ? record_.name : config_.name;
    out.vendor = "nest";
    out.account = household_.keeper.name();
    out.model = record_.model;
    out.serial = record_.serial;
    out.firmware = record_.firmware;
    out.place = record_.place;
    out.way = way_;
    out.capabilities = {LiveVideo, Snapshot};
    if (config_.way != WishedWay::Snapshots && record_.can("audio.microphone"))
        out.capabilities.add(LiveAudio);
    if (record_.can("detectors.on_camera")) {
        out.capabilities.add(MotionEvents);
        out.capabilities.add(PersonEvents);
    }
    if (record_.can("audio.microphone")) out.capabilities.add(SoundEvents);
    if (record_.can("indoor_chime")) out.capabilities.add(ButtonEvents);
    if (can_talk()) {
        out.capabilities.add(TwoWayAudio);
        out.talk = camera::Duplex::Full;
    }
    out.settings = settings_of(record_);
    out.sensors = sensors();
    if (way_ == "snapshots") out.picture_every = config_.interval;
    return out;
}

camera::CameraState Camera::state_now() const {
    camera::CameraState out;
    out.word = StateWord::Live;
    const camera::AccountState& account = household_.keeper.state();
    if (way_ == kDeviceAccess) {
        if (why_) out.reason = camera::make_reason(*why_);
    } else if (!record_.is_legacy()) {
        out.word = StateWord::Offline;
        out.reason = camera::make_reason(moved());
    } else if (account.word == camera::AccountState::Word::NeedsPerson) {
        out.word = StateWord::SignIn;
        out.reason = account.reason;
    } else if (!record_.is_online) {
        out.word = StateWord::Offline;
        out.reason = camera::Reason{.code = "no-route",
                                    .text = "Nest does not reach it.",
                                    .action = camera::Action::Why,
                                    .since = {},
                                    .next_try = {}};
    } else if (!record_.is_streaming) {
        out.word = StateWord::Privacy;
        out.reason = camera::make_reason("off", "the Nest app or here");
    } else if (way_ == "snapshots") {
        out.word = StateWord::Snapshot;
        if (why_) out.reason = camera::make_reason(*why_);
    }
    return out;
}

void Camera::announce() {
    if (host_ == nullptr) return;
    camera::Description next = description();
    if (announced_) {
        // A change made in the vendor's app. One that is found anew would be set to what was wished
        // here before.
        for (const camera::Setting& setting : next.settings) {
            const auto known =
                std::ranges::find(announced_->settings, setting.id, &camera::Setting::id);
            if (known == announced_->settings.end() || known->reported == setting.reported)
                continue;
            known->reported = setting.reported;
            host_->setting_reported(config_.id, setting.id, setting.reported);
        }
    }
    // The moments of measuring alone are no news.
    const auto without_times = [](camera::Description d) {
        for (camera::Sensor& one : d.sensors) one.at.reset();
        return d;
    };
    if (!announced_ || without_times(next) != without_times(*announced_)) {
        announced_ = next;
        host_->camera_found(std::move(next));
    }
    update_state();
}

void Camera::update_state() {
    if (host_ == nullptr || !announced_) return;
    camera::CameraState next = state_now();
    if (state_ && *state_ == next) return;
    state_ = next;
    log_.info("Now {}{}{}", to_string(next.word), next.reason ? " reason=" : "",
              next.reason ? next.reason->code : "");
    host_->state_changed(config_.id, std::move(next));
}

void Camera::take(CameraRecord record) {
    const bool was_there = record_.is_online && record_.is_streaming;
    const bool is_elsewhere = record.direct_host != record_.direct_host ||
                              record.websocket_host != record_.websocket_host;
    record_ = std::move(record);
    const bool is_back = !was_there && record_.is_online && record_.is_streaming;
    if (is_back) not_reached_until_ = {};
    if (is_back || is_elsewhere) ++*news_;
    announce();
}

bool Camera::is_reached() const {
    return record_.is_online && household_.clock.steady_now() >= not_reached_until_;
}

void Camera::account_changed() { announce(); }

// What it is asked
// --------------------------------------------------------------------------------------------

Task<Result<WayParts::Pass>> Camera::pass(std::optional<WayParts::Pass> refused,
                                          Deadline deadline) {
    struct Asking {
        explicit Asking(Camera& c) : camera(c) { ++camera.asking_; }
        ~Asking() {
            --camera.asking_;
            camera.idle_.ring();
        }
        Camera& camera;
    } const asking(*this);
    using Kind = Credential::Kind;
    Keeper& keeper = household_.keeper;
    Result<Credential> held = std::unexpected(base::Error{ErrorKind::Internal, "not asked"});
    if (refused)
        held = co_await keeper.credential_after(
            Credential{.kind = refused->is_google ? Kind::Jwt : Kind::SessionToken,
                       .value = std::move(refused->token),
                       .expires = refused->expires_at},
            deadline);
    else
        held = co_await keeper.credential(deadline);
    if (!held) co_return std::unexpected(held.error());
    co_return WayParts::Pass{.token = std::move(held->value),
                             .is_google = held->kind == Kind::Jwt,
                             .expires_at = held->expires};
}

void Camera::goes_by(std::string way, std::optional<base::Error> why) {
    if (way_ != way)
        log_.info("Its pictures come by {}{}{}", way, why ? ": " : "", why ? why->message() : "");
    way_ = std::move(way);
    why_ = std::move(why);
    announce();
}

Result<camera::StreamEndpoint> Camera::endpoint() {
    if (!record_.is_legacy() && !config_.device_access) return std::unexpected(moved());
    if (record_.is_legacy() && !record_.is_streaming)
        return base::fail_because("off", ErrorKind::FailedPrecondition,
                                  "it is switched off in the Nest app or here");
    const auto weak = weak_from_this();
    const auto there = household_.executor;
    const auto gone = [] { return fail(ErrorKind::Cancelled, "the camera has gone"); };
    WayParts parts;
    parts.executor = there;
    parts.facts = [weak, gone]() -> Result<WayFacts> {
        const auto self = weak.lock();
        if (!self) return gone();
        const CameraRecord& record = self->record_;
        return WayFacts{.uuid = record.uuid,
                        .nexus_api = record.nexus_api,
                        .direct_host = record.direct_host,
                        .websocket_host = record.websocket_host,
                        .capabilities = record.capabilities,
                        .is_online = self->is_reached(),
                        .is_streaming = record.is_streaming,
                        .has_microphone_on = record.has_microphone_on,
                        .is_legacy = record.is_legacy()};
    };
    struct Ask {
        static Task<Result<WayParts::Pass>> of(std::weak_ptr<Camera> camera,
                                               std::optional<WayParts::Pass> refused,
                                               Deadline deadline) {
            const auto self = camera.lock();
            if (!self || self->host_ == nullptr)
                co_return fail(ErrorKind::Cancelled, "the camera has gone");
            co_return co_await self->pass(std::move(refused), deadline);
        }
    };
    parts.pass = [weak](std::optional<WayParts::Pass> refused, Deadline deadline) {
        return Ask::of(weak, std::move(refused), deadline);
    };
    parts.turn = [weak](const base::Url& url) {
        const auto self = weak.lock();
        if (!self || self->host_ == nullptr) return camera::AskPictures::Turn{};
        return self->household_.api.picture_turn(url);
    };
    parts.answered = [weak](const base::Url& url, int status, std::string_view retry_after) {
        const auto self = weak.lock();
        if (self && self->host_ != nullptr)
            self->household_.api.picture_answered(url, status, retry_after);
    };
    const auto& options = household_.api.options();
    parts.device_access = config_.device_access;
    parts.follow = [hosts = options.hosts](std::string_view said, std::uint16_t port) {
        return hosts.host_port(said, port);
    };
    if (options.connect.tls) parts.connection.ca_file = options.connect.tls->ca_file;
    parts.connection.resolve = options.connect.resolve;
    parts.without_tls = options.endpoints.home.starts_with("http://");
    parts.interval = base::scaled(config_.interval, household_.time_scale);
    parts.width = config_.width;
    parts.films = config_.films;
    if (parts.films) parts.films->name = config_.id;
    parts.back_channel = back_channel_;
    parts.not_reached = [weak] {
        const auto self = weak.lock();
        if (!self) return;
        self->not_reached_until_ = self->household_.clock.steady_now() +
                                   base::scaled(kNotReached, self->household_.time_scale);
    };
    parts.news = news_;
    parts.tell = [weak, there](std::string way, std::optional<base::Error> why) {
        asio::post(there, [weak, way = std::move(way), why = std::move(why)] {
            if (const auto self = weak.lock()) self->goes_by(way, why);
        });
    };
    parts.time_scale = household_.time_scale;
    return endpoint_by(config_.way, std::move(parts));
}

Task<Result<>> Camera::set(std::string setting, camera::Value value, Deadline deadline) {
    const auto change = change_of(setting, value);
    if (!change) co_return fail(ErrorKind::Unsupported, "{} has no such setting", record_.name);
    const auto question = [this, change, deadline](Credential credential) {
        return household_.api.set_property(std::move(credential), record_.uuid, change->property,
                                           change->value, deadline);
    };
    CASEMENT_CO_TRY(co_await household_.keeper.ask_camera<void>(question, deadline));
    // Until the vendor says it itself.
    apply(record_, setting, value);
    if (host_ != nullptr) host_->setting_reported(config_.id, setting, value);
    if (announced_) {
        for (camera::Setting& known : announced_->settings) {
            if (known.id == setting) known.reported = value;
        }
    }
    update_state();
    co_return Result<>{};
}

bool Camera::can_talk() const {
    return config_.way != WishedWay::Snapshots && record_.can("audio.speaker") &&
           record_.can("audio.microphone");
}

Task<Result<std::unique_ptr<camera::TalkSink>>> Camera::talk() {
    using Sink = Result<std::unique_ptr<camera::TalkSink>>;
    if (!can_talk())
        co_return fail(ErrorKind::Unsupported,
                       "{} has no loudspeaker that this hub can talk through", record_.name);
    co_return co_await household_.disk.run([channel = back_channel_, this]() -> Sink {
        return Talk::begin(channel, household_.disk);
    });
}

Task<Result<camera::CommandOutcome>> Camera::execute(camera::Arguments arguments,
                                                     Deadline deadline) {
    const auto* const snapshot = std::get_if<camera::TakeSnapshot>(&arguments);
    if (snapshot == nullptr)
        co_return fail(ErrorKind::Unsupported, "{} cannot do that", record_.name);
    if (record_.nexus_api.empty())
        co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                     "Nest does not say where pictures of {} are", record_.name);
    const auto question = [this, width = snapshot->width, deadline](Credential credential) {
        return household_.api.picture(std::move(credential), record_.nexus_api, record_.uuid, width,
                                      deadline);
    };
    CASEMENT_CO_TRY(auto jpeg,
                    co_await household_.keeper.ask_camera<media::Bytes>(question, deadline));
    camera::CommandOutcome out;
    out.body = std::move(jpeg);
    out.content_type = "image/jpeg";
    out.taken_at = household_.clock.wall_now();
    co_return out;
}

}  // namespace casement::drivers::nest
