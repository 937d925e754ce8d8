// A session description, the tracks in it, and what is written of it.
#include <cstdlib>

#include "base/byte_reader.hpp"
#include "media/track.hpp"
#include "protocols/sdp/sdp.hpp"
#include "protocols/sdp/tracks.hpp"

using namespace casement;
using namespace casement::protocols;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto description = sdp::parse(base::as_text({data, size}));
    if (!description) return 0;
    if (!sdp::parse(sdp::write(*description))) std::abort();
    const sdp::Offers offers = sdp::tracks_from_sdp(*description, "rtsp://camera.test/live");
    media::Tracks tracks;
    for (const sdp::TrackOffer& offer : offers.tracks) {
        tracks.push_back({.id = static_cast<int>(tracks.size()),
                          .clock_rate = offer.format.clock_rate,
                          .parameters = offer.parameters,
                          .codec = offer.format.codec});
    }
    const auto again = sdp::parse(sdp::sdp_from_tracks(tracks, {}));
    if (!again || again->media.size() != tracks.size()) std::abort();
    return 0;
}
