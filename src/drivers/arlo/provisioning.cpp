#include "drivers/arlo/provisioning.hpp"

#include <algorithm>
#include <tuple>

#include "drivers/arlo/quality.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo {

namespace {

using protocols::arlo::ArmState;
using protocols::arlo::Fields;
using protocols::arlo::PirAction;
using protocols::arlo::RaParams;
using protocols::arlo::RegisterSet;
using protocols::arlo::SpotlightMode;
using protocols::arlo::StatusRequest;
namespace registers = protocols::arlo::registers;

/// Brightness that captured bases set: 49 % on the fine scale, all on the coarse one.
std::int64_t usual_brightness(const Traits& traits) {
    return traits.spotlight_full > 100 ? 12593 : traits.spotlight_full;
}

/// What motion does. It was a message of its own, which armed a disarmed camera for a moment.
void add_alerts(Fields& to, Family family, const House& house) {
    using enum Family;
    to.set(registers::kPirTargetState,
           house.armed_by_default ? ArmState::Armed : ArmState::Disarmed);
    const bool is_strong = family == Ultra || family == Floodlight;
    to.set(registers::kPirStartSensitivity, family == AudioDoorbell ? 30 : is_strong ? 95 : 80);
    if (family == AudioDoorbell) return;
    to.set(registers::kPirAction,
           family == VideoDoorbell ? PirAction::Snapshot : PirAction::Stream);
    to.set(registers::kVideoMotionEstimationEnable, family == VideoDoorbell);
    if (family == WireFree || family == Pro || family == Pro4 || family == VideoDoorbell)
        to.set(registers::kVideoMotionSensitivity, 80);
    if (family == VideoDoorbell) return;
    to.set(registers::kAudioTargetState, ArmState::Disarmed);
    if (is_strong) {
        to.set(registers::kDefaultMotionStreamTimeLimit, 28);
    } else if (family == WireFree || family == Pro) {
        to.set(registers::kDefaultMotionStreamTimeLimit, 10);
    }
}

/// What every camera takes, the oldest too.
void add_camera(Fields& to, Family family, const House& house) {
    const bool is_square = family == Family::VideoDoorbell;
    to.set(registers::kNightVisionMode, true);
    to.set(registers::kVideoExposureCompensation, 0);
    to.set(registers::kVideoFlip, false);
    to.set(registers::kVideoMirror, false);
    to.set(registers::kVideoWindowStartX, 0);
    to.set(registers::kVideoWindowStartY, 0);
    to.set(registers::kVideoWindowEndX, is_square ? 1536 : 1280);
    to.set(registers::kVideoWindowEndY, is_square ? 1536 : 720);
    to.set(registers::kVideoAntiFlickerRate, house.anti_flicker_hz);
    to.set(registers::kMaxStreamTimeLimit, 1800);
    to.set(registers::kMaxMissedBeaconTime, is_square || family == Family::Floodlight ? 10 : 30);
    to.set(registers::kWifiCountryCode, house.wifi_country);
    if (is_square) return;
    to.set(registers::kMaxMotionStreamTimeLimit, family == Family::Ultra ? 120 : 300);
    to.set(registers::kMaxUserStreamTimeLimit, 1800);
}

/// What came after the first generation.
void add_newer(Fields& to, Family family) {
    using enum Family;
    to.set(registers::kAlertBackoffTime, 0);
    to.set(registers::kAudio0EncodeFormat, 0);
    to.set(registers::kAudio1EncodeFormat, 1);
    to.set(registers::kArloSmart, true);  // unlocks the better qualities
    to.set(registers::kHdrControl, "auto");
    if (family == VideoDoorbell) return;
    const bool is_large = family == Ultra || family == Floodlight;
    to.set(registers::kAudioMicAgc, 0);
    to.set(registers::kChargeNotificationLed, is_large ? 1 : 0);
    to.set(registers::kJpegOutputResolution, "");
    to.set(registers::kVideoMode, family == Floodlight ? "wide" : "superWide");
    if (family != Floodlight) to.set(registers::kNightModeGrey, 0);
}

void add_lamp(Fields& to, Family family) {
    const Traits& traits = traits_of(family);
    // The captured sets have 1 and PIRAction "Stream+Spotlight": a lamp that people then ask how to
    // switch off.
    to.set(registers::kNightModeLightSourceAlert, 0);
    to.set(registers::kSpotlightIntensityAlert, usual_brightness(traits));
    to.set(registers::kSpotlightModeAlert, SpotlightMode::Constant);
}

/// Without all of these an Ultra sees nothing at night.
void add_large(Fields& to, Family family) {
    to.set(registers::kAudioMicVolume, 4);
    to.set(registers::kAudioMicWns, 0);
    to.set(registers::kAudioSpkrEnable, true);
    to.set(registers::kCvrModeEnabled, false);
    to.set(registers::kDuskToDawnThrshVal, 26);
    to.set(registers::kMaxSensorRequired, true);
    to.set(registers::kSpotlightDurationManual, 300);
    to.set(registers::kSpotlightIntensityManual, usual_brightness(traits_of(family)));
    to.set(registers::kSpotlightModeManual, SpotlightMode::Constant);
    to.set(registers::kVideoSmartZoom, "off");
    if (family != Family::Ultra) return;
    to.set(registers::kIrCutState, "engaged");
    to.set(registers::kIrLedState, "off");
}

void add_audio_doorbell(Fields& to, const House& house) {
    to.set(registers::kBeaconLostTime, 10);
    to.set(registers::kWifiCountryCode, house.wifi_country);
    to.set(registers::kAudioSpkrEnable, true);
    to.set(registers::kAudioSpkrVolume, 85);
    to.set(registers::kAudioMicEnable, true);
    to.set(registers::kAudioMicVolume, 0);
    to.set(registers::kHibernateTimer, 3600);
    to.set(registers::kIdleTimer, 15);
    to.set(registers::kLedStatus, true);
    to.set(registers::kTraditionalChime, false);
    to.set(registers::kSilentMode, false);
}

Fields chime_set() {
    Fields out;
    out.set(registers::kCallEnableLed, true);
    out.set(registers::kLedPirStatus, true);
    out.set(registers::kSilentMode, false);
    out.set(registers::kStreamingLedEnabled, true);
    out.set(registers::kTradChimePlayDur, 0);
    out.set(registers::kTraditionalChime, false);
    return out;
}

Fields family_set(Family family, const House& house) {
    using enum Family;
    Fields out;
    add_alerts(out, family, house);
    if (family == AudioDoorbell) {
        add_audio_doorbell(out, house);
        return out;
    }
    add_camera(out, family, house);
    for (const auto& [name, value] : quality_registers(family, default_quality(family)))
        out.set(name, value);
    if (family == WireFree) return out;
    add_newer(out, family);
    if (traits_of(family).spotlight_full > 0) add_lamp(out, family);
    if (family == Ultra || family == Floodlight) add_large(out, family);
    return out;
}

bool is_refused(const std::vector<std::string>& refused, std::string_view name) {
    return std::ranges::find(refused, name) != refused.end();
}

}  // namespace

