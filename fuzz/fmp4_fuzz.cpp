// A recorded file as found after a crash, or a stranger's: every sample that is promised must be
// readable.

#include <cstdlib>

#include "formats/fmp4/reader.hpp"

using namespace casement::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const MemorySource source(casement::media::Bytes::copy_of({data, size}));
    auto reader = fmp4::Reader::open(source);
    if (!reader) return 0;
    while (true) {
        const auto fragment = reader->next();
        if (!fragment || !*fragment) break;
        if ((*fragment)->offset + (*fragment)->size > size) std::abort();
        for (const auto& track : (*fragment)->tracks) {
            for (const auto& sample : track.samples) {
                if (!fmp4::read_sample(source, sample)) std::abort();
            }
        }
    }
    const auto report = fmp4::check(source);
    if (!report || report->good_bytes != reader->position() || report->good_bytes > size)
        std::abort();
    return 0;
}
