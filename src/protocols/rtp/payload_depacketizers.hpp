#pragma once
// The implementations behind make_depacketizer.

#include <memory>

#include "protocols/rtp/depacketizer.hpp"

namespace casement::protocols::rtp {

std::unique_ptr<Depacketizer> make_h264_depacketizer(media::CodecParametersPtr parameters);
std::unique_ptr<Depacketizer> make_h265_depacketizer(media::CodecParametersPtr parameters);
std::unique_ptr<Depacketizer> make_aac_depacketizer(const PayloadFormat& format,
                                                    media::CodecParametersPtr parameters);
std::unique_ptr<Depacketizer> make_latm_depacketizer(const PayloadFormat& format,
                                                     media::CodecParametersPtr parameters);
std::unique_ptr<Depacketizer> make_jpeg_depacketizer(media::CodecParametersPtr parameters);
/// Opus and G.711: one packet, one unit.
std::unique_ptr<Depacketizer> make_plain_depacketizer(media::CodecParametersPtr parameters);

}  // namespace casement::protocols::rtp
