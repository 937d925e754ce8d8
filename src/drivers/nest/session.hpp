#pragma once
// What is kept of an account in the sealed store: how a person signed in, what came of it, and when
// that was renewed.

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "drivers/nest/answers.hpp"
#include "drivers/nest/credentials.hpp"
#include "store/sealed.hpp"

namespace casement::drivers::nest {

/// The ways in. Password and code end in a token, which is all that is kept of them.
enum class SignInKind : std::uint8_t { NestToken, NestPassword, Google, GoogleRefresh };
std::string_view to_string(SignInKind kind);  // "nest_token", "google"... as in the file

/// What a person brought: it makes every session.
struct Key {
    SignInKind kind = SignInKind::NestToken;
    base::Secret token{};        // nest_token, nest_password: the session's; google_refresh
    std::string client_id{};     // google_refresh
    base::Secret issue_token{};  // google: the address, which is as good as a password
    base::Secret cookies{};      // google: changed by Google now and then
    bool operator==(const Key&) const = default;
};

/// What was made of it.
struct Session {
    base::Secret access;  // opens home.nest.com and the long poll
    std::string userid, transport;
    std::optional<Credential> credential;  // nothing: an account without cameras
    base::WallTime received{}, renew_by{};
    bool operator==(const Session&) const = default;
};

/// One renewal, for people.
struct Renewal {
    base::WallTime at{};
    std::string outcome;  // "renewed", or why not
    bool operator==(const Renewal&) const = default;
};
inline constexpr std::size_t kMaxHistory = 10;

// "nest/NAME/key", ".../session", ".../history", ".../challenge". What cannot be read is NotFound,
// as none is. Storing blocks; it is on the disk when it returns.

base::Result<Key> stored_key(const store::SealedStore& sealed, std::string_view account);
base::Result<> store_key(store::SealedStore& sealed, std::string_view account, const Key& key);

base::Result<Session> stored_session(const store::SealedStore& sealed, std::string_view account);
base::Result<> store_session(store::SealedStore& sealed, std::string_view account,
                             const Session& session);
/// After a person signed in anew: what was made of the old key is of no use.
base::Result<> forget_session(store::SealedStore& sealed, std::string_view account);

std::deque<Renewal> stored_history(const store::SealedStore& sealed, std::string_view account);
base::Result<> store_history(store::SealedStore& sealed, std::string_view account,
                             const std::deque<Renewal>& history);

/// A sign-in that waits for a person's code.
struct Pending {
    Challenge challenge;
    base::WallTime sent{};
};
base::Result<Pending> stored_pending(const store::SealedStore& sealed, std::string_view account);
base::Result<> store_pending(store::SealedStore& sealed, std::string_view account,
                             const Pending& pending);
base::Result<> forget_pending(store::SealedStore& sealed, std::string_view account);

/// The lock file of an account between processes, in the folder of the sealed store.
std::string lock_file(std::string_view folder, std::string_view account);

}  // namespace casement::drivers::nest
