#include "drivers/nest/device_access/access.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/log.hpp"
#include "base/time_scale.hpp"
#include "base/url.hpp"
#include "drivers/json.hpp"

namespace casement::drivers::nest::device_access {

using async::Deadline;
using async::Task;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Secret;
using nlohmann::json;

namespace {

constexpr std::size_t kMaxAnswer = 64 * 1024;
constexpr std::size_t kMaxWaiting = 256;

std::string name_of(std::string_view account) {
    return fmt::format("nest/{}/device_access", account);
}

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    std::string out;
    for (const auto& [name, value] : fields)
        out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, base::percent_encoded(value));
    return out;
}

struct Granted {
    Secret access, refresh;
    std::chrono::seconds life{};
};

/// What a token endpoint means by its refusal; nothing for an answer with a token.
std::optional<Error> refusal_of(int status, const json& answer, bool is_code) {
    const std::string error = text_at(answer, "error");
    if (error == "invalid_grant" && is_code)
        return Error{ErrorKind::Unauthenticated, "wrong-code",
                     "Google does not take this code: each is good once, and for minutes."};
    if (error == "invalid_grant")
        return Error{ErrorKind::Unauthenticated, "session-ended",
                     "Google has ended this sign-in. A consent screen that is left in \"Testing\" "
                     "ends every sign-in after 7 days: publish it, then sign in again."};
    if (error == "invalid_client" || error == "unauthorized_client")
        return Error{ErrorKind::Unauthenticated, "account-refused",
                     "Google does not know this OAuth client: check its id and secret."};
    if (status == 429)
        return Error{ErrorKind::ResourceExhausted, "quota", "Google wants fewer questions."};
    if (status < 200 || status >= 300)
        return Error{ErrorKind::Unavailable, "vendor-down",
                     fmt::format("Google's token server answered HTTP {}.", status)};
    return std::nullopt;
}

