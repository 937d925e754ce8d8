#pragma once
// A person signs in: the only way to the vendor's /login. The tokens go to the sealed store, where
// the account finds them.

#include <string>
#include <variant>

#include "async/blocking_pool.hpp"
#include "drivers/nanit/api.hpp"
#include "drivers/nanit/session.hpp"

namespace casement::drivers::nanit {

/// Signed in, or a code is on its way.
struct SignedIn {
    base::WallTime expires{};  // of the first access token
};
struct CodeSent {
    std::string channel, hint;
    base::WallTime sent{};
    bool is_old = false;  // sent before this call, which sent none
};
/// "by SMS to the number that ends in 42".
std::string where(const CodeSent& sent);
using SignInOutcome = std::variant<SignedIn, CodeSent>;

/// All it is given outlives it. Errors: those of Api, and of the store.
class SignIn {
public:
    SignIn(Api& api, store::SealedStore& sealed, async::BlockingPool& disk,
           const base::Clock& clock, std::string account);

    /// The first step. While a code for this address is on its way (for ten minutes), no other is
    /// sent: a second one makes the first worthless. `another` or another channel asks for one.
    async::Task<base::Result<SignInOutcome>> begin(std::string email, base::Secret password,
                                                   std::string channel, bool another,
                                                   async::Deadline deadline);
    /// The second: the code as the person typed it. A wrong one leaves the challenge as it is, but
    /// one that came too late ends it: Unauthenticated "code-expired". FailedPrecondition when no
    /// code was sent.
    async::Task<base::Result<SignInOutcome>> enter_code(base::Secret code,
                                                        async::Deadline deadline);
    /// With a token that another program kept: it is used up by this, so that it is known to work.
    async::Task<base::Result<SignInOutcome>> with_refresh_token(base::Secret token,
                                                                async::Deadline deadline);

    static constexpr std::chrono::minutes kCodeLives{10};

private:
    async::Task<base::Result<SignInOutcome>> take(Tokens tokens);
    async::Task<base::Result<SignInOutcome>> keep(Pending pending);

    Api& api_;
    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    const std::string account_;
};

}  // namespace casement::drivers::nanit
