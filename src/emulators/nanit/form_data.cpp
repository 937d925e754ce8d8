#include "emulators/nanit/form_data.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace casement::emulators::nanit {

namespace {

constexpr std::size_t kMaxBoundary = 70;  // RFC 2046 §5.1.1

/// `name` in `form-data; name="image"; filename=image`, with or without quotes.
std::string_view parameter(std::string_view field, std::string_view name) {
    (void)base::take_until(field, ';');
    while (!field.empty()) {
        std::string_view value = base::trimmed(base::take_until(field, ';'));
        const std::string_view key = base::trimmed(base::take_until(value, '='));
        if (!base::iequals(key, name)) continue;
        value = base::trimmed(value);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

/// One part, from behind its boundary's line to before the next boundary.
std::optional<FormPart> parse_part(std::string_view text) {
    constexpr std::string_view kLine = "\r\n";
    FormPart out;
    for (;;) {
        const std::size_t end = text.find(kLine);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + kLine.size());
        if (line.empty()) break;
        std::string_view value = line;
        const std::string_view field = base::take_until(value, ':');
        if (base::iequals(field, "Content-Disposition")) out.name = parameter(value, "name");
        if (base::iequals(field, "Content-Type")) out.content_type = base::trimmed(value);
    }
    out.body = text;
    if (out.name.empty()) return std::nullopt;
    return out;
}

}  // namespace

std::optional<std::vector<FormPart>> parse_form_data(std::string_view content_type,
                                                     std::string_view body) {
    std::string_view kind = content_type;
    const std::string_view boundary = parameter(content_type, "boundary");
    if (!base::iequals(base::trimmed(base::take_until(kind, ';')), "multipart/form-data") ||
        boundary.empty() || boundary.size() > kMaxBoundary)
        return std::nullopt;
    const std::string mark = "--" + std::string(boundary), next = "\r\n" + mark;
    if (!body.starts_with(mark)) return std::nullopt;
    body.remove_prefix(mark.size());
    std::vector<FormPart> out;
    while (!body.starts_with("--")) {
        if (!body.starts_with("\r\n") || out.size() == kMaxFormParts) return std::nullopt;
        body.remove_prefix(2);
        const std::size_t end = body.find(next);
        if (end == std::string_view::npos) return std::nullopt;
        const auto part = parse_part(body.substr(0, end));
        if (!part) return std::nullopt;
        out.push_back(*part);
        body.remove_prefix(end + next.size());
    }
    return out;
}

const FormPart* find_part(const std::vector<FormPart>& parts, std::string_view name) {
    const auto at = std::ranges::find(parts, name, &FormPart::name);
    return at == parts.end() ? nullptr : &*at;
}

}  // namespace casement::emulators::nanit
