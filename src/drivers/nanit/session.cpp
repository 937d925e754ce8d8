#include "drivers/nanit/session.hpp"

#include "base/log.hpp"
#include "drivers/json.hpp"

namespace casement::drivers::nanit {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;
using nlohmann::json;

std::string name_of(std::string_view account, std::string_view what) {
    return fmt::format("nanit/{}/{}", account, what);
}

/// Refuses by NotFound: whoever finds nothing asks a person to sign in.
Result<json> stored_json(const store::SealedStore& sealed, const std::string& name) {
    CASEMENT_TRY(const Secret secret, sealed.get(name));
    auto out = parse_object(secret.reveal());
    if (!out) return base::fail(ErrorKind::NotFound, "{} is not of this version", name);
    return std::move(*out);
}

base::WallTime time_of(const json& object, const char* key) {
    const json& value = at(object, key);
    const std::int64_t seconds = value.is_number_integer() ? value.get<std::int64_t>() : 0;
    return base::WallTime{std::chrono::seconds{seconds}};
}

std::int64_t seconds(base::WallTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Secret as_secret(const json& value) {
    return Secret(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

Session make_session(Tokens tokens, base::WallTime now, std::chrono::milliseconds skew) {
    base::mask_in_logs(tokens.access.reveal());
    base::mask_in_logs(tokens.refresh.reveal());
    const base::WallTime expires = expiry_of(tokens.access, now, tokens.expires_in, skew);
    return {.access = std::move(tokens.access),
            .refresh = std::move(tokens.refresh),
            .received = std::chrono::floor<std::chrono::seconds>(now),
            .expires = std::chrono::floor<std::chrono::seconds>(expires)};
}

Result<Session> stored_session(const store::SealedStore& sealed, std::string_view account) {
    CASEMENT_TRY(const json stored, stored_json(sealed, name_of(account, "session")));
    Session out{.access = Secret(text_at(stored, "access_token")),
                .refresh = Secret(text_at(stored, "refresh_token")),
                .received = time_of(stored, "received"),
                .expires = time_of(stored, "expires")};
    if (out.access.empty() && out.refresh.empty())
        return base::fail(ErrorKind::NotFound, "the stored session of {} is empty", account);
    base::mask_in_logs(out.access.reveal());
    base::mask_in_logs(out.refresh.reveal());
    return out;
}

Result<> store_session(store::SealedStore& sealed, std::string_view account,
                       const Session& session) {
    return sealed.put(name_of(account, "session"),
                      as_secret({{"access_token", session.access.reveal()},
                                 {"refresh_token", session.refresh.reveal()},
                                 {"received", seconds(session.received)},
                                 {"expires", seconds(session.expires)}}));
}

Result<Pending> stored_pending(const store::SealedStore& sealed, std::string_view account) {
    CASEMENT_TRY(const json stored, stored_json(sealed, name_of(account, "challenge")));
    Pending out{.email = text_at(stored, "email"),
                .password = Secret(text_at(stored, "password")),
                .challenge = {.token = Secret(text_at(stored, "mfa_token")),
                              .channel = text_at(stored, "channel"),
                              .hint = text_at(stored, "hint")},
                .sent = time_of(stored, "sent")};
    if (out.challenge.token.empty())
        return base::fail(ErrorKind::NotFound, "no code is expected for {}", account);
    base::mask_in_logs(out.password.reveal());
    base::mask_in_logs(out.challenge.token.reveal());
    return out;
}

Result<> store_pending(store::SealedStore& sealed, std::string_view account,
                       const Pending& pending) {
    base::mask_in_logs(pending.challenge.token.reveal());
    return sealed.put(name_of(account, "challenge"),
                      as_secret({{"email", pending.email},
                                 {"password", pending.password.reveal()},
                                 {"mfa_token", pending.challenge.token.reveal()},
                                 {"channel", pending.challenge.channel},
                                 {"hint", pending.challenge.hint},
                                 {"sent", seconds(pending.sent)}}));
}

Result<> forget_pending(store::SealedStore& sealed, std::string_view account) {
    return sealed.remove(name_of(account, "challenge"));
}

std::string lock_file(std::string_view folder, std::string_view account) {
    return fmt::format("{}/nanit-{}.lock", folder, account);
}

}  // namespace casement::drivers::nanit
