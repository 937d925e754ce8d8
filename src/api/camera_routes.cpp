// Cameras: look at them, set them, command them.

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "api/context.hpp"
#include "api/problem.hpp"
#include "base/text.hpp"
#include "camera/json.hpp"

namespace casement::api {

namespace {

using base::ErrorKind;
using base::Result;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr auto kPatience = std::chrono::seconds(15);  // the page gives up after 20 s

async::Task<Response> list_cameras(ContextPtr context, Request) {
    json list = json::array();
    for (const auto& camera : context->parts.registry.cameras()) {
        if (camera->present) list.push_back(context->camera_json(*camera));
    }
    co_return json_response({{"cameras", std::move(list)}});
}

async::Task<Response> one_camera(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.capture("id"));
    co_return camera ? json_response(context->camera_json(**camera)) : problem(camera.error());
}

Result<camera::Value> wished_value(const camera::Camera& camera, std::string_view id,
                                   const Request& request) {
    const camera::Setting* setting = camera.setting(id);
    if (setting == nullptr)
        return base::fail(ErrorKind::NotFound, "{} has no setting \"{}\".", camera.description.name,
                          id);
    CASEMENT_TRY(const json body, json_body(request, {"value"}));
    if (!body.contains("value") && !setting->is_button())
        return base::fail(ErrorKind::InvalidArgument, "\"value\" is missing.");
    return camera::value_from_json(setting->kind, body.contains("value") ? body["value"] : json());
}

async::Task<Response> put_setting(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.capture("id"));
    if (!camera) co_return problem(camera.error());
    const std::string id(request.capture("setting"));
    auto value = wished_value(**camera, id, request);
    if (!value) co_return problem(value.error());
    const auto setting =
        co_await context->parts.router.set((*camera)->description.id, id, std::move(*value),
                                           request.user, async::Deadline::in(kPatience));
    co_return setting ? json_response(camera::to_json(*setting)) : problem(setting.error());
}

async::Task<Response> command(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.capture("id"));
    if (!camera) co_return problem(camera.error());
    auto body = json_body(request);
    if (!body) co_return problem(body.error());
    if (!request.capture("command").empty())
        (*body)["command"] = std::string(request.capture("command"));
    auto arguments = camera::arguments_from_json(*body);
    if (!arguments) co_return problem(arguments.error());
    if (std::holds_alternative<camera::TakeSnapshot>(*arguments))
        co_return problem({ErrorKind::InvalidArgument, "Pictures are had from snapshot.jpg."});
    const auto outcome =
        co_await context->parts.router.execute({(*camera)->description.id, std::move(*arguments),
                                                async::Deadline::in(kPatience), request.user});
    if (!outcome) co_return problem(outcome.error());
    json out = json::object();
    if (!outcome->text.empty()) out["text"] = outcome->text;
    if (outcome->taken_at) out["taken_at"] = base::format_rfc3339(*outcome->taken_at);
    co_return json_response(out);
}

constexpr std::array kWidths{320, 640, 1280};  // few sizes, so that many tiles share them

int shared_width(int asked) {
    const auto enough = std::ranges::lower_bound(kWidths, asked);
    return asked <= 0 || enough == kWidths.end() ? 0 : *enough;
}

async::Task<Response> snapshot(ContextPtr context, Request request) {
    const auto camera = camera_of(*context, request.capture("id"));
    if (!camera) co_return problem(camera.error());
    const int width = shared_width(
        base::parse_number<int>(request.query_value("width").value_or("0")).value_or(0));
    // No state of the hub changes by it; what it costs is battery, and who asks has to say so.
    const bool wake = request.query_value("wake") == "1";
    const auto picture = co_await context->snapshots.take(
        *camera, {.jpeg = {.width = width}, .max_age = {}, .wake = wake});
    co_return picture ? context->snapshots.respond(*picture) : problem(picture.error());
}

}  // namespace

Result<camera::CameraPtr> camera_of(const Api::Context& context, std::string_view id) {
    if (auto camera = context.parts.registry.camera(id)) return camera;
    return base::fail(ErrorKind::NotFound, "There is no camera \"{}\".", id);
}

void mount_camera_routes(net::HttpServer& server, const ContextPtr& context) {
    const auto with = [&context](auto handler) {
        return [context, handler](Request request) { return handler(context, std::move(request)); };
    };
    server.route("GET", "/api/v1/cameras", with(list_cameras));
    server.route("GET", "/api/v1/cameras/{id}", with(one_camera));
    server.route("PUT", "/api/v1/cameras/{id}/settings/{setting}", with(put_setting),
                 {.max_body_bytes = 16 * 1024});
    server.route("POST", "/api/v1/cameras/{id}/commands/{command}", with(command),
                 {.max_body_bytes = 16 * 1024});
    server.route("POST", "/api/v1/cameras/{id}/commands", with(command),
                 {.max_body_bytes = 16 * 1024});
    server.route("GET", "/api/v1/cameras/{id}/snapshot.jpg", with(snapshot));
}

}  // namespace casement::api
