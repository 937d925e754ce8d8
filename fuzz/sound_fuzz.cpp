// A sound file that a stranger sent: what is read is as long as allowed, and a loudspeaker's codec
// takes it.
#include <cstdlib>

#include "ffmpeg/sound.hpp"

using namespace casement;
using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr auto kLongest = 2s;
    const auto sound = ffmpeg::Sound::read({data, size}, kLongest);
    if (!sound) return 0;
    if (sound->duration() > kLongest) std::abort();
    media::CodecParameters telephone;
    telephone.codec = media::Codec::Pcmu;
    telephone.sample_rate = 8000;
    telephone.channels = 1;
    const auto units = sound->encode(telephone);
    if (!units || units->empty()) std::abort();
    return 0;
}
