// H.264 and H.265 headers as they come from strangers: NAL units, each behind a 4-byte length.

#include "media/h264.hpp"
#include "media/h265.hpp"
#include "media/parameter_sets.hpp"

using namespace casement::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteSpan input(data, size);
    if (input.empty()) return 0;
    const Codec codec = (input[0] & 1) ? Codec::H265 : Codec::H264;
    const ByteSpan unit = input.subspan(1);
    ParameterSets sets(codec);
    NalJoiner joiner(codec);
    for (const ByteSpan nal : NalUnits(unit)) {
        (void)h264::parse_sps(nal);
        (void)h264::parse_pps(nal);
        (void)h264::parse_slice_start(nal);
        (void)h264::starts_access_unit(nal);
        (void)h265::parse_sps(nal);
        (void)h265::parse_pps(nal);
        (void)h265::starts_access_unit(nal);
        (void)sets.add(nal);
        (void)joiner.add(nal);
        if (const auto parameters = sets.parameters()) (void)parameters->rfc6381();
    }
    (void)h264::is_key(joiner.take());
    (void)h265::is_key(unit);
    return 0;
}
