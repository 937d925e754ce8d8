#pragma once
// Who may use the emulated cloud: passwords and PINs of Nest accounts, cookies and refresh tokens
// of Google accounts, and every kind of token with its end.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace casement::emulators::nest {

struct User {
    std::string email;
    base::Secret password{};  // of a Nest account; empty: a Google account
    std::string userid = "1000001";
    bool two_factor = false;
    bool owns_cameras = true;
};

/// Lives of what is given out from now on. Observed, or where nobody has seen it, ours.
struct Lives {
    std::chrono::milliseconds access = std::chrono::days(30);  // "b.", of a Nest account
    std::chrono::milliseconds website = std::chrono::days(1);  // website_2; ours
    std::chrono::milliseconds google = std::chrono::seconds(3600);
    std::chrono::milliseconds jwt = std::chrono::seconds(3600);  // at most: less may be asked for
};

/// Since the start.
struct AccountCounters {
    std::uint64_t logins = 0;          // passwords and PINs that were answered with a token
    std::uint64_t refused_logins = 0;  // wrong password or PIN
    std::uint64_t messages_sent = 0;   // SMS with a PIN
    std::uint64_t google_tokens = 0;   // by cookies or refresh token
    std::uint64_t logged_out = 0;      // USER_LOGGED_OUT said
    std::uint64_t stale_cookies = 0;   // of these: a cookie that had been replaced
    std::uint64_t jwts = 0;
    std::uint64_t website_tokens = 0;
};

enum class Kind { Access, Website, Google, Jwt, DeviceAccess };

/// What a good token is.
struct Grant {
    Kind kind = Kind::Access;
    std::string userid;
    base::WallTime ends;
    bool operator==(const Grant&) const = default;
};

/// Lives on one executor. The clock outlives it.
class Accounts {
public:
    static constexpr std::string_view kPin = "123456";
    /// How many replaced values of Google's rotating cookie still count. Ours: real ones live hours
    /// when they are not replaced.
    static constexpr std::size_t kOldCookies = 2;

    explicit Accounts(const base::Clock& clock) : clock_(clock) {}

    void add(User user);
    const User* find(std::string_view userid) const;
    Lives lives{};
    /// Of the clock by which answers say when a token ends.
    std::chrono::milliseconds clock_skew{0};

    struct Challenge {
        base::Secret token;
    };
    struct Refused {};
    using LoginAnswer = std::variant<base::Secret, Challenge, Refused>;
    /// Each call of an account with a second factor sends a message, and voids the PIN before it.
    LoginAnswer log_in(std::string_view email, std::string_view password);
    /// The access token, once.
    std::optional<base::Secret> verify_pin(std::string_view challenge, std::string_view pin);

    /// A token for who makes the account.
    base::Secret issue(Kind kind, std::string_view userid);
    /// What the token is, unless it is none, has ended or was revoked.
    std::optional<Grant> find_grant(std::string_view token) const;

    /// The Cookie field that a browser would show now, and the token that never rotates.
    std::string google_cookies(std::string_view userid);
    base::Secret google_refresh_token(std::string_view userid);
    struct GoogleAnswer {
        base::Secret token;
        std::string set_cookie;  // of the way by cookies: the value that is to be kept
    };
    /// Nothing is USER_LOGGED_OUT.
    std::optional<GoogleAnswer> google_by_cookies(std::string_view cookie_field);
    std::optional<GoogleAnswer> google_by_refresh_token(std::string_view token);

    // Device Access: its own client, code and tokens.
    static constexpr std::string_view kClientId = "emu-client.apps.googleusercontent.com";
    static constexpr std::string_view kClientSecret = "EMU-SECRET";
    /// What the page of consent shows, good once.
    base::Secret consent(std::string_view userid);
    /// By code: with a refresh token. Nothing is invalid_grant.
    std::optional<base::Secret> refresh_token_for(std::string_view code);
    std::optional<base::Secret> device_access_token(std::string_view refresh_token);

    /// Every token of these kinds ends now.
    void revoke(std::set<Kind> kinds);
    /// Google's cookies and refresh tokens, of every way, are void until somebody signs in again.
    void log_out_google();

    const AccountCounters& counters() const { return counters_; }

private:
    struct Browser {
        std::string sid;
        std::deque<std::string> sidcc;  // newest first
        std::string refresh_token;
    };
    Browser& browser(std::string_view userid);
    std::chrono::milliseconds life(Kind kind) const;

    const base::Clock& clock_;
    std::map<std::string, User, std::less<>> users_;  // by userid
    std::map<std::string, std::string> challenges_;   // userid -> the one open
    std::map<std::string, Grant, std::less<>> grants_;
    std::map<std::string, Browser, std::less<>> browsers_;                  // by userid
    std::map<std::string, std::string, std::less<>> consents_, consented_;  // code, token -> userid
    AccountCounters counters_;
};

}  // namespace casement::emulators::nest
