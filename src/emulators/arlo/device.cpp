#include "emulators/arlo/device.hpp"

#include <algorithm>
#include <utility>

#include "emulators/arlo/device_state.hpp"

namespace casement::emulators::arlo {

using base::Result;

namespace {

// What holds a port may need a moment to let go.
constexpr std::chrono::milliseconds kBindAgainEvery{100};
constexpr std::chrono::milliseconds kLooksAroundEvery{200};
constexpr std::size_t kMaxCommandConnections = 32;

}  // namespace

Device::State::State(CorePtr c)
    : core(std::move(c)),
      live(core,
           [this] {
               // In a moment: the stream that calls this is still on its way out.
               tasks.spawn("Wi-Fi lost", [self = shared_from_this()]() -> async::Task<> {
                   self->deauthenticate(self->times().without_wifi);
                   co_return;
               });
           }),
      sound(core),
      next_id(profile().first_id),
      outgoing_bell(core->executor),
      powered_at(core->now()),
      tasks(core->executor, core->log) {}

// ---- power and Wi-Fi ----

Result<> Device::State::open_ports() {
    const auto listen = [this](std::uint16_t& port) -> Result<std::unique_ptr<net::Listener>> {
        net::ListenOptions where;
        where.name = "Arlo device";
        where.address = fmt::format("{}:{}", core->address, port);
        where.max_connections = kMaxCommandConnections;
        CASEMENT_TRY(auto listener, net::Listener::listen(core->executor, where));
        port = listener->port();
        return listener;
    };
    if (profile().has_camera_door) {
        CASEMENT_TRY(camera_door, listen(core->ports.camera));
    }
    if (profile().has_doorbell_door) {
        CASEMENT_TRY(doorbell_door, listen(core->ports.doorbell));
    }
    CASEMENT_TRY(live.open());
    CASEMENT_TRY(sound.open());
    core->touch();
    if (camera_door) accept(Door::Camera);
    if (doorbell_door) accept(Door::Doorbell);
    return {};
}

void Device::State::close_ports() {
    live.close();
    sound.close();
    camera_door.reset();
    doorbell_door.reset();
    dozing.clear();
}

Result<> Device::State::go_online(bool is_boot) {
    online = std::make_unique<async::TaskGroup>(core->executor, core->log);
    if (const auto opened = open_ports(); !opened) {
        go_offline();
        return opened;
    }
    is_asleep = false;
    ++core->counters.associations;
    if (is_boot) {
        ++core->counters.boots;
        powered_at = core->now();
    }
    core->tell("online", {{"address", core->address}});
    const auto self = shared_from_this();
    online->spawn("base", [self, is_boot] { return self->attend_base(is_boot); });
    if (core->options.sleep.value_or(profile().sleep) != Sleep::Never)
        online->spawn("sleep", [self] { return self->keep_sleep(); });
    return {};
}

void Device::State::go_offline() {
    online.reset();
    close_ports();
    outgoing.clear();
    core->sees_motion = false;
    is_asleep = false;
}

void Device::State::come_back(std::chrono::milliseconds after, bool is_boot, std::string address) {
    const std::uint64_t plan = ++generation;
    go_offline();
    core->address = std::move(address);
    tasks.spawn("come back", [self = shared_from_this(), plan, after, is_boot]() -> async::Task<> {
        if (!co_await async::sleep_for(after)) co_return;
        while (self->generation == plan) {
            const auto back = self->go_online(is_boot);
            if (back) co_return;
            self->core->log.debug("Not back yet: {}", back.error().message());
            if (!co_await async::sleep_for(kBindAgainEvery)) co_return;
        }
    });
}

void Device::State::forget() {
    core->registers.reset();
    zones.clear();
    rate_control.reset();
    lamp_is_on = false;
    siren_is_on = false;
}

void Device::State::reboot() {
    ++core->counters.reboots;
    core->tell("reboot");
    if (core->options.memory != Memory::ForEver) forget();
    // The audio doorbell was seen at ID 31580 and above: it seems to count on.
    if (profile().model != Model::AudioBell) next_id = profile().first_id;
    is_registered = !core->options.registers;
    come_back(times().reboots, true, core->address);
}

void Device::State::deauthenticate(std::chrono::milliseconds away) {
    core->tell("wifi-lost");
    if (core->options.memory == Memory::UntilAssociation) forget();
    is_registered = !core->options.registers;
    come_back(away, false, core->address);
}

// ---- sleep ----

std::vector<std::uint16_t> Device::State::tcp_ports() const {
    std::vector<std::uint16_t> out;
    if (profile().has_camera_door) out.push_back(core->ports.camera);
    if (profile().has_doorbell_door) out.push_back(core->ports.doorbell);
    if (profile().has_camera()) out.push_back(core->ports.rtsp);
    if (!profile().hevc_resolution.empty()) out.push_back(core->ports.rtsp_hevc);
    return out;
}

async::Task<> Device::State::keep_sleep() {
    const bool dozes = core->options.sleep.value_or(profile().sleep) == Sleep::Dozes;
    const auto every = std::clamp(times().falls_asleep / 10, Times::Wait{5}, kLooksAroundEvery);
    for (;;) {
        if (!co_await async::sleep_for(every)) co_return;
        if (is_asleep) {
            if (!dozes || !somebody_knocks(core->address, tcp_ports())) continue;
            if (!co_await async::sleep_for(times().wakes)) co_return;
            wake();
            continue;
        }
        const bool is_idle = is_registered && outgoing.empty() && !live.is_busy() &&
                             !sound.is_calling() && !core->sees_motion;
        if (is_idle && core->now() - core->last_traffic >= times().falls_asleep)
            co_await fall_asleep();
    }
}

async::Task<> Device::State::fall_asleep() {
    close_ports();
    is_asleep = true;
    ++core->counters.naps;
    core->tell("asleep");
    for (const std::uint16_t port : tcp_ports()) {
        auto held = co_await DozingPort::hold(core->executor, core->address, port);
        if (!is_asleep) co_return;
        if (held) {
            dozing.push_back(std::move(*held));
        } else {
            core->log.debug("Asleep, and refusing: {}", held.error().message());
        }
    }
}

void Device::State::wake() {
    core->touch();
    if (!is_asleep) return;
    is_asleep = false;
    dozing.clear();
    core->tell("awake");
    if (const auto opened = open_ports(); !opened) {
        core->log.warn("Awake, but: {}", opened.error().message());
        come_back(kBindAgainEvery, false, core->address);
    }
}

// ---- the outside ----

Device::Device(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Device>> Device::start(async::Executor executor, async::BlockingPool& pool,
                                              const base::Clock& clock, DeviceOptions options,
                                              base::Log log) {
    const auto core =
        std::make_shared<Core>(std::move(executor), pool, clock, std::move(options), log);
    const auto state = std::make_shared<State>(core);
    state->is_registered = !core->options.registers;
    CASEMENT_TRY(state->go_online(true));
    return std::unique_ptr<Device>(new Device(state));
}

Device::~Device() {
    ++state_->generation;
    state_->go_offline();
    state_->tasks.cancel();
}

async::Task<> Device::stop() {
    const auto state = state_;
    ++state->generation;
    if (const auto ended = std::move(state->online)) co_await ended->stop();
    co_await state->tasks.stop();
    co_await state->live.stop();
    co_await state->sound.stop();
    state->go_offline();
}

const Profile& Device::profile() const { return state_->profile(); }
const std::string& Device::serial() const { return state_->core->options.serial; }
const std::string& Device::address() const { return state_->core->address; }
const Ports& Device::ports() const { return state_->core->ports; }
Counters Device::counters() const { return state_->core->counters; }
wire::Fields Device::registers() const { return state_->core->registers.values(); }
const std::vector<wire::Zone>& Device::zones() const { return state_->zones; }
const std::optional<wire::RaParams>& Device::rate_control() const { return state_->rate_control; }
const std::vector<std::uint8_t>& Device::heard() const { return state_->sound.heard(); }
std::optional<std::chrono::seconds> Device::clock_error() const { return state_->clock_error; }

bool Device::is_online() const { return state_->online != nullptr; }
bool Device::is_registered() const { return state_->is_registered; }
bool Device::is_asleep() const { return state_->is_asleep; }
bool Device::is_busy() const { return state_->live.is_busy(); }
bool Device::is_streaming() const { return state_->live.is_playing(); }
bool Device::listens_for_viewers() const { return state_->live.is_listening(); }
bool Device::lamp_is_on() const { return state_->lamp_is_on; }
bool Device::siren_is_on() const { return state_->siren_is_on; }
bool Device::is_calling() const { return state_->sound.is_calling(); }

Faults& Device::faults() { return state_->core->options.faults; }
Condition& Device::condition() { return state_->core->options.condition; }
void Device::press_button() { state_->press_button(); }
void Device::see_motion(const MotionScript& script) { state_->see_motion(script); }
void Device::hear_sound(std::int64_t seconds) { state_->hear_sound(seconds); }
void Device::report_status() { state_->say(state_->status()); }
void Device::write_log(std::string text) { state_->say(wire::LogMessage{std::move(text), {}}); }
void Device::reboot() { state_->reboot(); }
void Device::deauthenticate(std::chrono::milliseconds away) { state_->deauthenticate(away); }

void Device::move_to(std::string address, bool introduces) {
    if (introduces) state_->is_registered = !state_->core->options.registers;
    state_->core->tell("moves", {{"address", address}});
    state_->come_back(state_->times().listens_again, false, std::move(address));
}

void Device::poke() { state_->wake(); }
void Device::jump_clock(std::chrono::microseconds by) { state_->live.jump_clock(by); }

void swap_addresses(Device& a, Device& b, bool introduce) {
    std::string first = a.address();
    std::string second = b.address();
    a.move_to(std::move(second), introduce);
    b.move_to(std::move(first), introduce);
}

}  // namespace casement::emulators::arlo
