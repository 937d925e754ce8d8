#include "protocols/arlo/upload.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "media/jpeg.hpp"

namespace casement::protocols::arlo {

namespace {

using base::ErrorKind;
using std::string_view;

constexpr string_view kStartOfJpeg = "\xFF\xD8\xFF";
/// RFC 2046 §5.1.1.
constexpr std::size_t kMaxBoundaryBytes = 70;

/// The value of `name` in "a; name=value; b": quoted or not, in any case; nothing when absent.
std::optional<string_view> parameter(string_view field, string_view name) {
    (void)base::take_until(field, ';');
    while (!field.empty()) {
        string_view value = base::take_until(field, ';');
        const string_view key = base::trimmed(base::take_until(value, '='));
        if (!base::iequals(key, name)) continue;
        value = base::trimmed(value);
        if (value.starts_with('"')) {
            value.remove_prefix(1);
            value = value.substr(0, value.find('"'));
        }
        return value;
    }
    return std::nullopt;
}

/// What stands in front of every part: two dashes and the boundary.
std::string delimiter_of(string_view content_type, string_view body) {
    if (const auto boundary = parameter(content_type, "boundary");
        boundary && !boundary->empty() && boundary->size() <= kMaxBoundaryBytes) {
        if (std::string announced = fmt::format("--{}", *boundary);
            body.find(announced) != string_view::npos)
            return announced;
    }
    const string_view line = base::trimmed(body.substr(0, body.find('\n')));
    const bool usable =
        line.starts_with("--") && line.size() > 2 && line.size() <= kMaxBoundaryBytes + 2;
    return usable ? std::string(line) : std::string();
}

struct Part {
    string_view name;
    string_view content;
};

/// Nothing when the headers do not end.
std::optional<Part> parse_part(string_view text) {
    Part part;
    string_view rest = text;
    for (;;) {
        const std::size_t end = rest.find('\n');
        if (end == string_view::npos) return std::nullopt;
        string_view value = base::trimmed(rest.substr(0, end));
        rest.remove_prefix(end + 1);
        if (text.size() - rest.size() > kMaxPartHeadBytes) return std::nullopt;
        if (value.empty()) break;
        if (base::iequals(base::trimmed(base::take_until(value, ':')), "Content-Disposition"))
            part.name = parameter(value, "name").value_or(string_view{});
    }
    part.content = rest.substr(std::min(rest.find_first_not_of("\r\n"), rest.size()));
    return part;
}

/// A delimiter stands at the beginning of a line.
std::size_t find_delimiter(string_view body, string_view delimiter, std::size_t from) {
    for (std::size_t at = body.find(delimiter, from); at != string_view::npos;
         at = body.find(delimiter, at + 1)) {
        if (at == 0 || body[at - 1] == '\n') return at;
    }
    return string_view::npos;
}

base::Result<base::ByteSpan> whole_jpeg(string_view content) {
    const base::ByteSpan bytes = base::as_bytes(content);
    CASEMENT_TRY(const auto info, media::jpeg::parse(bytes));
    return bytes.first(info.size_bytes);
}

base::Result<base::ByteSpan> find_in_parts(string_view body, string_view delimiter) {
    base::Result<base::ByteSpan> found =
        base::fail(ErrorKind::DataLoss, "an upload without a picture in it");
    std::size_t at = find_delimiter(body, delimiter, 0);
    for (std::size_t count = 0; at != string_view::npos && count < kMaxUploadParts; ++count) {
        // The rest of the delimiter's line; "--" there ends the body.
        const std::size_t begin = body.find('\n', at);
        if (begin == string_view::npos) break;
        at = find_delimiter(body, delimiter, begin + 1);
        const auto part = parse_part(
            body.substr(begin + 1, at == string_view::npos ? string_view::npos : at - begin - 1));
        if (!part) continue;
        auto jpeg = whole_jpeg(part->content);
        if (jpeg && part->name == "file") return jpeg;
        if (jpeg ? !found : part->name == "file" && !found) found = std::move(jpeg);
    }
    return found;
}

bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

}  // namespace

std::string upload_path(string_view destination_url) {
    string_view path = destination_url;
    if (const std::size_t scheme = path.find("://"); scheme != string_view::npos) {
        const std::size_t slash = path.find('/', scheme + 3);
        path = slash == string_view::npos ? string_view{} : path.substr(slash);
    }
    path = path.substr(0, path.find_first_of("?#"));
    const std::size_t last = path.rfind('/');
    return last == string_view::npos ? "/" : std::string(path.substr(0, last + 1));
}

std::optional<string_view> upload_id(string_view path) {
    path = path.substr(0, path.find('?'));
    if (path.ends_with('/')) path.remove_suffix(1);
    const string_view id = path.substr(path.rfind('/') + 1);
    if (id.empty() || id.size() > kMaxUploadIdBytes || !std::ranges::all_of(id, is_id_character))
        return std::nullopt;
    return id;
}

base::Result<base::ByteSpan> find_picture(string_view content_type, base::ByteSpan body) {
    if (body.size() > kMaxUploadBytes)
        return base::fail(ErrorKind::ResourceExhausted, "an upload of {} bytes; the limit is {}",
                          body.size(), kMaxUploadBytes);
    const string_view text = base::as_text(body);
    if (text.starts_with(kStartOfJpeg)) return whole_jpeg(text);
    const std::string delimiter = delimiter_of(content_type, text);
    if (delimiter.empty())
        return base::fail(ErrorKind::DataLoss, "an upload of {} bytes is neither a form nor a JPEG",
                          body.size());
    return find_in_parts(text, delimiter);
}

Upload make_upload(base::ByteSpan jpeg, const UploadForm& form) {
    const std::string file_name =
        form.file_name ? fmt::format("; filename=\"{}\"", *form.file_name) : "";
    Upload out;
    out.content_type = fmt::format("multipart/form-data; boundary={}", form.boundary);
    out.body = fmt::format(
        "--{}\r\nContent-Disposition: form-data; name=\"file\"{}\r\nContent-Type: "
        "image/jpeg\r\n\r\n{}\r\n--{}--\r\n",
        form.boundary, file_name, base::as_text(jpeg), form.boundary);
    return out;
}

}  // namespace casement::protocols::arlo
