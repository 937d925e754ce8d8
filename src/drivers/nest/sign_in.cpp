#include "drivers/nest/sign_in.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "drivers/nest/buckets.hpp"
#include "drivers/nest/cookies.hpp"
#include "drivers/words.hpp"

namespace casement::drivers::nest {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::fail;
using base::Result;
using base::Secret;

// Nest's own app for iOS; it has no secret.
constexpr const char* kClientId =
    "733249279899-1gpkq9duqmdp55a7e5lft1pr2smumdla.apps.googleusercontent.com";

Secret masked(std::string text) {
    base::mask_in_logs(text);
    return Secret(std::move(text));
}

/// Without outer blanks and quotes, and without a word that browsers write in front.
std::string_view bare(std::string_view text, std::string_view prefix) {
    text = base::trimmed(text);
    if (text.size() >= prefix.size() && base::lower_case(text.substr(0, prefix.size())) == prefix)
        text = base::trimmed(text.substr(prefix.size()));
    if (text.size() >= 2 && text.front() == text.back() &&
        (text.front() == '"' || text.front() == '\''))
        text = text.substr(1, text.size() - 2);
    return text;
}

}  // namespace

Result<Secret> session_token_of(std::string_view pasted) {
    const std::string_view text = bare(pasted, "access_token:");
    if (text.starts_with('{')) {
        const auto session = parse_session(text);
        if (session) return session->access;
        return fail(ErrorKind::InvalidArgument,
                    "this is not what home.nest.com/session says: it has no access_token");
    }
    if (!is_token(text))
        return fail(ErrorKind::InvalidArgument,
                    "a token is one word; it is the first access_token at home.nest.com/session");
    return masked(std::string(text));
}

Result<Secret> issue_token_of(std::string_view pasted) {
    const std::string_view text = bare(pasted, "request url:");
    const auto url = base::Url::parse(text);
    if (!url || !url->query.contains("ss_domain="))
        return fail(ErrorKind::InvalidArgument,
                    "the issue token is the whole address of the request \"iframerpc\", with "
                    "\"ss_domain=\" in it");
    return masked(std::string(text));
}

Result<Secret> cookies_of(std::string_view pasted) {
    std::string text(bare(pasted, "cookie:"));
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
    const bool is_fine = text.size() <= kMaxCookieBytes && text.contains('=') &&
                         std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
    if (!is_fine)
        return fail(ErrorKind::InvalidArgument,
                    "the cookies are the whole \"cookie\" header of the last request "
                    "\"oauth2/iframe\", one line");
    return masked(std::move(text));
}

std::string where(const CodeSent& sent) {
    return sent.hint.empty() ? "" : fmt::format(" to the number that ends in {}", sent.hint);
}

SignIn::SignIn(Api& api, store::SealedStore& sealed, async::BlockingPool& disk,
               const base::Clock& clock, std::string account, Timing timing)
    : api_(api),
      sealed_(sealed),
      disk_(disk),
      clock_(clock),
      account_(std::move(account)),
      timing_(timing) {}

Task<Result<SignInOutcome>> SignIn::take(Key key, Deadline deadline) {
    CASEMENT_CO_TRY(Made made, co_await make_session(api_, clock_, std::move(key),
                                                     timing_.session_life, {}, deadline));
    SignedIn out{.userid = made.session.userid,
                 .cameras = 0,
                 .opens_cameras = made.session.credential.has_value(),
                 .renew_by = made.session.renew_by};
    CASEMENT_CO_TRY(const std::string list,
                    co_await api_.launch(made.session.userid, made.session.access, deadline));
    Buckets buckets;
    CASEMENT_CO_TRY(buckets.take_all(list));
    out.cameras = static_cast<int>(buckets.cameras(api_.options().hosts).size());
    CASEMENT_CO_TRY(co_await disk_.run([&]() -> Result<> {
        CASEMENT_TRY(forget_pending(sealed_, account_));
        // The key last: a hub that sees it finds its session.
        CASEMENT_TRY(store_session(sealed_, account_, made.session));
        return store_key(sealed_, account_, made.key);
    }));
    co_return SignInOutcome{out};
}

Task<Result<SignInOutcome>> SignIn::with_token(Secret pasted, Deadline deadline) {
    CASEMENT_CO_TRY(Secret token, session_token_of(pasted.reveal()));
    auto outcome = co_await take({.kind = SignInKind::NestToken,
                                  .token = std::move(token),
                                  .client_id = {},
                                  .issue_token = {},
                                  .cookies = {}},
                                 deadline);
    if (!outcome && outcome.error().reason() == "session-ended")
        co_return base::fail_because(
            "session-ended", ErrorKind::Unauthenticated,
            "Nest does not take this token. The page home.nest.com/session has two that are called "
            "access_token: the one at the top is right, the one in \"weave\" is not. And a token "
            "dies when you log out of that page: just close it.");
    co_return outcome;
}

Task<Result<SignInOutcome>> SignIn::with_password(std::string email, Secret password,
                                                  Deadline deadline) {
    CASEMENT_CO_TRY(auto outcome,
                    co_await api_.password(std::move(email), std::move(password), deadline));
    if (auto* const challenge = std::get_if<Challenge>(&outcome)) {
        const Pending pending{.challenge = *challenge, .sent = clock_.wall_now()};
        CASEMENT_CO_TRY(
            co_await disk_.run([&] { return store_pending(sealed_, account_, pending); }));
        co_return SignInOutcome{CodeSent{.hint = challenge->hint}};
    }
    co_return co_await take({.kind = SignInKind::NestPassword,
                             .token = std::get<Secret>(std::move(outcome)),
                             .client_id = {},
                             .issue_token = {},
                             .cookies = {}},
                            deadline);
}

Task<Result<SignInOutcome>> SignIn::enter_code(Secret code, Deadline deadline) {
    const auto pending = stored_pending(sealed_, account_);
    if (!pending)
        co_return fail(ErrorKind::FailedPrecondition,
                       "no code was sent: sign in with e-mail address and password first");
    CASEMENT_CO_TRY(Secret token,
                    co_await api_.code(pending->challenge.token, std::move(code), deadline));
    co_return co_await take({.kind = SignInKind::NestPassword,
                             .token = std::move(token),
                             .client_id = {},
                             .issue_token = {},
                             .cookies = {}},
                            deadline);
}

Task<Result<SignInOutcome>> SignIn::with_google(Secret issue_token, Secret cookies,
                                                Deadline deadline) {
    CASEMENT_CO_TRY(Secret url, issue_token_of(issue_token.reveal()));
    CASEMENT_CO_TRY(Secret field, cookies_of(cookies.reveal()));
    co_return co_await take({.kind = SignInKind::Google,
                             .token = {},
                             .client_id = {},
                             .issue_token = std::move(url),
                             .cookies = std::move(field)},
                            deadline);
}

Task<Result<SignInOutcome>> SignIn::with_refresh_token(Secret token, std::string client_id,
                                                       Deadline deadline) {
    const std::string text(bare(token.reveal(), "refresh_token:"));
    if (!is_token(text)) co_return fail(ErrorKind::InvalidArgument, "a refresh token is one word");
    co_return co_await take({.kind = SignInKind::GoogleRefresh,
                             .token = masked(text),
                             .client_id = client_id.empty() ? kClientId : std::move(client_id),
                             .issue_token = {},
                             .cookies = {}},
                            deadline);
}

}  // namespace casement::drivers::nest
