#include "media/h265.hpp"

#include <algorithm>
#include <array>

#include "media/bit_reader.hpp"
#include "media/nal.hpp"

namespace casement::media::h265 {

namespace {

using base::ErrorKind;

constexpr int kMaxSide = 16384;
constexpr std::uint32_t kMaxShortTermSets = 64;  // §7.4.3.2.1

ProfileTierLevel read_profile_tier_level(BitReader& bits, unsigned sub_layers_minus1) {  // §7.3.3
    ProfileTierLevel ptl;
    ptl.profile_space = static_cast<std::uint8_t>(bits.u(2));
    ptl.high_tier = bits.flag();
    ptl.profile = static_cast<std::uint8_t>(bits.u(5));
    ptl.compatibility = bits.u(32);
    ptl.constraints = bits.bits(48);
    ptl.level = static_cast<std::uint8_t>(bits.u(8));
    if (sub_layers_minus1 == 0) return ptl;
    unsigned skipped = 0;
    for (unsigned i = 0; i < 8; ++i) {
        const bool profile = bits.flag(),
                   level = bits.flag();  // reserved zeros from sub_layers_minus1 on
        if (i < sub_layers_minus1) skipped += (profile ? 88u : 0u) + (level ? 8u : 0u);
    }
    bits.skip(skipped);
    return ptl;
}

void skip_scaling_lists(BitReader& bits) {  // §7.3.4
    for (unsigned size = 0; size < 4; ++size) {
        for (unsigned matrix = 0; matrix < 6; matrix += size == 3 ? 3 : 1) {
            if (!bits.flag()) {
                (void)bits.ue();
                continue;
            }
            if (size > 1) (void)bits.se();
            const unsigned coefficients = std::min(64u, 1u << (4 + (size << 1)));
            for (unsigned i = 0; i < coefficients; ++i) (void)bits.se();
        }
    }
}

/// Fails the reader on impossible counts, so that loops stay short.
bool skip_short_term_sets(BitReader& bits) {  // §7.3.7
    const std::uint32_t count = bits.ue();
    if (count > kMaxShortTermSets) return false;
    std::uint32_t previous = 0;  // NumDeltaPocs of the set before
    for (std::uint32_t set = 0; set < count && !bits.failed(); ++set) {
        std::uint32_t deltas = 0;
        if (set > 0 && bits.flag()) {  // inter_ref_pic_set_prediction_flag
            bits.skip(1);              // delta_rps_sign
            (void)bits.ue();           // abs_delta_rps_minus1
            for (std::uint32_t i = 0; i <= previous; ++i) {
                const bool used = bits.flag();
                if (used || bits.flag()) ++deltas;  // used_by_curr_pic_flag, use_delta_flag
            }
        } else {
            const std::uint32_t negative = bits.ue(), positive = bits.ue();
            if (negative > 16 || positive > 16) return false;
            deltas = negative + positive;
            for (std::uint32_t i = 0; i < deltas; ++i) {
                (void)bits.ue();
                bits.skip(1);
            }
        }
        previous = deltas;
    }
    return !bits.failed();
}

void read_vui_timing(BitReader& bits, Sps& sps) {  // §E.2.1 up to vui_timing_info
    if (bits.flag() && bits.u(8) == 255) bits.skip(32);
    if (bits.flag()) bits.skip(1);
    if (bits.flag()) {
        bits.skip(4);
        if (bits.flag()) bits.skip(24);
    }
    if (bits.flag()) {
        (void)bits.ue();
        (void)bits.ue();
    }
    bits.skip(3);  // neutral_chroma_indication, field_seq, frame_field_info_present
    if (bits.flag()) {
        for (int i = 0; i < 4; ++i) (void)bits.ue();  // default display window
    }
    if (!bits.flag()) return;
    const std::uint32_t tick = bits.u(32), scale = bits.u(32);
    if (!bits.failed() && tick > 0) sps.fps = static_cast<double>(scale) / tick;
}

base::Result<> read_size(BitReader& bits, Sps& sps) {
    const std::uint32_t coded_width = bits.ue(), coded_height = bits.ue();
    std::array<std::uint64_t, 4> window{};  // left, right, top, bottom
    if (bits.flag()) std::ranges::generate(window, [&bits] { return bits.ue(); });
    if (bits.failed())
        return base::fail(ErrorKind::DataLoss, "h265 sps: ends before the picture size");
    if (coded_width > kMaxSide || coded_height > kMaxSide) {
        return base::fail(ErrorKind::Unsupported,
                          "h265 sps: a picture of {} x {} is larger than we carry", coded_width,
                          coded_height);
    }
    const unsigned unit_x = sps.chroma_format == 1 || sps.chroma_format == 2
                                ? 2
                                : 1;  // SubWidthC, SubHeightC: table 6-1
    const unsigned unit_y = sps.chroma_format == 1 ? 2 : 1;
    const auto width =
        std::int64_t{coded_width} - static_cast<std::int64_t>((window[0] + window[1]) * unit_x);
    const auto height =
        std::int64_t{coded_height} - static_cast<std::int64_t>((window[2] + window[3]) * unit_y);
    if (width <= 0 || height <= 0)
        return base::fail(ErrorKind::DataLoss, "h265 sps: no picture is left after cropping");
    sps.width = static_cast<int>(width);
    sps.height = static_cast<int>(height);
    return {};
}

/// From log2_min_luma_coding_block_size to the VUI; only to reach its timing. Stops early on
/// nonsense.
void read_tail(BitReader& bits, Sps& sps, std::uint32_t log2_max_poc_lsb) {
    for (int i = 0; i < 6; ++i) (void)bits.ue();  // block and transform sizes
    if (bits.flag() && bits.flag())
        skip_scaling_lists(bits);  // scaling_list_enabled, sps_scaling_list_data_present
    bits.skip(2);                  // amp, sample_adaptive_offset
    if (bits.flag()) {             // pcm_enabled
        bits.skip(8);
        (void)bits.ue();
        (void)bits.ue();
        bits.skip(1);
    }
    if (!skip_short_term_sets(bits)) return;
    if (bits.flag()) {  // long_term_ref_pics_present
        const std::uint32_t count = bits.ue();
        if (count > 32) return;
        bits.skip(std::uint64_t{count} * (log2_max_poc_lsb + 1));
    }
    bits.skip(2);  // sps_temporal_mvp_enabled, strong_intra_smoothing_enabled
    if (bits.flag()) read_vui_timing(bits, sps);
}

bool is(ByteSpan nal, NalType type) { return nal.size() > kNalHeaderBytes && type_of(nal) == type; }

}  // namespace

base::Result<Sps> parse_sps(ByteSpan nal) {
    if (!is(nal, NalType::Sps))
        return base::fail(ErrorKind::DataLoss, "h265 sps: not a sequence parameter set");
    BitReader bits = BitReader::of_nal(nal.subspan(kNalHeaderBytes));
    Sps sps;
    sps.vps_id = bits.u(4);
    const std::uint32_t sub_layers_minus1 = bits.u(3);
    if (sub_layers_minus1 > 6)
        return base::fail(ErrorKind::DataLoss, "h265 sps: too many sub-layers");
    sps.max_sub_layers = static_cast<std::uint8_t>(sub_layers_minus1 + 1);
    sps.temporal_id_nested = bits.flag();
    sps.ptl = read_profile_tier_level(bits, sub_layers_minus1);
    sps.id = bits.ue();
    const std::uint32_t chroma_format = bits.ue();
    if (bits.failed() || sps.id > 15 || chroma_format > 3)
        return base::fail(ErrorKind::DataLoss, "h265 sps: broken after {} bytes", nal.size());
    const bool separate_planes = chroma_format == 3 && bits.flag();
    sps.chroma_format = static_cast<std::uint8_t>(separate_planes ? 0 : chroma_format);
    CASEMENT_TRY(read_size(bits, sps));
    sps.chroma_format = static_cast<std::uint8_t>(chroma_format);
    const std::uint32_t depth_luma = bits.ue(), depth_chroma = bits.ue(), poc_lsb = bits.ue();
    if (bits.failed() || depth_luma > 8 || depth_chroma > 8 || poc_lsb > 12)
        return base::fail(ErrorKind::DataLoss, "h265 sps: broken bit depth");
    sps.bit_depth_luma = static_cast<std::uint8_t>(8 + depth_luma);
    sps.bit_depth_chroma = static_cast<std::uint8_t>(8 + depth_chroma);
    const bool each_layer = bits.flag();  // sps_sub_layer_ordering_info_present_flag
    for (std::uint32_t i = each_layer ? 0 : sub_layers_minus1; i <= sub_layers_minus1; ++i) {
        (void)bits.ue();
        sps.max_reorder_frames =
            static_cast<int>(std::min(bits.ue(), 16u));  // the highest layer's stands last
        (void)bits.ue();
    }
    if (bits.failed())
        return base::fail(ErrorKind::DataLoss, "h265 sps: ends in the sub-layer ordering");
    read_tail(bits, sps, poc_lsb + 4);
    return sps;
}

base::Result<std::uint32_t> parse_vps_id(ByteSpan nal) {
    if (!is(nal, NalType::Vps))
        return base::fail(ErrorKind::DataLoss, "h265 vps: not a video parameter set");
    return std::uint32_t{nal[kNalHeaderBytes]} >> 4;
}

base::Result<Pps> parse_pps(ByteSpan nal) {
    if (!is(nal, NalType::Pps))
        return base::fail(ErrorKind::DataLoss, "h265 pps: not a picture parameter set");
    BitReader bits = BitReader::of_nal(nal.subspan(kNalHeaderBytes));
    const Pps pps{.id = bits.ue(), .sps_id = bits.ue()};
    if (bits.failed() || pps.id > 63 || pps.sps_id > 15)
        return base::fail(ErrorKind::DataLoss, "h265 pps: broken after {} bytes", nal.size());
    return pps;
}

bool starts_access_unit(ByteSpan nal) {
    if (nal.size() <= kNalHeaderBytes) return false;
    const NalType type = type_of(nal);
    const auto number = static_cast<unsigned>(type);
    if (is_vcl(type)) return (nal[kNalHeaderBytes] & 0x80) != 0;  // first_slice_segment_in_pic_flag
    return is_parameter_set(type) || type == NalType::AccessUnitDelimiter ||
           type == NalType::PrefixSei || (number >= 41 && number <= 44) ||
           (number >= 48 && number <= 55);
}

bool is_key(ByteSpan access_unit) {
    for (const ByteSpan nal : NalUnits(access_unit)) {
        if (is_vcl(type_of(nal)))
            return is_key(type_of(nal));  // all slices of a picture have one type (§7.4.2.2)
    }
    return false;
}

base::Result<CodecParameters> make_parameters(std::vector<Bytes> vps, std::vector<Bytes> sps,
                                              std::vector<Bytes> pps) {
    if (vps.empty() || sps.empty() || pps.empty()) {
        return base::fail(ErrorKind::InvalidArgument,
                          "h265: video, sequence and picture parameter sets are all needed");
    }
    CASEMENT_TRY(const Sps first, parse_sps(sps.front()));
    CodecParameters out;
    out.codec = Codec::H265;
    out.vps = std::move(vps);
    out.sps = std::move(sps);
    out.pps = std::move(pps);
    out.width = first.width;
    out.height = first.height;
    return out;
}

}  // namespace casement::media::h265
