#include "recorder/layout.hpp"

namespace casement::recorder {

std::string segment_file(base::WallTime start) {
    // RFC 3339 with the colons, which some file systems forbid, made dashes.
    std::string text = base::format_rfc3339(start);  // 2026-11-20T21:00:00.123Z
    text[10] = '/';
    text[13] = text[16] = '-';
    return text + ".mp4";
}

std::optional<base::WallTime> segment_time(std::string_view file) {
    constexpr std::size_t kStem = 24;
    if (file.size() != kStem + 4 || !file.ends_with("Z.mp4") || file[10] != '/' ||
        file[13] != '-' || file[16] != '-' || file[19] != '.')
        return std::nullopt;
    std::string text(file.substr(0, kStem));
    text[10] = 'T';
    text[13] = text[16] = ':';
    const auto time = base::parse_rfc3339(text);
    // Only the one spelling: what we read is what we would write.
    if (!time || segment_file(*time) != file) return std::nullopt;
    return *time;
}

bool is_day(std::string_view name) {
    return name.size() == 10 && segment_time(std::string(name) + "/00-00-00.000Z.mp4").has_value();
}

}  // namespace casement::recorder
