#include "drivers/nest/answers.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "drivers/json.hpp"
#include "drivers/words.hpp"
#include "net/http_message.hpp"

namespace casement::drivers::nest {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;
using nlohmann::json;

constexpr std::chrono::seconds kLongestLife{std::chrono::hours{24 * 365}};

/// Nothing for what would not fit a header.
Secret secret_at(const json& object, std::string_view key) {
    std::string text = text_at(object, key);
    if (!is_token(text)) return {};
    base::mask_in_logs(text);
    return Secret(std::move(text));
}

/// Of digits as a rule, as a text or a number.
std::string id_at(const json& object, std::string_view key) {
    const json& value = at(object, key);
    std::string id = value.is_number_unsigned() ? std::to_string(value.get<std::uint64_t>())
                                                : text_at(object, key);
    const bool is_fine = !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_';
    });
    return is_fine ? id : std::string{};
}

/// "error": "WORD", or "error": {"message": ...}.
std::string error_in(const json& answer) {
    const json& error = at(answer, "error");
    if (error.is_string()) return clean_text(error.get<std::string>());
    std::string text = clean_text(text_at(error, "status"));
    return text.empty() ? clean_text(text_at(error, "message")) : text;
}

}  // namespace

base::Error no_json(std::string_view what, std::string_view body) {
    const std::string_view text = base::trimmed(body);
    if (text.starts_with('<'))
        return {ErrorKind::Unavailable, "vendor-down",
                fmt::format("Nest answered {} with a web page. It may be in repair, or have new "
                            "terms to accept at home.nest.com",
                            what)};
    return {ErrorKind::Unavailable, "vendor-down",
            fmt::format("Nest answered {} with {}", what,
                        text.empty() ? "nothing" : "something that cannot be read")};
}

std::optional<base::WallTime> parse_expiry(std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '-', ' ');
    const auto time = net::parse_http_date(plain);
    return time ? std::optional<base::WallTime>(*time) : std::nullopt;
}

Result<SessionAnswer> parse_session(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return std::unexpected(no_json("who is signed in", body));
    SessionAnswer out;
    // Not "weave.access_token", which is another thing.
    out.access = secret_at(*answer, "access_token");
    out.userid = id_at(*answer, "userid");
    if (out.userid.empty()) {
        std::string user = id_at(*answer, "user");
        const json& named = at(*answer, "user");
        if (user.empty() && named.is_string() && named.get<std::string>().starts_with("user."))
            user = id_at(json{{"id", named.get<std::string>().substr(5)}}, "id");
        out.userid = std::move(user);
    }
    out.transport = text_at(at(*answer, "urls"), "transport_url").substr(0, 300);
    out.email = clean_text(text_at(*answer, "email"));
    out.expires = parse_expiry(text_at(*answer, "expires_in"));
    if (out.access.empty() || out.userid.empty())
        return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                  "Nest says not who is signed in{}{}",
                                  error_in(*answer).empty() ? "" : ": ", error_in(*answer));
    return out;
}

std::optional<Challenge> parse_challenge(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return std::nullopt;
    Challenge out{.token = secret_at(*answer, "2fa_token"),
                  .hint = clean_text(text_at(*answer, "truncated_phone_number"))};
    const bool is_pending =
        base::lower_case(text_at(*answer, "status")) == "verification_pending" ||
        at(*answer, "truncated_phone_number").is_string();
    if (!is_pending || out.token.empty()) return std::nullopt;
    return out;
}

Result<Secret> parse_code_answer(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return std::unexpected(no_json("the code", body));
    Secret token = secret_at(*answer, "access_token");
    if (base::lower_case(text_at(*answer, "status")) == "id_match_positive" && !token.empty())
        return token;
    return base::fail_because("wrong-code", ErrorKind::Unauthenticated,
                              "Nest did not accept the code.");
}

Result<GoogleToken> parse_google_token(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return std::unexpected(no_json("the question for Google's token", body));
    const std::string error = error_in(*answer);
    if (base::lower_case(error) == "user_logged_out")
        return base::fail_because("session-ended", ErrorKind::Unauthenticated,
                                  "Google signed us out (USER_LOGGED_OUT): its cookies have to be "
                                  "taken from the browser once more.");
    if (error == "invalid_grant")
        return base::fail_because("session-ended", ErrorKind::Unauthenticated,
                                  "Google does not take the refresh token any more "
                                  "(invalid_grant). A project whose consent screen is in "
                                  "\"Testing\" loses it after seven days.");
    GoogleToken out{.access = secret_at(*answer, "access_token")};
    if (out.access.empty())
        return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                  "Google gives no token{}{}", error.empty() ? "" : ": ", error);
    if (const auto life = number_at(*answer, "expires_in"); life && *life >= 1)
        out.life = std::min(kLongestLife,
                            std::chrono::seconds{static_cast<std::int64_t>(std::min(*life, 1e9))});
    return out;
}

Result<Jwt> parse_jwt(std::string_view body) {
    const auto answer = parse_object(body);
    if (!answer) return std::unexpected(no_json("the question for a token", body));
    const json& claims = at(*answer, "claims");
    Jwt out{.value = secret_at(*answer, "jwt"),
            .userid = id_at(at(at(claims, "subject"), "nestId"), "id"),
            .expires = time_at(claims, "expirationTime")};
    if (out.value.empty()) {
        const std::string error = error_in(*answer);
        return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                  "Google gives no token for Nest{}{}", error.empty() ? "" : ": ",
                                  error);
    }
    return out;
}

Result<> check_envelope(std::string_view what, std::string_view body) {
    const auto answer = parse_object(body);
    const auto status = answer ? number_at(*answer, "status") : std::nullopt;
    if (!status) return std::unexpected(no_json(what, body));
    if (*status == 0) return {};
    std::string text = clean_text(text_at(*answer, "status_detail"));
    if (text.empty()) text = clean_text(text_at(*answer, "status_description"));
    const int code = *status > 0 && *status < 1000 ? static_cast<int>(*status) : 999;
    std::string sentence = fmt::format("Nest refuses {}: {} {}", what, code, text);
    switch (code) {
        case 400:
            return std::unexpected(base::Error{ErrorKind::InvalidArgument, std::move(sentence)});
        case 401:
        case 403:
            return std::unexpected(base::Error{ErrorKind::Unauthenticated, std::move(sentence)});
        case 404:
            return std::unexpected(base::Error{ErrorKind::NotFound, std::move(sentence)});
        case 429:
            return std::unexpected(
                base::Error{ErrorKind::ResourceExhausted, "quota", std::move(sentence)});
        default:
            return std::unexpected(
                base::Error{ErrorKind::Unavailable, "vendor-down", std::move(sentence)});
    }
}

Result<Secret> parse_session_token(std::string_view body) {
    CASEMENT_TRY(check_envelope("the camera session", body));
    const auto answer = parse_object(body);
    const json& items = at(*answer, "items");
    Secret token =
        items.is_array() && !items.empty() ? secret_at(items[0], "session_token") : Secret{};
    // A cookie's value (RFC 6265 §4.1.1): nothing that would begin another cookie.
    if (token.empty() || token.reveal().find_first_of(";,\"\\") != std::string::npos)
        return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                  "Nest gives no session for its cameras");
    return token;
}

}  // namespace casement::drivers::nest
