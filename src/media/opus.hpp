#pragma once
// Opus packets from outside (RFC 6716 §3).

#include "media/bytes.hpp"
#include "media/track.hpp"

namespace casement::media::opus {

/// Length in samples at 48 kHz, from the TOC byte and frame count; 0 when the packet is empty,
/// broken, or longer than 120 ms (R5).
int packet_samples(ByteSpan packet);
/// Whether the packet's TOC says stereo. False when empty.
bool is_stereo(ByteSpan packet);
CodecParameters make_parameters(int channels);

}  // namespace casement::media::opus