Task<Result<Granted>> ask(net::HttpClient& http, const TokenOptions& options, std::string body,
                          bool is_code, Deadline deadline) {
    net::ClientRequest request;
    request.method = "POST";
    request.url = options.endpoint;
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = std::move(body);
    request.max_body_bytes = kMaxAnswer;
    request.max_redirects = 0;
    CASEMENT_CO_TRY(
        const auto answer,
        co_await http.send(std::move(request), deadline.sooner_of(Deadline::in(options.patience))));
    const json value = parse_object(answer.body).value_or(json::object());
    if (auto refused = refusal_of(answer.status, value, is_code))
        co_return std::unexpected(std::move(*refused));
    Granted out{.access = Secret(text_at(value, "access_token")),
                .refresh = Secret(text_at(value, "refresh_token")),
                .life = std::chrono::seconds{static_cast<int>(
                    std::clamp(number_at(value, "expires_in").value_or(3600), 0.0, 86'400.0))}};
    if (out.access.empty())
        co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                     "Google's token server answered without a token.");
    base::mask_in_logs(out.access.reveal());
    base::mask_in_logs(out.refresh.reveal());
    co_return out;
}

}  // namespace

Result<Access> stored_access(const store::SealedStore& sealed, std::string_view account) {
    CASEMENT_TRY(const Secret stored, sealed.get(name_of(account)));
    const auto value = parse_object(stored.reveal());
    if (!value)
        return base::fail(ErrorKind::NotFound, "{} is not of this version", name_of(account));
    Access out{.project = text_at(*value, "project"),
               .client_id = text_at(*value, "client_id"),
               .client_secret = Secret(text_at(*value, "client_secret")),
               .refresh_token = Secret(text_at(*value, "refresh_token")),
               .subscription = text_at(*value, "subscription")};
    base::mask_in_logs(out.client_secret.reveal());
    base::mask_in_logs(out.refresh_token.reveal());
    return out;
}

Result<> store_access(store::SealedStore& sealed, std::string_view account, const Access& access) {
    const json value{{"project", access.project},
                     {"client_id", access.client_id},
                     {"client_secret", access.client_secret.reveal()},
                     {"refresh_token", access.refresh_token.reveal()},
                     {"subscription", access.subscription}};
    return sealed.put(name_of(account),
                      Secret(value.dump(-1, ' ', false, json::error_handler_t::replace)));
}

Result<> forget_access(store::SealedStore& sealed, std::string_view account) {
    return sealed.remove(name_of(account));
}

std::string consent_page(const Access& access, std::string_view base) {
    constexpr std::string_view kScope =
        "https://www.googleapis.com/auth/sdm.service https://www.googleapis.com/auth/pubsub";
    return fmt::format("{}/partnerconnections/{}/auth?{}", base,
                       base::percent_encoded(access.project),
                       form({{"redirect_uri", kRedirect},
                             {"access_type", "offline"},
                             {"prompt", "consent"},
                             {"client_id", access.client_id},
                             {"response_type", "code"},
                             {"scope", kScope}}));
}

std::string code_in(std::string_view pasted) {
    const auto at = pasted.find("code=");
    if (at == std::string_view::npos) return std::string(pasted);
    pasted.remove_prefix(at + 5);
    return base::percent_decoded(pasted.substr(0, pasted.find('&')));
}

TokenOptions TokenOptions::scaled(double time_scale) const {
    TokenOptions out = *this;
    for (auto* const wait : {&out.lead, &out.hasty, &out.retry.first, &out.retry.cap})
        *wait = base::scaled(*wait, time_scale);
    return out;
}

Task<Result<Access>> exchange(net::HttpClient& http, const TokenOptions& options, Access access,
                              std::string code, Deadline deadline) {
    std::string body = form({{"client_id", access.client_id},
                             {"client_secret", access.client_secret.reveal()},
                             {"grant_type", "authorization_code"},
                             {"code", code},
                             {"redirect_uri", kRedirect}});
    CASEMENT_CO_TRY(Granted granted, co_await ask(http, options, std::move(body), true, deadline));
    if (granted.refresh.empty())
        co_return base::fail_because(
            "account-refused", ErrorKind::PermissionDenied,
            "Google gave no lasting token: remove this hub's access in your Google account, then "
            "allow it again.");
    access.refresh_token = std::move(granted.refresh);
    co_return access;
}

Tokens::Tokens(async::Executor executor, TokenOptions options, store::SealedStore& sealed,
               async::BlockingPool& disk, const base::Clock& clock, std::string account)
    : options_(std::move(options)),
      sealed_(sealed),
      disk_(disk),
      clock_(clock),
      account_(std::move(account)),
      http_(executor, options_.http),
      turns_(executor, {.max_waiting = kMaxWaiting}),
      backoff_(options_.retry) {}

Task<Result<Pass>> Tokens::pass(bool is_refused, Deadline deadline) {
    CASEMENT_CO_TRY(const auto turn, co_await turns_.take(deadline));
    const base::WallTime now = clock_.wall_now();
    const bool is_good = !pass_.token.empty() && now < expires_;
    // Many may have been refused the same one; the first has had it renewed.
    if (is_refused && is_good && now - received_ < options_.hasty) co_return pass_;
    if (!is_refused && is_good && now + options_.lead < expires_) co_return pass_;
    auto renewed = co_await renew(deadline);
    // An early renewal may fail; what is held is good still.
    if (!renewed && is_good && !is_refused) co_return pass_;
    co_return renewed;
}

Task<Result<Pass>> Tokens::renew(Deadline deadline) {
    // Another process may have signed in.
    (void)co_await disk_.run([this] { return sealed_.refresh(); });
    const auto access = stored_access(sealed_, account_);
    if (!access || access->refresh_token.empty())
        co_return base::fail_because("not-signed-in", ErrorKind::Unauthenticated,
                                     "Nobody has signed in to Device Access yet.");
    if (!of_no_use_.empty()) {
        if (access->refresh_token == of_no_use_) co_return std::unexpected(*last_error_);
        // Somebody has signed in anew.
        of_no_use_ = {};
        last_error_.reset();
        backoff_.reset();
    }
    if (last_error_ && clock_.steady_now() < next_try_) co_return std::unexpected(*last_error_);
    std::string body = form({{"client_id", access->client_id},
                             {"client_secret", access->client_secret.reveal()},
                             {"grant_type", "refresh_token"},
                             {"refresh_token", access->refresh_token.reveal()}});
    auto granted = co_await ask(http_, options_, std::move(body), false, deadline);
    if (!granted) {
        if (granted.error().is(ErrorKind::Cancelled)) co_return std::unexpected(granted.error());
        last_error_ = granted.error();
        next_try_ = clock_.steady_now() + backoff_.next();
        if (granted.error().is(ErrorKind::Unauthenticated)) of_no_use_ = access->refresh_token;
        co_return std::unexpected(std::move(granted.error()));
    }
    backoff_.reset();
    last_error_.reset();
    pass_ = {.token = std::move(granted->access),
             .project = access->project,
             .subscription = access->subscription};
    received_ = clock_.wall_now();
    expires_ = received_ + granted->life;
    co_return pass_;
}

}  // namespace casement::drivers::nest::device_access
