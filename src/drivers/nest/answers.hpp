#pragma once
// What the vendor answers to those who sign in, as values. Every field may be missing, null or of
// another type; unknown ones are passed over.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::drivers::nest {

/// The session object: of the password, or of a token that is asked about.
struct SessionAnswer {
    base::Secret access;
    std::string userid;     // digits and letters: it becomes part of a URL
    std::string transport;  // base URL of the long poll; may be empty
    std::string email;      // may be empty
    std::optional<base::WallTime> expires;
};

/// A code is on its way to a person.
struct Challenge {
    base::Secret token;
    std::string hint;  // the last digits of the telephone; may be empty
    bool operator==(const Challenge&) const = default;
};

struct GoogleToken {
    base::Secret access;
    std::chrono::seconds life{3600};
};

/// What Google gives for its own token: it opens everything of Nest for an hour.
struct Jwt {
    base::Secret value;
    std::string userid;
    std::optional<base::WallTime> expires;
};

// Each takes a body whatever its status was. Unavailable "vendor-down": no such JSON, which says
// nothing about the sign-in.

base::Result<SessionAnswer> parse_session(std::string_view body);
/// Nothing for what is no challenge.
std::optional<Challenge> parse_challenge(std::string_view body);
/// The token of a code that was right; Unauthenticated "wrong-code".
base::Result<base::Secret> parse_code_answer(std::string_view body);
/// Unauthenticated "session-ended" where Google says that nobody is signed in, or that a refresh
/// token is of no use any more.
base::Result<GoogleToken> parse_google_token(std::string_view body);
base::Result<Jwt> parse_jwt(std::string_view body);
/// The value of website_2. Errors of check_envelope().
base::Result<base::Secret> parse_session_token(std::string_view body);

/// The envelope of the camera web API, which comes with HTTP 200 even for refusals. Unauthenticated
/// (401, 403), InvalidArgument (400), NotFound (404), ResourceExhausted "quota" (429), Unavailable
/// "vendor-down" (5xx, and no envelope at all).
base::Result<> check_envelope(std::string_view what, std::string_view body);

/// "Nest answered WHAT with a web page": nobody can act on "parse error at byte 1".
base::Error no_json(std::string_view what, std::string_view body);

/// "Fri, 09-Mar-2022 19:10:35 GMT", with dashes or blanks.
std::optional<base::WallTime> parse_expiry(std::string_view text);

}  // namespace casement::drivers::nest
