// A byte stream must give the same pictures whatever the pieces it comes in.

#include <algorithm>
#include <cstdlib>

#include "formats/annexb.hpp"

using namespace casement;

namespace {

std::vector<media::Bytes> split(media::Codec codec, media::ByteSpan stream, std::size_t piece) {
    formats::AnnexBSplitter splitter(codec);
    std::vector<media::Bytes> out;
    const auto drain = [&] {
        while (auto unit = splitter.next()) out.push_back(std::move(unit->data));
    };
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        (void)splitter.push(stream.subspan(at, std::min(piece, stream.size() - at)));
        drain();
    }
    (void)splitter.finish();
    drain();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const media::Codec codec = (data[0] & 1) ? media::Codec::H265 : media::Codec::H264;
    const media::ByteSpan stream(data + 2, size - 2);
    const auto whole = split(codec, stream, size);
    if (split(codec, stream, 1 + data[1]) != whole) std::abort();
    for (const media::Bytes& unit : whole) {
        const auto same = formats::to_access_unit(unit, codec, 4);
        if (!same || *same != unit) std::abort();
    }
    (void)formats::to_access_unit(media::Bytes::copy_of(stream), codec, 1 + data[1] % 4);
    return 0;
}
