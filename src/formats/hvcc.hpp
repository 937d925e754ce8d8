#pragma once
// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1): "hvcC" of MP4, the sequence header of
// FLV.

#include "base/error.hpp"
#include "media/track.hpp"

namespace casement::formats {

struct HevcConfiguration {
    media::CodecParameters parameters;
    int nal_length_bytes = 4;
};

/// InvalidArgument when `parameters` has no SPS.
base::Result<media::Bytes> write_hvcc(const media::CodecParameters& parameters);
base::Result<HevcConfiguration> parse_hvcc(media::ByteSpan record);

}  // namespace casement::formats
