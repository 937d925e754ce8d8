#include "protocols/arlo/registers.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "protocols/arlo/shown.hpp"

namespace casement::protocols::arlo {

namespace {

using base::ErrorKind;

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

template <typename T>
struct Word {
    T value;
    std::string_view text;
};
constexpr std::array kArmStates{Word{ArmState::Armed, "Armed"},
                                Word{ArmState::Disarmed, "Disarmed"}};
constexpr std::array kPirActions{Word{PirAction::Stream, "Stream"},
                                 Word{PirAction::StreamAndSpotlight, "Stream+Spotlight"},
                                 Word{PirAction::Snapshot, "Snapshot"}};

template <typename T, std::size_t kCount>
bool from_word(const Value& value, const std::array<Word<T>, kCount>& words, T& out) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return false;
    const auto found = std::ranges::find(words, *text, &Word<T>::text);
    if (found == words.end()) return false;
    out = found->value;
    return true;
}

template <typename T, std::size_t kCount>
Value to_word(T value, const std::array<Word<T>, kCount>& words) {
    const auto found = std::ranges::find(words, value, &Word<T>::value);
    return std::string(found == words.end() ? std::string_view{} : found->text);
}

// What a register's C++ type says about it.
constexpr RegisterInfo typed(Field<bool>, RegisterInfo info) {
    info.type = RegisterType::Toggle;
    return info;
}
constexpr RegisterInfo typed(Field<std::int64_t>, RegisterInfo info) { return info; }
constexpr RegisterInfo typed(Field<std::string>, RegisterInfo info) {
    info.type = RegisterType::Text;
    return info;
}
constexpr RegisterInfo typed(Field<Value>, RegisterInfo info) {
    info.type = RegisterType::ToggleOrNumber;
    return info;
}
constexpr RegisterInfo typed(Field<ArmState>, RegisterInfo info) {
    info.type = RegisterType::Text;
    info.seen = {kArmStates[0].text, kArmStates[1].text};
    info.is_closed = true;
    return info;
}
constexpr RegisterInfo typed(Field<PirAction>, RegisterInfo info) {
    info.type = RegisterType::Text;
    info.seen = {kPirActions[0].text, kPirActions[1].text, kPirActions[2].text};
    return info;
}
constexpr RegisterInfo typed(Field<SpotlightMode>, RegisterInfo info) {
    info.min = 0;
    info.max = 2;
    return info;
}

template <typename T>
constexpr RegisterInfo row(Field<T> field, RegisterInfo info = {}) {
    info.name = field.name;
    return typed(field, info);
}

using namespace registers;
constexpr std::array kRegisters{
    row(kPirTargetState),
    row(kPirStartSensitivity, {.min = 0, .max = 100, .unit = "%"}),
    row(kPirAction),
    row(kVideoMotionEstimationEnable),
    row(kVideoMotionSensitivity),
    row(kAudioTargetState),
    row(kAudioStartSensitivity),
    row(kAudioAction, {.seen = {"Stream"}}),
    row(kPirEnableLed),
    row(kPirLedSensitivity, {.min = 0, .max = 100, .unit = "%"}),
    row(kDefaultMotionStreamTimeLimit, {.min = 0, .unit = "s"}),
    row(kMaxMotionStreamTimeLimit, {.min = 0, .unit = "s"}),
    row(kMaxUserStreamTimeLimit, {.min = 0, .unit = "s"}),
    row(kMaxStreamTimeLimit, {.min = 0, .unit = "s"}),
    row(kAlertBackoffTime, {.min = 0, .unit = "s"}),
    row(kUserStreamActive, {.min = 0, .max = 1, .momentary = true}),
    row(kArloSmart),
    row(kCvrModeEnabled),
    row(kMaxMissedBeaconTime, {.min = 0}),
    row(kBeaconLostTime, {.min = 0}),
    row(kEpochBsTime, {.min = 0, .unit = "s", .momentary = true}),
    row(kWifiCountryCode, {.seen = {"US", "EU", "FR", "SE", "DE"}}),
    row(kNightVisionMode),
    row(kNightModeGrey, {.min = 0, .max = 1}),
    row(kNightModeLightSourceAlert, {.min = 0, .max = 1}),
    row(kDuskToDawnThrshVal),
    row(kIrLedState, {.seen = {"off"}}),
    row(kIrCutState, {.seen = {"engaged"}}),
    row(kHdrControl, {.seen = {"auto", "off"}}),
    row(kVideoExposureCompensation),
    row(kVideoFlip),
    row(kVideoMirror),
    row(kVideoMode, {.seen = {"superWide", "wide"}}),
    row(kVideoSmartZoom, {.seen = {"off"}}),
    row(kVideoAntiFlickerRate, {.min = 50, .max = 60, .unit = "Hz"}),
    row(kVideoOutputResolution,
        {.seen = {"360p", "480p", "720p", "1080p", "720sq", "1080sq", "1536sq"}}),
    row(kVideoTargetBitrate, {.min = 0, .unit = "kbit/s"}),
    row(kHevcVideoOutputResolution, {.seen = {"2160p", "1440p"}}),
    row(kHevcVideoTargetBitrate, {.min = 0, .unit = "kbit/s"}),
    row(kVideoWindowStartX, {.min = 0, .max = 1536, .unit = "px"}),
    row(kVideoWindowStartY, {.min = 0, .max = 1536, .unit = "px"}),
    row(kVideoWindowEndX, {.min = 0, .max = 1536, .unit = "px"}),
    row(kVideoWindowEndY, {.min = 0, .max = 1536, .unit = "px"}),
    row(kJpegOutputResolution, {.seen = {"360p"}}),
    row(kAudio0EncodeFormat, {.min = 0, .max = 1}),
    row(kAudio1EncodeFormat, {.min = 0, .max = 1}),
    row(kAudioMicEnable),
    row(kAudioMicVolume),
    row(kAudioMicAgc),
    row(kAudioMicWns),
    row(kAudioSpkrEnable),
    row(kAudioSpkrVolume, {.min = -62, .max = 100}),
    row(kChargeNotificationLed, {.min = 0, .max = 1}),
    row(kStatusLed),
    row(kStreamingLedEnabled),
    row(kSpotlightEnabled, {.momentary = true}),
    row(kSpotlightIntensityManual, {.min = 0, .max = 25700}),
    row(kSpotlightIntensityAlert, {.min = 0, .max = 25700}),
    row(kSpotlightModeManual),
    row(kSpotlightModeAlert),
    row(kSpotlightDurationManual, {.min = 0, .unit = "s"}),
    row(kMaxSensorRequired),
    row(kReboot, {.min = 1, .max = 1, .momentary = true}),
    row(kCallEnableLed),
    row(kLedPirStatus),
    row(kSilentMode),
    row(kTraditionalChime),
    row(kTradChimePlayDur),
    row(kHibernateTimer, {.min = 0, .unit = "s"}),
    row(kIdleTimer, {.min = 0, .unit = "s"}),
    row(kLedStatus),
    row(kLogFrequency),
    row(kLogLevel),
    row(kLogComm),
    row(kEnableCli),
};

std::string_view words_for(RegisterType type) {
    switch (type) {
        case RegisterType::Toggle:
            return "true or false";
        case RegisterType::Number:
            return "a whole number";
        case RegisterType::Text:
            return "a text";
        case RegisterType::ToggleOrNumber:
            return "true, false or a whole number";
    }
    return {};
}

std::string range_of(const RegisterInfo& info) {
    if (info.max == kUnlimited) return fmt::format("it takes {} and more", info.min);
    return fmt::format("it takes {} to {}", info.min, info.max);
}

bool has_type(RegisterType type, const Value& value) {
    bool toggle = false;
    std::int64_t number = 0;
    switch (type) {
        case RegisterType::Toggle:
            return from_value(value, toggle);
        case RegisterType::Number:
            return from_value(value, number);
        case RegisterType::Text:
            return std::holds_alternative<std::string>(value);
        case RegisterType::ToggleOrNumber:
            return from_value(value, toggle) || from_value(value, number);
    }
    return false;
}

}  // namespace

