#pragma once
// Who may come in: the one question that every listener asks before it serves anything, loopback
// included.

#include <optional>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::net {

/// The realm of Basic and Digest challenges, for which HA1 values are kept.
inline constexpr std::string_view kRealm = "casement";

/// Implemented by the keeper of users and tokens; thread-safe. Comparisons are in constant time,
/// and failures are counted per remote address: who guesses waits.
class Gatekeeper {
public:
    virtual ~Gatekeeper() = default;

    /// A name and a password or API token, as Basic authentication and RTMP URLs carry them.
    /// Answers the name to log. Errors: Unauthenticated; ResourceExhausted while an address has to
    /// wait. Resumes on the caller's executor.
    virtual async::Task<base::Result<std::string>> check_password(std::string user,
                                                                  base::Secret password,
                                                                  std::string remote) = 0;

    /// What Digest authentication compares with: H(user:realm:token) in lower-case hex under "MD5"
    /// or "SHA-256". Nothing for unknown names and for the administrator, whose password is kept in
    /// no form that Digest could use.
    virtual std::optional<std::string> digest_ha1(std::string_view user, std::string_view realm,
                                                  std::string_view algorithm) const = 0;

    /// A failed Digest proof, so that guessing is slowed down there too.
    virtual void count_failure(std::string_view remote) = 0;
    /// True while `remote` has failed so often that it is not even asked.
    virtual bool is_blocked(std::string_view remote) const = 0;
};

}  // namespace casement::net
