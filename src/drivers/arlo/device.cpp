#include "drivers/arlo/device.hpp"

#include <algorithm>

#include "drivers/arlo/device_media.hpp"
#include "drivers/arlo/sensors.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo {

namespace {

using base::Result;
using camera::Capability;
using camera::StateWord;
using protocols::arlo::Message;
using protocols::arlo::Registration;
using protocols::arlo::Status;
namespace registers = protocols::arlo::registers;

/// Requests of people, the hub and set-ups that may wait for one device.
constexpr std::size_t kMaxWaiting = 64;
/// As many as connections of one address (DoorOptions).
constexpr std::size_t kMaxAlerts = 32;

template <typename T>
const T* body_of(const std::optional<Message>& message) {
    return message ? std::get_if<T>(&message->body) : nullptr;
}

std::optional<Message> stored(const std::string& json) {
    if (json.empty()) return std::nullopt;
    auto message = protocols::arlo::parse_message(json);
    if (!message) return std::nullopt;
    return std::move(*message);
}

/// False when the device lists what it can do and pictures are not in the list. The oldest list
/// nothing and take pictures all the same.
bool may_take_pictures(const Registration& registration) {
    return !registration.capabilities || registration.capabilities->empty() ||
           has_capability(registration, "JPEGSnapshot");
}

}  // namespace

Device::Device(Base& base, Record record, CameraConfig config, StoredMedia media)
    : base_(base),
      config_(std::move(config)),
      log_(base.log.with("camera", config_.id)),
      record_(std::move(record)),
      family_(family_of(record_.model)),
      turns_(base.executor, {.max_waiting = kMaxWaiting}),
      alert_turns_(base.executor, {.max_waiting = kMaxAlerts}),
      picture_turns_(base.executor, {.max_waiting = kMaxWaiting}),
      sign_of_life_(base.executor),
      set_up_backoff_(
          {.first = base.timing.set_up_again, .cap = base.timing.set_up_again_cap, .jitter = 0}),
      set_up_ended_(base.executor, asio::steady_timer::time_point::max()),
      talk_port_(base.ports.talk.value_or(protocols::arlo::kTalkPort)) {
    // A device that has not said its model is told apart by where it calls at least.
    if (record_.model.empty() && record_.port == Port::Doorbell) family_ = Family::AudioDoorbell;
    const auto registration = stored(record_.registration);
    const auto status = stored(record_.status);
    const auto remember = [&](const Measured& measured) {
        for (const auto& [id, value] : measured) sensors_[id] = {value, record_.seen};
    };
    if (const auto* body = body_of<Registration>(registration)) {
        charger_ = body->battery.charger;
        takes_pictures_ = may_take_pictures(*body);
        remember(arlo::measured(*body));
        learn_talk_port(*body);
    }
    if (const auto* body = body_of<Status>(status)) {
        if (!body->battery.charger.empty()) charger_ = body->battery.charger;
        remember(arlo::measured(*body));
    }
    this->remember(media);
}

void Device::learn_talk_port(const Registration& registration) {
    const std::int64_t port = registration.rtp_port.value_or(0);
    if (!base_.ports.talk && port > 0 && port <= 0xFFFF)
        talk_port_ = static_cast<std::uint16_t>(port);
}

std::string Device::host_name() const {
    const std::string& serial = record_.serial;
    const std::string end = serial.substr(serial.size() - std::min<std::size_t>(serial.size(), 5));
    return (record_.model.empty() ? std::string("Arlo") : record_.model) + "-" + end;
}

std::string Device::friendly_name() const {
    if (!record_.friendly_name.empty()) return record_.friendly_name;
    return config_.name.empty() ? record_.serial : config_.name;
}

bool Device::is_on_battery() const {
    if (config_.battery) return *config_.battery;
    if (!record_.power.empty()) return record_.power == "battery";
    if (family_ == Family::VideoDoorbell && record_.model.starts_with("AVD1"))
        return false;  // wired
    protocols::arlo::Battery battery;
    battery.charger = charger_;
    return !has_external_power(battery);
}

