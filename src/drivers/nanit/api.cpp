#include "drivers/nanit/api.hpp"

#include <nlohmann/json.hpp>

#include "base/log.hpp"

namespace casement::drivers::nanit {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using nlohmann::json;

// The forms that the vendor's own apps use; without the version, accounts with a second factor
// cannot sign in.
constexpr const char* kApiVersion = "1";
constexpr const char* kUserAgent = "Nanit/767 CFNetwork/1498.700.2 Darwin/23.6.0";

bool is_answered(int status) { return status == 200 || status == 201; }

/// What is no refusal of the account: too many questions, a server in trouble, a stranger's page.
base::Error not_now(std::string_view what, int status) {
    if (status == 429) return net::status_error(what, status);
    return {ErrorKind::Unavailable, "vendor-down", fmt::format("{}: HTTP {}", what, status)};
}

base::Error refused_login(const net::ClientResponse& answer, bool has_code) {
    const Refusal refusal = parse_refusal(answer.body);
    const bool is_of_password = answer.status == 401 || refusal.error == "invalid_grant";
    if (is_of_password && has_code)
        return {ErrorKind::Unauthenticated, "wrong-code", "Nanit did not accept the code."};
    if (is_of_password)
        return {ErrorKind::Unauthenticated, "wrong-password",
                "Nanit did not accept the e-mail address and the password."};
    const std::string& why = refusal.text.empty() ? refusal.error : refusal.text;
    if (answer.status == 403 || !refusal.error.empty())
        return {ErrorKind::PermissionDenied, "account-refused",
                why.empty() ? std::string("Nanit does not let this account in.")
                            : fmt::format("Nanit does not let this account in: {}", why)};
    return not_now("sign in to Nanit", answer.status);
}

}  // namespace

bool needs_person(const base::Error& error) {
    return error.is(ErrorKind::Unauthenticated) || error.reason() == "account-refused";
}

Api::Api(async::Executor executor, const base::Clock& clock, ApiOptions options)
    : clock_(clock), options_(std::move(options)), http_(std::move(executor), options_.http) {}

Task<Api::Answer> Api::send(std::string method, std::string path, std::string body,
                            std::string authorization, Deadline deadline) {
    net::ClientRequest request{
        .method = std::move(method),
        .url = options_.base + path,
        .headers = {{"nanit-api-version", kApiVersion},
                    {"User-Agent", kUserAgent},
                    {"Accept", "application/json"}},
        .body = std::move(body),
        .credentials = {},
        .max_body_bytes = kMaxBodyBytes,
        .max_redirects = 0,  // nobody else shall ever see the Authorization header
    };
    if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
    if (!authorization.empty()) request.headers.add("Authorization", std::move(authorization));
    co_return co_await http_.send(std::move(request),
                                  deadline.sooner_of(Deadline::in(options_.patience)));
}

Task<Result<std::string>> Api::ask(Family family, std::string method, std::string path,
                                   std::string body, Secret token, Deadline deadline) {
    const auto learnt = learnt_.find(family);
    const Form form = learnt == learnt_.end() ? form_of(family) : learnt->second;
    CASEMENT_CO_TRY(auto answer,
                    co_await send(method, path, body, authorization(form, token), deadline));
    if (answer.status == 401 && form != Form::Bearer) {
        // One that has not expired may only be in the wrong form.
        const auto expiry = expiry_of(token);
        if (!expiry || *expiry > clock_.wall_now()) {
            CASEMENT_CO_TRY(answer, co_await send(method, path, body,
                                                  authorization(Form::Bearer, token), deadline));
            if (answer.status != 401) {
                learnt_[family] = Form::Bearer;
                base::Log().component("nanit").debug("the cloud wants \"Bearer\" for {}", path);
            }
        }
    }
    if (is_answered(answer.status)) co_return std::move(answer.body);
    const std::string what = fmt::format("Nanit {} {}", method, path.substr(0, path.find('?')));
    if (answer.status < 400 || answer.status >= 500)
        co_return std::unexpected(not_now(what, answer.status));
    co_return std::unexpected(net::status_error(what, answer.status));
}

