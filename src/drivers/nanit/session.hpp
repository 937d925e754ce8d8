#pragma once
// What is kept of an account in the sealed store, and the names under which it is.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "drivers/nanit/answers.hpp"
#include "drivers/nanit/token.hpp"
#include "store/sealed.hpp"

namespace casement::drivers::nanit {

/// One pair of tokens. They are one secret, so that no crash parts them.
struct Session {
    base::Secret access, refresh;
    base::WallTime received{}, expires{};  // of the access token
    bool operator==(const Session&) const = default;
};

Session make_session(Tokens tokens, base::WallTime now,
                     std::chrono::milliseconds skew = kClockSkew);

// "nanit/NAME/session", "nanit/NAME/challenge". An unreadable one is NotFound, as none is.

base::Result<Session> stored_session(const store::SealedStore& sealed, std::string_view account);
/// Blocks; on the disk when it returns.
base::Result<> store_session(store::SealedStore& sealed, std::string_view account,
                             const Session& session);

/// A sign-in that waits for a person's code. It holds the password, which the second step says
/// again, and is removed with that.
struct Pending {
    std::string email;
    base::Secret password;
    Challenge challenge;
    base::WallTime sent{};
};

base::Result<Pending> stored_pending(const store::SealedStore& sealed, std::string_view account);
base::Result<> store_pending(store::SealedStore& sealed, std::string_view account,
                             const Pending& pending);
base::Result<> forget_pending(store::SealedStore& sealed, std::string_view account);

/// The lock file of an account between processes, in the folder of the sealed store.
std::string lock_file(std::string_view folder, std::string_view account);

}  // namespace casement::drivers::nanit
