#pragma once
// Fragmented MP4 (ISO/IEC 14496-12): the init segment, fragments, and the small boxes around them.
// Pure functions over buffers.
//
// H.264 as avc1, H.265 as hvc1, MJPEG as jpeg, AAC as mp4a, Opus as Opus, G.711 as alaw and ulaw.
// track_ID is Track::id + 1 and the media time scale is Track::clock_rate, so that timestamps go in
// and come out as they are.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::formats::fmp4 {

/// What a recorded segment says about itself (the casement box, docs/ref/recording-format.md).
struct SegmentIdentity {
    std::string camera;  // stable id of the camera, at most 255 bytes
    std::string run;     // id of the run: stretch of recording without a break; at most 255 bytes
    std::uint32_t sequence = 0;  // number of the segment in its run, from 0
    base::WallTime start{};      // capture time of media time zero of this file
    std::int64_t run_offset_us =
        0;  // media time from the start of the run to media time zero of this file
    bool operator==(const SegmentIdentity&) const = default;
};

/// ftyp and moov (with mvex), and the casement box when `identity` is given. InvalidArgument when a
/// track has no parameters or no sets.
base::Result<media::Bytes> write_init(const media::Tracks& tracks,
                                      const SegmentIdentity* identity = nullptr);

/// Units of one track that follow each other. The writer borrows the spans for the call only.
struct TrackRun {
    int track = 0;                  // Track::id
    std::uint64_t decode_time = 0;  // of the first unit, in ticks on the file's time line
    std::span<const media::AccessUnitPtr> units;
    std::span<const std::uint32_t>
        durations;  // ticks, one per unit; the last one's is the caller's guess or knowledge
};

struct FragmentOptions {
    std::uint32_t sequence = 1;  // mfhd sequence_number, from 1
    /// Capture time of the first unit of the first run: written as a producer reference time box
    /// (§8.16.5) in front.
    std::optional<base::WallTime> wall;
};

/// A fragment ready for a gather write: `header`, then every piece of `payload` in order. Pieces
/// share the units' buffers.
struct Fragment {
    media::Bytes header;  // [prft] moof and the header of mdat
    std::vector<media::Bytes> payload;
    std::uint64_t size_bytes = 0;  // of all
};

/// Runs without units are left out. Composition offsets are pts - dts of each unit; sizes and
/// offsets must fit 32 bits. InvalidArgument when `durations` is shorter than `units`;
/// ResourceExhausted above 2 GiB.
base::Result<Fragment> make_fragment(std::span<const TrackRun> runs,
                                     const FragmentOptions& options = {});
/// The same in one block, for MSE and HLS.
base::Result<std::vector<std::uint8_t>> make_fragment_block(std::span<const TrackRun> runs,
                                                            const FragmentOptions& options = {});

/// Segment type box for HLS and DASH segments (§8.16.2).
media::Bytes write_styp();

/// One referenced subsegment of sidx (§8.16.3).
struct IndexEntry {
    std::uint32_t size_bytes = 0;
    std::uint32_t duration = 0;  // ticks of the indexed track
    bool starts_with_key = true;
};
/// The entries follow directly after the box.
media::Bytes write_sidx(int track, std::uint32_t clock_rate, std::uint64_t earliest_pts,
                        std::span<const IndexEntry> entries);

/// A fragment that starts with a key frame of `track` (§8.8.10), for the index at the end of a
/// file.
struct RandomAccessPoint {
    std::uint64_t pts = 0;          // ticks on the file's time line
    std::uint64_t moof_offset = 0;  // bytes from the start of the file
    std::uint32_t traf_number = 1;  // which traf of the moof, from 1
};
/// mfra with one tfra and mfro.
media::Bytes write_mfra(int track, std::span<const RandomAccessPoint> points);

}  // namespace casement::formats::fmp4
