#pragma once
// Text of the other side inside a sentence of ours.

#include <cstddef>
#include <string>
#include <string_view>

namespace casement::protocols::arlo {

/// In quotation marks, its first 40 bytes, what is not printable ASCII as question marks: fit for a
/// log line whatever was sent.
inline std::string shown(std::string_view text) {
    constexpr std::size_t kMaxShownBytes = 40;
    std::string out = "\"";
    for (const char c : text.substr(0, kMaxShownBytes)) out += c >= ' ' && c <= '~' ? c : '?';
    return out.append(text.size() > kMaxShownBytes ? "...\"" : "\"");
}

}  // namespace casement::protocols::arlo
