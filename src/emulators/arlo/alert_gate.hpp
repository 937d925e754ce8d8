#pragma once
// Whether something that a device noticed becomes an alert.

#include <optional>

#include "base/clock.hpp"
#include "emulators/arlo/register_file.hpp"

namespace casement::emulators::arlo {

enum class Notice : std::uint8_t { Motion, Sound };

/// Not thread-safe; the clock is the caller's.
class AlertGate {
public:
    enum class Verdict : std::uint8_t {
        Alert,
        Disarmed,
        HeldBack,  // AlertBackoffTime has not passed since the last one
    };

    /// `second` is how long a second of a register lasts.
    Verdict judge(Notice notice, const RegisterFile& registers, base::SteadyTime now,
                  base::Duration second);

private:
    std::optional<base::SteadyTime> last_;
};

}  // namespace casement::emulators::arlo
