#pragma once
// Between libav's byte streams (ITU-T H.264 Annex B, start codes) and our units (4-byte lengths).

#include <cstdint>
#include <vector>

#include "media/bytes.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

/// The NAL units of a byte stream, in order; zero bytes around start codes belong to none (Annex
/// B.1.1).
std::vector<media::ByteSpan> split_annex_b(media::ByteSpan stream);

/// For decoders: the parameter sets and the unit's NAL units, each behind a start code.
std::vector<std::uint8_t> to_annex_b(const media::CodecParameters& parameters,
                                     media::ByteSpan unit);

}  // namespace casement::ffmpeg
