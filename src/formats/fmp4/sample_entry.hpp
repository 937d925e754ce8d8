#pragma once
// Sample entries: codec set-up as MP4 writes it (ISO/IEC 14496-12 §8.5.2, -14, -15, the Opus
// encapsulation, QuickTime for G.711).

#include "base/byte_writer.hpp"
#include "base/error.hpp"
#include "media/track.hpp"

namespace casement::formats::fmp4 {

/// InvalidArgument when sets or configuration are missing, Unsupported for more than two channels
/// of Opus.
base::Result<> write_sample_entry(base::ByteWriter& out, const media::CodecParameters& parameters);

struct SampleEntry {
    media::CodecParametersPtr parameters;
    int nal_length_bytes = 4;
};

/// `type` and `body` of a child of stsd. Unsupported for codecs we do not carry, DataLoss when
/// broken.
base::Result<SampleEntry> parse_sample_entry(std::uint32_t type, media::ByteSpan body);

}  // namespace casement::formats::fmp4