bool from_value(const Value& value, ArmState& out) { return from_word(value, kArmStates, out); }
bool from_value(const Value& value, PirAction& out) { return from_word(value, kPirActions, out); }
bool from_value(const Value& value, SpotlightMode& out) {
    std::int64_t number = 0;
    if (!from_value(value, number) || number < 0 || number > 2) return false;
    out = static_cast<SpotlightMode>(number);
    return true;
}
Value to_value(ArmState state) { return to_word(state, kArmStates); }
Value to_value(PirAction action) { return to_word(action, kPirActions); }
Value to_value(SpotlightMode mode) { return static_cast<std::int64_t>(mode); }

std::span<const RegisterInfo> known_registers() { return kRegisters; }

const RegisterInfo* find_register(std::string_view name) {
    const auto* found = std::ranges::find(kRegisters, name, &RegisterInfo::name);
    return found == kRegisters.end() ? nullptr : found;
}

base::Result<> check_register(std::string_view name, const Value& value) {
    const RegisterInfo* info = find_register(name);
    if (info == nullptr)
        return base::fail(ErrorKind::NotFound, "no register is known by the name {}", shown(name));
    if (!has_type(info->type, value))
        return base::fail(ErrorKind::InvalidArgument, "{} takes {}", name, words_for(info->type));
    if (std::int64_t number = 0;
        from_value(value, number) && (number < info->min || number > info->max)) {
        return base::fail(ErrorKind::InvalidArgument, "{} cannot be {}: {}", name, number,
                          range_of(*info));
    }
    const auto* text = std::get_if<std::string>(&value);
    if (info->is_closed && std::ranges::find(info->seen, *text) == info->seen.end())
        return base::fail(ErrorKind::InvalidArgument, "{} cannot be {}", name, shown(*text));
    return {};
}

}  // namespace casement::protocols::arlo
