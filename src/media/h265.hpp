#pragma once
// H.265 syntax that a hub must read: NAL unit types, VPS, SPS and PPS, the start of a slice segment
// header (ITU-T H.265 §7).

#include <cstdint>
#include <optional>

#include "base/error.hpp"
#include "media/bytes.hpp"
#include "media/track.hpp"

namespace casement::media::h265 {

/// Table 7-1; 48 to 50 are of RFC 7798 §4.4.
enum class NalType : std::uint8_t {
    TrailN = 0,
    TrailR = 1,
    RaslR = 9,
    BlaWLp = 16,
    BlaWRadl = 17,
    BlaNLp = 18,
    IdrWRadl = 19,
    IdrNLp = 20,
    Cra = 21,
    LastIrap = 23,
    LastVcl = 31,
    Vps = 32,
    Sps = 33,
    Pps = 34,
    AccessUnitDelimiter = 35,
    EndOfSequence = 36,
    EndOfBitstream = 37,
    Filler = 38,
    PrefixSei = 39,
    SuffixSei = 40,
    AggregationPacket = 48,
    FragmentationUnit = 49,
    Paci = 50,
};

inline constexpr std::size_t kNalHeaderBytes = 2;

constexpr NalType type_of(std::uint8_t first_byte) {
    return static_cast<NalType>(first_byte >> 1 & 0x3F);
}
/// `nal` holds at least its first header byte.
constexpr NalType type_of(ByteSpan nal) { return type_of(nal[0]); }

constexpr bool is_vcl(NalType t) { return t <= NalType::LastVcl; }
/// Intra random access point: IDR, BLA or CRA. Leading pictures of a CRA may not decode after a
/// join; players skip them (§8.1).
constexpr bool is_key(NalType t) { return t >= NalType::BlaWLp && t <= NalType::LastIrap; }
constexpr bool is_parameter_set(NalType t) { return t >= NalType::Vps && t <= NalType::Pps; }
/// What an AccessUnit leaves out: parameter sets, delimiters, end marks, filler.
constexpr bool is_dropped(NalType t) { return t >= NalType::Vps && t <= NalType::Filler; }

/// profile_tier_level, general part (§7.3.3).
struct ProfileTierLevel {
    std::uint8_t profile_space = 0;
    bool high_tier = false;
    std::uint8_t profile = 0;         // general_profile_idc
    std::uint32_t compatibility = 0;  // general_profile_compatibility_flag[0] is the highest bit
    std::uint64_t constraints = 0;    // 48 bits: progressive_source_flag is bit 47
    std::uint8_t level = 0;           // general_level_idc, 93 = level 3.1
    bool operator==(const ProfileTierLevel&) const = default;
};

/// §7.3.2.2 and Annex E.
struct Sps {
    std::uint32_t vps_id = 0;
    std::uint32_t id = 0;
    std::uint8_t max_sub_layers = 1;
    bool temporal_id_nested = false;
    ProfileTierLevel ptl;
    std::uint8_t chroma_format = 1;
    std::uint8_t bit_depth_luma = 8, bit_depth_chroma = 8;
    int width = 0, height = 0;   // pixels after the conformance window
    int max_reorder_frames = 0;  // sps_max_num_reorder_pics of the highest sub-layer
    double fps = 0;              // from VUI timing; 0 = not said
    bool may_reorder() const { return max_reorder_frames > 0; }
};
/// DataLoss for broken sets, Unsupported for sizes above 16384 x 16384.
base::Result<Sps> parse_sps(ByteSpan nal);

/// vps_video_parameter_set_id
base::Result<std::uint32_t> parse_vps_id(ByteSpan nal);

struct Pps {
    std::uint32_t id = 0;
    std::uint32_t sps_id = 0;
};
base::Result<Pps> parse_pps(ByteSpan nal);

/// Whether `nal` begins a new access unit when at least one slice has been seen since the last
/// border (§7.4.2.4.4: delimiter, parameter sets, prefix SEI, types 41 to 44 and 48 to 55, or a
/// slice segment with first_slice_segment_in_pic_flag).
bool starts_access_unit(ByteSpan nal);

/// `access_unit` as in media::AccessUnit::data.
bool is_key(ByteSpan access_unit);

/// Size comes from the first SPS. InvalidArgument when a list is empty, else the error of
/// `parse_sps`.
base::Result<CodecParameters> make_parameters(std::vector<Bytes> vps, std::vector<Bytes> sps,
                                              std::vector<Bytes> pps);

}  // namespace casement::media::h265
