#pragma once
// Tokens of the vendor: in which form each family of endpoints wants them, and how long they live.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace casement::drivers::nanit {

/// Endpoints that agree on the form of their Authorization header.
enum class Family : std::uint8_t {
    Session,      // /login, /tokens/refresh
    Account,      // /babies..., /user, /devices...
    Focus,        // /focus/...: REST, and the relay's WebSocket
    Speakers,     // /speakers/...
    LocalCamera,  // the camera's own socket, with a user-camera token
};

enum class Form : std::uint8_t { None, Bare, Bearer, Token };

/// The one table of forms.
Form form_of(Family family);
/// The header's value; empty for Form::None. A secret: it never goes into a log.
std::string authorization(Form form, const base::Secret& token);
inline std::string authorization(Family family, const base::Secret& token) {
    return authorization(form_of(family), token);
}

/// `exp` of a JWT, unverified: it only says when to ask for another. Nothing for what is no JWT, or
/// has no such number.
std::optional<base::WallTime> expiry_of(const base::Secret& token);

/// Clocks of the vendor and of the hub may differ by this much.
inline constexpr std::chrono::seconds kClockSkew{60};
/// The life of a token that does not say how long it lives.
inline constexpr std::chrono::seconds kAssumedLife{3600};

/// Of a token that came at `now`. What it says is taken where it makes sense by our clock (more
/// than the skew ahead, less than a week); else, and where the clock of this machine is plainly
/// wrong, it lives `said` (expires_in) or kAssumedLife.
base::WallTime expiry_of(const base::Secret& token, base::WallTime now,
                         std::optional<std::chrono::seconds> said = {},
                         std::chrono::milliseconds skew = kClockSkew);

}  // namespace casement::drivers::nanit
