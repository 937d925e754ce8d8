#pragma once
// An Arlo camera or doorbell on an address of its own: registers with its base, obeys, streams,
// complains, reboots, and counts what was done to it.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulators/arlo/core.hpp"
#include "protocols/arlo/base_messages.hpp"

namespace casement::emulators::arlo {

/// What moves in front of it.
struct MotionScript {
    /// Seconds (Times::second) for which it moves; the end is told when
    /// DefaultMotionStreamTimeLimit has passed too, and MaxMotionStreamTimeLimit ends it.
    std::int64_t seconds = 0;
    bool in_picture = false;           // seen by the video analysis instead of the infrared sensor
    std::vector<std::string> zones{};  // ids among those that motionZone brought
};

/// Lives on the executor it was started on, with everything it does; triggers and observers are
/// called there. It goes on by itself, whatever happens to its base, until stop().
class Device {
public:
    /// Binds its ports, then boots. Errors: those of net::Listener::listen and net::UdpSocket::bind
    /// for its own ports (PermissionDenied: the real RTSP port needs a privilege). `pool` encodes;
    /// it and `clock` outlive the device.
    static base::Result<std::unique_ptr<Device>> start(async::Executor executor,
                                                       async::BlockingPool& pool,
                                                       const base::Clock& clock,
                                                       DeviceOptions options, base::Log log);
    /// As if power had failed; does not wait. Prefer stop().
    ~Device();
    /// No port, no task, no encoder any more.
    async::Task<> stop();

    // ---- what it is like ----
    const Profile& profile() const;
    const std::string& serial() const;
    const std::string& address() const;  // changes with move_to()
    const Ports& ports() const;          // the real ones where 0 was asked for
    Counters counters() const;
    /// As they stand, those of both doors.
    wire::Fields registers() const;
    const std::vector<wire::Zone>& zones() const;
    /// The last raParams that it took.
    const std::optional<wire::RaParams>& rate_control() const;
    /// What was said to its speaker: PCMU of 8000 Hz, mono; see Sound::heard().
    const std::vector<std::uint8_t>& heard() const;
    /// The time that the base set last, minus the real one.
    std::optional<std::chrono::seconds> clock_error() const;

    bool is_online() const;      // powered, and in the Wi-Fi
    bool is_registered() const;  // as far as it knows
    bool is_asleep() const;
    bool is_busy() const;       // has an RTSP session
    bool is_streaming() const;  // media leaves it
    bool listens_for_viewers() const;
    bool lamp_is_on() const;
    bool siren_is_on() const;
    bool is_calling() const;

    // ---- what can be done to it ----
    Faults& faults();
    Condition& condition();
    void press_button();  // models without one ignore it
    void see_motion(const MotionScript& script = {});
    void hear_sound(std::int64_t seconds = 0);  // as MotionScript::seconds
    void report_status();
    void write_log(std::string text);
    /// Power away and back: everything is forgotten that its Memory does not keep.
    void reboot();
    /// The access point throws it out for so long.
    void deauthenticate(std::chrono::milliseconds away);
    /// Another DHCP lease. Unless it `introduces` itself, it goes on as if nothing had happened.
    void move_to(std::string address, bool introduces);
    /// A ping: wakes one that dozes.
    void poke();
    void jump_clock(std::chrono::microseconds by);  // of its pictures

    struct State;  // shared with its tasks

private:
    explicit Device(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

/// Two devices come back with each other's address.
void swap_addresses(Device& a, Device& b, bool introduce);

}  // namespace casement::emulators::arlo