camera::Description Device::description() const {
    const Traits& traits = traits_of(family_);
    camera::Description out;
    out.id = config_.id;
    out.unique_id = "arlo:" + record_.serial;
    out.name = config_.name;
    if (out.name.empty()) out.name = record_.friendly_name;
    if (out.name.empty()) out.name = config_.is_listed ? config_.id : host_name();
    out.model = record_.model.empty() ? std::string("unknown model") : record_.model;
    out.serial = record_.serial;
    out.firmware = record_.firmware;
    out.capabilities = {Capability::MotionEvents, Capability::Wake};
    const auto add_if = [&](bool has, Capability what) {
        if (has) out.capabilities.add(what);
    };
    add_if(traits.video, Capability::LiveVideo);
    add_if(traits.video && traits.microphone && config_.audio, Capability::LiveAudio);
    add_if(traits.speaker, Capability::TwoWayAudio);
    if (traits.speaker) out.talk = camera::Duplex::Half;
    add_if(traits.video && takes_pictures_ && base_.album && base_.album->is_reachable(),
           Capability::Snapshot);
    add_if(traits.spotlight_full > 0, Capability::Spotlight);
    add_if(traits.siren, Capability::Siren);
    add_if(traits.reboot, Capability::Reboot);
    add_if(traits.microphone && !traits.doorbell, Capability::SoundEvents);
    add_if(traits.doorbell, Capability::ButtonEvents);
    add_if(is_on_battery(), Capability::Battery);
    if (traits.hevc) out.qualities.push_back(camera::Quality::Small);
    if (traits.video) out.way = "rtsp";
    out.settings = settings_of(family_, record_.held, refused());
    for (camera::Setting& setting : policy_settings(traits, policy()))
        out.settings.push_back(std::move(setting));
    out.sensors = sensors_of(family_);
    if (is_on_battery()) {
        camera::Sensor& awake = out.sensors.emplace_back();
        awake.id = kAwakeSensor;
        awake.name = "Awake today";
        awake.kind = camera::SensorKind::Duration;
        awake.unit = "min";
        awake.diagnostic = true;
    }
    for (camera::Sensor& sensor : out.sensors) {
        const auto known = sensors_.find(sensor.id);
        if (known == sensors_.end()) continue;
        sensor.value = known->second.first;
        sensor.at = known->second.second;
    }
    return out;
}

const std::vector<std::string>& Device::refused() const {
    static const std::vector<std::string> nothing;
    const auto known = base_.refusals.find({record_.model, record_.firmware});
    return known == base_.refusals.end() ? nothing : known->second;
}

void Device::reconfigure(CameraConfig config) {
    if (config == config_) return;
    const std::string id_before = std::exchange(config_.id, config.id);
    config_ = std::move(config);
    if (config_.id == id_before) return declare();
    log_ = base_.log.with("camera", config_.id);
    if (base_.host == nullptr) return;
    base_.host->camera_gone(id_before);
    declare();
    base_.host->awake_changed(config_.id, awake_.list());
    if (word_) {
        const auto word = *std::exchange(word_, std::nullopt);
        const std::string code = std::exchange(told_reason_, {});
        tell_state(word, code.empty() ? std::nullopt : std::optional(camera::make_reason(code)));
    }
}

// What it says
// --------------------------------------------------------------------------------------------

void Device::begin() {
    word_.reset();
    // Whatever ran before has ended with the run that it belonged to.
    is_saving_ = is_setting_up_ = clock_on_its_way_ = keep_alive_on_its_way_ = false;
    declare();
    if (!awake_.list().empty()) base_.host->awake_changed(config_.id, awake_.list());
    if (has_called()) {
        tell_state(StateWord::Connecting, std::nullopt);
    } else {
        tell_state(StateWord::Offline, camera::make_reason("never-called"));
    }
    // Their ends were told to nobody, if at all.
    for (const auto& [kind, event] : std::exchange(record_.ongoing, {})) {
        const auto end = [self = shared_from_this(), id = event,
                          last_seen = record_.seen]() -> async::Task<> {
            const auto ended = co_await self->base_.host->event_ended(id, last_seen);
            if (!ended) self->log_.warn("An event could not be ended: {}", ended.error().message());
        };
        base_.spawn("end an old event", end);
        save();
    }
    if (record_.needs_set_up && !is_on_battery()) start_set_up();
}

