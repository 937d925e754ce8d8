#pragma once
// Dictionaries as Python prints them: an old base wrote some of its messages that way.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace casement::drivers::arlo {

/// Of a text; the largest message of a device has some 2 KiB.
inline constexpr std::size_t kMaxLiteralBytes = std::size_t{256} * 1024;
inline constexpr int kMaxLiteralDepth = 16;

/// {'Type': 'status', 'Sync': False, 'x': None, 'l': [1, 2.5]} as JSON, members in their order.
/// Takes dictionaries with text keys, lists, tuples, texts in either quotes with Python's escapes,
/// numbers, True, False and None. InvalidArgument for anything else, ResourceExhausted past a
/// limit.
base::Result<std::string> json_of_python(std::string_view text);

}  // namespace casement::drivers::arlo
