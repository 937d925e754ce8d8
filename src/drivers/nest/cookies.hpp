#pragma once
// A Cookie field that a person brought from a browser, and what the server changes in it.

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace casement::drivers::nest {

/// `cookies` after each Set-Cookie of an answer from `host`: new values in the old order, new names
/// at the end, expired ones gone. Those for another domain, and those that could not be sent, are
/// passed over; so is what would make the field longer than kMaxCookieBytes.
base::Secret merged_cookies(const base::Secret& cookies,
                            const std::vector<std::string_view>& set_cookie, std::string_view host,
                            base::WallTime now);

inline constexpr std::size_t kMaxCookieBytes = 16384;

}  // namespace casement::drivers::nest
