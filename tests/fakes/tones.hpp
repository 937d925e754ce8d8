#pragma once
// Sounds to say to a camera, and what of them arrived.

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

namespace casement::fakes {

/// A WAV file of 16 bits with a tone at half of full loudness.
inline std::string wav_of_tone(double hertz, double seconds, int rate = 44'100, int channels = 1) {
    std::string out;
    const auto little = [&out](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
    };
    const auto frames = static_cast<std::uint32_t>(seconds * rate);
    const auto block = static_cast<std::uint32_t>(channels * 2);
    out += "RIFF";
    little(36 + frames * block, 4);
    out += "WAVEfmt ";
    little(16, 4);
    little(1, 2);  // PCM
    little(static_cast<std::uint32_t>(channels), 2);
    little(static_cast<std::uint32_t>(rate), 4);
    little(static_cast<std::uint32_t>(rate) * block, 4);
    little(block, 2);
    little(16, 2);
    out += "data";
    little(frames * block, 4);
    for (std::uint32_t i = 0; i < frames; ++i) {
        const double phase = 2 * std::numbers::pi * hertz * i / rate;
        const auto sample = static_cast<std::int16_t>(std::lrint(16'000 * std::sin(phase)));
        for (int c = 0; c < channels; ++c) little(static_cast<std::uint16_t>(sample), 2);
    }
    return out;
}

/// ITU-T G.711 mu-law.
inline double from_mu_law(std::uint8_t code) {
    const int value = ~code & 0xFF;
    const int magnitude = (((value & 0x0F) << 3) + 0x84) << ((value & 0x70) >> 4);
    return (value & 0x80 ? 0x84 - magnitude : magnitude - 0x84) / 32768.0;
}

/// How much of a tone is in mu-law sound of 8 kHz: 1 = it is nothing else.
inline double share_of_tone(const std::vector<std::uint8_t>& pcmu, double hertz) {
    double in_phase = 0, across = 0, power = 0;
    for (std::size_t i = 0; i < pcmu.size(); ++i) {
        const double sample = from_mu_law(pcmu[i]);
        const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / 8000;
        in_phase += sample * std::cos(phase);
        across += sample * std::sin(phase);
        power += sample * sample;
    }
    if (power == 0) return 0;
    return 2 * (in_phase * in_phase + across * across) / (static_cast<double>(pcmu.size()) * power);
}

}  // namespace casement::fakes
