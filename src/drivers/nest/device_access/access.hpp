#pragma once
// How a person let this hub into a Device Access project, and the tokens made of it.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/blocking_pool.hpp"
#include "async/retry.hpp"
#include "async/turns.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "net/http_client.hpp"
#include "store/sealed.hpp"

namespace casement::drivers::nest::device_access {

/// What a person brought.
struct Access {
    std::string project;  // of Device Access, as its console names it
    std::string client_id;
    base::Secret client_secret;
    base::Secret refresh_token;
    std::string subscription;  // "projects/GCP/subscriptions/NAME"; empty = no events
    bool operator==(const Access&) const = default;
};

// "nest/NAME/device_access" in the sealed store. Storing blocks. NotFound where there is none.
base::Result<Access> stored_access(const store::SealedStore& sealed, std::string_view account);
base::Result<> store_access(store::SealedStore& sealed, std::string_view account,
                            const Access& access);

base::Result<> forget_access(store::SealedStore& sealed, std::string_view account);

/// Where Google sends the person back to, with the code in the address bar.
inline constexpr std::string_view kRedirect = "https://www.google.com";

/// The page on which a person ticks the cameras; `base`: of Google's own, replaceable for tests.
std::string consent_page(const Access& access,
                         std::string_view base = "https://nestservices.google.com");
/// A code as people paste it: alone, or with the whole address that it stood in.
std::string code_in(std::string_view pasted);

struct TokenOptions {
    std::string endpoint = "https://oauth2.googleapis.com/token";
    net::HttpClientOptions http{};
    std::chrono::milliseconds patience{10'000};
    std::chrono::milliseconds lead{300'000};  // renewed so long before it ends
    std::chrono::milliseconds hasty{10'000};  // a refused token that is no older is kept
    async::BackoffPolicy retry{.first = std::chrono::seconds{5}, .cap = std::chrono::minutes{5}};
    TokenOptions scaled(double time_scale) const;
};

/// What opens the interface now.
struct Pass {
    base::Secret token;
    std::string project, subscription;
};

/// The refresh token of a code that Google gave a person. Unauthenticated "wrong-code".
async::Task<base::Result<Access>> exchange(net::HttpClient& http, const TokenOptions& options,
                                           Access access, std::string code,
                                           async::Deadline deadline);

/// Access tokens of one account, one question at a time. Lives on one executor; store, pool and
/// clock outlive it.
class Tokens {
public:
    Tokens(async::Executor executor, TokenOptions options, store::SealedStore& sealed,
           async::BlockingPool& disk, const base::Clock& clock, std::string account);

    /// As AskPass (api.hpp) says. Unauthenticated "not-signed-in", "session-ended": then nothing is
    /// asked until there is another refresh token in the store.
    async::Task<base::Result<Pass>> pass(bool is_refused, async::Deadline deadline);

private:
    async::Task<base::Result<Pass>> renew(async::Deadline deadline);

    const TokenOptions options_;
    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    const base::Clock& clock_;
    const std::string account_;
    net::HttpClient http_;
    async::Turns turns_;
    async::Backoff backoff_;
    Pass pass_;
    base::WallTime received_{}, expires_{};
    std::optional<base::Error> last_error_;
    base::SteadyTime next_try_{};
    base::Secret of_no_use_;  // a refresh token
};

}  // namespace casement::drivers::nest::device_access
