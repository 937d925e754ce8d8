#pragma once
// A person signs in. What they bring is tried at once, and kept in the sealed store, where the
// account finds it, only when it works.

#include <string>
#include <string_view>
#include <variant>

#include "async/blocking_pool.hpp"
#include "drivers/nest/keeper.hpp"

namespace casement::drivers::nest {

struct SignedIn {
    std::string userid;
    int cameras = 0;            // of the account, in the vendor's list
    bool opens_cameras = true;  // false: it is signed in, and the cameras' own interface refuses
    base::WallTime renew_by{};  // renewed before that, by itself
};
/// A code is on its way to a person.
struct CodeSent {
    std::string hint;
};
/// " to the number that ends in 42", or nothing where Nest did not say.
std::string where(const CodeSent& sent);
using SignInOutcome = std::variant<SignedIn, CodeSent>;

/// All it is given outlives it. Errors: those of Api and of the store; InvalidArgument for what
/// cannot be such a thing, with what it should be.
class SignIn {
public:
    SignIn(Api& api, store::SealedStore& sealed, async::BlockingPool& disk,
           const base::Clock& clock, std::string account, Timing timing = {});

    /// The first "access_token" of home.nest.com/session, or all that this page says.
    async::Task<base::Result<SignInOutcome>> with_token(base::Secret pasted,
                                                        async::Deadline deadline);
    /// Makes the vendor send a code where the account has a second factor.
    async::Task<base::Result<SignInOutcome>> with_password(std::string email, base::Secret password,
                                                           async::Deadline deadline);
    /// FailedPrecondition when no code was sent. A wrong one ends the challenge.
    async::Task<base::Result<SignInOutcome>> enter_code(base::Secret code,
                                                        async::Deadline deadline);
    async::Task<base::Result<SignInOutcome>> with_google(base::Secret issue_token,
                                                         base::Secret cookies,
                                                         async::Deadline deadline);
    /// Empty `client_id`: that of Nest's own app.
    async::Task<base::Result<SignInOutcome>> with_refresh_token(base::Secret token,
                                                                std::string client_id,
                                                                async::Deadline deadline);

private:
    async::Task<base::Result<SignInOutcome>> take(Key key, async::Deadline deadline);

    Api& api_;
    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    const std::string account_;
    const Timing timing_;
};

// What people paste, without what browsers put around it. InvalidArgument with a sentence that says
// what is expected.

base::Result<base::Secret> session_token_of(std::string_view pasted);
base::Result<base::Secret> issue_token_of(std::string_view pasted);
base::Result<base::Secret> cookies_of(std::string_view pasted);

}  // namespace casement::drivers::nest
