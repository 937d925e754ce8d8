#pragma once
// How a track is put into RTP packets: what an SDP says in rtpmap and fmtp, as a value.

#include <cstdint>
#include <string>

#include "media/codec.hpp"
#include "media/track.hpp"

namespace casement::protocols::rtp {

/// Clock of video (RFC 6184, 7798, 2435).
inline constexpr std::uint32_t kVideoClockRate = 90'000;

struct PayloadFormat {
    media::Codec codec = media::Codec::H264;
    std::uint8_t payload_type = 96;
    std::uint32_t clock_rate = kVideoClockRate;
    int channels = 0;  // audio only

    /// RFC 3640 §4.1, in bits. The defaults are those of AAC-hbr.
    int size_length = 13;
    int index_length = 3;
    int index_delta_length = 3;
    /// RFC 6416: AAC as LATM (MP4A-LATM) with its StreamMuxConfig in the SDP, not RFC 3640.
    bool latm = false;
};

/// The format in which we send a track: PCMU 0, PCMA 8, JPEG 26 (RFC 3551 §6), everything else 96 +
/// track id; audio at its sample rate, Opus at 48000 (RFC 7587 §4.1), video at 90000.
PayloadFormat sending_format(const media::Track& track);

}  // namespace casement::protocols::rtp
