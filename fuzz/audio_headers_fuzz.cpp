// AudioSpecificConfig, ADTS and Opus packets. A configuration that was read must survive being
// written.

#include <cstdlib>

#include "media/aac.hpp"
#include "media/opus.hpp"

using namespace casement::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteSpan input(data, size);
    (void)aac::parse_adts(input);
    if (opus::packet_samples(input) > 5760) std::abort();
    if (const auto config = aac::parse_config(input)) {
        const auto again = aac::parse_config(aac::write_config(*config));
        if (!again || *again != *config) std::abort();
    }
    return 0;
}
