#include "sources/snapshots/film_names.hpp"

#include <algorithm>
#include <charconv>

#include "base/random.hpp"

namespace casement::sources::snapshots {

namespace {

// Of 32 digits, those that say the time: milliseconds since 1970.
constexpr std::size_t kTimeDigits = 12;
constexpr std::size_t kHexDigits = 32;
// Where a time that must be a file's name has - in place of :, which some file systems do not take.
constexpr std::size_t kColons[] = {13, 16};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string picture_name(Layout layout, base::WallTime at) {
    if (layout == Layout::Foggycam) {
        const auto ms = std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch();
        return fmt::format("{:0{}x}{}", ms.count(), kTimeDigits,
                           base::random_hex((kHexDigits - kTimeDigits) / 2));
    }
    std::string out = base::format_rfc3339(at);
    for (const std::size_t i : kColons) out[i] = '-';
    return out;
}

std::optional<base::WallTime> time_of_picture(Layout layout, std::string_view name) {
    if (layout == Layout::Foggycam) {
        if (name.size() != kHexDigits || !std::ranges::all_of(name, is_hex)) return std::nullopt;
        std::int64_t ms = 0;
        std::from_chars(name.data(), name.data() + kTimeDigits, ms, 16);
        return base::WallTime(std::chrono::milliseconds(ms));
    }
    std::string text(name);
    if (text.size() <= kColons[1]) return std::nullopt;
    for (const std::size_t i : kColons) {
        if (std::exchange(text[i], ':') != '-') return std::nullopt;
    }
    const auto time = base::parse_rfc3339(text);
    return time && picture_name(layout, *time) == name ? std::optional(*time) : std::nullopt;
}

std::string film_name(Layout layout, std::string_view first, std::string_view last) {
    return layout == Layout::Foggycam ? std::string(last) : fmt::format("{}--{}", first, last);
}

std::optional<base::WallTime> time_of_film(Layout layout, std::string_view name) {
    if (layout == Layout::Foggycam) return time_of_picture(layout, name);
    const std::size_t at = name.find("--");
    return at == std::string_view::npos ? std::nullopt
                                        : time_of_picture(layout, name.substr(at + 2));
}

}  // namespace casement::sources::snapshots
