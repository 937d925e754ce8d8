#pragma once
// Durations and sizes as people write them. Units are always said.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace casement::base {

/// "250ms", "10s", "5m", "2h", "30d". No bare numbers except 0, no negatives.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "0", "512B", "64KiB", "64MiB", "200GiB", "1TiB"; also kB, MB, GB, TB in powers of 1000.
Result<std::uint64_t> parse_size_bytes(std::string_view text);

std::string format_duration(std::chrono::milliseconds duration);
std::string format_size(std::uint64_t bytes);

}  // namespace casement::base
