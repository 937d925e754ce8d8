#pragma once
// How many archives of a camera's logs stay.

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace casement::drivers::nanit {

/// "nursery-20261129T101500.123Z": two archives of one second are two, and names are ordered as
/// times are.
std::string archive_name(std::string_view camera, base::WallTime at);

/// Of each camera; the newest always stays. One is at most 64 MiB, and most are a few.
struct LogLimits {
    std::size_t count = 10;
    std::uint64_t bytes = std::uint64_t{256} << 20;
    std::chrono::hours age{24 * 30};
};

/// Removes what is beyond the limits; of other cameras, and what has another kind of name, nothing.
/// Answers how many. A folder that is not there holds none. Blocks.
base::Result<std::size_t> tidy_logs(const std::string& directory, std::string_view camera,
                                    const LogLimits& limits, base::WallTime now);

}  // namespace casement::drivers::nanit
