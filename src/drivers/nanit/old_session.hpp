#pragma once
// session.json of the Go programs for Nanit.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/nanit/answers.hpp"

namespace casement::drivers::nanit {

struct OldSession {
    std::int64_t revision = 0;  // 0 = not said
    base::Secret refresh;       // may be empty
    bool has_access = false;    // an access token as well; it lives for some hours only
    std::vector<Baby> babies;
};

/// InvalidArgument for what is no such file.
base::Result<OldSession> parse_old_session(std::string_view text);

inline constexpr std::size_t kMaxOldSessionBytes = std::size_t{1} << 20;

}  // namespace casement::drivers::nanit
