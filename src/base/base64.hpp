#pragma once
// Base64 (RFC 4648 §4), read as leniently as SDP and mail need it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.hpp"

namespace casement::base {

/// With padding.
std::string base64_encoded(ByteSpan bytes);
/// Padding may be missing, blanks are skipped, the URL alphabet (§5) is understood too. Nothing
/// when another character stands in it.
std::optional<std::vector<std::uint8_t>> base64_decoded(std::string_view text);

/// Lower case.
std::string hex_encoded(ByteSpan bytes);
/// Nothing for odd lengths and other characters.
std::optional<std::vector<std::uint8_t>> hex_decoded(std::string_view text);

}  // namespace casement::base
