#include "protocols/rtp/depacketizer.hpp"

#include "protocols/rtp/payload_depacketizers.hpp"

namespace casement::protocols::rtp {

std::unique_ptr<Depacketizer> make_depacketizer(const PayloadFormat& format,
                                                media::CodecParametersPtr parameters) {
    switch (format.codec) {
        case media::Codec::H264:
            return make_h264_depacketizer(std::move(parameters));
        case media::Codec::H265:
            return make_h265_depacketizer(std::move(parameters));
        case media::Codec::Mjpeg:
            return make_jpeg_depacketizer(std::move(parameters));
        case media::Codec::Aac:
            return format.latm ? make_latm_depacketizer(format, std::move(parameters))
                               : make_aac_depacketizer(format, std::move(parameters));
        case media::Codec::Opus:
        case media::Codec::Pcma:
        case media::Codec::Pcmu:
            break;
    }
    return make_plain_depacketizer(std::move(parameters));
}

}  // namespace casement::protocols::rtp