Port port_of_register(Family family, std::string_view name) {
    static const Fields chime = chime_set();
    const bool is_chime = family == Family::VideoDoorbell && chime.contains(name);
    return is_chime ? Port::Doorbell : traits_of(family).port;
}

Fields wished_registers(Family family, const camera::Wishes& wishes) {
    using Entry = camera::Wishes::value_type;
    std::vector<const Entry*> by_age;
    for (const Entry& entry : wishes) {
        if (is_known(entry.second.value) && entry.first != kSpotlightSetting)
            by_age.push_back(&entry);
    }
    std::ranges::sort(by_age, [](const Entry* a, const Entry* b) {
        return std::tie(a->second.asked_at, a->first) < std::tie(b->second.asked_at, b->first);
    });
    Fields out;
    for (const Entry* entry : by_age) {
        const std::string_view setting = entry->first;
        if (setting.starts_with(kRawRegister)) {
            if (auto value = raw_value_of(entry->second.value))
                out.set(setting.substr(kRawRegister.size()), std::move(*value));
            continue;
        }
        const auto batch = registers_of(family, setting, entry->second.value);
        if (!batch) continue;  // of a device that had this name before
        for (const auto& [name, value] : batch->values) out.set(name, value);
    }
    return out;
}

std::vector<Batch> wanted_registers(Family family, const House& house, const camera::Wishes& wishes,
                                    const std::vector<std::string>& refused) {
    std::vector<Batch> batches;
    if (family == Family::VideoDoorbell) batches.push_back({Port::Doorbell, chime_set()});
    batches.push_back({traits_of(family).port, family_set(family, house)});
    for (const auto& [name, value] : wished_registers(family, wishes)) {
        const auto into = std::ranges::find(batches, port_of_register(family, name), &Batch::port);
        if (into != batches.end()) into->values.set(name, value);
    }
    for (Batch& batch : batches) {
        for (const std::string& name : refused) batch.values.erase(name);
    }
    std::erase_if(batches, [](const Batch& batch) { return batch.values.empty(); });
    return batches;
}

std::string wanted_quality(Family family, const camera::Wishes& wishes) {
    const auto wish = wishes.find(kQualitySetting);
    const auto* const name =
        wish == wishes.end() ? nullptr : std::get_if<std::string>(&wish->second.value);
    if (name && !quality_registers(family, *name).empty()) return *name;
    return std::string(default_quality(family));
}

std::vector<Step> set_up_steps(Family family, const House& house, const camera::Wishes& wishes,
                               const std::vector<std::string>& refused, base::WallTime now) {
    std::vector<Step> steps;
    if (!is_refused(refused, registers::kEpochBsTime.name))
        steps.push_back(clock_step(family, now));
    for (Batch& batch : wanted_registers(family, house, wishes, refused))
        steps.push_back({batch.port, RegisterSet{std::move(batch.values), {}}});
    const Port port = traits_of(family).port;
    if (auto rates = rate_control_of(family, wanted_quality(family, wishes));
        rates && !is_refused(refused, RaParams::kType))
        steps.push_back({port, std::move(*rates)});
    steps.push_back({port, StatusRequest{}});
    return steps;
}

Step clock_step(Family family, base::WallTime now) {
    RegisterSet set;
    set.values.set(registers::kEpochBsTime,
                   std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    return {traits_of(family).port, std::move(set)};
}

}  // namespace casement::drivers::arlo
