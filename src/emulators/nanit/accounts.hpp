#pragma once
// Who may use the emulated cloud: passwords, codes by SMS or e-mail, tokens that end.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "emulators/nanit/jwt.hpp"

namespace casement::emulators::nanit {

enum class Mfa { None, Sms, Email };

struct User {
    std::string email;
    base::Secret password;
    Mfa mfa = Mfa::None;
};

/// Since the start.
struct AccountCounters {
    std::uint64_t logins = 0;             // answered with tokens
    std::uint64_t refused_logins = 0;     // wrong password or code
    std::uint64_t messages_sent = 0;      // SMS and e-mails with a code
    std::uint64_t refreshes = 0;          // answered with tokens
    std::uint64_t unknown_refreshes = 0;  // of a token that never was
    std::uint64_t used_twice = 0;  // of a token that was good once: two clients, or a lost answer
};

/// Lives on one executor. The clock outlives it.
class Accounts {
public:
    /// The code of every challenge: its zero in front counts.
    static constexpr std::string_view kCode = "0417";
    /// The life of an access token that production was seen to give.
    static constexpr std::chrono::seconds kAccessTtl{10'800};

    explicit Accounts(const base::Clock& clock) : clock_(clock) {}

    void add(User user);
    /// Of tokens given from now on.
    void set_access_ttl(std::chrono::seconds ttl) { access_ttl_ = ttl; }

    struct Tokens {
        base::Secret access;   // a JWT
        base::Secret refresh;  // 48 hex digits, good once
    };
    struct Challenge {
        base::Secret token;
        std::string phone_suffix;
        std::string channel;  // "sms", "email"
    };
    struct Refused {};
    using LoginAnswer = std::variant<Tokens, Challenge, Refused>;

    struct Login {
        std::string email;
        base::Secret password;
        std::string channel;     // asked for; empty: the account's
        base::Secret mfa_token;  // of the second step, which carries the password again
        std::string mfa_code;
    };
    /// Without a code every call sends a message, and voids the challenge before it.
    LoginAnswer log_in(const Login& login);
    /// The code is sent again. False for a challenge that is not open.
    bool resend(std::string_view mfa_token);
    /// The old token dies at once. Nothing for one that is unknown or was used.
    std::optional<Tokens> refresh(std::string_view refresh_token);

    /// As after a login, without one: for who makes the account. Nothing for a stranger.
    std::optional<Tokens> issue(const std::string& email);

    /// When the access token ends; nothing when it is none of ours, or has ended.
    std::optional<base::WallTime> end_of(std::string_view access_token) const;
    /// The e-mail address that it was given to; empty when it is not good.
    std::string owner_of(std::string_view access_token) const;
    /// For the local door of one camera. It outlives the access token that it was asked with.
    base::Secret make_camera_token(std::string_view camera_uid);
    bool opens_camera(std::string_view token, std::string_view camera_uid) const;
    /// What a camera shows when it calls its cloud. It does not end: how the vendor's do it is not
    /// known.
    base::Secret make_camera_credential(std::string_view camera_uid);
    bool is_camera(std::string_view credential, std::string_view camera_uid) const;
    /// Every token given so far is void: what a change of the password does.
    /// Cameras stay known.
    void revoke_all();

    const AccountCounters& counters() const { return counters_; }

private:
    Tokens make_tokens(const std::string& email);
    base::Secret sign(std::string_view kind, std::string_view subject, std::chrono::seconds ttl);
    std::optional<Claims> valid(std::string_view token) const;
    Challenge challenge(const User& user, std::string_view channel);

    const base::Clock& clock_;
    std::chrono::seconds access_ttl_ = kAccessTtl;
    std::string key_ = new_key();
    const std::string camera_key_ = new_key();
    std::map<std::string, User> users_;                  // by e-mail
    std::map<std::string, std::string> challenges_;      // e-mail -> the one open token
    std::map<std::string, std::string> refresh_tokens_;  // good token -> e-mail
    std::set<std::string> used_;
    AccountCounters counters_;

    static std::string new_key();
};

}  // namespace casement::emulators::nanit
