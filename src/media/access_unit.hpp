#pragma once
// One decodable unit of one track: a picture with all its slices, or one audio frame.

#include <chrono>
#include <cstdint>
#include <memory>

#include "media/bytes.hpp"

namespace casement::media {

/// Video of H.264 and H.265 holds its NAL units each behind a 4-byte big-endian length (ISO/IEC
/// 14496-15 sample format), in one contiguous block: fMP4, FLV and RTMP take it as it is, RTP walks
/// it with `nal_units`. Parameter sets and access unit delimiters are not in it: parameter sets
/// live in CodecParameters and every output writes them the way its format wants. SEI stays. Mjpeg
/// holds one whole JPEG file; AAC one raw frame (no ADTS); Opus one packet; G.711 any number of
/// samples.
struct AccessUnit {
    int track = 0;     // Track::id
    bool key = false;  // decodable without earlier units. Audio units are all key.
    bool discontinuity =
        false;  // first unit after a break of the source: earlier units do not lead up to this one
    bool slate = false;    // made by the hub during an outage (a repeated picture, silence): shown,
                           // never recorded
    std::int64_t pts = 0;  // presentation time in ticks of the track; monotone across reconnects
    std::int64_t dts = 0;  // decoding time in ticks, never decreasing within a track
    std::chrono::steady_clock::time_point received_at{};  // when the last byte arrived
    std::chrono::sys_time<std::chrono::microseconds>
        wall{};  // capture time as well as the hub knows it, UTC
    Bytes data;
};

using AccessUnitPtr = std::shared_ptr<const AccessUnit>;

}  // namespace casement::media
