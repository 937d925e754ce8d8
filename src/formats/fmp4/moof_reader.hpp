#pragma once
// moof into sample tables (ISO/IEC 14496-12 §8.8). Private to fmp4/.

#include <span>

#include "formats/fmp4/reader.hpp"

namespace casement::formats::fmp4 {

/// `moof` is the body of the box that starts at `moof_offset` in the file. Appends to `tracks` what
/// belongs to a track of `setups`. `next_decode_time`, one per setup, gives the start where a traf
/// has no tfdt, and receives its end. DataLoss when tables disagree with their sizes or pass the
/// limits.
base::Result<> read_moof(media::ByteSpan moof, std::uint64_t moof_offset,
                         const std::vector<TrackSetup>& setups,
                         std::vector<std::uint64_t>& next_decode_time,
                         std::vector<TrackSamples>& tracks, std::uint32_t& sequence);

}  // namespace casement::formats::fmp4
