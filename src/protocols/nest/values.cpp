#include "protocols/nest/values.hpp"

namespace casement::protocols::nest {

std::string_view to_string(PacketType type) {
    switch (type) {
        case PacketType::Ping:
            return "PING";
        case PacketType::Hello:
            return "HELLO";
        case PacketType::PingCamera:
            return "PING_CAMERA";
        case PacketType::AudioPayload:
            return "AUDIO_PAYLOAD";
        case PacketType::StartPlayback:
            return "START_PLAYBACK";
        case PacketType::StopPlayback:
            return "STOP_PLAYBACK";
        case PacketType::ClockSyncEcho:
            return "CLOCK_SYNC_ECHO";
        case PacketType::LatencyMeasure:
            return "LATENCY_MEASURE";
        case PacketType::TalkbackLatency:
            return "TALKBACK_LATENCY";
        case PacketType::MetadataRequest:
            return "METADATA_REQUEST";
        case PacketType::Ok:
            return "OK";
        case PacketType::Error:
            return "ERROR";
        case PacketType::PlaybackBegin:
            return "PLAYBACK_BEGIN";
        case PacketType::PlaybackEnd:
            return "PLAYBACK_END";
        case PacketType::PlaybackPacket:
            return "PLAYBACK_PACKET";
        case PacketType::LongPlaybackPacket:
            return "LONG_PLAYBACK_PACKET";
        case PacketType::ClockSync:
            return "CLOCK_SYNC";
        case PacketType::Redirect:
            return "REDIRECT";
        case PacketType::TalkbackBegin:
            return "TALKBACK_BEGIN";
        case PacketType::TalkbackEnd:
            return "TALKBACK_END";
        case PacketType::Metadata:
            return "METADATA";
        case PacketType::MetadataError:
            return "METADATA_ERROR";
        case PacketType::AuthorizeRequest:
            return "AUTHORIZE_REQUEST";
    }
    return {};
}

}  // namespace casement::protocols::nest
