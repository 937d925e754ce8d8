#include "drivers/nest/camera.hpp"

#include "drivers/cancelled.hpp"
#include "drivers/nest/settings.hpp"

namespace casement::drivers::nest {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::Result;
using camera::StateWord;

namespace {

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
      record_(std::move(record)),
      events_(
          {.executor = household.executor,
           .api = household.api,
           .keeper = household.keeper,
           .disk = household.disk,
           .clock = household.clock,
           .timing = household.timing,
           .folder = household.folder},
          record_.uuid, config_.id, [this] { return record_.nexus_api; }, log_) {}

Camera::~Camera() = default;

Task<> Camera::run(camera::DriverHost& host) {
    co_await asio::this_coro::throw_if_cancelled(false);
    host_ = &host;
    announce();
    co_await events_.run(host);
    host_ = nullptr;
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
    out.way = "snapshots";
    out.capabilities = {LiveVideo, Snapshot};
    if (record_.can("detectors.on_camera")) {
        out.capabilities.add(MotionEvents);
        out.capabilities.add(PersonEvents);
    }
    if (record_.can("audio.microphone")) out.capabilities.add(SoundEvents);
    if (record_.can("indoor_chime")) out.capabilities.add(ButtonEvents);
    out.settings = settings_of(record_);
    out.sensors = sensors();
    return out;
}

camera::CameraState Camera::state_now() const {
    camera::CameraState out;
    out.word = StateWord::Live;
    const camera::AccountState& account = household_.keeper.state();
    if (!record_.is_legacy()) {
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
    }
    return out;
}

void Camera::announce() {
    if (host_ == nullptr) return;
    camera::Description next = description();
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
    record_ = std::move(record);
    announce();
}

void Camera::account_changed() { announce(); }

// What it is asked
// --------------------------------------------------------------------------------------------

Task<Result<camera::StreamEndpoint>> Camera::endpoint(Deadline deadline) {
    if (!record_.is_legacy()) co_return std::unexpected(moved());
    if (record_.nexus_api.empty())
        co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                     "Nest does not say where pictures of {} are", record_.name);
    if (!record_.is_streaming)
        co_return base::fail_because("off", ErrorKind::FailedPrecondition,
                                     "it is switched off in the Nest app or here");
    CASEMENT_CO_TRY(const Credential credential, co_await household_.keeper.credential(deadline));
    camera::HttpJpegPoll way;
    CASEMENT_CO_TRY(way.url,
                    base::Url::parse(fmt::format("{}/get_image?uuid={}&width={}", record_.nexus_api,
                                                 record_.uuid, config_.width)));
    way.interval = config_.interval;
    way.headers.push_back(header_of(credential));
    const net::ConnectOptions& connect = household_.api.options().connect;
    if (connect.tls) way.connection.ca_file = connect.tls->ca_file;
    way.connection.resolve = connect.resolve;
    camera::StreamEndpoint out;
    out.way = std::move(way);
    if (credential.expires)
        out.lease = camera::Lease{.expires_at = *credential.expires, .extend = {}, .release = {}};
    co_return out;
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
