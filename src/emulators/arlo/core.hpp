#pragma once
// What the parts of one device share: settings, registers, counters, time.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "emulators/arlo/counters.hpp"
#include "emulators/arlo/options.hpp"
#include "emulators/arlo/register_file.hpp"

namespace casement::emulators::arlo {

/// Lives on `executor`, shared by the device and its tasks. Pool and clock outlive it.
struct Core {
    Core(async::Executor e, async::BlockingPool& p, const base::Clock& c, DeviceOptions o,
         const base::Log& l)
        : executor(std::move(e)),
          pool(p),
          clock(c),
          log(l.with("emulator", o.serial)),
          options(std::move(o)),
          address(options.address),
          ports(options.ports) {}

    const async::Executor executor;
    async::BlockingPool& pool;
    const base::Clock& clock;
    const base::Log log;
    DeviceOptions options;
    RegisterFile registers{options.profile};
    Counters counters;
    std::string address;              // its own; IP changes move it
    Ports ports;                      // once bound, the real ones: they stay the same
    base::SteadyTime last_traffic{};  // keeps it awake
    std::optional<base::SteadyTime> talked_at;
    bool sees_motion = false;

    const Profile& profile() const { return options.profile; }
    const Times& times() const { return options.times; }
    base::SteadyTime now() const { return clock.steady_now(); }
    /// Of a register or a script.
    base::Duration seconds(std::int64_t count) const { return count * times().second; }
    void touch() { last_traffic = now(); }
    void tell(std::string_view what, const wire::Fields& details = {}) const {
        if (options.tell) options.tell(what, details);
    }
};

using CorePtr = std::shared_ptr<Core>;

}  // namespace casement::emulators::arlo
