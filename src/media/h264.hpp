#pragma once
// H.264 syntax that a hub must read: NAL unit types, sequence and picture parameter sets, the start
// of a slice header (ITU-T H.264 §7).

#include <cstdint>
#include <optional>

#include "base/error.hpp"
#include "media/bytes.hpp"
#include "media/track.hpp"

namespace casement::media::h264 {

/// Table 7-1; 24 to 29 are the aggregation and fragmentation units of RFC 6184 §5.2.
enum class NalType : std::uint8_t {
    Slice = 1,
    PartitionA = 2,
    PartitionB = 3,
    PartitionC = 4,
    Idr = 5,
    Sei = 6,
    Sps = 7,
    Pps = 8,
    AccessUnitDelimiter = 9,
    EndOfSequence = 10,
    EndOfStream = 11,
    Filler = 12,
    SpsExtension = 13,
    Prefix = 14,
    SubsetSps = 15,
    StapA = 24,
    StapB = 25,
    Mtap16 = 26,
    Mtap24 = 27,
    FuA = 28,
    FuB = 29,
};

constexpr NalType type_of(std::uint8_t first_byte) {
    return static_cast<NalType>(first_byte & 0x1F);
}
/// `nal` holds at least its header byte.
constexpr NalType type_of(ByteSpan nal) { return type_of(nal[0]); }

constexpr bool is_vcl(NalType t) { return t >= NalType::Slice && t <= NalType::Idr; }
/// IDR pictures only; see `is_key` for whole access units.
constexpr bool is_key(NalType t) { return t == NalType::Idr; }
constexpr bool is_parameter_set(NalType t) { return t == NalType::Sps || t == NalType::Pps; }
/// What an AccessUnit leaves out: parameter sets, delimiters, end marks, filler.
constexpr bool is_dropped(NalType t) {
    return is_parameter_set(t) ||
           (t >= NalType::AccessUnitDelimiter && t <= NalType::SpsExtension) ||
           t == NalType::SubsetSps;
}

/// §7.3.2.1.1 and Annex E.
struct Sps {
    std::uint8_t profile = 0;      // profile_idc
    std::uint8_t constraints = 0;  // constraint_set0_flag is the highest bit
    std::uint8_t level = 0;        // level_idc, 40 = level 4
    std::uint32_t id = 0;
    std::uint8_t chroma_format = 1;  // chroma_format_idc, 1 = 4:2:0
    std::uint8_t bit_depth_luma = 8, bit_depth_chroma = 8;
    int width = 0, height = 0;              // pixels after cropping
    bool interlaced = false;                // frame_mbs_only_flag is 0
    std::optional<int> max_reorder_frames;  // max_num_reorder_frames of the VUI
    double fps = 0;                         // from VUI timing; 0 = not said
    std::uint8_t log2_max_frame_num = 4;
    bool separate_colour_planes = false;

    /// Whether pictures may leave in another order than they come: dts differs from pts. Baseline
    /// profile never, else unless the VUI denies it.
    bool may_reorder() const {
        return max_reorder_frames ? *max_reorder_frames > 0 : profile != 66;
    }
};
/// DataLoss for broken sets, Unsupported for sizes above 16384 x 16384.
base::Result<Sps> parse_sps(ByteSpan nal);

struct Pps {
    std::uint32_t id = 0;
    std::uint32_t sps_id = 0;
};
base::Result<Pps> parse_pps(ByteSpan nal);

/// §7.3.3, what does not need an SPS.
struct SliceStart {
    std::uint32_t first_mb = 0;
    std::uint32_t slice_type = 0;  // 0..9 of table 7-6
    std::uint32_t pps_id = 0;
    bool is_intra() const { return slice_type % 5 == 2 || slice_type % 5 == 4; }
};
base::Result<SliceStart> parse_slice_start(ByteSpan nal);

/// Whether `nal` begins a new access unit when at least one slice has been seen since the last
/// border (§7.4.1.2.3: delimiter, parameter sets, SEI, types 14 to 18, or a slice whose
/// first_mb_in_slice is 0).
bool starts_access_unit(ByteSpan nal);

/// Whether an SEI NAL unit holds a recovery point that is exact at once (recovery_frame_cnt 0,
/// §D.2.8).
bool is_recovery_point(ByteSpan sei);

/// Key pictures are IDR pictures, and intra pictures with an immediate recovery point, which
/// encoders with open GOPs send instead.
class KeyFinder {
public:
    /// The NAL units of one access unit in order.
    void see(ByteSpan nal);
    bool key() const { return idr_ || (recovery_point_ && picture_ && all_intra_); }
    bool has_picture() const { return picture_; }

private:
    bool idr_ = false, recovery_point_ = false, picture_ = false, all_intra_ = true;
};

/// `access_unit` as in media::AccessUnit::data; see KeyFinder.
bool is_key(ByteSpan access_unit);

/// Size and profile come from the first SPS. InvalidArgument when `sps` or `pps` is empty, else the
/// error of `parse_sps`.
base::Result<CodecParameters> make_parameters(std::vector<Bytes> sps, std::vector<Bytes> pps);

}  // namespace casement::media::h264
