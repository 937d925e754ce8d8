#pragma once
// What the numbers of nanit.proto mean. Numbers that are not here are a newer firmware's: kept, and
// taken for nothing.

#include <string_view>

namespace casement::protocols::nanit {

enum MessageType : int { kKeepalive = 0, kRequest = 1, kResponse = 2 };

/// Those that Casement sends or understands; name_of() knows them all.
enum RequestType : int {
    kPutStreaming = 2,
    kGetStreaming = 3,
    kGetSettings = 4,
    kPutSettings = 5,
    kGetControl = 6,
    kPutControl = 7,
    kGetStatus = 8,
    kPutStatus = 9,
    kPutSensorData = 11,
    kGetSensorData = 12,
    kGetFirmware = 17,
    kGetPlayback = 19,
    kPutPlayback = 20,
    kGetSoundtracks = 21,
    kGetLogs = 24,
    kPutStingStart = 30,
    kPutStingStop = 31,
    kPutStingStatus = 32,
    kGetStingStatus = 36,
};
/// "PUT_STREAMING"; empty for a number that nobody has named.
std::string_view name_of(int request_type);

enum SensorType : int {
    kSound = 0,
    kMotion = 1,
    kTemperature = 2,
    kHumidity = 3,
    kLight = 4,
    kNight = 5,
    kCry = 7,
};

enum NightVision : int { kNightVisionOff = 0, kNightVisionAuto = 1, kNightVisionOn = 2 };
enum AntiFlicker : int { k50Hz = 0, k60Hz = 1 };
enum WifiBand : int { kAnyBand = 0, k2_4GHz = 1, k5GHz = 2 };
enum MountingMode : int { kStand = 0, kTravel = 1, kSwitch = 2 };

/// The vendor's own pipelines are the first two: never touched.
enum StreamIdentifier : int { kDvr = 0, kAnalytics = 1, kMobile = 2 };
enum StreamingStatus : int { kStarted = 0, kStopped = 1, kPaused = 2 };
enum PlaybackStatus : int { kPlaying = 0, kSilent = 1 };

enum StingState : int {
    kStingOff = 0,
    kStingIniting = 1,
    kStingRunning = 2,
    kStingPaused = 3,
    kStingResuming = 4,
    kStingInitFailed = 5,
    kStingCompleted = 6,
    kStingAborted = 7,
    kStingStale = 8,
};
enum Breathing : int {
    kLackTexture = 0,
    kNormal = 1,
    kWiggling = 2,
    kNoPattern = 3,
    kNoBreathing = 4,
    kLowBpm = 5,
    kHighBpm = 6,
    kInit = 7,
    kPatternFound = 8,
    kBabyNotInBed = 9,
};
enum StingMode : int { kGreen = 0, kYellow = 1, kRed = 2 };  // red alone is the alert

}  // namespace casement::protocols::nanit
