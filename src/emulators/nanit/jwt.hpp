#pragma once
// Access tokens as the vendor's cloud gives them out: JSON Web Tokens with an end, signed (HS256).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace casement::emulators::nanit {

struct Claims {
    std::string kind;            // "access", "uc"
    std::string subject;         // whose: an e-mail address, a camera
    std::int64_t expires_s = 0;  // Unix time
    std::string id;              // no two tokens are alike
    bool operator==(const Claims&) const = default;
};

base::Secret make_jwt(const Claims& claims, std::string_view key);
/// Nothing unless `key` signed it. The end is the caller's to look at.
std::optional<Claims> read_jwt(std::string_view token, std::string_view key);

}  // namespace casement::emulators::nanit
