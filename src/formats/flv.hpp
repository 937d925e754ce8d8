#pragma once
// FLV tags (Adobe FLV 10.1 Annex E; Enhanced RTMP v2 of the Veovera Software Organization). RTMP
// audio and video messages carry the same bodies, so this is also RTMP's media format.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "formats/amf0.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::formats::flv {

/// The numbers are also RTMP message type ids.
enum class TagType : std::uint8_t { Audio = 8, Video = 9, Script = 18 };

/// What one tag body is for.
enum class Part : std::uint8_t {
    Configuration,  // decoder set-up: AVCDecoderConfigurationRecord, AudioSpecificConfig,
                    // OpusHead...
    Frame,
    End,    // end of sequence: the next frame starts anew
    Other,  // commands, metadata packets, second tracks: nothing for us
};

/// One audio or video tag body. `data` points into it.
struct TagBody {
    Part part = Part::Other;
    media::Codec codec = media::Codec::H264;
    bool key = false;                 // video: frame type 1 (or 4)
    std::int32_t composition_ms = 0;  // pts - dts
    int sample_rate = 0;              // G.711 only, Hz
    int channels = 0;                 // G.711 only
    media::ByteSpan data{};
};

/// DataLoss when cut off; Unsupported with reason "codec" for what we do not carry (H.263, VP6,
/// AV1, MP3, Speex...).
base::Result<TagBody> parse_video(media::ByteSpan body);
base::Result<TagBody> parse_audio(media::ByteSpan body);

/// The bytes in front of an access unit's data in a tag body. Trivially copyable: made per frame.
struct FrameHeader {
    std::array<std::uint8_t, 8> bytes{};
    std::size_t size = 0;
    media::ByteSpan view() const { return {bytes.data(), size}; }
};
/// H.264 in the classic form, H.265 as FourCC hvc1 (CodedFramesX when pts equals dts), AAC and
/// G.711 classic, Opus as FourCC. Mjpeg has no FLV form: size 0. G.711 wants `parameters` for its
/// channels.
FrameHeader frame_header(const media::CodecParameters& parameters, bool key,
                         std::int32_t composition_ms);
/// A whole tag body with the decoder set-up; empty for G.711, which needs none. Unsupported for
/// Mjpeg.
base::Result<std::vector<std::uint8_t>> configuration_body(
    const media::CodecParameters& parameters);
/// Whether a track of this codec can travel in FLV and RTMP.
constexpr bool is_carried(media::Codec codec) { return codec != media::Codec::Mjpeg; }

/// onMetaData for these tracks: an object for RTMP's data message and for a script tag.
amf0::Value metadata(const media::Tracks& tracks);

/// Milliseconds of a tag: dts of the track rounded to nearest, as 64 bits; the wire takes the
/// low 32.
std::int64_t timestamp_ms(const media::Track& track, std::int64_t ticks);

}  // namespace casement::formats::flv
