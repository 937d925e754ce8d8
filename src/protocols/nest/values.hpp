#pragma once
// What the numbers of nexustalk mean. A number without a name is a newer server's: kept, and taken
// for nothing.

#include <cstdint>
#include <string_view>

namespace casement::protocols::nest {

/// From 100 the client's, from 200 the server's, and an AuthorizeRequest, which is the client's.
enum class PacketType : std::uint8_t {
    Ping = 1,  // both
    Hello = 100,
    PingCamera = 101,
    AudioPayload = 102,
    StartPlayback = 103,
    StopPlayback = 104,
    ClockSyncEcho = 105,
    LatencyMeasure = 106,
    TalkbackLatency = 107,
    MetadataRequest = 108,
    Ok = 200,
    Error = 201,
    PlaybackBegin = 202,
    PlaybackEnd = 203,
    PlaybackPacket = 204,
    LongPlaybackPacket = 205,
    ClockSync = 206,
    Redirect = 207,
    TalkbackBegin = 208,
    TalkbackEnd = 209,
    Metadata = 210,
    MetadataError = 211,
    AuthorizeRequest = 212,
};
/// "PLAYBACK_BEGIN"; empty for a type that nobody has named.
std::string_view to_string(PacketType type);

enum class ClientType : std::int32_t { Android = 1, Ios = 2, Web = 3 };

enum class Profile : std::int32_t {
    Mobile1 = 1,
    HdMain1 = 2,
    AudioAac = 3,
    AudioSpeex = 4,
    AudioOpus = 5,
    Video50kbitL12 = 6,
    Video530kbitL31 = 7,
    Video100kbitL30 = 8,
    Video2mbitL40 = 9,
    Video50kbitL12Thumbnail = 10,
    Meta = 11,
    DirectorsCut = 12,
    AudioOpusLive = 13,
    VideoL31 = 14,
    VideoL40 = 15,
};

enum class CodecType : std::int32_t {
    Speex = 0,
    PcmS16Le = 1,
    H264 = 2,
    Aac = 3,
    Opus = 4,
    Meta = 5,
    DirectorsCut = 6,
};

enum class ErrorCode : std::int32_t {
    CameraNotConnected = 1,
    IllegalPacket = 2,
    AuthorizationFailed = 3,
    NoTranscoderAvailable = 4,
    TranscodeProxyError = 5,
    Internal = 6,
};

enum class EndReason : std::int32_t {
    UserEnded = 0,  // also when no reason is said
    TimeNotAvailable = 1,
    ProfileNotAvailable = 2,
    TranscodeNotAvailable = 3,
    CameraUnreachable = 4,
    SessionComplete = 128,
};

enum class ProfileNotFound : std::int32_t { Redirect = 0, UseNextAvailable = 1 };

}  // namespace casement::protocols::nest
