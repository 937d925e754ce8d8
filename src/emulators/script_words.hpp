#pragma once
// What the emulators' lines of words have in common.

#include <chrono>
#include <string_view>

#include "base/error.hpp"

namespace casement::emulators {

template <typename T>
struct Word {
    std::string_view word;
    T value;
};

/// The next word of `rest`, which begins behind it then.
std::string_view take_word(std::string_view& rest);

/// InvalidArgument: how the line is written.
std::unexpected<base::Error> wrong(std::string_view how);

/// "10" (seconds) or "10s", "2m"; `otherwise` where nothing is said.
base::Result<std::chrono::milliseconds> duration_or(std::string_view text,
                                                    std::chrono::milliseconds otherwise);

/// "on", "off"; on where nothing is said.
base::Result<bool> switch_of(std::string_view text);

}  // namespace casement::emulators