void Device::introduce() {
    log_.warn(
        "A device that is not known sent its status before it registered: its model is not "
        "known until it does serial={}",
        record_.serial);
    declare();
}

void Device::moved(std::string address) {
    if (record_.address == address) return;
    if (!record_.address.empty() && !address.empty())
        log_.info("The device has another address now: {}", address);
    record_.address = std::move(address);
    save();
}

void Device::registered(const Registration& registration, std::string json, Port port) {
    const bool is_other =
        record_.model != registration.model || record_.firmware != registration.firmware;
    if (is_other) record_.held = {};  // what another firmware took says nothing
    const bool is_new = record_.registration.empty();
    record_.model = registration.model;
    record_.firmware = registration.firmware;
    record_.port = port;
    record_.registration = std::move(json);
    record_.needs_set_up = true;
    family_ = family_of(record_.model);
    charger_ = registration.battery.charger;
    learn_talk_port(registration);
    user_streamed_s_.reset();  // its counters begin anew
    refusals_ = 0;
    takes_pictures_ = may_take_pictures(registration);
    ++registrations_;
    set_up_not_before_ = {};
    set_up_backoff_.reset();
    if (is_new && !is_known_model(record_.model))
        log_.warn("Nobody has described the model {}: it gets what every Arlo camera takes",
                  record_.model.substr(0, 40));
    log_.info("The device registered model={} firmware={} address={}", record_.model.substr(0, 40),
              record_.firmware.substr(0, 40), record_.address);
    report_sensors(arlo::measured(registration));
    if (is_other || is_new) declare();
    heard();
    start_set_up();
    save();
    notify(Notice::What::Registration);
}

void Device::reported(const Status& status, std::string json, Port port) {
    record_.status = std::move(json);
    record_.port = port;
    const bool was_on_battery = is_on_battery();
    if (!status.battery.charger.empty()) charger_ = status.battery.charger;
    if (was_on_battery != is_on_battery()) declare();
    if (record_.model.empty() && !status.update_model.empty()) {
        record_.model = status.update_model;
        record_.firmware = status.firmware;
        family_ = family_of(record_.model);
        declare();
    }
    Measured values = arlo::measured(status);
    if (status.streamed_s) {
        record_.streamed.count(*status.streamed_s, base_.clock.wall_now());
        values.emplace_back("streamed_today", static_cast<double>(record_.streamed.today_s / 60));
    }
    report_sensors(values);
    if (status.spotlight_on) show(Happening::Spotlight, *status.spotlight_on);
    heard();
    look_for_runaway(status);
    send_clock();
    save();
    notify(Notice::What::Status);
}

void Device::heard() {
    reached();
    sign_of_life_.ring();
    if (record_.needs_set_up) start_set_up();
}

// Alerts
// --------------------------------------------------------------------------------------------

async::Task<Result<>> Device::alerted(Received alert) {
    // The end of a motion must not overtake its beginning.
    const auto deadline = async::Deadline::in(std::chrono::seconds{10});
    CASEMENT_CO_TRY(const auto turn, co_await alert_turns_.take(deadline));
    heard();
    // Said again because our answer was lost: the device waits some 5 s for it.
    constexpr std::chrono::seconds kSaidAgainWithin{15};
    const auto now = base_.clock.steady_now();
    if (!last_alert_.json.empty() && last_alert_.id == alert.id && last_alert_.json == alert.json &&
        now - last_alert_.at < kSaidAgainWithin)
        co_return Result<>{};

    const Meaning meaning = meaning_of(alert.alert);
    if (const auto* begin = std::get_if<Begins>(&meaning)) {
        const bool is_new = ongoing_.find(begin->what) == nullptr;
        CASEMENT_CO_TRY(co_await begins(begin->what, alert));
        if (is_new && begin->what != Happening::Spotlight) take_event_picture();
    } else if (const auto* end = std::get_if<Ends>(&meaning)) {
        CASEMENT_CO_TRY(co_await ends(*end, alert));
    } else if (std::holds_alternative<Rings>(meaning)) {
        note_event();
        CASEMENT_CO_TRY(co_await tell(alert, events::kind::kButton, alert.at, alert.at, nullptr));
        take_event_picture();
    } else {
        log_.info("An alert of a type that is not known: {}", alert.alert.type.substr(0, 60));
    }
    if (const auto what = notice_of(alert.alert)) notify(*what, &alert);
    last_alert_ = {alert.id, std::move(alert.json), now};
    co_return Result<>{};
}

