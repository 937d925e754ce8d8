#include "formats/avcc.hpp"

#include "base/byte_writer.hpp"
#include "media/h264.hpp"

namespace casement::formats {

namespace {

using base::ByteReader;
using base::ErrorKind;

constexpr std::size_t kMaxSps = 31, kMaxPps = 255;  // widths of their counts

/// §5.3.3.1.2: whether chroma format and bit depths follow the sets.
bool has_extension(std::uint8_t profile) {
    return profile == 100 || profile == 110 || profile == 122 || profile == 244;
}

bool read_sets(ByteReader& in, std::size_t count, std::vector<media::Bytes>& out) {
    for (std::size_t i = 0; i < count; ++i) {
        const media::ByteSpan set = in.take(in.u16());
        if (in.failed()) return false;
        if (!set.empty()) out.push_back(media::Bytes::copy_of(set));
    }
    return true;
}

void write_sets(base::ByteWriter& out, const std::vector<media::Bytes>& sets) {
    for (const media::Bytes& set : sets) out.u16(set.size()).bytes(set);
}

}  // namespace

base::Result<media::Bytes> write_avcc(const media::CodecParameters& parameters) {
    if (parameters.sps.empty() || parameters.sps.size() > kMaxSps ||
        parameters.pps.size() > kMaxPps) {
        return base::fail(ErrorKind::InvalidArgument,
                          "avcc: {} sequence and {} picture parameter sets", parameters.sps.size(),
                          parameters.pps.size());
    }
    for (const auto* sets : {&parameters.sps, &parameters.pps}) {
        for (const media::Bytes& set : *sets) {
            if (set.size() > 0xFFFF)
                return base::fail(ErrorKind::InvalidArgument, "avcc: a parameter set has {} bytes",
                                  set.size());
        }
    }
    CASEMENT_TRY(const media::h264::Sps sps, media::h264::parse_sps(parameters.sps.front()));
    base::ByteWriter out(64);
    out.u8(1).u8(sps.profile).u8(sps.constraints).u8(sps.level);
    out.u8(0xFC | (4 - 1));  // reserved ones, lengthSizeMinusOne
    out.u8(0xE0 | parameters.sps.size());
    write_sets(out, parameters.sps);
    out.u8(parameters.pps.size());
    write_sets(out, parameters.pps);
    if (has_extension(sps.profile)) {
        out.u8(0xFC | sps.chroma_format)
            .u8(0xF8 | ((sps.bit_depth_luma - 8) & 7))
            .u8(0xF8 | ((sps.bit_depth_chroma - 8) & 7))
            .u8(0);
    }
    return media::Bytes::from(out.take());
}

base::Result<AvcConfiguration> parse_avcc(media::ByteSpan record) {
    ByteReader in(record);
    const std::uint8_t version = in.u8();
    in.skip(3);
    AvcConfiguration out;
    out.parameters.codec = media::Codec::H264;
    out.nal_length_bytes = (in.u8() & 3) + 1;
    // The extension behind the sets repeats what the SPS says.
    if (!read_sets(in, in.u8() & 31, out.parameters.sps) ||
        !read_sets(in, in.u8(), out.parameters.pps) || in.failed()) {
        return base::fail(ErrorKind::DataLoss, "avcc: ends after {} bytes", record.size());
    }
    if (version != 1 || out.nal_length_bytes == 3)
        return base::fail(ErrorKind::DataLoss, "avcc: not a configuration record");
    if (!out.parameters.sps.empty()) {
        CASEMENT_TRY(const media::h264::Sps sps,
                     media::h264::parse_sps(out.parameters.sps.front()));
        out.parameters.width = sps.width;
        out.parameters.height = sps.height;
    }
    return out;
}

}  // namespace casement::formats
