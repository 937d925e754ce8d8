#pragma once
// The head of a fragment: [prft] moof and the header of mdat (ISO/IEC 14496-12 §8.8). Private to
// fmp4/: the writer makes it of access units, the slicer of sample tables.

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "formats/fmp4/box.hpp"

namespace casement::formats::fmp4 {

/// What trun says about one sample.
struct SampleMeta {
    std::uint32_t size = 0;
    std::uint32_t duration = 0;
    std::int32_t composition = 0;  // pts - dts
    bool key = false;
    bool operator==(const SampleMeta&) const = default;
};

// §8.8.3.1: sample_depends_on 2 (on none); 1 (on others) and sample_is_non_sync_sample.
inline constexpr std::uint32_t kKeyFlags = 0x0200'0000, kOtherFlags = 0x0101'0000;

inline constexpr std::uint32_t track_id_of(int track) {
    return static_cast<std::uint32_t>(track) + 1;
}

/// Bytes of everything in front of the media, at most.
constexpr std::size_t head_bytes_at_most(std::size_t runs, std::size_t samples) {
    return 64 + runs * 80 + samples * 16;
}

void write_prft(ByteWriter& out, std::uint32_t track_id, base::WallTime wall,
                std::uint64_t media_time);
/// The wall time of a prft box's body; nothing when it is broken.
std::optional<base::WallTime> parse_prft(ByteSpan body);

/// Which columns a run needs: what all samples share goes to tfhd once.
struct RunShape {
    bool same_duration = true, same_size = true, same_flags = true, no_composition = true;
};

/// `at(i)` gives the i-th SampleMeta. `data_offset_at` receives where to patch trun's data_offset.
template <typename At>
void write_traf(ByteWriter& out, std::uint32_t track_id, std::uint64_t decode_time,
                std::uint32_t description, std::size_t count, At at, std::size_t& data_offset_at) {
    const SampleMeta first = at(0);
    RunShape shape;
    for (std::size_t i = 0; i < count; ++i) {
        const SampleMeta sample = at(i);
        shape.same_duration &= sample.duration == first.duration;
        shape.same_size &= sample.size == first.size;
        shape.same_flags &= sample.key == first.key;
        shape.no_composition &= sample.composition == 0;
    }
    const BoxScope traf(out, "traf");
    {
        // default-base-is-moof, and which defaults follow
        const std::uint32_t flags =
            0x02'0000u | (description != 0 ? 0x2u : 0u) | (shape.same_duration ? 0x8u : 0u) |
            (shape.same_size ? 0x10u : 0u) | (shape.same_flags ? 0x20u : 0u);
        const BoxScope tfhd(out, "tfhd", 0, flags);
        out.u32(track_id);
        if (description != 0) out.u32(description);
        if (shape.same_duration) out.u32(first.duration);
        if (shape.same_size) out.u32(first.size);
        if (shape.same_flags) out.u32(first.key ? kKeyFlags : kOtherFlags);
    }
    {
        const BoxScope tfdt(out, "tfdt", 1, 0);
        out.u64(decode_time);
    }
    const std::uint32_t flags = 0x1u | (shape.same_duration ? 0u : 0x100u) |
                                (shape.same_size ? 0u : 0x200u) | (shape.same_flags ? 0u : 0x400u) |
                                (shape.no_composition ? 0u : 0x800u);
    const BoxScope trun(out, "trun", 1, flags);
    out.u32(count);
    data_offset_at = out.size();
    out.u32(0);
    for (std::size_t i = 0; i < count; ++i) {
        const SampleMeta sample = at(i);
        if (!shape.same_duration) out.u32(sample.duration);
        if (!shape.same_size) out.u32(sample.size);
        if (!shape.same_flags) out.u32(sample.key ? kKeyFlags : kOtherFlags);
        if (!shape.no_composition) out.u32(static_cast<std::uint32_t>(sample.composition));
    }
}

}  // namespace casement::formats::fmp4
