#include "drivers/nest/api.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "drivers/nest/buckets.hpp"
#include "drivers/nest/cookies.hpp"

namespace casement::drivers::nest {

namespace {

using async::Deadline;
using async::Task;
using base::ErrorKind;
using base::Result;
using base::Secret;
using net::ClientRequest;
using net::ClientResponse;
using nlohmann::json;

constexpr const char* kBrowser =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.6 Safari/605.1.15";
constexpr int kMaxRedirects = 3;

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    std::string out;
    for (const auto& [key, value] : fields)
        out += fmt::format("{}{}={}", out.empty() ? "" : "&", key, base::percent_encoded(value));
    return out;
}

ClientRequest request_of(std::string method, std::string url) {
    ClientRequest out;
    out.method = std::move(method);
    out.url = std::move(url);
    out.headers = {{"User-Agent", std::string(kUserAgent)}, {"Accept", "application/json"}};
    out.max_body_bytes = Api::kMaxBodyBytes;
    out.max_redirects = 0;  // followed here, by our rule of who may see a token
    return out;
}

ClientRequest nest_request(std::string method, std::string url, const Secret& token) {
    ClientRequest out = request_of(std::move(method), std::move(url));
    out.headers.add("Referer", "https://home.nest.com/");
    // The literal word and the raw token: this is not HTTP's Basic.
    if (!token.empty()) out.headers.add("Authorization", "Basic " + token.reveal());
    return out;
}

void set_body(ClientRequest& request, std::string body, const char* type) {
    request.body = std::move(body);
    request.headers.add("Content-Type", type);
}
constexpr const char* kJson = "application/json";
constexpr const char* kForm = "application/x-www-form-urlencoded";

bool is_refusal(int status) { return status == 401 || status == 403; }

base::Error refused(std::string_view what, int status) {
    return {ErrorKind::Unauthenticated, fmt::format("{}: HTTP {}", what, status)};
}

bool is_trouble(int status) { return status >= 500 || status == 408; }

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// As the budget knows it.
std::string host_of(const base::Url& url) {
    return fmt::format("{}://{}", url.scheme, url.authority());
}

}  // namespace

bool is_jpeg(std::string_view bytes) {
    return bytes.size() > 4 && bytes.starts_with("\xff\xd8\xff") && bytes.ends_with("\xff\xd9");
}

Api::Api(async::Executor executor, const base::Clock& clock, ApiOptions options)
    : clock_(clock),
      options_(std::move(options)),
      http_(std::move(executor), net::HttpClientOptions{.connect = options_.connect}),
      budget_(options_.budget) {}

void Api::note(const std::string& host, int status, std::string_view said) {
    const base::SteadyTime now = clock_.steady_now();
    if (status == 0) return budget_.failed(host, now);
    const auto wait = retry_after(said, clock_.wall_now());
    if (status == 429 || (status == 503 && wait)) budget_.told_to_wait(host, wait, now);
    if (status == 429) return;
    if (is_trouble(status))
        budget_.failed(host, now);
    else
        budget_.succeeded(host);
}

camera::AskPictures::Turn Api::picture_turn(const base::Url& url) {
    const std::string host = host_of(url);
    const base::SteadyTime now = clock_.steady_now();
    const auto until = [now](base::SteadyTime then) {
        return std::max(std::chrono::milliseconds{1},
                        std::chrono::ceil<std::chrono::milliseconds>(then - now));
    };
    const auto turn = budget_.take(host, now, Budget::For::Picture);
    if (turn)
        return {.wait = *turn <= now ? std::chrono::milliseconds{0} : until(*turn),
                .why = {},
                .url = {}};
    // In words that stay the same while it lasts.
    const bool is_quota = turn.error().is(ErrorKind::ResourceExhausted);
    return {.wait = until(budget_.alone_until(host)),
            .why = base::Error(turn.error().kind(), turn.error().reason(),
                               is_quota ? "Nest asks for fewer questions"
                                        : "Nest's server of pictures is in trouble, and is left "
                                          "alone for a while"),
            .url = {}};
}

void Api::picture_answered(const base::Url& url, int status, std::string_view said) {
    note(host_of(url), status, said);
}

