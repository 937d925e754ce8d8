#pragma once
// multipart/form-data (RFC 7578), as clients send a picture with a word about it.

#include <optional>
#include <string_view>
#include <vector>

namespace casement::emulators::nanit {

struct FormPart {
    std::string_view name, content_type, body;  // of the form's text
};

/// At most this many.
inline constexpr std::size_t kMaxFormParts = 16;

/// `content_type` is the whole field. Nothing for what is no such form, or has no end.
std::optional<std::vector<FormPart>> parse_form_data(std::string_view content_type,
                                                     std::string_view body);
const FormPart* find_part(const std::vector<FormPart>& parts, std::string_view name);

}  // namespace casement::emulators::nanit
