#pragma once
// What we carry. Spelling as in FFmpeg.

#include <cstdint>
#include <optional>
#include <string_view>

namespace casement::media {

enum class Kind : std::uint8_t { Video, Audio };

enum class Codec : std::uint8_t {
    H264,   // ITU-T H.264
    H265,   // ITU-T H.265 ("hevc")
    Mjpeg,  // baseline JPEG pictures, each one a key frame
    Aac,    // MPEG-4 AAC, raw access units without ADTS
    Opus,   // RFC 6716 packets
    Pcma,   // G.711 A-law
    Pcmu,   // G.711 mu-law
};

Kind kind_of(Codec codec);
/// "h264", "hevc", "mjpeg", "aac", "opus", "pcm_alaw", "pcm_mulaw".
std::string_view to_string(Codec codec);
std::optional<Codec> parse_codec(std::string_view name);

}  // namespace casement::media