Task<Result<ClientResponse>> Api::ask(ClientRequest request, Deadline deadline, bool may_wait) {
    for (int redirects = 0;; ++redirects) {
        CASEMENT_CO_TRY(const auto url, base::Url::parse(request.url));
        CASEMENT_CO_TRY(options_.hosts.base_url(request.url));
        const std::string host = host_of(url);
        for (;;) {
            const base::SteadyTime now = clock_.steady_now();
            CASEMENT_CO_TRY(const auto turn, budget_.take(host, now));
            if (turn <= now) break;
            CASEMENT_CO_TRY(co_await async::sleep_for(turn - now));
            if (deadline.passed())
                co_return base::fail_because("quota", ErrorKind::ResourceExhausted,
                                             "this account asks too many questions already");
        }
        auto answer = co_await http_.send(request, deadline);
        if (!answer) {
            const bool is_silence = may_wait && answer.error().is(ErrorKind::DeadlineExceeded);
            if (is_silence)
                budget_.succeeded(host);
            else if (!answer.error().is(ErrorKind::Cancelled))
                note(host, 0, {});
            co_return std::unexpected(answer.error());
        }
        note(host, answer->status, answer->headers.get("Retry-After"));
        const std::string what = fmt::format("{} {}{}", request.method, host, url.path);
        if (answer->status == 429) co_return std::unexpected(net::status_error(what, 429));
        if (is_trouble(answer->status))
            co_return std::unexpected(
                base::Error{ErrorKind::Unavailable, "vendor-down",
                            fmt::format("{}: HTTP {}", what, answer->status)});
        if (!is_redirect(answer->status)) co_return std::move(*answer);
        // To nobody but the vendor, and nothing that was to be changed there.
        std::string next(answer->headers.get("Location"));
        if (next.starts_with('/') && !next.starts_with("//")) next = host + next;
        if (request.method != "GET" || redirects == kMaxRedirects || next.empty())
            co_return base::fail_because("vendor-down", ErrorKind::Unavailable,
                                         "{}: sends us elsewhere", what);
        // A host that may be asked need not be one that is given another's cookies.
        if (!next.starts_with(host + "/")) request.headers.remove("Cookie");
        request.url = std::move(next);
    }
}

// Signing in
// --------------------------------------------------------------------------------------------

Task<Result<std::variant<Secret, Challenge>>> Api::password(std::string email, Secret password,
                                                            Deadline deadline) {
    using Outcome = std::variant<Secret, Challenge>;
    ClientRequest request = nest_request("POST", options_.endpoints.home + "/session", {});
    request.headers.add("Origin", "https://home.nest.com");
    request.headers.add("x-no-cookies", "true");
    set_body(request,
             json{{"email", email}, {"password", password.reveal()}}.dump(
                 -1, ' ', false, json::error_handler_t::replace),
             kJson);
    CASEMENT_CO_TRY(const auto answer, co_await ask(std::move(request), soon(deadline)));
    if (auto challenge = parse_challenge(answer.body)) co_return Outcome(std::move(*challenge));
    if (answer.status >= 400 && answer.status < 500)
        co_return base::fail_because(
            "wrong-password", ErrorKind::Unauthenticated,
            "Nest did not accept the e-mail address and the password (HTTP {}). It takes passwords "
            "only from accounts that were not moved to Google, and from its own page only: sign in "
            "with a token from there.",
            answer.status);
    CASEMENT_CO_TRY(auto session, parse_session(answer.body));
    co_return Outcome(std::move(session.access));
}

Task<Result<Secret>> Api::code(Secret challenge, Secret code, Deadline deadline) {
    ClientRequest request =
        nest_request("POST", options_.endpoints.home + "/api/0.1/2fa/verify_pin", {});
    set_body(request,
             json{{"pin", code.reveal()}, {"2fa_token", challenge.reveal()}}.dump(
                 -1, ' ', false, json::error_handler_t::replace),
             kJson);
    CASEMENT_CO_TRY(const auto answer, co_await ask(std::move(request), soon(deadline)));
    if (answer.status >= 400)
        co_return base::fail_because("wrong-code", ErrorKind::Unauthenticated,
                                     "Nest did not accept the code.");
    co_return parse_code_answer(answer.body);
}

Task<Result<SessionAnswer>> Api::session(Secret token, Deadline deadline) {
    CASEMENT_CO_TRY(const auto answer,
                    co_await ask(nest_request("GET", options_.endpoints.home + "/session", token),
                                 soon(deadline)));
    if (answer.status >= 400)
        co_return std::unexpected(refused("Nest does not take the session's token", answer.status));
    co_return parse_session(answer.body);
}

Task<Result<Secret>> Api::camera_session(Secret token, Deadline deadline) {
    ClientRequest request =
        nest_request("POST", options_.endpoints.camera_api + "/api/v1/login.login_nest", token);
    set_body(request, form({{"access_token", token.reveal()}}), kForm);
    CASEMENT_CO_TRY(const auto answer, co_await ask(std::move(request), soon(deadline)));
    if (is_refusal(answer.status))
        co_return std::unexpected(refused("the camera session", answer.status));
    co_return parse_session_token(answer.body);
}

