// What a camera keeps of itself: asked for by a person, minutes before it comes.

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/problem.hpp"

namespace casement::api {

namespace {

using base::Result;
using net::Request;
using net::Response;
using nlohmann::json;

Response answer(const Result<DeviceLogs>& logs, int status) {
    if (!logs) return problem(logs.error());
    json out{{"state", logs->state}, {"received_bytes", logs->received_bytes}};
    if (!logs->archive.empty()) out["archive"] = logs->archive.filename().string();
    if (logs->error)
        out["error"] = {{"code", logs->error->reason()}, {"text", logs->error->message()}};
    return json_response(out, status);
}

Result<std::string> id_of(const Api::Context& context, const Request& request) {
    CASEMENT_TRY(const auto camera, camera_of(context, request.capture("id")));
    if (!context.parts.logs.ask)
        return base::fail(base::ErrorKind::Unsupported, "This hub asks no camera for logs.");
    return camera->description.id;
}

async::Task<Response> ask(ContextPtr context, Request request) {
    const auto id = id_of(*context, request);
    if (!id) co_return problem(id.error());
    const auto asked = co_await context->parts.logs.ask(*id);
    if (!asked) co_return problem(asked.error());
    const auto now = co_await context->parts.logs.now(*id);
    co_return answer(now, 202);
}

async::Task<Response> state(ContextPtr context, Request request) {
    const auto id = id_of(*context, request);
    if (!id) co_return problem(id.error());
    const auto now = co_await context->parts.logs.now(*id);
    co_return answer(now, 200);
}

async::Task<Response> archive(ContextPtr context, Request request) {
    const auto id = id_of(*context, request);
    if (!id) co_return problem(id.error());
    const auto now = co_await context->parts.logs.now(*id);
    if (!now) co_return problem(now.error());
    if (now->archive.empty())
        co_return problem({base::ErrorKind::NotFound, "no-logs",
                           "No logs of this camera came since the hub started."});
    // The name is made of the camera's id and a time.
    co_return Response::file(now->archive, "application/gzip")
        .with("Content-Disposition",
              fmt::format("attachment; filename=\"{}\"", now->archive.filename().string()));
}

}  // namespace

void mount_log_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    // Logs tell more of a household than its pictures: no program has them.
    const net::RouteOptions person{.max_body_bytes = 1024, .access = std::string(access::kPerson)};
    server.route("POST", "/api/v1/cameras/{id}/logs", with(ask), person);
    server.route("GET", "/api/v1/cameras/{id}/logs", with(state), person);
    server.route("GET", "/api/v1/cameras/{id}/logs/archive.tar.gz", with(archive), person);
}

}  // namespace casement::api
