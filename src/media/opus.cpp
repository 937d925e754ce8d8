#include "media/opus.hpp"

namespace casement::media::opus {

namespace {

constexpr int kMaxPacketSamples = 5760;  // 120 ms: RFC 6716 §3.2.5, R5

/// Samples at 48 kHz of one frame: RFC 6716 table 2.
int frame_samples(std::uint8_t toc) {
    const int config = toc >> 3;
    if (config >= 16) return 120 << (config & 3);           // CELT: 2.5, 5, 10, 20 ms
    if (config >= 12) return (config & 1) ? 960 : 480;      // hybrid: 10, 20 ms
    return (config & 3) == 3 ? 2880 : 480 << (config & 3);  // SILK: 10, 20, 40, 60 ms
}

}  // namespace

int packet_samples(ByteSpan packet) {
    if (packet.empty()) return 0;
    int frames = 0;
    switch (packet[0] & 3) {
        case 0:
            frames = 1;
            break;
        case 1:
            frames = packet.size() % 2 == 1 ? 2 : 0;
            break;  // R3: two frames of one size
        case 2:
            frames = 2;
            break;
        default:
            frames = packet.size() > 1 ? packet[1] & 0x3F : 0;
            break;  // R6, R7
    }
    const int samples = frames * frame_samples(packet[0]);
    return samples <= kMaxPacketSamples ? samples : 0;
}

bool is_stereo(ByteSpan packet) { return !packet.empty() && (packet[0] & 4) != 0; }

CodecParameters make_parameters(int channels) {
    CodecParameters out;
    out.codec = Codec::Opus;
    out.sample_rate = 48'000;
    out.channels = channels;
    return out;
}

}  // namespace casement::media::opus
