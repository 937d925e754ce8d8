#include "drivers/nest/session.hpp"

#include <array>

#include "base/log.hpp"
#include "drivers/json.hpp"

namespace casement::drivers::nest {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;
using base::WallTime;
using nlohmann::json;

constexpr std::array<std::string_view, 4> kKinds{"nest_token", "nest_password", "google",
                                                 "google_refresh"};

std::string name_of(std::string_view account, std::string_view what) {
    return fmt::format("nest/{}/{}", account, what);
}

/// Refuses by NotFound: whoever finds nothing asks a person to sign in.
Result<json> stored_json(const store::SealedStore& sealed, const std::string& name) {
    CASEMENT_TRY(const Secret secret, sealed.get(name));
    auto out = parse_object(secret.reveal());
    if (!out) return base::fail(ErrorKind::NotFound, "{} is not of this version", name);
    return std::move(*out);
}

Result<> put(store::SealedStore& sealed, const std::string& name, const json& value) {
    return sealed.put(name, Secret(value.dump(-1, ' ', false, json::error_handler_t::replace)));
}

WallTime time_from(const json& object, const char* key) {
    const json& value = at(object, key);
    const std::int64_t micros = value.is_number_integer() ? value.get<std::int64_t>() : 0;
    return WallTime{std::chrono::microseconds{micros}};
}

std::int64_t micros(WallTime time) { return time.time_since_epoch().count(); }

Secret secret_from(const json& object, const char* key) {
    std::string text = text_at(object, key);
    base::mask_in_logs(text);
    return Secret(std::move(text));
}

}  // namespace

std::string_view to_string(SignInKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

Result<Key> stored_key(const store::SealedStore& sealed, std::string_view account) {
    const std::string name = name_of(account, "key");
    CASEMENT_TRY(const json stored, stored_json(sealed, name));
    Key out;
    const std::string kind = text_at(stored, "kind");
    const auto* const found = std::ranges::find(kKinds, kind);
    if (found == kKinds.end())
        return base::fail(ErrorKind::NotFound, "{} is not of this version", name);
    out.kind = static_cast<SignInKind>(found - kKinds.begin());
    out.token = secret_from(stored, "token");
    out.client_id = text_at(stored, "client_id");
    out.issue_token = secret_from(stored, "issue_token");
    out.cookies = secret_from(stored, "cookies");
    return out;
}

Result<> store_key(store::SealedStore& sealed, std::string_view account, const Key& key) {
    return put(sealed, name_of(account, "key"),
               {{"kind", to_string(key.kind)},
                {"token", key.token.reveal()},
                {"client_id", key.client_id},
                {"issue_token", key.issue_token.reveal()},
                {"cookies", key.cookies.reveal()}});
}

Result<Session> stored_session(const store::SealedStore& sealed, std::string_view account) {
    CASEMENT_TRY(const json stored, stored_json(sealed, name_of(account, "session")));
    Session out{.access = secret_from(stored, "access_token"),
                .userid = text_at(stored, "userid"),
                .transport = text_at(stored, "transport"),
                .credential = {},
                .received = time_from(stored, "received"),
                .renew_by = time_from(stored, "renew_by")};
    if (const json& stored_credential = at(stored, "credential"); stored_credential.is_object()) {
        Credential credential;
        if (text_at(stored_credential, "kind") == "jwt") credential.kind = Credential::Kind::Jwt;
        credential.value = secret_from(stored_credential, "value");
        if (!at(stored_credential, "expires").is_null())
            credential.expires = time_from(stored_credential, "expires");
        if (!credential.value.empty()) out.credential = std::move(credential);
    }
    if (out.access.empty() || out.userid.empty())
        return base::fail(ErrorKind::NotFound, "the stored session of {} is empty", account);
    return out;
}

Result<> store_session(store::SealedStore& sealed, std::string_view account,
                       const Session& session) {
    json credential;
    if (session.credential) {
        const Credential& held = *session.credential;
        credential = {{"kind", held.kind == Credential::Kind::Jwt ? "jwt" : "session_token"},
                      {"value", held.value.reveal()}};
        if (held.expires) credential["expires"] = micros(*held.expires);
    }
    return put(sealed, name_of(account, "session"),
               {{"access_token", session.access.reveal()},
                {"userid", session.userid},
                {"transport", session.transport},
                {"credential", std::move(credential)},
                {"received", micros(session.received)},
                {"renew_by", micros(session.renew_by)}});
}

Result<> forget_session(store::SealedStore& sealed, std::string_view account) {
    return sealed.remove(name_of(account, "session"));
}

std::deque<Renewal> stored_history(const store::SealedStore& sealed, std::string_view account) {
    std::deque<Renewal> out;
    const auto stored = stored_json(sealed, name_of(account, "history"));
    if (!stored) return out;
    const json& list = at(*stored, "renewals");
    if (!list.is_array()) return out;
    for (const json& item : list) {
        if (out.size() >= kMaxHistory) break;
        out.push_back({.at = time_from(item, "at"), .outcome = text_at(item, "outcome")});
    }
    return out;
}

Result<> store_history(store::SealedStore& sealed, std::string_view account,
                       const std::deque<Renewal>& history) {
    json list = json::array();
    for (const Renewal& renewal : history)
        list.push_back({{"at", micros(renewal.at)}, {"outcome", renewal.outcome}});
    return put(sealed, name_of(account, "history"), {{"renewals", std::move(list)}});
}

Result<Pending> stored_pending(const store::SealedStore& sealed, std::string_view account) {
    const std::string name = name_of(account, "challenge");
    CASEMENT_TRY(const json stored, stored_json(sealed, name));
    Pending out{
        .challenge = {.token = secret_from(stored, "token"), .hint = text_at(stored, "hint")},
        .sent = time_from(stored, "sent")};
    if (out.challenge.token.empty())
        return base::fail(ErrorKind::NotFound, "{} is not of this version", name);
    return out;
}

Result<> store_pending(store::SealedStore& sealed, std::string_view account,
                       const Pending& pending) {
    return put(sealed, name_of(account, "challenge"),
               {{"token", pending.challenge.token.reveal()},
                {"hint", pending.challenge.hint},
                {"sent", micros(pending.sent)}});
}

Result<> forget_pending(store::SealedStore& sealed, std::string_view account) {
    return sealed.remove(name_of(account, "challenge"));
}

std::string lock_file(std::string_view folder, std::string_view account) {
    return fmt::format("{}/nest-{}.lock", folder, account);
}

}  // namespace casement::drivers::nest
