#include "emulators/arlo/register_file.hpp"

#include <algorithm>

namespace casement::emulators::arlo {

namespace {

namespace reg = wire::registers;

// Nobody has read a device that was never set up, so these are our choice: nothing armed, and the
// limits that bases set first.
wire::Fields factory_values() {
    wire::Fields out;
    out.set(reg::kPirTargetState, wire::ArmState::Disarmed);
    out.set(reg::kPirStartSensitivity, 80);
    out.set(reg::kPirAction, wire::PirAction::Stream);
    out.set(reg::kAudioTargetState, wire::ArmState::Disarmed);
    out.set(reg::kAudioStartSensitivity, 2);
    out.set(reg::kAudioAction, "Stream");
    out.set(reg::kVideoMotionSensitivity, 80);
    out.set(reg::kDefaultMotionStreamTimeLimit, 10);
    out.set(reg::kMaxMotionStreamTimeLimit, 120);
    out.set(reg::kMaxUserStreamTimeLimit, 1800);
    out.set(reg::kMaxStreamTimeLimit, 1800);
    out.set(reg::kMaxMissedBeaconTime, 10);
    out.set(reg::kBeaconLostTime, 10);
    out.set(reg::kWifiCountryCode, "US");
    out.set(reg::kNightVisionMode, true);
    out.set(reg::kHdrControl, "auto");
    out.set(reg::kIrLedState, "off");
    out.set(reg::kIrCutState, "engaged");
    out.set(reg::kVideoMode, "superWide");
    out.set(reg::kVideoSmartZoom, "off");
    out.set(reg::kVideoAntiFlickerRate, 60);
    out.set(reg::kVideoTargetBitrate, 1000);
    out.set(reg::kHevcVideoTargetBitrate, 3000);
    out.set(reg::kAudio1EncodeFormat, 1);
    out.set(reg::kSpotlightDurationManual, 300);
    out.set(reg::kHibernateTimer, 3600);
    out.set(reg::kIdleTimer, 15);
    out.set(reg::kLogFrequency, 2);
    return out;
}

wire::Value nothing_of(wire::RegisterType type) {
    switch (type) {
        case wire::RegisterType::Toggle:
            return false;
        case wire::RegisterType::Text:
            return std::string{};
        case wire::RegisterType::Number:
        case wire::RegisterType::ToggleOrNumber:
            break;
    }
    return std::int64_t{0};
}

}  // namespace

RegisterFile::RegisterFile(const Profile& profile) : profile_(profile) { reset(); }

void RegisterFile::reset() {
    wire::Fields factory = factory_values();
    factory.set(reg::kVideoOutputResolution, profile_.resolution);
    factory.set(reg::kHevcVideoOutputResolution, profile_.hevc_resolution);
    const std::int64_t side = profile_.model == Model::VideoBell ? 1536 : 0;
    factory.set(reg::kVideoWindowEndX, side != 0 ? side : 1280);
    factory.set(reg::kVideoWindowEndY, side != 0 ? side : 720);
    values_ = {};
    for (const auto* list : {&profile_.camera_registers, &profile_.doorbell_registers}) {
        for (const std::string_view name : *list) {
            const wire::Value* value = factory.find(name);
            const wire::RegisterInfo* info = wire::find_register(name);
            if (value != nullptr) {
                values_.set(name, *value);
            } else if (info != nullptr) {
                values_.set(name, nothing_of(info->type));
            }
        }
    }
}

bool RegisterFile::knows(Door door, std::string_view name) const {
    const auto& list =
        door == Door::Camera ? profile_.camera_registers : profile_.doorbell_registers;
    return std::ranges::find(list, name) != list.end();
}

bool RegisterFile::accepts(Door door, std::string_view name, const wire::Value& value) const {
    if (!knows(door, name) || !wire::check_register(name, value)) return false;
    std::int64_t number = 0;
    return name != reg::kMaxStreamTimeLimit.name || !wire::from_value(value, number) ||
           number >= profile_.least_stream_limit_s;
}

std::vector<std::string> RegisterFile::apply(Door door, const wire::Fields& values) {
    std::vector<std::string> refused;
    for (const auto& [name, value] : values) {
        if (accepts(door, name, value)) {
            values_.set(name, value);
        } else {
            refused.push_back(name);
        }
    }
    return refused;
}

wire::Fields RegisterFile::read(Door door, std::span<const std::string> names) const {
    wire::Fields out;
    for (const std::string& name : names) {
        const wire::Value* value = values_.find(name);
        if (value != nullptr && knows(door, name)) out.set(name, *value);
    }
    return out;
}

}  // namespace casement::emulators::arlo
