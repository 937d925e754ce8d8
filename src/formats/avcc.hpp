#pragma once
// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1): "avcC" of MP4, the sequence header of
// FLV.

#include "base/error.hpp"
#include "media/track.hpp"

namespace casement::formats {

struct AvcConfiguration {
    media::CodecParameters parameters;
    int nal_length_bytes = 4;  // 1, 2 or 4: length field of the samples that follow
};

/// InvalidArgument when `parameters` has no SPS.
base::Result<media::Bytes> write_avcc(const media::CodecParameters& parameters);
base::Result<AvcConfiguration> parse_avcc(media::ByteSpan record);

}  // namespace casement::formats
