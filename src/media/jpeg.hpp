#pragma once
// JPEG files from outside (ITU-T T.81 Annex B).

#include "base/error.hpp"
#include "media/bytes.hpp"
#include "media/track.hpp"

namespace casement::media::jpeg {

struct Info {
    int width = 0, height = 0;   // pixels
    int components = 0;          // 1 = grey, 3 = colour
    bool progressive = false;    // SOF2
    std::size_t size_bytes = 0;  // up to and with EOI; trailing bytes are not counted
};

/// Walks the markers: SOI, a frame header, a scan, EOI. DataLoss when one is missing or cut off,
/// Unsupported for lossless and arithmetic coding.
base::Result<Info> parse(ByteSpan file);
CodecParameters make_parameters(const Info& info);

}  // namespace casement::media::jpeg
