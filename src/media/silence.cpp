#include "media/silence.hpp"

#include <array>
#include <vector>

#include "media/time.hpp"

namespace casement::media {

namespace {

// raw_data_block of zeros, ISO/IEC 14496-3 §4.4.2.1: one element with global gain 0 and no section,
// then ID_END.
constexpr std::array<std::uint8_t, 4> kAacMono{0x01, 0x18, 0x20, 0x07};
constexpr std::array<std::uint8_t, 6> kAacStereo{0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C};
constexpr std::int64_t kAacFrameSamples = 1024;
// RFC 6716: TOC 0xF8 = CELT fullband, 20 ms, mono, one frame; the two bytes decode to silence.
constexpr std::array<std::uint8_t, 3> kOpus{0xF8, 0xFF, 0xFE};

SilentFrame g711(std::uint8_t zero, const Track& track) {
    const int channels =
        track.parameters && track.parameters->channels > 0 ? track.parameters->channels : 1;
    const std::size_t samples = track.clock_rate / 50;  // 20 ms
    return {
        Bytes::from(std::vector<std::uint8_t>(samples * static_cast<std::size_t>(channels), zero)),
        static_cast<std::int64_t>(samples)};
}

}  // namespace

std::optional<SilentFrame> silent_frame(const Track& track) {
    switch (track.codec) {
        case Codec::Aac: {
            const bool low_complexity = track.parameters && track.parameters->config.size() >= 2 &&
                                        track.parameters->config[0] >> 3 == 2;
            if (!low_complexity) return std::nullopt;
            const ByteSpan frame =
                track.parameters->channels == 2 ? ByteSpan(kAacStereo) : ByteSpan(kAacMono);
            if (track.parameters->channels != 1 && track.parameters->channels != 2)
                return std::nullopt;
            return SilentFrame{
                Bytes::copy_of(frame),
                rescale(kAacFrameSamples, static_cast<std::uint64_t>(track.parameters->sample_rate),
                        track.clock_rate)};
        }
        case Codec::Opus:
            return SilentFrame{Bytes::copy_of(kOpus), track.clock_rate / 50};
        case Codec::Pcma:
            return g711(0xD5, track);
        case Codec::Pcmu:
            return g711(0xFF, track);
        default:
            return std::nullopt;
    }
}

}  // namespace casement::media
