// Health, and what supervisors ask.

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/openapi.hpp"
#include "api/problem.hpp"

namespace casement::api {

namespace {

using net::Request;
using net::Response;
using nlohmann::json;

async::Task<Response> health(ContextPtr context, Request) {
    const Parts& parts = context->parts;
    const HealthReport report = parts.health ? parts.health() : HealthReport{};
    json out{{"version", parts.version},
             {"started", base::format_rfc3339(context->started)},
             {"now", base::format_rfc3339(parts.clock.wall_now())},
             {"time_zone", parts.time_zone},
             {"disks", json::array()},
             {"listeners", json::array()},
             {"accounts", context->accounts_json()},
             {"problems", json::array()}};
    for (const auto& disk : report.disks) {
        out["disks"].push_back({{"name", disk.name},
                                {"total_bytes", disk.total_bytes},
                                {"free_bytes", disk.free_bytes},
                                {"text", disk.text}});
    }
    for (const auto& l : report.listeners)
        out["listeners"].push_back(
            {{"name", l.name}, {"address", l.address}, {"open", l.open}, {"text", l.text}});
    for (const auto& p : report.problems)
        out["problems"].push_back({{"code", p.code}, {"text", p.text}});
    co_return json_response(out);
}

}  // namespace

void mount_health_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    server.route("GET", "/api/v1/health", with(health));
    server.route("GET", "/api/v1/openapi.json",
                 [](Request) -> async::Task<Response> { co_return json_response(openapi()); });
    server.route("GET", "/healthz",
                 [](Request) -> async::Task<Response> { co_return Response::text(200, "ok\n"); },
                 {.access = std::string(access::kOpen)});
}

}  // namespace casement::api