void Device::notify(Notice::What what, const Received* alert) const {
    if (!base_.notice) return;
    Notice notice;
    notice.what = what;
    notice.camera = config_.id;
    notice.address = record_.address;
    notice.friendly_name = friendly_name();
    notice.host_name = host_name();
    notice.serial = record_.serial;
    notice.at = alert != nullptr ? alert->at : base_.clock.wall_now();
    if (what == Notice::What::Registration) notice.message = record_.registration;
    if (what == Notice::What::Status) notice.message = record_.status;
    if (alert != nullptr) tell_alert(alert->alert, notice);
    base_.notice(notice);
}

async::Task<Result<>> Device::tell(const Received& alert, std::string_view kind,
                                   base::WallTime from, std::optional<base::WallTime> to,
                                   std::string* id) {
    if (base_.host == nullptr)
        co_return base::fail(base::ErrorKind::Unavailable, "the base station is stopping");
    CASEMENT_CO_TRY(const events::EventPtr stored,
                    co_await base_.host->event(event_of(alert, config_.id, kind, from, to)));
    if (id != nullptr) *id = stored->id;
    co_return Result<>{};
}

async::Task<Result<>> Device::begins(Happening what, const Received& alert) {
    const auto longest = record_.held.registers.get(registers::kMaxMotionStreamTimeLimit);
    const auto until =
        base_.clock.steady_now() +
        base::scaled(patience_for(what, traits_of(family_).doorbell, longest), base_.timing.scale);
    if (const Ongoing::Open* const open = ongoing_.find(what)) {
        ongoing_.begin(what, open->event, until);
        co_return Result<>{};
    }
    note_event();
    std::string event;
    CASEMENT_CO_TRY(co_await tell(alert, kind_of(what), alert.at, std::nullopt, &event));
    ongoing_.begin(what, std::move(event), until);
    note_ongoing();
    show(what, true);
    co_return Result<>{};
}

async::Task<Result<>> Device::ends(Ends end, const Received& alert) {
    if (const Ongoing::Open* const open = ongoing_.find(end.what)) {
        const std::string event = open->event;
        if (base_.host == nullptr)
            co_return base::fail(base::ErrorKind::Unavailable, "the base station is stopping");
        const auto ended = co_await base_.host->event_ended(event, alert.at);
        // Deleted meanwhile: nothing is left to end.
        if (!ended && !ended.error().is(base::ErrorKind::NotFound))
            co_return std::unexpected(ended.error());
        (void)ongoing_.end(end.what);
        note_ongoing();
    } else if (end.lasted) {
        // Its beginning was never heard.
        CASEMENT_CO_TRY(
            co_await tell(alert, kind_of(end.what), alert.at - *end.lasted, alert.at, nullptr));
    }
    show(end.what, false);
    co_return Result<>{};
}

async::Task<> Device::end_overdue(Happening what) {
    const auto deadline = async::Deadline::in(std::chrono::seconds{10});
    const auto turn = co_await alert_turns_.take(deadline);
    const Ongoing::Open* const open = ongoing_.find(what);
    if (!turn || !open || open->ends_at > base_.clock.steady_now() || base_.host == nullptr)
        co_return;
    const std::string event = open->event;
    (void)ongoing_.end(what);
    note_ongoing();
    show(what, false);
    const auto ended = co_await base_.host->event_ended(event, base_.clock.wall_now());
    if (!ended) log_.warn("An event could not be ended: {}", ended.error().message());
}

