#include "media/h264.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "media/bit_reader.hpp"
#include "media/nal.hpp"

namespace casement::media::h264 {

namespace {

using base::ErrorKind;

constexpr int kMaxSide = 16384;

bool has_chroma_info(std::uint8_t profile) {
    // §7.3.2.1.1, the list before chroma_format_idc.
    constexpr std::array<std::uint8_t, 13> kProfiles{100, 110, 122, 244, 44,  83, 86,
                                                     118, 128, 138, 139, 134, 135};
    return std::ranges::find(kProfiles, profile) != kProfiles.end();
}

void skip_scaling_list(BitReader& bits, int entries) {  // §7.3.2.1.1.1
    int last = 8, next = 8;
    for (int i = 0; i < entries; ++i) {
        if (next != 0)
            next = (last + bits.se() % 256 + 256) %
                   256;  // delta_scale is -128 to 127, unless it is hostile
        if (next != 0) last = next;
    }
}

void read_chroma_info(BitReader& bits, Sps& sps) {
    const std::uint32_t chroma_format = bits.ue();
    if (chroma_format == 3) sps.separate_colour_planes = bits.flag();
    const std::uint32_t depth_luma = bits.ue(), depth_chroma = bits.ue();
    bits.skip(1);  // qpprime_y_zero_transform_bypass_flag
    sps.chroma_format = static_cast<std::uint8_t>(std::min(chroma_format, 255u));
    sps.bit_depth_luma = static_cast<std::uint8_t>(8 + std::min(depth_luma, 100u));
    sps.bit_depth_chroma = static_cast<std::uint8_t>(8 + std::min(depth_chroma, 100u));
    if (!bits.flag()) return;  // seq_scaling_matrix_present_flag
    const int lists = chroma_format == 3 ? 12 : 8;
    for (int i = 0; i < lists; ++i) {
        if (bits.flag()) skip_scaling_list(bits, i < 6 ? 16 : 64);
    }
}

/// Returns pic_order_cnt_type.
std::uint32_t read_order_count(BitReader& bits) {
    const std::uint32_t type = bits.ue();
    if (type == 0) {
        (void)bits.ue();  // log2_max_pic_order_cnt_lsb_minus4
    } else if (type == 1) {
        bits.skip(1);     // delta_pic_order_always_zero_flag
        (void)bits.se();  // offset_for_non_ref_pic
        (void)bits.se();  // offset_for_top_to_bottom_field
        const std::uint32_t cycle =
            std::min(bits.ue(), 255u);  // num_ref_frames_in_pic_order_cnt_cycle
        for (std::uint32_t i = 0; i < cycle; ++i) (void)bits.se();
    }
    return type;
}

void skip_hrd(BitReader& bits) {  // §E.1.2
    const std::uint32_t count = std::min(bits.ue(), 31u) + 1;
    bits.skip(8);
    for (std::uint32_t i = 0; i < count; ++i) {
        (void)bits.ue();
        (void)bits.ue();
        bits.skip(1);
    }
    bits.skip(20);
}

/// Fills fps and max_reorder_frames as far as the bits go: cameras with a broken VUI exist, and
/// decoders play them.
void read_vui(BitReader& bits, Sps& sps) {               // §E.1.1
    if (bits.flag() && bits.u(8) == 255) bits.skip(32);  // aspect_ratio_info, Extended_SAR
    if (bits.flag()) bits.skip(1);                       // overscan_info
    if (bits.flag()) {                                   // video_signal_type
        bits.skip(4);
        if (bits.flag()) bits.skip(24);
    }
    if (bits.flag()) {  // chroma_loc_info
        (void)bits.ue();
        (void)bits.ue();
    }
    if (bits.flag()) {  // timing_info: field rate, hence the 2
        const std::uint32_t tick = bits.u(32), scale = bits.u(32);
        bits.skip(1);
        if (!bits.failed() && tick > 0) sps.fps = static_cast<double>(scale) / (2.0 * tick);
    }
    const bool nal_hrd = bits.flag();
    if (nal_hrd) skip_hrd(bits);
    const bool vcl_hrd = bits.flag();
    if (vcl_hrd) skip_hrd(bits);
    if (nal_hrd || vcl_hrd) bits.skip(1);
    bits.skip(1);              // pic_struct_present_flag
    if (!bits.flag()) return;  // bitstream_restriction_flag
    bits.skip(1);
    for (int i = 0; i < 4; ++i) (void)bits.ue();
    const std::uint32_t reorder = bits.ue();
    if (!bits.failed() && reorder <= 16) sps.max_reorder_frames = static_cast<int>(reorder);
}

base::Result<> read_size(BitReader& bits, Sps& sps) {
    const std::uint64_t width_mbs = std::uint64_t{bits.ue()} + 1;
    const std::uint64_t height_units = std::uint64_t{bits.ue()} + 1;
    const bool frames_only = bits.flag();
    sps.interlaced = !frames_only;
    if (!frames_only) bits.skip(1);  // mb_adaptive_frame_field_flag
    bits.skip(1);                    // direct_8x8_inference_flag
    const unsigned fields = frames_only ? 1 : 2;
    if (width_mbs > kMaxSide / 16 || height_units * fields > kMaxSide / 16) {
        return base::fail(ErrorKind::Unsupported,
                          "h264 sps: a picture of {} x {} macroblocks is larger than we carry",
                          width_mbs, height_units);
    }
    std::array<std::uint64_t, 4> crop{};  // left, right, top, bottom
    if (bits.flag()) std::ranges::generate(crop, [&bits] { return bits.ue(); });
    // §7.4.2.1.1: crop units; without chroma planes they are one luma sample.
    const bool no_chroma = sps.chroma_format == 0 || sps.separate_colour_planes;
    const unsigned unit_x = !no_chroma && sps.chroma_format < 3 ? 2 : 1;
    const unsigned unit_y = (!no_chroma && sps.chroma_format == 1 ? 2 : 1) * fields;
    const auto width = static_cast<std::int64_t>(width_mbs * 16) -
                       static_cast<std::int64_t>((crop[0] + crop[1]) * unit_x);
    const auto height = static_cast<std::int64_t>(height_units * fields * 16) -
                        static_cast<std::int64_t>((crop[2] + crop[3]) * unit_y);
    if (bits.failed() || width <= 0 || height <= 0)
        return base::fail(ErrorKind::DataLoss, "h264 sps: no picture is left after cropping");
    sps.width = static_cast<int>(width);
    sps.height = static_cast<int>(height);
    return {};
}

}  // namespace

base::Result<Sps> parse_sps(ByteSpan nal) {
    if (nal.size() < 4 || type_of(nal) != NalType::Sps)
        return base::fail(ErrorKind::DataLoss, "h264 sps: not a sequence parameter set");
    BitReader bits = BitReader::of_nal(nal.subspan(1));
    Sps sps;
    sps.profile = static_cast<std::uint8_t>(bits.u(8));
    sps.constraints = static_cast<std::uint8_t>(bits.u(8));
    sps.level = static_cast<std::uint8_t>(bits.u(8));
    sps.id = bits.ue();
    if (has_chroma_info(sps.profile)) read_chroma_info(bits, sps);
    const std::uint32_t log2_frame_num = bits.ue() + 4;
    const std::uint32_t order_type = read_order_count(bits);
    (void)bits.ue();  // max_num_ref_frames
    bits.skip(1);     // gaps_in_frame_num_value_allowed_flag
    if (bits.failed() || sps.id > 31 || sps.chroma_format > 3 || sps.bit_depth_luma > 14 ||
        sps.bit_depth_chroma > 14 || log2_frame_num < 4 || log2_frame_num > 16 || order_type > 2) {
        return base::fail(ErrorKind::DataLoss, "h264 sps: broken after {} bytes", nal.size());
    }
    sps.log2_max_frame_num = static_cast<std::uint8_t>(log2_frame_num);
    CASEMENT_TRY(read_size(bits, sps));
    // §7.4.2.1.1: with pic_order_cnt_type 2 output order is decoding order.
    if (order_type == 2) sps.max_reorder_frames = 0;
    if (bits.flag()) read_vui(bits, sps);
    return sps;
}

base::Result<Pps> parse_pps(ByteSpan nal) {
    if (nal.size() < 2 || type_of(nal) != NalType::Pps)
        return base::fail(ErrorKind::DataLoss, "h264 pps: not a picture parameter set");
    BitReader bits = BitReader::of_nal(nal.subspan(1));
    const Pps pps{.id = bits.ue(), .sps_id = bits.ue()};
    if (bits.failed() || pps.id > 255 || pps.sps_id > 31)
        return base::fail(ErrorKind::DataLoss, "h264 pps: broken after {} bytes", nal.size());
    return pps;
}

base::Result<SliceStart> parse_slice_start(ByteSpan nal) {
    if (nal.empty() || (type_of(nal) != NalType::Slice && type_of(nal) != NalType::PartitionA &&
                        type_of(nal) != NalType::Idr)) {
        return base::fail(ErrorKind::DataLoss, "h264 slice: not a slice with a header");
    }
    BitReader bits = BitReader::of_nal(nal.subspan(1));
    const SliceStart start{.first_mb = bits.ue(), .slice_type = bits.ue(), .pps_id = bits.ue()};
    if (bits.failed() || start.slice_type > 9 || start.pps_id > 255)
        return base::fail(ErrorKind::DataLoss, "h264 slice: broken header");
    return start;
}

bool starts_access_unit(ByteSpan nal) {
    if (nal.empty()) return false;
    const NalType type = type_of(nal);
    if (is_vcl(type)) {
        // first_mb_in_slice 0 is the single bit 1; partitions B and C carry none and never come
        // first.
        return nal.size() > 1 && (nal[1] & 0x80) != 0 && type != NalType::PartitionB &&
               type != NalType::PartitionC;
    }
    return (type >= NalType::Sei && type <= NalType::AccessUnitDelimiter) ||
           (type >= NalType::Prefix && std::to_underlying(type) <= 18);
}

bool is_recovery_point(ByteSpan sei) {
    if (sei.empty() || type_of(sei) != NalType::Sei) return false;
    BitReader bits = BitReader::of_nal(sei.subspan(1));
    const auto read_extended = [&bits] {  // §7.3.2.3.1: ff bytes add up
        std::uint32_t value = 0, byte = 0;
        do value += byte = bits.u(8);
        while (byte == 255);
        return value;
    };
    while (bits.bits_left() > 16) {
        const std::uint32_t type = read_extended(), size = read_extended();
        if (type == 6)
            return bits.ue() == 0 && !bits.failed();  // recovery_point: recovery_frame_cnt
        bits.skip(std::uint64_t{size} * 8);
    }
    return false;
}

void KeyFinder::see(ByteSpan nal) {
    if (nal.empty()) return;
    const NalType type = type_of(nal);
    if (type == NalType::Idr) idr_ = true;
    if (type == NalType::Sei && !recovery_point_) recovery_point_ = is_recovery_point(nal);
    if (!is_vcl(type)) return;
    picture_ = true;
    if (recovery_point_ && all_intra_) {
        const auto start = parse_slice_start(nal);
        all_intra_ = start && start->is_intra();
    }
}

bool is_key(ByteSpan access_unit) {
    KeyFinder finder;
    for (const ByteSpan nal : NalUnits(access_unit)) finder.see(nal);
    return finder.key();
}

base::Result<CodecParameters> make_parameters(std::vector<Bytes> sps, std::vector<Bytes> pps) {
    if (sps.empty() || pps.empty())
        return base::fail(ErrorKind::InvalidArgument,
                          "h264: sequence and picture parameter sets are both needed");
    CASEMENT_TRY(const Sps first, parse_sps(sps.front()));
    CodecParameters out;
    out.codec = Codec::H264;
    out.sps = std::move(sps);
    out.pps = std::move(pps);
    out.width = first.width;
    out.height = first.height;
    return out;
}

}  // namespace casement::media::h264
