// home.nest.com: sessions, second factors, the start of the app, members.

#include <nlohmann/json.hpp>

#include "emulators/nest/cloud_state.hpp"
#include "protocols/nest/http_date.hpp"

namespace casement::emulators::nest {

using net::Request;
using net::Response;
using nlohmann::json;

namespace {

json parsed(const Request& request) { return json::parse(request.body, nullptr, false); }

/// The member, where it is text.
std::string text_of(const json& body, const char* name) {
    if (!body.is_object() || !body.contains(name) || !body[name].is_string()) return {};
    return body[name].get<std::string>();
}

json urls_of(const std::string& url) {
    return {{"rubyapi_url", url + "/"},       {"czfe_url", url},
            {"log_upload_url", url + "/log"}, {"transport_url", url},
            {"direct_transport_url", url},    {"weather_url", url + "/w?query="},
            {"support_url", url + "/s?"}};
}

json limits() {
    return {{"thermostats", 60},
            {"thermostats_per_structure", 20},
            {"structures", 5},
            {"smoke_detectors", 54},
            {"smoke_detectors_per_structure", 18}};
}

/// A second token, in the same answer, that people copy by mistake.
json weave() {
    return {{"service_config", "AA=="},
            {"pairing_token", "wu.EMU"},
            {"access_token", "EMU-WEAVE-NOT-THIS-ONE"}};
}

Response session_answer(Cloud::State& cloud, const std::string& token) {
    const auto grant = cloud.accounts.find_grant(token);
    const User* user = grant ? cloud.accounts.find(grant->userid) : nullptr;
    if (user == nullptr) return Response::json(401, R"({"error":"unauthorized"})");
    const auto ends =
        std::chrono::floor<std::chrono::seconds>(grant->ends + cloud.accounts.clock_skew);
    return Response::json(200, json{{"2fa_state", user->two_factor ? "enrolled" : "not_enrolled"},
                                    {"2fa_enabled", user->two_factor},
                                    {"2fa_state_changed", "Thu, 01-Jan-2026 00:00:00 GMT"},
                                    {"access_token", token},
                                    {"email", user->email},
                                    {"expires_in", protocols::nest::format_dashed_date(ends)},
                                    {"userid", user->userid},
                                    {"user", "user." + user->userid},
                                    {"is_superuser", false},
                                    {"is_staff", false},
                                    {"language", "en_US"},
                                    {"weave", weave()},
                                    {"urls", urls_of(cloud.site("home").url)},
                                    {"limits", limits()}}
                                   .dump())
        .with("Set-Cookie", fmt::format("cztoken={}; Path=/; HttpOnly", token));
}

Response log_in(Cloud::State& cloud, const Asked& asked) {
    const json body = parsed(asked.request);
    const auto answer = cloud.accounts.log_in(text_of(body, "email"), text_of(body, "password"));
    if (const auto* token = std::get_if<base::Secret>(&answer))
        return session_answer(cloud, token->reveal());
    if (const auto* challenge = std::get_if<Accounts::Challenge>(&answer)) {
        return Response::json(401, json{{"status", "VERIFICATION_PENDING"},
                                        {"2fa_token", challenge->token.reveal()},
                                        {"truncated_phone_number", "42"}}
                                       .dump());
    }
    return Response::json(400, "{}");
}

Response verify_pin(Cloud::State& cloud, const Asked& asked) {
    const json body = parsed(asked.request);
    const auto token = cloud.accounts.verify_pin(text_of(body, "2fa_token"), text_of(body, "pin"));
    if (!token) return Response::json(401, R"({"status":"ID_MATCH_NEGATIVE"})");
    return Response::json(
        200, json{{"status", "ID_MATCH_POSITIVE"}, {"access_token", token->reveal()}}.dump());
}

Response app_launch(Cloud::State& cloud, const Asked& asked) {
    if (asked.request.capture("userid") != asked.grant.userid)
        return Response::json(403, R"({"error":"forbidden"})");
    const json body = parsed(asked.request);
    if (!body.is_object() || !body.contains("known_bucket_types") ||
        !body["known_bucket_types"].is_array() || !body.contains("known_bucket_versions"))
        return Response::json(400, R"({"error":"bad request"})");
    std::set<std::string> types;
    for (const json& type : body["known_bucket_types"])
        if (type.is_string()) types.insert(type.get<std::string>());
    return Response::json(
        200,
        json{
            {"2fa_enabled", false},
            {"service_urls",
             {{"urls", urls_of(cloud.site("home").url)}, {"limits", limits()}, {"weave", weave()}}},
            {"updated_buckets", cloud.house.buckets(asked.grant.userid, types)},
            {"weather_for_structures", json::object()}}
            .dump());
}

}  // namespace

void Cloud::State::add_home_routes(Site& site) {
    route(site, "POST", "/session", "log_in", Access::Open, log_in);
    route(site, "POST", "/api/0.1/2fa/verify_pin", "verify_pin", Access::Open, verify_pin);
    route(site, "GET", "/session", "session", Access::Home, [](State& s, const Asked& asked) {
        return session_answer(s, token_of(Access::Home, asked.request).value_or(""));
    });
    route(site, "POST", "/api/0.1/user/{userid}/app_launch", "app_launch", Access::Home,
          app_launch);
    route(site, "GET", "/api/0.1/structure/{structure}/members", "members", Access::Home,
          [](State& s, const Asked& asked) {
              const User* user = s.accounts.find(asked.grant.userid);
              return Response::json(
                  200,
                  json{{"members",
                        {{{"user_id", asked.grant.userid},
                          {"name", "Owner"},
                          {"short_name", "Owner"},
                          {"email", user == nullptr ? "" : user->email},
                          {"roles", {"OWNER"}},
                          {"is_merged_with_gaia", user != nullptr && user->password.empty()}}}}}
                      .dump());
          });
}

}  // namespace casement::emulators::nest
