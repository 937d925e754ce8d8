#include "emulators/script_words.hpp"

#include "base/text.hpp"
#include "base/units.hpp"

namespace casement::emulators {

using base::Result;

std::string_view take_word(std::string_view& rest) {
    rest = base::trimmed(rest);
    const std::string_view word = base::take_until(rest, ' ');
    rest = base::trimmed(rest);
    return word;
}

std::unexpected<base::Error> wrong(std::string_view how) {
    return base::fail(base::ErrorKind::InvalidArgument, "it is: {}", how);
}

Result<std::chrono::milliseconds> duration_or(std::string_view text,
                                              std::chrono::milliseconds otherwise) {
    constexpr std::uint32_t kWeek = 7 * 24 * 3600;
    if (text.empty()) return otherwise;
    const auto seconds = base::parse_number<std::uint32_t>(text);
    if (seconds && *seconds <= kWeek) return std::chrono::seconds(*seconds);
    return base::parse_duration(text);
}

Result<bool> switch_of(std::string_view text) {
    if (text.empty() || text == "on") return true;
    if (text == "off") return false;
    return wrong("on or off");
}

}  // namespace casement::emulators
