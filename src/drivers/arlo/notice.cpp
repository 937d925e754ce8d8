#include "drivers/arlo/notice.hpp"

#include "protocols/arlo/fields.hpp"

namespace casement::drivers::arlo {

using protocols::arlo::Alert;
using protocols::arlo::AlertKind;
using protocols::arlo::AudioDetect;
using protocols::arlo::Fields;

namespace {

std::string audio_json(const AudioDetect& audio) {
    Fields out;
    if (audio.triggered) out.set("AudioTriggered", *audio.triggered);
    if (audio.trigger_level) out.set("AudioTriggerLevel", *audio.trigger_level);
    if (audio.trigger_rtp_time) out.set("AudioTriggerRtpTime", *audio.trigger_rtp_time);
    if (audio.trigger_system_time) out.set("AudioTriggerSysTime", *audio.trigger_system_time);
    for (const auto& [name, value] : audio.others) out.set(name, value);
    return protocols::arlo::to_json(out);
}

}  // namespace

std::optional<Notice::What> notice_of(const Alert& alert) {
    switch (alert.kind()) {
        case AlertKind::PirMotion:
            return Notice::What::Motion;
        case AlertKind::MotionTimeout:
            return Notice::What::MotionEnd;
        case AlertKind::Audio:
            return Notice::What::Sound;
        case AlertKind::AudioTimeout:
            return Notice::What::SoundEnd;
        case AlertKind::ButtonPress:
            return Notice::What::Button;
        case AlertKind::Spotlight:
            return Notice::What::Spotlight;
        case AlertKind::Unknown:
            break;
    }
    return std::nullopt;
}

void tell_alert(const Alert& alert, Notice& notice) {
    if (alert.motion && alert.motion->zones) notice.zones = *alert.motion->zones;
    if (alert.button) notice.is_on = alert.button->triggered.value_or(true);
    if (alert.spotlight) notice.is_on = alert.spotlight->on.value_or(true);
    if (alert.audio) {
        notice.is_on = alert.audio->triggered.value_or(true);
        notice.audio = audio_json(*alert.audio);
    }
    if (notice.what == Notice::What::SoundEnd) notice.is_on = false;
}

}  // namespace casement::drivers::arlo
