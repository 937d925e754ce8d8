// avcC and hvcC. What was read and can be written must read the same again.

#include <cstdlib>

#include "formats/avcc.hpp"
#include "formats/hvcc.hpp"

using namespace casement;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const media::ByteSpan input(data, size);
    if (const auto avc = formats::parse_avcc(input)) {
        if (const auto written = formats::write_avcc(avc->parameters)) {
            const auto again = formats::parse_avcc(*written);
            if (!again || again->parameters != avc->parameters) std::abort();
        }
    }
    if (const auto hevc = formats::parse_hvcc(input)) {
        if (const auto written = formats::write_hvcc(hevc->parameters)) {
            const auto again = formats::parse_hvcc(*written);
            if (!again || again->parameters != hevc->parameters) std::abort();
        }
    }
    return 0;
}
