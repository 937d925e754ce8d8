#pragma once
// The vendor's REST interface, typed. It keeps no session and repeats nothing but the form of a
// header: whoever calls decides what a failure means for the account.

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "async/deadline.hpp"
#include "base/clock.hpp"
#include "drivers/nanit/answers.hpp"
#include "drivers/nanit/sleep.hpp"
#include "drivers/nanit/token.hpp"
#include "net/http_client.hpp"

namespace casement::drivers::nanit {

struct ApiOptions {
    std::string base = "https://api.nanit.com";  // https, or http on loopback (tests, emulator)
    net::HttpClientOptions http{};               // trust, overrides
    /// One question, at most; the caller's deadline may be sooner. A stalled request has wedged
    /// other programs for good.
    std::chrono::milliseconds patience{15'000};
};

/// What a person gave. The second step says email and password again.
struct Login {
    std::string email;
    base::Secret password;
    std::string channel{};     // "sms", "email"; empty = as the vendor likes
    base::Secret mfa_token{};  // of the challenge, with
    base::Secret mfa_code{};   // what came to the person: a text, "0417" is not 417
};
using LoginOutcome = std::variant<Tokens, Challenge>;

/// True for errors that only a person can mend by signing in; everything else is "not now", or
/// concerns the one question.
bool needs_person(const base::Error& error);

/// Lives on one executor; any number of calls at a time. Errors of all calls: Unavailable and
/// DeadlineExceeded (network, 5xx, something that is not the expected JSON; "vendor-down"),
/// ResourceExhausted "quota" (429, or a body over kMaxBodyBytes). Of those with a token also
/// Unauthenticated (401, in both forms), PermissionDenied (403) and NotFound.
class Api {
public:
    Api(async::Executor executor, const base::Clock& clock, ApiOptions options);

    /// Each call without mfa_code makes the vendor send a code: never by a program's own decision.
    /// Unauthenticated "wrong-password", "wrong-code"; PermissionDenied "account-refused".
    async::Task<base::Result<LoginOutcome>> login(Login login, async::Deadline deadline);
    /// The old refresh token is dead once this was answered. Unauthenticated "session-ended".
    async::Task<base::Result<Tokens>> refresh(base::Secret refresh_token, async::Deadline deadline);

    async::Task<base::Result<std::vector<Baby>>> babies(base::Secret token,
                                                        async::Deadline deadline);
    async::Task<base::Result<std::vector<Message>>> messages(base::Secret token, std::string baby,
                                                             int limit, async::Deadline deadline);
    async::Task<base::Result<std::vector<SleepEvent>>> events(base::Secret token, std::string baby,
                                                              int limit, async::Deadline deadline);
    /// Nothing where the vendor has no night or nap to tell of.
    async::Task<base::Result<std::optional<SleepStats>>> sleep_stats(base::Secret token,
                                                                     std::string baby,
                                                                     async::Deadline deadline);
    /// For the camera's own socket.
    async::Task<base::Result<base::Secret>> uc_token(base::Secret token, std::string camera_uid,
                                                     async::Deadline deadline);
    async::Task<base::Result<AlertSettings>> alert_settings(base::Secret token, std::string baby,
                                                            async::Deadline deadline);
    /// Answers all of them, as they are then.
    async::Task<base::Result<AlertSettings>> put_alert_settings(base::Secret token,
                                                                std::string baby,
                                                                AlertSettings changes,
                                                                async::Deadline deadline);

    static constexpr std::size_t kMaxBodyBytes = std::size_t{10} << 20;

private:
    using Answer = base::Result<net::ClientResponse>;
    async::Task<Answer> send(std::string method, std::string path, std::string body,
                             std::string authorization, async::Deadline deadline);
    /// With a token; answers the body of a success.
    async::Task<base::Result<std::string>> ask(Family family, std::string method, std::string path,
                                               std::string body, base::Secret token,
                                               async::Deadline deadline);

    const base::Clock& clock_;
    const ApiOptions options_;
    net::HttpClient http_;
    std::map<Family, Form> learnt_;  // a form other than the table's that was taken
};

}  // namespace casement::drivers::nanit
