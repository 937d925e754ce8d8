#include "ffmpeg/annex_b.hpp"

#include <array>

#include "media/nal.hpp"

namespace casement::ffmpeg {

namespace {

constexpr std::array<std::uint8_t, 4> kStartCode{0, 0, 0, 1};

void append(std::vector<std::uint8_t>& out, media::ByteSpan nal) {
    out.insert(out.end(), kStartCode.begin(), kStartCode.end());
    out.insert(out.end(), nal.begin(), nal.end());
}

// Index of the next 00 00 01 from `from` on, or the size.
std::size_t find_start_code(media::ByteSpan s, std::size_t from) {
    for (std::size_t i = from; i + 3 <= s.size(); ++i) {
        if (s[i] == 0 && s[i + 1] == 0 && s[i + 2] == 1) return i;
    }
    return s.size();
}

}  // namespace

std::vector<media::ByteSpan> split_annex_b(media::ByteSpan stream) {
    std::vector<media::ByteSpan> nals;
    std::size_t start = find_start_code(stream, 0);
    while (start < stream.size()) {
        const std::size_t begin = start + 3;
        start = find_start_code(stream, begin);
        std::size_t end = start;
        while (end > begin && stream[end - 1] == 0)
            --end;  // trailing_zero_8bits, and the first byte of a long start code
        if (end > begin) nals.push_back(stream.subspan(begin, end - begin));
    }
    return nals;
}

std::vector<std::uint8_t> to_annex_b(const media::CodecParameters& parameters,
                                     media::ByteSpan unit) {
    std::vector<std::uint8_t> out;
    out.reserve(unit.size() + 512);  // parameter sets together are rarely above 200 bytes
    for (const auto* sets : {&parameters.vps, &parameters.sps, &parameters.pps}) {
        for (const media::Bytes& set : *sets) append(out, set);
    }
    for (const media::ByteSpan nal : media::NalUnits(unit)) append(out, nal);
    return out;
}

}  // namespace casement::ffmpeg
