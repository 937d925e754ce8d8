#pragma once
// What opens the vendor's camera hosts for an account: asked for at every connect, kept by nobody
// who uses it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace casement::drivers::nest {

/// As the vendor's own app calls itself; its hosts want to see that or a browser.
inline constexpr std::string_view kUserAgent =
    "Nest/5.87.0 (iOScom.nestlabs.jasper.release) os=26.4";

/// Good for the camera web API, the picture hosts and nexustalk.
struct Credential {
    enum class Kind : std::uint8_t {
        SessionToken,  // a Nest account's: the cookie website_2
        Jwt,           // a Google account's: Authorization "Basic", olive_token in nexustalk
    };
    Kind kind = Kind::SessionToken;
    base::Secret value;
    std::optional<base::WallTime> expires{};  // where it is known; what it opened ends about then
    bool operator==(const Credential&) const = default;
};

/// The header that says it: {"Cookie", "website_2=..."} or {"Authorization", "Basic ..."}.
std::pair<std::string, base::Secret> header_of(const Credential& credential);

}  // namespace casement::drivers::nest
