// Google's side of an account: a token for the cookies of a browser that is signed in or for an old
// refresh token, and the JWT that Nest takes.

#include <nlohmann/json.hpp>

#include "emulators/nest/cloud_state.hpp"

namespace casement::emulators::nest {

using net::Request;
using net::Response;
using nlohmann::json;

namespace {

// What a browser asks, word for word.
constexpr std::string_view kIssueToken =
    "action=issueToken&response_type=token%20id_token&login_hint=EMU"
    "&client_id=733249279899-44tchle2kaa9afr5v9ov7jbuojfr9lrq.apps.googleusercontent.com"
    "&origin=https%3A%2F%2Fhome.nest.com"
    "&scope=openid%20profile%20email%20https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fnest-account"
    "&ss_domain=https%3A%2F%2Fhome.nest.com";
constexpr std::string_view kFrame = "https://accounts.google.com/o/oauth2/iframe";
constexpr std::string_view kClientEnd = ".apps.googleusercontent.com";

std::int64_t seconds_of(std::chrono::milliseconds life) {
    return std::chrono::floor<std::chrono::seconds>(life).count();
}

json token_json(Cloud::State& cloud, const base::Secret& token) {
    return {{"token_type", "Bearer"},
            {"access_token", token.reveal()},
            {"scope", "openid profile email https://www.googleapis.com/auth/nest-account"},
            // One second less than it lives, as the real ones.
            {"expires_in", std::max<std::int64_t>(1, seconds_of(cloud.accounts.lives.google) - 1)},
            {"id_token", "EMU"}};
}

Response issue_token(Cloud::State& cloud, const Asked& asked) {
    const Request& request = asked.request;
    if (request.query != kIssueToken || request.headers.get("Sec-Fetch-Mode") != "cors" ||
        request.headers.get("X-Requested-With") != "XmlHttpRequest" ||
        !request.headers.get("Referer").starts_with(kFrame) ||
        !request.headers.get("User-Agent").starts_with("Mozilla/"))
        return Response::json(400, R"({"error":"invalid_request","detail":"Bad Request"})");
    const auto answer = cloud.accounts.google_by_cookies(request.headers.get("Cookie"));
    if (!answer) {
        return Response::json(200,
                              R"({"error":"USER_LOGGED_OUT","detail":"No active session found."})");
    }
    json body = token_json(cloud, answer->token);
    body["login_hint"] = "EMU";
    body["session_state"] = {{"extraQueryParams", {{"authuser", "0"}}}};
    // Google's says Domain=.google.com; at this address a client would be right to ignore that.
    return Response::json(200, body.dump())
        .with("Set-Cookie", answer->set_cookie + "; Path=/; Secure");
}

Response invalid_grant() {
    return Response::json(400, R"({"error":"invalid_grant",)"
                               R"("error_description":"Token has been expired or revoked."})");
}

/// For a project of Device Access, whose client has a secret.
Response device_access_token(Cloud::State& cloud, const Request& request) {
    const auto field = [&](std::string_view name) {
        return net::query_value(request.body, name).value_or("");
    };
    if (field("client_id") != Accounts::kClientId ||
        field("client_secret") != Accounts::kClientSecret)
        return Response::json(401, R"({"error":"invalid_client"})");
    std::string refresh = field("refresh_token");
    const bool by_code = field("grant_type") == "authorization_code";
    if (by_code) {
        const auto made = cloud.accounts.refresh_token_for(field("code"));
        if (!made || field("redirect_uri").empty()) return invalid_grant();
        refresh = made->reveal();
    }
    const auto token = cloud.accounts.device_access_token(refresh);
    if (!token) return invalid_grant();
    json body = token_json(cloud, *token);
    body["scope"] =
        "https://www.googleapis.com/auth/sdm.service https://www.googleapis.com/auth/pubsub";
    if (by_code) body["refresh_token"] = refresh;
    return Response::json(200, body.dump());
}

Response oauth_token(Cloud::State& cloud, const Asked& asked) {
    const auto field = [&](std::string_view name) {
        return net::query_value(asked.request.body, name).value_or("");
    };
    if (!field("client_secret").empty()) return device_access_token(cloud, asked.request);
    if (field("grant_type") != "refresh_token" || !field("client_id").ends_with(kClientEnd))
        return Response::json(400, R"({"error":"invalid_request"})");
    const auto answer = cloud.accounts.google_by_refresh_token(field("refresh_token"));
    if (!answer) return invalid_grant();
    return Response::json(200, token_json(cloud, answer->token).dump());
}

/// A parameter of issue_jwt: clients send them as JSON, as a form, or in the query.
std::string jwt_parameter(const Request& request, const char* name) {
    const json body = json::parse(request.body, nullptr, false);
    if (body.is_object()) {
        if (!body.contains(name)) return {};
        return body[name].is_string() ? body[name].get<std::string>() : body[name].dump();
    }
    return net::query_value(request.body, name).value_or(request.query_value(name).value_or(""));
}

Response issue_jwt(Cloud::State& cloud, const Asked& asked) {
    const Request& request = asked.request;
    const std::string token = jwt_parameter(request, "google_oauth_access_token");
    const auto grant = cloud.accounts.find_grant(token);
    if (!grant || grant->kind != Kind::Google ||
        request.headers.get("Authorization") != "Bearer " + token) {
        return Response::json(401, R"({"error":{"code":401,"message":"Request had invalid )"
                                   R"(authentication credentials.","status":"UNAUTHENTICATED"}})");
    }
    if (jwt_parameter(request, "policy_id") != "authproxy-oauth-policy" ||
        jwt_parameter(request, "embed_google_oauth_access_token") != "true" ||
        jwt_parameter(request, "expire_after") != "3600s") {
        return Response::json(400, R"({"error":{"code":400,"message":"Invalid argument.",)"
                                   R"("status":"INVALID_ARGUMENT"}})");
    }
    const std::string jwt = cloud.accounts.issue(Kind::Jwt, grant->userid).reveal();
    const auto ends = cloud.accounts.find_grant(jwt)->ends;
    return Response::json(
        200, json{{"jwt", jwt},
                  {"claims",
                   {{"subject", {{"nestId", {{"id", grant->userid}}}}},
                    {"expirationTime", base::format_rfc3339(ends + cloud.accounts.clock_skew)},
                    {"policyId", "authproxy-oauth-policy"},
                    {"structureConstraint", ""}}}}
                 .dump());
}

}  // namespace

std::string Cloud::issue_token_url() const {
    return fmt::format("{}/o/oauth2/iframerpc?{}", google_url(), kIssueToken);
}

void Cloud::State::add_google_routes(Site& site) {
    route(site, "GET", "/o/oauth2/iframerpc", "issue_token", Access::Open, issue_token);
    route(site, "POST", "/token", "oauth_token", Access::Open, oauth_token);
    route(site, "POST", "/oauth2/v4/token", "oauth_token", Access::Open, oauth_token);
    route(site, "POST", "/v1/issue_jwt", "issue_jwt", Access::Open, issue_jwt);
}

}  // namespace casement::emulators::nest
