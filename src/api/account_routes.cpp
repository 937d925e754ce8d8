// Accounts of vendors: how they are, and how a person signs the hub in.

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/problem.hpp"
#include "camera/json.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using base::Result;
using net::Request;
using net::Response;
using nlohmann::json;

json to_json(const camera::SignInWay& way) {
    json out{{"id", way.id}, {"name", way.name}, {"note", way.note}, {"fields", json::array()}};
    if (!way.link.empty()) out["link"] = way.link;
    for (const camera::SignInField& field : way.fields)
        out["fields"].push_back({{"id", field.id},
                                 {"name", field.name},
                                 {"note", field.note},
                                 {"secret", field.is_secret},
                                 {"long", field.is_long},
                                 {"needed", field.is_needed}});
    return out;
}

async::Task<Response> list_accounts(ContextPtr context, Request) {
    co_return json_response({{"accounts", context->accounts_json()}});
}

/// Whose page this is: the person in front of it was let in, whatever the vendor says.
Response refusal(const base::Error& error) {
    const bool is_of_vendor =
        error.is(ErrorKind::Unauthenticated) || error.is(ErrorKind::PermissionDenied);
    return problem(is_of_vendor
                       ? base::Error(ErrorKind::InvalidArgument, error.reason(), error.message())
                       : error);
}

async::Task<Response> ways(ContextPtr context, Request request) {
    if (!context->parts.sign_in.ways)
        co_return problem({ErrorKind::Unsupported, "This hub signs in by a command only."});
    const auto ways = co_await context->parts.sign_in.ways(std::string(request.capture("vendor")),
                                                           std::string(request.capture("name")));
    if (!ways) co_return problem(ways.error());
    json list = json::array();
    for (const camera::SignInWay& way : *ways) list.push_back(to_json(way));
    co_return json_response({{"ways", std::move(list)}});
}

Result<std::pair<std::string, camera::SignInAnswers>> answers_in(const Request& request) {
    CASEMENT_TRY(const json body, json_body(request, {"way", "fields"}));
    CASEMENT_TRY(std::string way, text_member(body, "way"));
    camera::SignInAnswers answers;
    const auto fields = body.find("fields");
    if (fields != body.end() && !fields->is_object())
        return base::fail(ErrorKind::InvalidArgument, "\"fields\" is an object of texts.");
    if (fields == body.end()) return std::pair{std::move(way), std::move(answers)};
    for (const auto& [id, value] : fields->items()) {
        if (!value.is_string())
            return base::fail(ErrorKind::InvalidArgument, "\"fields\" is an object of texts.");
        answers.emplace(id, base::Secret(value.get<std::string>()));
    }
    return std::pair{std::move(way), std::move(answers)};
}

async::Task<Response> sign_in(ContextPtr context, Request request) {
    if (!context->parts.sign_in.enter)
        co_return problem({ErrorKind::Unsupported, "This hub signs in by a command only."});
    auto given = answers_in(request);
    if (!given) co_return problem(given.error());
    const auto outcome = co_await context->parts.sign_in.enter(
        std::string(request.capture("vendor")), std::string(request.capture("name")),
        std::move(given->first), std::move(given->second));
    if (!outcome) co_return refusal(outcome.error());
    if (const auto* const next = std::get_if<camera::SignInWay>(&*outcome))
        co_return json_response({{"state", "needs-more"}, {"next", to_json(*next)}});
    co_return json_response(
        {{"state", "signed-in"}, {"text", std::get<camera::SignedIn>(*outcome).text}});
}

}  // namespace

json Api::Context::accounts_json() const {
    json out = json::array();
    for (const auto& account : parts.registry.accounts()) {
        json one = camera::to_json(account);
        one["sign_in"] = parts.sign_in.knows && parts.sign_in.knows(account.vendor, account.name);
        out.push_back(std::move(one));
    }
    return out;
}

void mount_account_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    server.route("GET", "/api/v1/accounts", with(list_accounts));
    const std::string person(access::kPerson);
    server.route("GET", "/api/v1/accounts/{vendor}/{name}/sign-in", with(ways), {.access = person});
    server.route("POST", "/api/v1/accounts/{vendor}/{name}/sign-in", with(sign_in),
                 {.max_body_bytes = 64 * 1024, .access = person});
}

}  // namespace casement::api
