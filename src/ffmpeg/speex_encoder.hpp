#pragma once
// Wideband Speex, which some cameras take for their loudspeaker.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.hpp"

namespace casement::ffmpeg {

/// 16 kHz, mono. Not thread-safe. A packet costs about a millisecond.
class SpeexEncoder {
public:
    static constexpr int kSampleRate = 16'000;
    static constexpr int kFramesPerPacket = 4;
    static constexpr std::size_t kPacketSamples = 1280;  // 80 ms

    /// Unsupported "codec" when this libavcodec has no libspeex.
    static base::Result<SpeexEncoder> open();

    /// Any number of samples; appends the packets that became complete, without a container.
    base::Result<> put(std::span<const std::int16_t> samples,
                       std::vector<std::vector<std::uint8_t>>& packets);
    /// Fills the last packet with silence.
    base::Result<> finish(std::vector<std::vector<std::uint8_t>>& packets);

    SpeexEncoder(SpeexEncoder&& other) noexcept;
    ~SpeexEncoder();

private:
    struct State;
    explicit SpeexEncoder(std::unique_ptr<State> state);
    base::Result<> encode(std::span<const std::int16_t> frame,
                          std::vector<std::vector<std::uint8_t>>& packets);

    std::unique_ptr<State> state_;
};

}  // namespace casement::ffmpeg
