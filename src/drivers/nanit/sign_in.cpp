#include "drivers/nanit/sign_in.hpp"

#include "base/log.hpp"

namespace casement::drivers::nanit {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;

namespace {

CodeSent told(const Pending& pending, bool is_old) {
    return {pending.challenge.channel, pending.challenge.hint, pending.sent, is_old};
}

}  // namespace

std::string where(const CodeSent& sent) {
    if (sent.channel == "email") return "by e-mail";
    return sent.hint.empty() ? "by SMS"
                             : fmt::format("by SMS to the number that ends in {}", sent.hint);
}

SignIn::SignIn(Api& api, store::SealedStore& sealed, async::BlockingPool& disk,
               const base::Clock& clock, std::string account)
    : api_(api), sealed_(sealed), disk_(disk), clock_(clock), account_(std::move(account)) {}

Task<Result<SignInOutcome>> SignIn::take(Tokens tokens) {
    const Session session = make_session(std::move(tokens), clock_.wall_now());
    const auto stored = co_await disk_.run([this, session]() -> Result<> {
        CASEMENT_TRY(store_session(sealed_, account_, session));
        return forget_pending(sealed_, account_);
    });
    if (!stored) co_return std::unexpected(stored.error());
    co_return SignedIn{session.expires};
}

Task<Result<SignInOutcome>> SignIn::keep(Pending pending) {
    CASEMENT_CO_TRY(
        co_await disk_.run([this, &pending] { return store_pending(sealed_, account_, pending); }));
    co_return told(pending, false);
}

Task<Result<SignInOutcome>> SignIn::begin(std::string email, Secret password, std::string channel,
                                          bool another, Deadline deadline) {
    base::mask_in_logs(password.reveal());
    const base::WallTime now = clock_.wall_now();
    if (const auto pending = stored_pending(sealed_, account_); pending && !another) {
        const bool is_same =
            pending->email == email && (channel.empty() || channel == pending->challenge.channel);
        if (is_same && now - pending->sent < kCodeLives) co_return told(*pending, true);
    }
    CASEMENT_CO_TRY(
        auto outcome,
        co_await api_.login({.email = email, .password = password, .channel = std::move(channel)},
                            deadline));
    if (auto* const tokens = std::get_if<Tokens>(&outcome))
        co_return co_await take(std::move(*tokens));
    Pending pending{.email = std::move(email),
                    .password = std::move(password),
                    .challenge = std::get<Challenge>(std::move(outcome)),
                    .sent = now};
    co_return co_await keep(std::move(pending));
}

Task<Result<SignInOutcome>> SignIn::enter_code(Secret code, Deadline deadline) {
    auto pending = stored_pending(sealed_, account_);
    if (!pending)
        co_return base::fail(ErrorKind::FailedPrecondition,
                             "no code was asked for: sign in with e-mail and password first");
    auto outcome = co_await api_.login({.email = pending->email,
                                        .password = pending->password,
                                        .channel = {},
                                        .mfa_token = pending->challenge.token,
                                        .mfa_code = std::move(code)},
                                       deadline);
    const bool is_late = clock_.wall_now() - pending->sent >= kCodeLives;
    if (!outcome && outcome.error().reason() == "wrong-code" && is_late) {
        CASEMENT_CO_TRY(co_await disk_.run([this] { return forget_pending(sealed_, account_); }));
        co_return base::fail_because("code-expired", ErrorKind::Unauthenticated,
                                     "The code has expired. Sign in again, and Nanit sends "
                                     "another.");
    }
    if (!outcome) co_return std::unexpected(outcome.error());
    if (auto* const tokens = std::get_if<Tokens>(&*outcome))
        co_return co_await take(std::move(*tokens));
    // The vendor wants another code: the old challenge is over.
    pending->challenge = std::get<Challenge>(std::move(*outcome));
    pending->sent = clock_.wall_now();
    co_return co_await keep(std::move(*pending));
}

Task<Result<SignInOutcome>> SignIn::with_refresh_token(Secret token, Deadline deadline) {
    base::mask_in_logs(token.reveal());
    CASEMENT_CO_TRY(auto tokens, co_await api_.refresh(std::move(token), deadline));
    co_return co_await take(std::move(tokens));
}

}  // namespace casement::drivers::nanit
