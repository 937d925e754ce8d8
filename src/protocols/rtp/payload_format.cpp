#include "protocols/rtp/payload_format.hpp"

namespace casement::protocols::rtp {

namespace {

constexpr std::uint8_t kFirstDynamic = 96;  // RFC 3551 §3
constexpr std::uint32_t kOpusClockRate = 48'000;
constexpr std::uint32_t kG711ClockRate = 8'000;

bool is_static_g711(const PayloadFormat& format) {
    return format.clock_rate == kG711ClockRate && format.channels == 1;
}

}  // namespace

PayloadFormat sending_format(const media::Track& track) {
    PayloadFormat format;
    format.codec = track.codec;
    format.payload_type = static_cast<std::uint8_t>(kFirstDynamic + (track.id & 0x1F));
    const media::CodecParameters* parameters = track.parameters.get();
    if (media::kind_of(track.codec) == media::Kind::Audio) {
        format.clock_rate = parameters && parameters->sample_rate > 0
                                ? static_cast<std::uint32_t>(parameters->sample_rate)
                                : track.clock_rate;
        format.channels = parameters && parameters->channels > 0 ? parameters->channels : 1;
    }
    switch (track.codec) {
        case media::Codec::H264:
        case media::Codec::H265:
            break;
        case media::Codec::Mjpeg:
            format.payload_type = 26;
            break;
        case media::Codec::Aac:
            break;
        case media::Codec::Opus:
            // RFC 7587 §7: always 48000 and 2 in the SDP, whatever the packets hold.
            format.clock_rate = kOpusClockRate;
            format.channels = 2;
            break;
        case media::Codec::Pcmu:
            if (is_static_g711(format)) format.payload_type = 0;
            break;
        case media::Codec::Pcma:
            if (is_static_g711(format)) format.payload_type = 8;
            break;
    }
    return format;
}

}  // namespace casement::protocols::rtp
