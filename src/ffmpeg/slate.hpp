#pragma once
// What viewers see while a camera is away: its last picture, dimmed, with one sentence.

#include <string>

#include "base/error.hpp"
#include "media/access_unit.hpp"
#include "media/track.hpp"

namespace casement::ffmpeg {

/// A key frame to repeat, and the parameters it needs.
struct SlateFrame {
    media::AccessUnit unit;  // pts and dts are those of the key frame it was made from
    media::CodecParametersPtr
        parameters;  // same codec, profile and size as the camera's, other parameter sets
};

/// Decodes `last_key_frame`, takes colour and light out of it, writes `text` across, encodes it
/// again (H.264, H.265 or MJPEG as before). Blocks for 20 to 300 ms: run it on a BlockingPool. Make
/// one per outage, not one per second: libx265 3.5 loses 30 KB each time.
///
/// Readers that cannot take a change of parameter sets are better served by the camera's own last
/// key frame, repeated with advancing timestamps: that one has identical parameters by
/// construction. Errors as decode_key_frame.
base::Result<SlateFrame> make_slate(const media::CodecParameters& parameters,
                                    const media::AccessUnit& last_key_frame, std::string text);

}  // namespace casement::ffmpeg