void Device::show(Happening what, bool on) {
    switch (what) {
        case Happening::Motion:
            return report_sensors({{"motion", on}});
        case Happening::Sound:
            return report_sensors({{"sound", on}});
        case Happening::Spotlight:
            if (base_.host && traits_of(family_).spotlight_full > 0)
                base_.host->setting_reported(config_.id, std::string(kSpotlightSetting),
                                             camera::LightValue{on, std::nullopt});
            return;
    }
}

void Device::note_ongoing() {
    record_.ongoing.clear();
    for (const auto& [what, open] : ongoing_.all())
        record_.ongoing.emplace(kind_of(what), open.event);
    save();
}

// What the host hears
// --------------------------------------------------------------------------------------------

void Device::declare() {
    if (base_.host == nullptr || is_forgotten_) return;
    camera::Description now = description();
    for (const camera::Setting& setting : now.settings) {
        // The hub's own are not read from registers.
        if (!is_policy_setting(setting.id)) told_[setting.id] = setting.reported;
    }
    base_.host->camera_found(std::move(now));
}

void Device::report_settings() {
    for (auto& [setting, value] : told_) {
        if (setting == kSpotlightSetting) continue;  // heard from the lamp itself
        camera::Value now = value_of(family_, setting, record_.held);
        if (now == value) continue;
        value = now;
        if (base_.host) base_.host->setting_reported(config_.id, setting, std::move(now));
    }
}

void Device::report_sensors(const Measured& values) {
    const base::WallTime now = base_.clock.wall_now();
    for (const auto& [sensor, value] : values) {
        sensors_[sensor] = {value, now};
        if (base_.host) base_.host->sensor_measured(config_.id, sensor, value, now);
    }
}

void Device::reached() {
    record_.seen = base_.clock.wall_now();
    heard_at_ = base_.clock.steady_now();
    tell_state(StateWord::Live, runs_away_ ? std::optional(runaway_reason()) : std::nullopt);
}

void Device::away(const base::Error& why) {
    log_.info("The device cannot be reached: {}", why.message());
    if (is_on_battery()) {
        tell_state(StateWord::Asleep, std::nullopt);
    } else {
        tell_state(StateWord::Offline, camera::make_reason("no-route"));
    }
}

void Device::tell_state(StateWord word, std::optional<camera::Reason> reason) {
    std::string code = reason ? reason->code : std::string();
    if (word_ == word && told_reason_ == code) return;
    word_ = word;
    told_reason_ = std::move(code);
    if (base_.host) base_.host->state_changed(config_.id, {word, {}, std::move(reason)});
}

void Device::look_around() {
    const auto now = base_.clock.steady_now();
    // A crash forgets no more than that.
    constexpr std::chrono::seconds kCountEvery{10};
    count_stream(kCountEvery);
    for (const Happening what : ongoing_.overdue(now)) {
        base_.spawn("end an event",
                    [self = shared_from_this(), what] { return self->end_overdue(what); });
    }
    if (record_.needs_set_up && set_up_backoff_.failures() > 0 && !is_on_battery()) start_set_up();
    const auto patience = base_.timing.keep_alive;
    const bool is_due = patience.count() > 0 && !is_on_battery() && !record_.address.empty() &&
                        now - heard_at_ >= patience;
    if (is_due && !is_setting_up_) keep_alive();
}

void Device::save() {
    if (is_forgotten_) return;
    is_dirty_ = true;
    if (is_saving_ || base_.tasks == nullptr) return;
    is_saving_ = true;
    base_.spawn("save a device", [self = shared_from_this()]() -> async::Task<> {
        struct Ended {
            bool& flag;
            ~Ended() { flag = false; }
        } const ended{self->is_saving_};
        co_await self->save_now();
    });
}

async::Task<> Device::save_now() {
    // What changes while one of the two is written is written as well before this ends.
    while (!is_forgotten_ && (is_dirty_ || is_media_dirty_)) {
        if (std::exchange(is_dirty_, false)) {
            const auto put = co_await base_.memory.put(record_);
            if (!put) {
                log_.warn("The state of the device could not be stored: {}", put.error().message());
                co_return;
            }
        }
        co_await save_media();
    }
}

}  // namespace casement::drivers::arlo
