// Claim, sign in and out, tokens.

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/problem.hpp"

namespace casement::api {

namespace {

using base::Result;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::size_t kMaxBodyBytes = 8 * 1024;  // a name, a code and a password

json session_json(const Api::Context& context, const std::optional<Session>& session) {
    json out{{"claimed", context.parts.auth.is_claimed()},
             {"now", base::format_rfc3339(context.parts.clock.wall_now())},
             {"time_zone", context.parts.time_zone}};
    if (!session) return out;
    out["user"] = {{"name", session->user}};
    out["csrf"] = session->csrf;
    out["version"] = context.parts.version;
    return out;
}

std::string cookie_of(const std::string& value, bool is_tls, std::string_view lifetime) {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", kSessionCookie,
                       value, lifetime, is_tls ? "; Secure" : "");
}

/// The answer to a claim or sign-in.
Response entered(const Api::Context& context, const Request& request,
                 const Result<Session>& session, int status) {
    if (session)
        return json_response(session_json(context, *session), status)
            .with("Set-Cookie", cookie_of(session->cookie, request.is_tls, "2592000"));
    Response refused = problem(session.error());
    if (const auto wait = context.parts.auth.retry_after(request.remote_address); wait.count() > 0)
        refused.headers.set("Retry-After", std::to_string(wait.count()));
    return refused;
}

async::Task<Response> claim(ContextPtr context, Request request) {
    if (!net::origin_is_own(request.headers))
        co_return problem(
            {base::ErrorKind::PermissionDenied, "csrf", "The request did not come from the page."});
    const auto body = json_body(request, {"code", "name", "password"});
    if (!body) co_return problem(body.error());
    const auto code = text_member(*body, "code"), name = text_member(*body, "name"),
               password = text_member(*body, "password");
    for (const auto* member : {&code, &name, &password}) {
        if (!*member) co_return problem(member->error());
    }
    const auto session =
        co_await context->parts.auth.claim(*code, *name, *password, request.remote_address);
    if (session)
        context->log.info("The hub was claimed by {} from {}", *name, request.remote_address);
    co_return entered(*context, request, session, 201);
}

async::Task<Response> sign_in(ContextPtr context, Request request) {
    if (!net::origin_is_own(request.headers))
        co_return problem(
            {base::ErrorKind::PermissionDenied, "csrf", "The request did not come from the page."});
    const auto body = json_body(request, {"name", "password"});
    if (!body) co_return problem(body.error());
    const auto name = text_member(*body, "name"), password = text_member(*body, "password");
    for (const auto* member : {&name, &password}) {
        if (!*member) co_return problem(member->error());
    }
    const auto session =
        co_await context->parts.auth.sign_in(*name, *password, request.remote_address);
    if (!session)
        context->log.warn("Sign-in from {} failed: {}", request.remote_address,
                          session.error().reason());
    co_return entered(*context, request, session, 200);
}

async::Task<Response> sign_out(ContextPtr context, Request request) {
    if (const auto gone = co_await context->parts.auth.sign_out(request.session); !gone)
        co_return problem(gone.error());
    co_return Response::empty(204).with("Set-Cookie", cookie_of("", request.is_tls, "0"));
}

json token_json(const Token& token) {
    json out{
        {"id", token.id}, {"name", token.name}, {"created", base::format_rfc3339(token.created)}};
    if (token.last_used) out["last_used"] = base::format_rfc3339(*token.last_used);
    return out;
}

async::Task<Response> list_tokens(ContextPtr context, Request) {
    json list = json::array();
    for (const Token& token : context->parts.auth.tokens()) list.push_back(token_json(token));
    co_return json_response({{"tokens", std::move(list)}});
}

async::Task<Response> create_token(ContextPtr context, Request request) {
    const auto body = json_body(request, {"name"});
    if (!body) co_return problem(body.error());
    const auto name = text_member(*body, "name");
    if (!name) co_return problem(name.error());
    const auto made = co_await context->parts.auth.create_token(*name);
    if (!made) co_return problem(made.error());
    json out = token_json(made->token);
    out["token"] = made->value.reveal();
    co_return json_response(out, 201);
}

async::Task<Response> revoke_token(ContextPtr context, Request request) {
    const auto gone = co_await context->parts.auth.revoke_token(std::string(request.capture("id")));
    co_return gone ? Response::empty(204) : problem(gone.error());
}

}  // namespace

void mount_session_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    const net::RouteOptions open{.max_body_bytes = kMaxBodyBytes,
                                 .access = std::string(access::kOpen)};
    const net::RouteOptions person{.max_body_bytes = kMaxBodyBytes,
                                   .access = std::string(access::kPerson)};

    server.route(
        "GET", "/api/v1/session",
        [context](Request request) -> async::Task<Response> {
            co_return json_response(session_json(
                *context,
                context->parts.auth.session(request.cookie(kSessionCookie).value_or(""))));
        },
        open);
    server.route("POST", "/api/v1/claim", with(claim), open);
    server.route("POST", "/api/v1/session", with(sign_in), open);
    server.route("DELETE", "/api/v1/session", with(sign_out), person);
    server.route("GET", "/api/v1/tokens", with(list_tokens), person);
    server.route("POST", "/api/v1/tokens", with(create_token), person);
    server.route("DELETE", "/api/v1/tokens/{id}", with(revoke_token), person);
}

}  // namespace casement::api
