#pragma once
// ftyp and moov, for init segments and for whole files. Private to fmp4/.

#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "formats/fmp4/box.hpp"
#include "media/track.hpp"

namespace casement::formats::fmp4 {

struct TrackEntry {
    media::Track track;
    std::vector<media::CodecParametersPtr> descriptions;  // sample entries; at least one
    std::uint64_t duration = 0;                           // ticks; 0 where fragments follow
    std::vector<std::uint8_t>
        sample_tables;  // stts to stco of a whole file; empty where fragments follow
    std::vector<std::uint8_t> edit_list;  // an elst box, or empty
};

struct MovieOptions {
    bool fragmented = true;         // mvex follows the tracks
    std::uint64_t duration_ms = 0;  // 0 = unknown
    std::optional<base::WallTime> created;
};

void write_ftyp(ByteWriter& out, bool fragmented);
base::Result<> write_moov(ByteWriter& out, std::span<const TrackEntry> tracks,
                          const MovieOptions& options);

}  // namespace casement::formats::fmp4
