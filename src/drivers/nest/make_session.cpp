// The steps of each way in.

#include "drivers/nest/keeper.hpp"

namespace casement::drivers::nest {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;

base::Error ended(const base::Error& why) {
    return {ErrorKind::Unauthenticated, "session-ended",
            fmt::format("Nest signed us out ({}).", why.message())};
}

std::string transport_of(const Api& api, const std::string& said) {
    if (said.empty()) return {};
    auto base = api.options().hosts.base_url(said);
    return base ? std::move(*base) : std::string{};
}

Task<Result<Session>> of_nest(Api& api, base::WallTime now, Key key, base::Duration life,
                              Deadline deadline) {
    auto who = co_await api.session(key.token, deadline);
    if (!who && who.error().is(ErrorKind::Unauthenticated))
        co_return std::unexpected(ended(who.error()));
    if (!who) co_return std::unexpected(who.error());
    Session out{.access = who->access,
                .userid = who->userid,
                .transport = transport_of(api, who->transport),
                .credential = {},
                .received = now,
                .renew_by = now + std::chrono::duration_cast<std::chrono::microseconds>(life)};
    if (who->expires && *who->expires > now) out.renew_by = std::min(out.renew_by, *who->expires);
    auto token = co_await api.camera_session(who->access, deadline);
    // An account that owns no cameras is refused too, and who is signed in is known by now.
    if (!token && !token.error().is(ErrorKind::Unauthenticated) &&
        !token.error().is(ErrorKind::InvalidArgument))
        co_return std::unexpected(token.error());
    if (token)
        out.credential = Credential{
            .kind = Credential::Kind::SessionToken, .value = std::move(*token), .expires = {}};
    co_return out;
}

Task<Result<Session>> of_google(Api& api, base::WallTime now, GoogleToken token,
                                Deadline deadline) {
    auto jwt = co_await api.jwt(token.access, deadline);
    if (!jwt && jwt.error().is(ErrorKind::Unauthenticated))
        co_return std::unexpected(
            base::Error{ErrorKind::PermissionDenied, "account-refused",
                        fmt::format("Google knows nothing of Nest for this account ({}).",
                                    jwt.error().message())});
    if (!jwt) co_return std::unexpected(jwt.error());
    base::WallTime ends = now + token.life;
    constexpr std::chrono::hours kWeek{24 * 7};
    // By our clock, where that makes sense.
    if (jwt->expires && *jwt->expires > now && *jwt->expires < now + kWeek)
        ends = std::min(ends, *jwt->expires);
    Session out{.access = jwt->value,
                .userid = jwt->userid,
                .transport = {},
                .credential =
                    Credential{.kind = Credential::Kind::Jwt, .value = jwt->value, .expires = ends},
                .received = now,
                .renew_by = ends};
    // Cameras are opened by the token alone; this is for the long poll.
    auto who = co_await api.session(jwt->value, deadline);
    if (who) {
        out.access = who->access;
        out.userid = who->userid;
        out.transport = transport_of(api, who->transport);
    } else if (out.userid.empty()) {
        if (!who.error().is(ErrorKind::Unauthenticated)) co_return std::unexpected(who.error());
        co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                     "Nest refuses the token that Google has just given");
    }
    co_return out;
}

}  // namespace

Task<Result<Made>> make_session(Api& api, const base::Clock& clock, Key key,
                                std::chrono::milliseconds life, std::function<Task<>(Key)> changed,
                                Deadline deadline) {
    const base::WallTime now = clock.wall_now();
    Session session;
    switch (key.kind) {
        case SignInKind::NestToken:
        case SignInKind::NestPassword: {
            CASEMENT_CO_TRY(session, co_await of_nest(api, now, key, life, deadline));
            break;
        }
        case SignInKind::Google: {
            CASEMENT_CO_TRY(auto issued, co_await api.issue_token(key.issue_token.reveal(),
                                                                  key.cookies, deadline));
            if (issued.cookies != key.cookies) {
                key.cookies = std::move(issued.cookies);
                if (changed) co_await changed(key);
            }
            CASEMENT_CO_TRY(session,
                            co_await of_google(api, now, std::move(issued.token), deadline));
            break;
        }
        case SignInKind::GoogleRefresh: {
            CASEMENT_CO_TRY(auto token,
                            co_await api.refresh_google(key.token, key.client_id, deadline));
            CASEMENT_CO_TRY(session, co_await of_google(api, now, std::move(token), deadline));
            break;
        }
    }
    co_return Made{std::move(session), std::move(key)};
}

}  // namespace casement::drivers::nest
