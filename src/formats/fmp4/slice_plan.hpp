#pragma once
// What a slice consists of, before it is laid out as a file. Private to fmp4/.

#include <vector>

#include "formats/fmp4/slice.hpp"

namespace casement::formats::fmp4 {

/// One track of the slice: samples on the slice's time line (dts, pts, duration, description),
/// offsets in their own segment's file.
struct TrackPlan {
    media::Track track;  // id is its place in the plan
    std::vector<media::CodecParametersPtr> descriptions;
    std::vector<Sample> samples;
};

/// Samples of one track that came out of one fragment, all of one description.
struct Chunk {
    std::size_t track = 0;
    std::size_t segment = 0;
    std::size_t begin = 0, count = 0;  // in TrackPlan::samples
    std::size_t fragment =
        0;  // counts over the whole slice; chunks of a fragment follow each other
};

struct SlicePlan {
    std::vector<TrackPlan> tracks;
    std::vector<Chunk> chunks;
    base::WallTime from, to;
};

base::Result<SlicePlan> plan_slice(std::span<const SegmentInput> segments,
                                   const SliceRequest& request);

base::Result<VirtualFile> lay_out_fragmented(const SlicePlan& plan);
base::Result<VirtualFile> lay_out_progressive(const SlicePlan& plan);

/// The media of a chunk, neighbours joined.
void append_media(const SlicePlan& plan, const Chunk& chunk, std::vector<Piece>& pieces);
std::uint64_t media_bytes(const SlicePlan& plan, const Chunk& chunk);

}  // namespace casement::formats::fmp4
