#pragma once
// What all devices of one base share. Private to this folder.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "async/task_group.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/time_scale.hpp"
#include "camera/driver.hpp"
#include "drivers/arlo/album.hpp"
#include "drivers/arlo/conversation.hpp"
#include "drivers/arlo/memory.hpp"
#include "drivers/arlo/notice.hpp"
#include "drivers/arlo/provisioning.hpp"

namespace casement::drivers::arlo {

struct Timing {
    /// Between a registration and the first word of its set-up: the device closes its connection
    /// and begins to listen.
    std::chrono::milliseconds settle{100};
    /// Between two tries to reach a device: doubles up to the cap. Each try wakes it a little.
    std::chrono::milliseconds retry_first{1000}, retry_cap{10'000};
    /// For one message of a set-up. A battery camera may take a minute to wake.
    std::chrono::milliseconds set_up_message{80'000};
    /// After a set-up that a device refused in part: doubles up to the cap. One on battery is asked
    /// when it calls after that time.
    std::chrono::milliseconds set_up_again{5'000}, set_up_again_cap{600'000};
    /// A device on external power that said nothing for so long is asked for its status, so that
    /// it does not drift into sleep. 0 = never.
    std::chrono::milliseconds keep_alive{100'000};
    /// Ends what nobody ended, keeps alive.
    std::chrono::milliseconds look_around{1000};
    /// After the first refused connection to a device with which we have no session: until it may
    /// be restarted (its own watchdog needs some 6 s and then joins the Wi-Fi anew), and until a
    /// person is asked to cut its power.
    std::chrono::milliseconds restart_after{20'000}, stuck_after{60'000};
    /// Of everything else that is waited for: how long a motion lasts that nobody ends.
    double scale = 1.0;

    /// All waits times `time_scale`; never the time that a device has for an answer.
    Timing scaled(double time_scale) const {
        Timing out = *this;
        for (std::chrono::milliseconds* wait :
             {&out.settle, &out.retry_first, &out.retry_cap, &out.set_up_again,
              &out.set_up_again_cap, &out.keep_alive, &out.look_around, &out.restart_after,
              &out.stuck_after})
            *wait = base::scaled(*wait, time_scale);
        out.scale = scale * time_scale;
        return out;
    }
};

/// Where devices are streamed from and talked to. Tests have other ports.
struct MediaPorts {
    std::uint16_t rtsp = protocols::arlo::kRtspPort;
    std::uint16_t rtsp_hevc = protocols::arlo::kRtspHevcPort;
    std::optional<std::uint16_t> talk{};  // empty: as the device says, else the usual one
};

/// Lives on the driver's executor.
struct Base {
    const async::Executor executor;
    const base::Clock& clock;
    const House house;
    const Timing timing;
    const std::string bind_address;  // of streams, as of everything else that goes to a device
    const std::pair<std::uint16_t, std::uint16_t> rtp_ports;  // own; 0, 0: any
    const MediaPorts ports;
    /// Wakes a device (ping.hpp); may be empty.
    const std::function<void(const std::string& to, const std::string& from)> ping;
    const base::Log log;
    Link& link;
    Memory& memory;
    Refusals refusals;
    Album* const album = nullptr;       // null: nobody takes pictures
    const bool event_pictures = false;  // one for each motion, sound and ring
    const NoticeHandler notice{};       // may be empty

    // While the driver runs.
    camera::DriverHost* host = nullptr;
    async::TaskGroup* tasks = nullptr;

    void spawn(std::string name, std::function<async::Task<>()> body) const {
        if (tasks != nullptr) tasks->spawn(std::move(name), std::move(body));
    }
};

}  // namespace casement::drivers::arlo
