#pragma once
// moov into track set-ups (ISO/IEC 14496-12 §8.2 to §8.5). Private to fmp4/.

#include "formats/fmp4/reader.hpp"

namespace casement::formats::fmp4 {

/// `moov` is the body of the box. DataLoss when it is broken, Unsupported when no track has a codec
/// we carry or the file is not fragmented.
base::Result<std::vector<TrackSetup>> read_moov(media::ByteSpan moov);

}  // namespace casement::formats::fmp4
