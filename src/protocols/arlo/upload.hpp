#pragma once
// The picture that a camera posts after fullSnapshot: body of an HTTP request, no HTTP itself.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_reader.hpp"
#include "base/error.hpp"

namespace casement::protocols::arlo {

/// Of a body. Three times a 4K JPEG of the finest quality.
inline constexpr std::size_t kMaxUploadBytes = std::size_t{8} << 20;
inline constexpr std::size_t kMaxUploadParts = 8;
inline constexpr std::size_t kMaxPartHeadBytes = 4096;
inline constexpr std::size_t kMaxUploadIdBytes = 64;

/// Where a camera posts the picture that it was asked to send to `destination_url`: the path
/// without its last component, the slash in front of which stays.
/// "http://h:5000/snapshot/X/temp.jpg" ->
/// "/snapshot/X/".
std::string upload_path(std::string_view destination_url);

/// The last component of an upload's path, with a slash behind it or not. Nothing when it is not
/// made of letters, digits, '_' and '-' alone or is over kMaxUploadIdBytes: it may become a file's
/// name.
std::optional<std::string_view> upload_id(std::string_view path);

/// The JPEG in an upload, as a view into `body`, up to and with its end mark. Takes
/// multipart/form-data, where the part called "file" goes first, then any that holds a JPEG,
/// whatever its name, file name and type; the boundary of `content_type` or else that of the first
/// line; lines that end in CRLF or LF; and a bare JPEG. ResourceExhausted over kMaxUploadBytes;
/// DataLoss when no whole JPEG is in it (cut off, empty, something else).
base::Result<base::ByteSpan> find_picture(std::string_view content_type, base::ByteSpan body);

/// How models differ in the one part that they send.
struct UploadForm {
    std::string boundary = "----casement";
    std::optional<std::string> file_name = "temp.jpg";  // VMC4041PB, VMC4060B: empty; VMC3030: none
};

struct Upload {
    std::string content_type;
    std::string body;
};

Upload make_upload(base::ByteSpan jpeg, const UploadForm& form);

}  // namespace casement::protocols::arlo
