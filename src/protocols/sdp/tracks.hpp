#pragma once
// From a session description to tracks we can carry, and back.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "media/track.hpp"
#include "protocols/rtp/payload_format.hpp"
#include "protocols/sdp/sdp.hpp"

namespace casement::protocols::sdp {

/// A track of a description that we can read.
struct TrackOffer {
    rtp::PayloadFormat format;
    media::CodecParametersPtr parameters;  // from fmtp; null when they come in band
    std::string control;                   // absolute URL for SETUP, see resolve_control
    std::size_t media_index = 0;           // its place among the m= lines
    bool back_channel = false;             // ONVIF: a=sendonly, audio towards the camera
};

struct Offers {
    std::vector<TrackOffer> tracks;  // video first, then in the order of the description
    std::vector<std::string>
        unknown;  // names of what cannot be read: "MP4V-ES", "vnd.onvif.metadata"; no duplicates
    std::string aggregate_control;  // absolute URL for PLAY and TEARDOWN
};

/// `base_url`: Content-Base, else Content-Location, else the request URL (RFC 2326 C.1.1).
Offers tracks_from_sdp(const Description& description, std::string_view base_url);

/// The error to give when `offers` holds no track: reason `codec`, "It sends MP4V-ES, which cannot
/// be read."
base::Error nothing_readable(const Offers& offers);

/// RFC 2326 C.1.1, as cameras do it: "*" or nothing is the base; an absolute URL is itself;
/// anything else is put after the base with one slash between, query of the base included (not RFC
/// 3986 resolution, which real cameras fail).
std::string resolve_control(std::string_view base_url, std::string_view control);

struct WriteOptions {
    std::string session_name = "Casement";
    std::string session_id = "0";     // numeric, o=
    std::string address = "0.0.0.0";  // c=; 0.0.0.0 leaves the transport to SETUP
};

/// One m= line per track with `a=control:trackID=<track id>` and the payload type of
/// rtp::sending_format. H.264 and H.265 parameter sets go into fmtp when known.
std::string sdp_from_tracks(const media::Tracks& tracks, const WriteOptions& options);

/// Payload format and parameters of one m= section and payload type; Unsupported with the
/// encoding's name when we cannot read it.
base::Result<TrackOffer> parse_format(const Media& media, std::uint8_t payload_type);

/// The fmtp value (without payload type) of a track in rtp::sending_format; empty when it needs
/// none.
std::string fmtp_of(const media::Track& track);

}  // namespace casement::protocols::sdp
