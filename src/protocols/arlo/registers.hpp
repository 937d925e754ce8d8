#pragma once
// The settings of a device. The base writes them with registerSet, the device keeps them and gives
// them back with registerGet; both hold them in Fields:
//
//   values.set(registers::kPirTargetState, ArmState::Armed);
//   if (values.get(registers::kVideoFlip) == true) ...
//
// Which model takes which register is not known well enough to be written down here: a device
// refuses what it does not take (Response::refused_registers).

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "protocols/arlo/fields.hpp"

namespace casement::protocols::arlo {

enum class ArmState : std::uint8_t { Armed, Disarmed };
enum class PirAction : std::uint8_t { Stream, StreamAndSpotlight, Snapshot };
enum class SpotlightMode : std::uint8_t { Constant = 0, Flash = 1, Pulsate = 2 };

// As in fields.hpp: false for every other text or number.
bool from_value(const Value& value, ArmState& out);
bool from_value(const Value& value, PirAction& out);
bool from_value(const Value& value, SpotlightMode& out);
Value to_value(ArmState state);
Value to_value(PirAction action);
Value to_value(SpotlightMode mode);

namespace registers {

using Toggle = Field<bool>;
using Number = Field<std::int64_t>;
using Text = Field<std::string>;
/// Both were seen, or neither.
using ToggleOrNumber = Field<Value>;

// Alerts

/// Motion alerts; lasts until the next registration.
inline constexpr Field<ArmState> kPirTargetState{"PIRTargetState"};
inline constexpr Number kPirStartSensitivity{"PIRStartSensitivity"};
/// What follows motion; the alert itself comes in any case.
inline constexpr Field<PirAction> kPirAction{"PIRAction"};
/// Motion seen in the picture.
inline constexpr Toggle kVideoMotionEstimationEnable{"VideoMotionEstimationEnable"};
inline constexpr Number kVideoMotionSensitivity{"VideoMotionSensitivity"};
inline constexpr Field<ArmState> kAudioTargetState{"AudioTargetState"};  // sound alerts
inline constexpr Number kAudioStartSensitivity{"AudioStartSensitivity"};
inline constexpr Text kAudioAction{"AudioAction"};
inline constexpr Toggle kPirEnableLed{"PIREnableLED"};  // the LED blinks at motion, a test mode
inline constexpr Number kPirLedSensitivity{"PIRLEDSensitivity"};

// Streams and time; limits in seconds

/// Length of a motion clip.
inline constexpr Number kDefaultMotionStreamTimeLimit{"DefaultMotionStreamTimeLimit"};
inline constexpr Number kMaxMotionStreamTimeLimit{"MaxMotionStreamTimeLimit"};
inline constexpr Number kMaxUserStreamTimeLimit{"MaxUserStreamTimeLimit"};  // of a live view
/// Of any stream; VMC3030 refuses less than 180.
inline constexpr Number kMaxStreamTimeLimit{"MaxStreamTimeLimit"};
inline constexpr Number kAlertBackoffTime{"AlertBackoffTime"};  // least time between two alerts
/// 1 most likely means streaming; VMC3030 refuses it.
inline constexpr Number kUserStreamActive{"UserStreamActive"};
inline constexpr Toggle kArloSmart{"ArloSmart"};
inline constexpr Toggle kCvrModeEnabled{"CvrModeEnabled"};
inline constexpr Number kMaxMissedBeaconTime{"MaxMissedBeaconTime"};  // unit unknown
inline constexpr Number kBeaconLostTime{"BeaconLostTime"};            // of audio doorbells
inline constexpr Number kEpochBsTime{"EpochBsTime"};        // the clock: seconds since 1970
inline constexpr Text kWifiCountryCode{"WifiCountryCode"};  // a wrong one may cost the access point

// Picture

inline constexpr Toggle kNightVisionMode{"NightVisionMode"};  // infrared
inline constexpr Number kNightModeGrey{"NightModeGrey"};
/// 1: the lamp lights up at night when there is motion.
inline constexpr Number kNightModeLightSourceAlert{"NightModeLightSourceAlert"};
inline constexpr Number kDuskToDawnThrshVal{"DuskToDawnThrshVal"};
inline constexpr Text kIrLedState{"IRLedState"};
inline constexpr Text kIrCutState{"IRCutState"};
inline constexpr Text kHdrControl{"HdrControl"};
inline constexpr Number kVideoExposureCompensation{"VideoExposureCompensation"};
inline constexpr Toggle kVideoFlip{"VideoFlip"};  // with VideoMirror: upside down
inline constexpr Toggle kVideoMirror{"VideoMirror"};
inline constexpr Text kVideoMode{"VideoMode"};
inline constexpr Text kVideoSmartZoom{"VideoSmartZoom"};
inline constexpr Number kVideoAntiFlickerRate{"VideoAntiFlickerRate"};  // 50 or 60
inline constexpr Text kVideoOutputResolution{"VideoOutputResolution"};  // of port 554
inline constexpr Number kVideoTargetBitrate{"VideoTargetBitrate"};
inline constexpr Text kHevcVideoOutputResolution{"HEVCVideoOutputResolution"};  // of port 555
inline constexpr Number kHevcVideoTargetBitrate{"HEVCVideoTargetBitrate"};
/// The crop, in a space of 1280 x 720 (video doorbell: 1536 x 1536).
inline constexpr Number kVideoWindowStartX{"VideoWindowStartX"};
inline constexpr Number kVideoWindowStartY{"VideoWindowStartY"};
inline constexpr Number kVideoWindowEndX{"VideoWindowEndX"};
inline constexpr Number kVideoWindowEndY{"VideoWindowEndY"};
inline constexpr Text kJpegOutputResolution{"JPEGOutputResolution"};  // empty: full size

// Sound

inline constexpr Number kAudio0EncodeFormat{"Audio0EncodeFormat"};  // AAC and Opus in some order
inline constexpr Number kAudio1EncodeFormat{"Audio1EncodeFormat"};
inline constexpr Toggle kAudioMicEnable{"AudioMicEnable"};
inline constexpr Number kAudioMicVolume{"AudioMicVolume"};
inline constexpr Number kAudioMicAgc{"AudioMicAGC"};
inline constexpr Number kAudioMicWns{"AudioMicWNS"};
inline constexpr Toggle kAudioSpkrEnable{"AudioSpkrEnable"};
/// Cameras: 4 is loudest, -62 silent; audio doorbell: percent.
inline constexpr Number kAudioSpkrVolume{"AudioSpkrVolume"};

// Lamps

inline constexpr Number kChargeNotificationLed{"ChargeNotificationLed"};
inline constexpr ToggleOrNumber kStatusLed{"StatusLed"};
inline constexpr ToggleOrNumber kStreamingLedEnabled{"StreamingLedEnabled"};
/// The lamp now; it goes out by itself.
inline constexpr Toggle kSpotlightEnabled{"SpotlightEnabled"};
/// 257 per percent; older models: 100 is full.
inline constexpr Number kSpotlightIntensityManual{"SpotlightIntensityManual"};
inline constexpr Number kSpotlightIntensityAlert{"SpotlightIntensityAlert"};
inline constexpr Field<SpotlightMode> kSpotlightModeManual{"SpotlightModeManual"};
inline constexpr Field<SpotlightMode> kSpotlightModeAlert{"SpotlightModeAlert"};
inline constexpr Number kSpotlightDurationManual{"SpotlightDurationManual"};

// Device

inline constexpr Toggle kMaxSensorRequired{"MaxSensorRequired"};
inline constexpr Number kReboot{"Reboot"};

// Doorbells

inline constexpr Toggle kCallEnableLed{"CallEnableLED"};        // video doorbell, port 4100
inline constexpr Toggle kLedPirStatus{"LEDPirStatus"};          // video doorbell, port 4100
inline constexpr Toggle kSilentMode{"SilentMode"};              // doorbells, port 4100
inline constexpr Toggle kTraditionalChime{"TraditionalChime"};  // doorbells, port 4100
inline constexpr Number kTradChimePlayDur{"TradChimePlayDur"};  // video doorbell, port 4100
inline constexpr Number kHibernateTimer{"HibernateTimer"};      // audio doorbell
inline constexpr Number kIdleTimer{"IdleTimer"};                // audio doorbell
inline constexpr Toggle kLedStatus{"LEDStatus"};                // audio doorbell

// Traces of a development console

inline constexpr Number kLogFrequency{"LogFrequency"};
inline constexpr Number kLogLevel{"LogLevel"};
inline constexpr Number kLogComm{"LogCOMM"};
inline constexpr Toggle kEnableCli{"EnableCLI"};  // a console on the serial port

}  // namespace registers

enum class RegisterType : std::uint8_t { Toggle, Number, Text, ToggleOrNumber };

/// What is known of a register.
struct RegisterInfo {
    std::string_view name = {};
    RegisterType type = RegisterType::Number;
    std::int64_t min = std::numeric_limits<std::int64_t>::min();  // of a Number
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    std::string_view unit = {};  // of a Number: "%", "s", "kbit/s"; empty = a bare or unknown one
    std::array<std::string_view, 7> seen = {};  // values of a Text, up to the first empty one
    bool is_closed = false;                     // `seen` is all there is
    bool momentary = false;  // a command or a state of the moment: worthless when kept
};

std::span<const RegisterInfo> known_registers();
/// Null when no source knows it.
const RegisterInfo* find_register(std::string_view name);

/// NotFound when no source knows the register, InvalidArgument when its type or its range does not
/// allow the value, each with a sentence.
base::Result<> check_register(std::string_view name, const Value& value);

}  // namespace casement::protocols::arlo
