#include "sources/http/multipart_pictures.hpp"

#include <algorithm>
#include <cstdlib>

// The first byte cuts the rest into pieces; up to the first line feed stands the Content-Type.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using casement::sources::http::MultipartPictures;
    if (size < 2) return 0;
    const std::size_t piece = data[0] % 64 + 1;
    const casement::base::ByteSpan rest(data + 1, size - 1);
    const auto line = std::find(rest.begin(), rest.end(), '\n');
    const auto head = static_cast<std::size_t>(line - rest.begin());
    MultipartPictures pictures(casement::base::as_text(rest.first(head)));
    for (std::size_t at = std::min(head + 1, rest.size()); at < rest.size(); at += piece) {
        pictures.push(rest.subspan(at, std::min(piece, rest.size() - at)));
        for (;;) {
            const auto picture = pictures.next();
            if (!picture) return 0;
            if (!*picture) break;
            if ((*picture)->data.size() > MultipartPictures::kMaxPictureBytes ||
                (*picture)->info.width < 1)
                std::abort();
        }
    }
    return 0;
}