Task<Result<IssuedToken>> Api::issue_token(std::string url, Secret cookies, Deadline deadline) {
    CASEMENT_CO_TRY(const auto given, base::Url::parse(url));
    if (!options_.endpoints.google_accounts.empty() && is_vendor_host(given.host))
        url = options_.endpoints.google_accounts + given.target();
    ClientRequest request = request_of("GET", std::move(url));
    // The cookies are a browser's, and so is this.
    request.headers.set("User-Agent", kBrowser);
    request.headers.add("Cookie", cookies.reveal());
    request.headers.add("Sec-Fetch-Mode", "cors");
    request.headers.add("X-Requested-With", "XmlHttpRequest");
    request.headers.add("Referer", "https://accounts.google.com/o/oauth2/iframe");
    CASEMENT_CO_TRY(const auto asked, base::Url::parse(request.url));
    CASEMENT_CO_TRY(const auto answer, co_await ask(std::move(request), soon(deadline)));
    auto token = parse_google_token(answer.body);
    if (!token && answer.status >= 400 && answer.status < 500)
        co_return base::fail_because("session-ended", ErrorKind::Unauthenticated,
                                     "Google does not take its cookies any more (HTTP {}): they "
                                     "have to be taken from the browser once more.",
                                     answer.status);
    if (!token) co_return std::unexpected(token.error());
    CASEMENT_CO_TRY(const auto from, base::Url::parse(answer.url));
    co_return IssuedToken{std::move(*token),
                          from.host == asked.host
                              ? merged_cookies(cookies, answer.headers.all("Set-Cookie"), from.host,
                                               clock_.wall_now())
                              : cookies};
}

Task<Result<GoogleToken>> Api::refresh_google(Secret refresh_token, std::string client_id,
                                              Deadline deadline) {
    ClientRequest request = request_of("POST", options_.endpoints.google_token);
    set_body(request,
             form({{"refresh_token", refresh_token.reveal()},
                   {"client_id", client_id},
                   {"grant_type", "refresh_token"}}),
             kForm);
    CASEMENT_CO_TRY(const auto answer, co_await ask(std::move(request), soon(deadline)));
    auto token = parse_google_token(answer.body);
    if (!token && is_refusal(answer.status) && !token.error().is(ErrorKind::Unauthenticated))
        co_return std::unexpected(refused("Google does not take the refresh token", answer.status)
                                      .with_reason("session-ended"));
    co_return token;
}

Task<Result<Jwt>> Api::jwt(Secret google_token, Deadline deadline) {
    ClientRequest request = request_of("POST", options_.endpoints.google_jwt);
    request.headers.add("Authorization", "Bearer " + google_token.reveal());
    request.headers.add("Referer", "https://home.nest.com");
    set_body(request,
             json{{"embed_google_oauth_access_token", true},
                  {"expire_after", "3600s"},
                  {"google_oauth_access_token", google_token.reveal()},
                  {"policy_id", "authproxy-oauth-policy"}}
                 .dump(),
             kJson);
    CASEMENT_CO_TRY(const auto answer, co_await ask(std::move(request), soon(deadline)));
    if (is_refusal(answer.status))
        co_return std::unexpected(refused("Google gives no token for Nest", answer.status));
    co_return parse_jwt(answer.body);
}

// With a session
// --------------------------------------------------------------------------------------------

Task<Result<std::string>> Api::launch(std::string userid, Secret token, Deadline deadline) {
    ClientRequest request = nest_request(
        "POST", fmt::format("{}/api/0.1/user/{}/app_launch", options_.endpoints.home, userid),
        token);
    request.headers.add("X-nl-user-id", userid);
    request.headers.add("X-nl-protocol-version", "1");
    set_body(request, launch_question(), kJson);
    CASEMENT_CO_TRY(auto answer, co_await ask(std::move(request), soon(deadline)));
    if (is_refusal(answer.status))
        co_return std::unexpected(refused("the list of cameras", answer.status));
    co_return std::move(answer.body);
}

Task<Result<std::string>> Api::subscribe(std::string transport, std::string userid, Secret token,
                                         std::string question, Deadline deadline) {
    ClientRequest request = nest_request("POST", transport + "/v5/subscribe", token);
    request.headers.add("X-nl-user-id", userid);
    request.headers.add("X-nl-protocol-version", "1");
    set_body(request, std::move(question), kJson);
    CASEMENT_CO_TRY(auto answer,
                    co_await ask(std::move(request),
                                 deadline.sooner_of(Deadline::in(options_.longest_poll)), true));
    if (is_refusal(answer.status))
        co_return std::unexpected(refused("what changes", answer.status));
    if (answer.headers.get("Content-Type").starts_with("text/plain")) co_return std::string{};
    co_return std::move(answer.body);
}

