#include "emulators/arlo/alert_gate.hpp"

namespace casement::emulators::arlo {

namespace reg = wire::registers;

AlertGate::Verdict AlertGate::judge(Notice notice, const RegisterFile& registers,
                                    base::SteadyTime now, base::Duration second) {
    const auto armed = notice == Notice::Motion ? registers.get(reg::kPirTargetState)
                                                : registers.get(reg::kAudioTargetState);
    if (armed != wire::ArmState::Armed) return Verdict::Disarmed;
    const auto backoff = registers.get(reg::kAlertBackoffTime).value_or(0) * second;
    if (last_ && now - *last_ < backoff) return Verdict::HeldBack;
    last_ = now;
    return Verdict::Alert;
}

}  // namespace casement::emulators::arlo
