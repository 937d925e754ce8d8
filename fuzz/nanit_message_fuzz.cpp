// Messages of a Nanit camera: read, listed, written and read again without a change.

#include <cstdlib>

#include "protocols/nanit/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace casement::protocols::nanit;
    const auto message = parse({data, size});
    if (!message) return 0;
    const auto unknown = unknown_fields(*message);
    const auto written = serialize(*message);
    const auto again = parse(written);
    if (!again || unknown_fields(*again) != unknown || serialize(*again) != written) std::abort();
    return 0;
}