Task<Result<LoginOutcome>> Api::login(Login login, Deadline deadline) {
    json body{{"email", login.email}, {"password", login.password.reveal()}};
    if (!login.channel.empty()) body["channel"] = login.channel;
    const bool has_code = !login.mfa_code.empty();
    if (has_code) {
        body["mfa_token"] = login.mfa_token.reveal();
        body["mfa_code"] = login.mfa_code.reveal();
    }
    std::string text = body.dump(-1, ' ', false, json::error_handler_t::replace);
    CASEMENT_CO_TRY(const auto answer,
                    co_await send("POST", "/login", std::move(text), {}, deadline));
    if (answer.status == 429 || answer.status >= 500)
        co_return std::unexpected(not_now("sign in to Nanit", answer.status));
    // Usually with status 482, but what counts is the token.
    if (auto challenge = parse_challenge(answer.body)) co_return std::move(*challenge);
    if (!is_answered(answer.status)) co_return std::unexpected(refused_login(answer, has_code));
    CASEMENT_CO_TRY(auto tokens, parse_tokens(answer.body));
    co_return std::move(tokens);
}

Task<Result<Tokens>> Api::refresh(Secret refresh_token, Deadline deadline) {
    std::string body = json{{"refresh_token", refresh_token.reveal()}}.dump(
        -1, ' ', false, json::error_handler_t::replace);
    CASEMENT_CO_TRY(const auto answer,
                    co_await send("POST", "/tokens/refresh", std::move(body), {}, deadline));
    if (is_answered(answer.status)) {
        CASEMENT_CO_TRY(auto tokens, parse_tokens(answer.body));
        if (tokens.refresh.empty()) tokens.refresh = std::move(refresh_token);
        co_return std::move(tokens);
    }
    // Only these mean that the token is gone. Everything else keeps it: a prompt to sign in
    // during an outage of the network is what people complain about most.
    const bool has_error = answer.status >= 400 && answer.status < 500 && answer.status != 429 &&
                           !parse_refusal(answer.body).error.empty();
    if (answer.status == 401 || answer.status == 404 || has_error)
        co_return base::fail_because("session-ended", ErrorKind::Unauthenticated,
                                     "Nanit signed us out.");
    co_return std::unexpected(not_now("renew the session with Nanit", answer.status));
}

Task<Result<std::vector<Baby>>> Api::babies(Secret token, Deadline deadline) {
    CASEMENT_CO_TRY(const std::string body, co_await ask(Family::Account, "GET", "/babies", {},
                                                         std::move(token), deadline));
    co_return parse_babies(body);
}

Task<Result<std::vector<Message>>> Api::messages(Secret token, std::string baby, int limit,
                                                 Deadline deadline) {
    std::string path = fmt::format("/babies/{}/messages?limit={}", baby, limit);
    CASEMENT_CO_TRY(const std::string body, co_await ask(Family::Account, "GET", std::move(path),
                                                         {}, std::move(token), deadline));
    co_return parse_messages(body);
}

Task<Result<std::vector<SleepEvent>>> Api::events(Secret token, std::string baby, int limit,
                                                  Deadline deadline) {
    std::string path = fmt::format("/babies/{}/events?limit={}", baby, limit);
    CASEMENT_CO_TRY(const std::string body, co_await ask(Family::Account, "GET", std::move(path),
                                                         {}, std::move(token), deadline));
    co_return parse_events(body);
}

Task<Result<std::optional<SleepStats>>> Api::sleep_stats(Secret token, std::string baby,
                                                         Deadline deadline) {
    std::string path = fmt::format("/babies/{}/stats/latest", baby);
    CASEMENT_CO_TRY(const std::string body, co_await ask(Family::Account, "GET", std::move(path),
                                                         {}, std::move(token), deadline));
    co_return parse_sleep_stats(body);
}

Task<Result<Secret>> Api::uc_token(Secret token, std::string camera_uid, Deadline deadline) {
    std::string path = fmt::format("/focus/cameras/{}/uc_token", camera_uid);
    CASEMENT_CO_TRY(const std::string body, co_await ask(Family::Focus, "GET", std::move(path), {},
                                                         std::move(token), deadline));
    auto found = parse_uc_token(body);
    if (found) base::mask_in_logs(found->reveal());
    co_return found;
}

Task<Result<AlertSettings>> Api::alert_settings(Secret token, std::string baby, Deadline deadline) {
    std::string path = fmt::format("/babies/{}/notification_settings", baby);
    CASEMENT_CO_TRY(const std::string body, co_await ask(Family::Account, "GET", std::move(path),
                                                         {}, std::move(token), deadline));
    co_return parse_alert_settings(body);
}

Task<Result<AlertSettings>> Api::put_alert_settings(Secret token, std::string baby,
                                                    AlertSettings changes, Deadline deadline) {
    std::string path = fmt::format("/babies/{}/notification_settings", baby);
    std::string body = json{{"settings", changes}}.dump();
    CASEMENT_CO_TRY(const std::string answer,
                    co_await ask(Family::Account, "PUT", std::move(path), std::move(body),
                                 std::move(token), deadline));
    co_return parse_alert_settings(answer);
}

}  // namespace casement::drivers::nanit