// With what opens the camera web API
// --------------------------------------------------------------------------------------------

Task<Result<std::string>> Api::ask_camera_api(Credential credential, std::string what,
                                              ClientRequest request, Deadline deadline) {
    const auto [name, value] = header_of(credential);
    request.headers.add("Referer", "https://home.nest.com/");
    request.headers.add(name, value.reveal());

    CASEMENT_CO_TRY(auto answer, co_await ask(std::move(request), soon(deadline)));
    if (is_refusal(answer.status)) co_return std::unexpected(refused(what, answer.status));
    if (answer.status == 404) co_return base::fail(ErrorKind::NotFound, "{}: HTTP 404", what);
    if (!answer.is_success())
        co_return base::fail_because("vendor-down", ErrorKind::Unavailable, "{}: HTTP {}", what,
                                     answer.status);
    co_return std::move(answer.body);
}

// A credential that has ended is refused inside the envelope, in an answer of status 200.
Task<Result<std::vector<CameraRecord>>> Api::cameras(Credential credential, Deadline deadline) {
    ClientRequest request =
        request_of("GET", options_.endpoints.camera_api +
                              "/api/cameras.get_owned_and_member_of_with_properties");
    CASEMENT_CO_TRY(const auto body, co_await ask_camera_api(std::move(credential), "the cameras",
                                                             std::move(request), deadline));
    co_return parse_cameras(body, options_.hosts);
}

Task<Result<std::vector<CameraRecord>>> Api::camera(Credential credential, std::string uuid,
                                                    Deadline deadline) {
    ClientRequest request = request_of(
        "GET", options_.endpoints.camera_api + "/api/cameras.get_with_properties?uuid=" + uuid);
    CASEMENT_CO_TRY(const auto body, co_await ask_camera_api(std::move(credential), "the camera",
                                                             std::move(request), deadline));
    co_return parse_cameras(body, options_.hosts);
}

Task<Result<>> Api::set_property(Credential credential, std::string uuid, std::string property,
                                 std::string value, Deadline deadline) {
    ClientRequest request =
        request_of("POST", options_.endpoints.camera_api + "/api/dropcams.set_properties");
    set_body(request, form({{property, value}, {"uuid", uuid}}), kForm);
    CASEMENT_CO_TRY(const auto body, co_await ask_camera_api(std::move(credential), property,
                                                             std::move(request), deadline));
    co_return check_envelope(property, body);
}

Task<Result<std::string>> Api::cuepoints(Credential credential, std::string nexus_api,
                                         std::string uuid, std::chrono::seconds since,
                                         Deadline deadline) {
    co_return co_await ask_camera_api(
        std::move(credential), "the events",
        request_of("GET",
                   fmt::format("{}/cuepoint/{}/2?start_time={}", nexus_api, uuid, since.count())),
        deadline);
}

Task<Result<media::Bytes>> Api::ask_picture(Credential credential, std::string what,
                                            std::string url, Deadline deadline) {
    ClientRequest request = request_of("GET", std::move(url));
    request.headers.set("Accept", "image/jpeg");
    request.max_body_bytes = kMaxPictureBytes;
    CASEMENT_CO_TRY(const auto body, co_await ask_camera_api(std::move(credential), what,
                                                             std::move(request), deadline));
    if (body.empty()) co_return base::fail(ErrorKind::NotFound, "{}: there is none", what);
    if (!is_jpeg(body))
        co_return base::fail_because("vendor-down", ErrorKind::DataLoss, "{} is no whole JPEG",
                                     what);
    co_return media::Bytes::copy_of(base::as_bytes(body));
}

Task<Result<media::Bytes>> Api::event_picture(Credential credential, std::string nexus_api,
                                              std::string uuid, std::string cuepoint,
                                              Deadline deadline) {
    co_return co_await ask_picture(
        std::move(credential), "the event's picture",
        fmt::format("{}/event_snapshot/{}/{}?crop_type=timeline&width=640", nexus_api, uuid,
                    base::percent_encoded(cuepoint)),
        deadline);
}

Task<Result<media::Bytes>> Api::picture(Credential credential, std::string nexus_api,
                                        std::string uuid, int width, Deadline deadline) {
    const auto now = clock_.wall_now().time_since_epoch();
    co_return co_await ask_picture(
        std::move(credential), "the picture",
        fmt::format("{}/get_image?uuid={}{}&cachebuster={}", nexus_api, uuid,
                    width > 0 ? fmt::format("&width={}", width) : "",
                    std::chrono::duration_cast<std::chrono::milliseconds>(now).count()),
        deadline);
}

}  // namespace casement::drivers::nest
