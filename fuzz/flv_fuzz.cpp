// An FLV file through the demuxer: units stay inside their tags and their time never decreases.
#include "base/clock.hpp"
#include "formats/flv_demuxer.hpp"
#include "formats/flv_file.hpp"
#include "media/bytes.hpp"

using namespace casement;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto reader = formats::flv::FileReader::open({data, size});
    if (!reader) return 0;
    formats::flv::Demuxer demuxer;
    std::vector<std::int64_t> last(8, INT64_MIN);
    for (;;) {
        const auto tag = reader->next();
        if (!tag || !*tag) return 0;
        const auto body = media::Bytes::copy_of((*tag)->body);
        if (!demuxer.push((*tag)->type, (*tag)->timestamp_ms, body, {})) return 0;
        while (const auto unit = demuxer.next()) {
            const auto track = static_cast<std::size_t>(unit->track);
            if (track >= demuxer.tracks().size() || unit->data.empty()) __builtin_trap();
            // A change of the sample rate changes the ticks.
            if (demuxer.tracks()[track].kind() == media::Kind::Video && unit->dts < last[track])
                __builtin_trap();
            last[track] = unit->dts;
        }
    }
}
