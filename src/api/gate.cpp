// Who asks, and may they: runs before every handler, before 404s too.

#include "api/context.hpp"
#include "api/problem.hpp"
#include "base/text.hpp"
#include "net/http_auth.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using net::Request;
using net::Response;

enum class Caller { Nobody, Person, Program, Owner };

bool changes_something(std::string_view method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

/// Browsers open a password window of their own on a Basic challenge; they all send Sec-Fetch-Mode,
/// programs do not.
bool is_browser(const Request& request) { return request.headers.has("Sec-Fetch-Mode"); }

Response who_are_you(const Request& request, std::string_view sentence) {
    Response out = problem({ErrorKind::Unauthenticated, std::string(sentence)});
    out.headers.add("WWW-Authenticate", "Bearer realm=\"Casement\"");
    if (!is_browser(request))
        out.headers.add("WWW-Authenticate", "Basic realm=\"Casement\", charset=\"UTF-8\"");
    return out;
}

async::Task<base::Result<Caller>> identify(ContextPtr context, Request& request) {
    AuthStore& auth = context->parts.auth;
    const std::string_view authorization = request.headers.get("Authorization");
    constexpr std::string_view kBearer = "bearer ";
    if (authorization.size() > kBearer.size() &&
        base::iequals(authorization.substr(0, kBearer.size()), kBearer)) {
        const auto name = auth.token_name(base::trimmed(authorization.substr(kBearer.size())));
        if (!name)
            co_return base::fail(ErrorKind::Unauthenticated, "That token is not known here.");
        request.user = *name;
        co_return auth.is_owner_token(base::trimmed(authorization.substr(kBearer.size())))
            ? Caller::Owner
            : Caller::Program;
    }
    if (const auto basic = net::parse_basic(authorization)) {
        CASEMENT_CO_TRY(request.user, co_await auth.check_password(basic->user, basic->password,
                                                                   request.remote_address));
        co_return Caller::Program;
    }
    if (const auto cookie = request.cookie(kSessionCookie)) {
        if (const auto session = auth.session(*cookie)) {
            request.user = session->user;
            request.session = session->id;
            co_return Caller::Person;
        }
    }
    co_return Caller::Nobody;
}

/// A cookie comes along with any request that a browser makes; the header only with those of our
/// page.
std::optional<Response> check_intent(ContextPtr context, const Request& request) {
    if (!changes_something(request.method)) return std::nullopt;
    const auto session = context->parts.auth.session(request.cookie(kSessionCookie).value_or(""));
    const std::string_view said = request.headers.get("X-Casement-CSRF");
    if (session && base::equal_in_constant_time(said, session->csrf) &&
        net::origin_is_own(request.headers))
        return std::nullopt;
    return problem(
        {ErrorKind::PermissionDenied, "csrf", "The request did not come from the page."});
}

async::Task<std::optional<Response>> decide(ContextPtr context, Request& request,
                                            const net::RouteOptions& options) {
    auto caller = co_await identify(context, request);
    if (options.access == access::kOpen) co_return std::nullopt;
    if (!caller) {
        Response refused = caller.error().is(ErrorKind::Unauthenticated)
                               ? who_are_you(request, caller.error().message())
                               : problem(caller.error());
        if (const auto wait = context->parts.auth.retry_after(request.remote_address);
            wait.count() > 0) {
            refused.headers.set("Retry-After", std::to_string(wait.count()));
        }
        co_return refused;
    }
    if (*caller == Caller::Nobody) {
        if (!context->parts.auth.is_claimed()) {
            co_return problem(
                {ErrorKind::PermissionDenied, "unclaimed",
                 "Nobody has claimed this hub yet: open its page with the claim code."});
        }
        co_return who_are_you(request, "Sign in first.");
    }
    if (*caller == Caller::Person) co_return check_intent(context, request);
    if (options.access == access::kPerson && *caller != Caller::Owner) {
        co_return problem({ErrorKind::PermissionDenied, "person-only",
                           "Only a person who signed in may do that."});
    }
    co_return std::nullopt;
}

}  // namespace

net::Guard make_gate(const ContextPtr& context) {
    return [context](Request& request, const net::RouteOptions& options) {
        return decide(context, request, options);
    };
}

}  // namespace casement::api
