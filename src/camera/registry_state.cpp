#include "camera/registry_state.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "camera/camera_id.hpp"

namespace casement::camera {

namespace {

/// More than any camera has; a driver that declares more is broken or fed by somebody hostile.
constexpr std::size_t kMaxItems = 200;
constexpr std::size_t kMaxCameras = 1000;

bool is_away(StateWord word) {
    return word == StateWord::Offline || word == StateWord::Asleep || word == StateWord::SignIn;
}

}  // namespace

DriverRegistry::State::State(async::Executor e, const base::Clock& c, events::EventLog& l,
                             DesiredState& d, RegistryOptions o)
    : executor(std::move(e)),
      clock(c),
      log(l),
      desired(d),
      options(o),
      lines(base::Log{}),
      asked(executor, asio::steady_timer::time_point::max()),
      tasks(executor, lines) {}

DriverRegistry::State::Entry* DriverRegistry::State::entry(const DrivenPtr& driven,
                                                           const std::string& camera) {
    const auto found = entries.find(camera);
    return found == entries.end() || found->second.driven != driven ? nullptr : &found->second;
}

void DriverRegistry::State::change(Entry& entry, Change::What what, std::string item,
                                   const std::function<void(Camera&)>& edit) {
    Camera next = *entry.camera;
    edit(next);
    entry.camera = std::make_shared<const Camera>(std::move(next));
    {
        const base::MutexLock lock(mutex);
        cameras.insert_or_assign(entry.camera->description.id, entry.camera);
    }
    changes.publish(std::make_shared<const Change>(Change{what, entry.camera, std::move(item)}));
}

void DriverRegistry::State::change_setting(Entry& entry, const std::string& setting,
                                           const std::function<void(Setting&)>& edit) {
    change(entry, Change::What::Setting, setting, [&](Camera& camera) {
        const auto found = std::ranges::find(camera.description.settings, setting, &Setting::id);
        if (found != camera.description.settings.end()) edit(*found);
    });
}

void DriverRegistry::State::record(std::string camera, std::string_view kind, std::string text,
                                   std::string data) {
    events::Event event;
    event.camera = std::move(camera);
    event.kind = kind;
    event.start = clock.wall_now();
    event.text = std::move(text);
    event.data = std::move(data);
    tasks.spawn("record an event",
                [self = shared_from_this(), event = std::move(event)]() -> async::Task<> {
                    const auto stored = co_await self->log.append(event);
                    if (!stored)
                        self->lines.warn("An event could not be stored: {}",
                                         stored.error().message());
                });
}

void DriverRegistry::State::found(const DrivenPtr& driven, Description description) {
    const std::string id = description.id;
    if (!is_camera_id(id) || description.settings.size() > kMaxItems ||
        description.sensors.size() > kMaxItems || entries.size() >= kMaxCameras) {
        lines.error("Driver {} declares a camera that cannot be: id=\"{}\"", driven->label(),
                    id.substr(0, 63));
        return;
    }
    auto [at, is_new] = entries.try_emplace(id);
    Entry& entry = at->second;
    if (!is_new && entry.driven != driven && entry.camera->present) {
        lines.error(
            "Two cameras are called {}: the one of {} is left out. Give one of them another name "
            "in the configuration",
            id, driven->label());
        return;
    }
    description.vendor = driven->vendor;
    for (Setting& setting : description.settings) {
        setting.desired = setting.reported;
        const auto wish = desired.wish(id, setting.id);
        if (!wish || !setting.restore) continue;
        setting.refused = wish->refused;
        if (!is_known(wish->value)) continue;
        setting.desired = wish->value;
        setting.by = wish->by;
        setting.since = wish->asked_at;
    }
    entry.driven = driven;
    for (auto& [setting, asking] : entry.asking) asking.reached = false;  // it may have been reset
    if (is_new)
        entry.camera = std::make_shared<const Camera>(
            Camera{{}, {StateWord::Connecting, clock.wall_now(), {}}, {}, true});
    // A sensor of which nothing is said, neither value nor time, keeps what was measured.
    const bool is_same = entry.camera->description.unique_id == description.unique_id;
    for (Sensor& sensor : description.sensors) {
        const Sensor* const before = is_same ? entry.camera->sensor(sensor.id) : nullptr;
        if (!before || sensor.at || !std::holds_alternative<std::monostate>(sensor.value)) continue;
        sensor.value = before->value;
        sensor.at = before->at;
    }
    change(entry, Change::What::Found, {}, [&](Camera& camera) {
        camera.description = std::move(description);
        camera.present = true;
    });
    apply_wishes(id);
}

void DriverRegistry::State::gone(const DrivenPtr& driven, const std::string& camera) {
    if (Entry* const known = entry(driven, camera))
        change(*known, Change::What::Gone, {}, [](Camera& c) { c.present = false; });
}

void DriverRegistry::State::state_changed(const DrivenPtr& driven, const std::string& camera,
                                          CameraState next) {
    Entry* const known = entry(driven, camera);
    if (known == nullptr) return;
    const StateWord before = known->by_driver.word;
    known->by_driver = std::move(next);
    combine_states(*known);
    if (is_away(known->by_driver.word)) {
        // It may come back reset: what it reports then is not a change that somebody made.
        for (auto& [setting, asking] : known->asking) asking.reached = false;
    } else if (is_away(before)) {
        apply_wishes(camera);
    }
}

void DriverRegistry::State::stream_changed(const std::string& camera,
                                           std::optional<CameraState> state) {
    const auto found = entries.find(camera);
    if (found == entries.end()) return;
    found->second.by_stream = std::move(state);
    combine_states(found->second);
}

void DriverRegistry::State::combine_states(Entry& entry) {
    // Of pictures that come, only the driver knows that they come one by one, and why.
    const bool comes_singly = entry.by_driver.word == StateWord::Snapshot && entry.by_stream &&
                              entry.by_stream->word == StateWord::Live;
    const bool driver_knows = is_away(entry.by_driver.word) || comes_singly ||
                              entry.by_driver.word == StateWord::Privacy || !entry.by_stream;
    CameraState next = driver_knows ? entry.by_driver : *entry.by_stream;
    const CameraState before = entry.camera->state;
    if (next.since == base::WallTime{})
        next.since = next.word == before.word ? before.since : clock.wall_now();
    if (next == before) return;
    if (next.word != before.word ||
        (next.reason ? next.reason->code : "") != (before.reason ? before.reason->code : "")) {
        nlohmann::json data{{"word", to_string(next.word)}, {"before", to_string(before.word)}};
        if (next.reason) data["reason"] = next.reason->code;
        record(entry.camera->description.id, events::kind::kState,
               next.reason ? next.reason->text : std::string(), data.dump());
    }
    change(entry, Change::What::State, {}, [&](Camera& c) { c.state = std::move(next); });
}

void DriverRegistry::State::sensor_measured(const DrivenPtr& driven, const std::string& camera,
                                            const std::string& sensor, SensorValue value,
                                            base::WallTime at) {
    Entry* const known = entry(driven, camera);
    if (known == nullptr || known->camera->sensor(sensor) == nullptr) return;
    change(*known, Change::What::Sensor, sensor, [&](Camera& c) {
        Sensor& changed = *std::ranges::find(c.description.sensors, sensor, &Sensor::id);
        changed.value = std::move(value);
        changed.at = at;
    });
}

void DriverRegistry::State::account_changed(const DrivenPtr& driven, AccountState state) {
    bool news = false;
    {
        const base::MutexLock lock(mutex);
        Account& account = accounts[driven->label()];
        news = account.state.word != state.word;
        account.state = state;
    }
    changes.publish(
        std::make_shared<const Change>(Change{Change::What::Account, nullptr, driven->label()}));
    if (!news || state.word == AccountState::Word::SigningIn) return;
    record(
        {}, events::kind::kAccount, state.reason ? state.reason->text : std::string(),
        nlohmann::json{
            {"vendor", driven->vendor}, {"account", driven->name}, {"state", to_string(state.word)}}
            .dump());
}

void DriverRegistry::State::awake_changed(const DrivenPtr& driven, const std::string& camera,
                                          std::vector<Awake> list) {
    Entry* const known = entry(driven, camera);
    if (known == nullptr) return;
    if (list.size() > kMaxItems)
        list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(kMaxItems));
    change(*known, Change::What::State, {}, [&](Camera& c) { c.awake = std::move(list); });
}

base::Result<DrivenPtr> DriverRegistry::State::driver_of(std::string_view camera,
                                                         std::optional<Capability> needs) const {
    if (stopped) return base::fail(base::ErrorKind::Unavailable, "the hub is stopping");
    const auto found = entries.find(camera);
    if (found == entries.end())
        return base::fail(base::ErrorKind::NotFound, "there is no camera \"{}\"",
                          camera.substr(0, 63));
    const Entry& entry = found->second;
    const std::string& name = entry.camera->description.name;
    if (!entry.camera->present)
        return base::fail(base::ErrorKind::NotFound, "camera \"{}\" is no longer in its account",
                          name);
    if (needs && !entry.camera->description.capabilities.has(*needs)) {
        return base::fail(base::ErrorKind::Unsupported, "camera \"{}\" has no {}", name,
                          to_string(*needs));
    }
    return entry.driven;
}

}  // namespace casement::camera
