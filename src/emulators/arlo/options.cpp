#include "emulators/arlo/options.hpp"

#include <algorithm>

namespace casement::emulators::arlo {

Times Times::scaled(double factor) const {
    Times out = *this;
    for (Wait Times::* const wait : {&Times::boots,           &Times::waits_for_ack,
                                     &Times::registers_again, &Times::registers_again_at_most,
                                     &Times::answers,         &Times::lets_base_close,
                                     &Times::reads_command,   &Times::status_follows,
                                     &Times::status_every,    &Times::upload_follows,
                                     &Times::expects_play,    &Times::expects_clock,
                                     &Times::reports_starve,  &Times::without_wifi,
                                     &Times::listens_again,   &Times::sender_reports,
                                     &Times::reboots,         &Times::falls_asleep,
                                     &Times::wakes,           &Times::between_pieces,
                                     &Times::second}) {
        const auto scaled = static_cast<double>((this->*wait).count()) * factor;
        out.*wait = std::max(Wait{1}, Wait{static_cast<Wait::rep>(scaled)});
    }
    return out;
}

}  // namespace casement::emulators::arlo
