// Up to the first line feed stands the Content-Type, behind it the body.
#include <algorithm>
#include <cstdlib>

#include "base/byte_reader.hpp"
#include "media/jpeg.hpp"
#include "protocols/arlo/upload.hpp"

using namespace casement;
using namespace casement::protocols::arlo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteSpan all(data, size);
    const auto line = std::find(all.begin(), all.end(), '\n');
    const auto head = static_cast<std::size_t>(line - all.begin());
    const std::string_view content_type = base::as_text(all.first(head));
    const base::ByteSpan body = all.subspan(std::min(head + 1, size));
    if (const auto id = upload_id(upload_path(content_type)); id && id->size() > kMaxUploadIdBytes)
        std::abort();
    const auto picture = find_picture(content_type, body);
    if (!picture) return 0;
    const auto info = media::jpeg::parse(*picture);
    if (!info || info->size_bytes != picture->size()) std::abort();
    // What one device sends is found again.
    const UploadForm form;
    if (base::as_text(*picture).find(form.boundary) != std::string_view::npos) return 0;
    const Upload upload = make_upload(*picture, form);
    if (upload.body.size() > kMaxUploadBytes) return 0;
    const auto again = find_picture(upload.content_type, base::as_bytes(upload.body));
    if (!again || !std::ranges::equal(*again, *picture)) std::abort();
    return 0;
}
