#pragma once
// The inside of a device; its parts are in device*.cpp.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/bell.hpp"
#include "async/deadline.hpp"
#include "async/task_group.hpp"
#include "emulators/arlo/alert_gate.hpp"
#include "emulators/arlo/device.hpp"
#include "emulators/arlo/doze.hpp"
#include "emulators/arlo/live.hpp"
#include "emulators/arlo/sound.hpp"
#include "net/listener.hpp"
#include "protocols/arlo/message.hpp"

namespace casement::emulators::arlo {

/// The answer to a command, and what the device does once it is sent.
struct Reaction {
    wire::Response response;
    std::function<void()> then = {};
};

/// Lives on the core's executor.
struct Device::State : std::enable_shared_from_this<Device::State> {
    explicit State(CorePtr c);

    const CorePtr core;
    Live live;
    Sound sound;
    AlertGate gate;

    std::unique_ptr<net::Listener> camera_door, doorbell_door;
    std::vector<std::unique_ptr<DozingPort>> dozing;
    bool is_asleep = false;
    bool is_registered = false;

    std::int64_t next_id;
    std::deque<wire::Body> outgoing;  // for the base, in order
    async::Bell outgoing_bell;
    std::size_t commands_now = 0;

    std::vector<wire::Zone> zones;
    std::optional<wire::RaParams> rate_control;
    std::optional<std::chrono::seconds> clock_error;
    bool lamp_is_on = false;
    std::uint64_t lamp_switches = 0;
    bool siren_is_on = false;
    base::SteadyTime powered_at;

    std::uint64_t generation = 0;  // of its time in the Wi-Fi: the newest plan to come back counts
    std::unique_ptr<async::TaskGroup> online;  // null while it is away
    async::TaskGroup tasks;                    // for its whole life

    const Profile& profile() const { return core->profile(); }
    const Times& times() const { return core->times(); }

    // device.cpp: power, Wi-Fi, sleep
    base::Result<> open_ports();
    void close_ports();
    base::Result<> go_online(bool is_boot);
    void go_offline();
    void come_back(std::chrono::milliseconds after, bool is_boot, std::string address);
    void forget();
    void reboot();
    void deauthenticate(std::chrono::milliseconds away);
    async::Task<> keep_sleep();
    async::Task<> fall_asleep();
    void wake();
    std::vector<std::uint16_t> tcp_ports() const;

    // device_base.cpp: what it tells its base
    async::Task<> attend_base(bool is_boot);
    async::Task<base::Result<>> call_base(wire::Body body);
    async::Task<base::Result<>> introduce();
    async::Task<bool> deliver(wire::Body body);
    void say(wire::Body body);
    wire::Status status() const;
    void expect_clock();

    // device_commands.cpp: what its base tells it
    void accept(Door door);
    async::Task<> serve(Door door, std::shared_ptr<net::PlainStream> stream);
    Reaction react(Door door, const wire::Message& message);
    Reaction set_registers(Door door, const wire::RegisterSet& command);
    Reaction get_registers(Door door, const wire::RegisterGet& command);
    Reaction set_zones(const wire::MotionZone& command);
    Reaction set_siren(const wire::Siren& command);
    Reaction invite(const wire::RtpInvite& command);
    Reaction request_sound(const wire::RtpRequest& command);
    Reaction end_call(const wire::RtpBye& command);
    Reaction nack();
    void obey(const wire::Fields& values);

    // device_events.cpp: what happens around it
    void press_button();
    void see_motion(const MotionScript& script);
    void hear_sound(std::int64_t seconds);
    async::Task<> expect_play();
    /// Asks the gate, and counts what it holds back.
    bool may_alert(Notice what);
    base::Duration clip_length(std::int64_t seconds) const;
    void set_lamp(bool on, std::optional<std::int64_t> seconds);
    async::Task<> upload(std::string url);
};

}  // namespace casement::emulators::arlo
