#pragma once
// Codec parameters in fmtp values, both ways.

#include <string>
#include <string_view>

#include "media/track.hpp"
#include "protocols/rtp/payload_format.hpp"

namespace casement::protocols::sdp {

/// What the fmtp value says of the decoder's set-up; null when it says nothing usable (then it
/// comes in band, or the codec needs none).
media::CodecParametersPtr parameters_from_fmtp(const rtp::PayloadFormat& format,
                                               std::string_view fmtp);

/// RFC 6416 §7.4.1: the AudioSpecificConfig inside a StreamMuxConfig in hex; empty when it is more
/// than one plain AAC layer.
media::Bytes config_of_latm(std::string_view stream_mux_config_hex);

}  // namespace casement::protocols::sdp
