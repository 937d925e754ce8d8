#pragma once
// The key=value list of an a=fmtp line (RFC 8866 §6.15, as RFC 6184, 7798, 3640 and 7587 use it).

#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace casement::protocols::sdp {

/// Value of `key` in "a=1; b=2" (keys without case, last semicolon or not); nothing when absent.
inline std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view key) {
    while (!fmtp.empty()) {
        std::string_view value = base::take_until(fmtp, ';');
        const std::string_view name = base::trimmed(base::take_until(value, '='));
        if (base::iequals(name, key)) return base::trimmed(value);
    }
    return std::nullopt;
}

inline std::optional<int> fmtp_number(std::string_view fmtp, std::string_view key) {
    const auto value = fmtp_value(fmtp, key);
    return value ? base::parse_number<int>(*value) : std::nullopt;
}

}  // namespace casement::protocols::sdp
