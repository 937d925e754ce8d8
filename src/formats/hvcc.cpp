#include "formats/hvcc.hpp"

#include <array>

#include "base/byte_writer.hpp"
#include "media/h265.hpp"

namespace casement::formats {

namespace {

using base::ByteReader;
using base::ErrorKind;
using media::h265::NalType;

/// Sets in a record: H.265 knows 16 VPS, 16 SPS and 64 PPS.
constexpr std::size_t kMaxSets = 96;

void write_array(base::ByteWriter& out, NalType type, const std::vector<media::Bytes>& sets) {
    out.u8(0x80 |
           static_cast<unsigned>(type));  // array_completeness: hvc1 has no sets in its samples
    out.u16(sets.size());
    for (const media::Bytes& set : sets) out.u16(set.size()).bytes(set);
}

std::vector<media::Bytes>* list_of(media::CodecParameters& parameters, NalType type) {
    switch (type) {
        case NalType::Vps:
            return &parameters.vps;
        case NalType::Sps:
            return &parameters.sps;
        case NalType::Pps:
            return &parameters.pps;
        default:
            return nullptr;  // SEI
    }
}

}  // namespace

base::Result<media::Bytes> write_hvcc(const media::CodecParameters& parameters) {
    if (parameters.sps.empty())
        return base::fail(ErrorKind::InvalidArgument, "hvcc: no sequence parameter set");
    for (const auto* sets : {&parameters.vps, &parameters.sps, &parameters.pps}) {
        for (const media::Bytes& set : *sets) {
            if (set.size() > 0xFFFF)
                return base::fail(ErrorKind::InvalidArgument, "hvcc: a parameter set has {} bytes",
                                  set.size());
        }
    }
    CASEMENT_TRY(const media::h265::Sps sps, media::h265::parse_sps(parameters.sps.front()));
    const media::h265::ProfileTierLevel& ptl = sps.ptl;
    base::ByteWriter out(128);
    out.u8(1).u8(ptl.profile_space << 6 | (ptl.high_tier ? 0x20 : 0) | ptl.profile);
    out.u32(ptl.compatibility).u16(ptl.constraints >> 32).u32(ptl.constraints).u8(ptl.level);
    out.u16(0xF000).u8(0xFC);  // min_spatial_segmentation_idc and parallelismType: not known
    out.u8(0xFC | sps.chroma_format)
        .u8(0xF8 | ((sps.bit_depth_luma - 8) & 7))
        .u8(0xF8 | ((sps.bit_depth_chroma - 8) & 7));
    out.u16(0);  // avgFrameRate: not known
    out.u8(sps.max_sub_layers << 3 | (sps.temporal_id_nested ? 4 : 0) | (4 - 1));
    out.u8(3);
    write_array(out, NalType::Vps, parameters.vps);
    write_array(out, NalType::Sps, parameters.sps);
    write_array(out, NalType::Pps, parameters.pps);
    return media::Bytes::from(out.take());
}

base::Result<HevcConfiguration> parse_hvcc(media::ByteSpan record) {
    ByteReader in(record);
    const std::uint8_t version = in.u8();
    in.skip(20);  // profile, tier, level, chroma, depths, rate: the SPS says them
    HevcConfiguration out;
    out.parameters.codec = media::Codec::H265;
    out.nal_length_bytes = (in.u8() & 3) + 1;
    std::size_t sets = 0;
    for (unsigned arrays = in.u8(); arrays > 0 && !in.failed(); --arrays) {
        auto* list = list_of(out.parameters, static_cast<NalType>(in.u8() & 0x3F));
        for (unsigned count = in.u16(); count > 0 && !in.failed(); --count) {
            const media::ByteSpan set = in.take(in.u16());
            if (++sets > kMaxSets)
                return base::fail(ErrorKind::DataLoss, "hvcc: more than {} parameter sets",
                                  kMaxSets);
            if (list != nullptr && !set.empty()) list->push_back(media::Bytes::copy_of(set));
        }
    }
    if (in.failed())
        return base::fail(ErrorKind::DataLoss, "hvcc: ends after {} bytes", record.size());
    // Version 0 was written by encoders before the standard was final; the layout is the same.
    if (version > 1 || out.nal_length_bytes == 3)
        return base::fail(ErrorKind::DataLoss, "hvcc: not a configuration record");
    if (!out.parameters.sps.empty()) {
        CASEMENT_TRY(const media::h265::Sps sps,
                     media::h265::parse_sps(out.parameters.sps.front()));
        out.parameters.width = sps.width;
        out.parameters.height = sps.height;
    }
    return out;
}

}  // namespace casement::formats
