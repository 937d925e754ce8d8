#pragma once
// Who may come in: one administrator, sessions of browsers, tokens of programs. The first lock,
// which every listener asks.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "base/secret.hpp"
#include "net/gatekeeper.hpp"
#include "store/sealed.hpp"
#include "store/store.hpp"

namespace casement::api {

using async::Task;
using base::Result;

/// A browser that signed in.
struct Session {
    std::string user;
    std::string csrf;    // what X-Casement-CSRF must say
    std::string cookie;  // the secret; only in what claim() and sign_in() answer
    std::string id;      // names the session without opening it
};

struct Token {
    std::string id;
    std::string name;
    base::WallTime created{};
    std::optional<base::WallTime> last_used;  // within a minute
};

/// The realm of Digest: what HA1 values are made for.
inline constexpr std::string_view kRealm = "Casement";
inline constexpr std::string_view kSessionCookie = "casement_session";

/// Thread-safe. Checks of cookies and tokens look at memory only; passwords are hashed (Argon2id,
/// 64 MiB, some 100 ms) on `hashing`. Owned by app/; everything given outlives it.
///
/// Errors of sign-in: Unauthenticated `wrong-password`, PermissionDenied `wrong-code`,
/// FailedPrecondition `claimed`, InvalidArgument `weak-password`, ResourceExhausted
/// `too-many-tries` (retry_after() says how long).
class AuthStore final : public net::Gatekeeper {
public:
    /// Blocks: migrates its tables and reads them.
    static Result<std::unique_ptr<AuthStore>> open(store::Store& store, store::SealedStore& sealed,
                                                   const base::Clock& clock,
                                                   async::BlockingPool& hashing);
    ~AuthStore() override;

    bool is_claimed() const;
    /// "ABCD-2345" while nobody has claimed the hub; empty afterwards. A new one after five wrong
    /// guesses.
    std::string claim_code() const;
    /// Hears each new code, on any thread. Set before listeners start.
    void on_new_code(std::function<void(const std::string& code)> listener);

    Task<Result<Session>> claim(std::string code, std::string name, std::string password,
                                std::string remote);
    Task<Result<Session>> sign_in(std::string name, std::string password, std::string remote);
    Task<Result<>> sign_out(std::string session_id);
    /// The session of a cookie, kept alive by being asked for. nullopt: no such session, or 30 days
    /// unused.
    std::optional<Session> session(std::string_view cookie);

    struct NewToken {
        Token token;
        base::Secret value;  // "ct_" and 43 characters
    };
    /// InvalidArgument for a name that is empty, longer than 64 characters, holds a colon or
    /// control characters, or is taken; ResourceExhausted past kMaxTokens.
    Task<Result<NewToken>> create_token(std::string name);
    Task<Result<>> revoke_token(std::string id);
    std::vector<Token> tokens() const;
    /// A token that the configuration names: never stored, not listed. For start and reload. The
    /// owner's one (of the files that only the hub's user on this machine can read) may also manage
    /// tokens, as a person may.
    void add_static_token(std::string name, base::Secret value, bool is_owner = false);
    bool is_owner_token(std::string_view value) const;
    void clear_static_tokens();
    /// The name of the token with this value.
    std::optional<std::string> token_name(std::string_view value);

    /// For the command line: replaces the administrator's password, or makes one; ends all
    /// sessions. Blocks.
    Result<> set_password_now(std::string name, const base::Secret& password);

    // net::Gatekeeper. A token is accepted with any user name.
    Task<Result<std::string>> check_password(std::string user, base::Secret password,
                                             std::string remote) override;
    std::optional<std::string> digest_ha1(std::string_view user, std::string_view realm,
                                          std::string_view algorithm) const override;
    void count_failure(std::string_view remote) override;
    bool is_blocked(std::string_view remote) const override;
    /// 0 when `remote` need not wait.
    std::chrono::seconds retry_after(std::string_view remote) const;

    static constexpr std::size_t kMaxTokens = 100;
    static constexpr std::size_t kMaxSessions = 500;  // the longest unused goes
    static constexpr std::size_t kMinPasswordCharacters = 10;

    struct State;

private:
    explicit AuthStore(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace casement::api
