#include <cstdlib>

#include "media/jpeg.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto info = casement::media::jpeg::parse({data, size});
    if (info && (info->width < 1 || info->height < 1 || info->size_bytes > size)) std::abort();
    return 0;
}
