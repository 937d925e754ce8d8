#pragma once
// What an elementary stream is (ISO/IEC 14496-12 "track") and how its decoder is set up.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "media/bytes.hpp"
#include "media/codec.hpp"

namespace casement::media {

/// Everything a decoder needs before the first access unit. Immutable; a change is a new object.
struct CodecParameters {
    Codec codec = Codec::H264;

    // H.264 and H.265: NAL units without start code or length, in the order of arrival, duplicates
    // removed.
    std::vector<Bytes> vps;  // H.265 only
    std::vector<Bytes> sps;
    std::vector<Bytes> pps;
    int width = 0;   // pixels after cropping; 0 = unknown
    int height = 0;  // pixels after cropping; 0 = unknown

    // Audio.
    int sample_rate =
        0;  // Hz; 48000 for Opus (RFC 7845), 8000 for G.711 unless signalled otherwise
    int channels = 0;
    Bytes config;  // AAC: AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). Others: empty.

    /// RFC 6381 "codecs" value: "avc1.64001f", "hvc1.1.6.L93.B0", "mp4a.40.2", "opus", "pcmu".
    std::string rfc6381() const;
    bool operator==(const CodecParameters&) const = default;
};

using CodecParametersPtr = std::shared_ptr<const CodecParameters>;

/// One elementary stream of a stream. A small value.
struct Track {
    int id = 0;  // index of the track in its stream, from 0; stable while the stream lives
    std::uint32_t clock_rate = 90'000;  // ticks per second of pts and dts
    CodecParametersPtr
        parameters;  // null until the source has learnt them (in-band parameter sets)

    Codec codec = Codec::H264;
    Kind kind() const { return kind_of(codec); }

    /// Parameters are compared by value: a camera that reconnects with the same set-up is the same
    /// track.
    friend bool operator==(const Track& a, const Track& b) {
        const bool same_parameters =
            a.parameters == b.parameters ||
            (a.parameters && b.parameters && *a.parameters == *b.parameters);
        return a.id == b.id && a.codec == b.codec && a.clock_rate == b.clock_rate &&
               same_parameters;
    }
};

/// The tracks of one stream, video first.
using Tracks = std::vector<Track>;

}  // namespace casement::media
