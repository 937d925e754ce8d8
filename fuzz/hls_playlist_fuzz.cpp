// Playlists: what is read can be written, and reads the same again.
#include "base/byte_reader.hpp"
#include "protocols/hls/playlist.hpp"

using namespace casement;
using namespace casement::protocols;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = base::as_text({data, size});
    (void)hls::parse_master_playlist(text);
    const auto list = hls::parse_media_playlist(text);
    if (!list) return 0;
    const auto again = hls::parse_media_playlist(hls::write(*list));
    if (!again || again->segments.size() != list->segments.size()) __builtin_trap();
    return 0;
}
